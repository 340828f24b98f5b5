#include "filter/content.hpp"

#include <algorithm>

#include "mime/decode.hpp"
#include "mime/header.hpp"
#include "mime/index.hpp"

namespace filter {
namespace {

/// Every value of that parameter, also of one that is there twice: readers differ in which they take.
void add_names(std::vector<std::string>& out, std::string_view header, std::string_view field,
               std::string_view parameter, std::size_t most) {
    mime::FieldReader reader(header);
    mime::Field one;
    while (reader.next(one) && out.size() < 8) {
        if (!mime::same_name(one.name, field)) continue;
        for (const mime::Parameter& found : mime::parse_structured(one.value).parameters) {
            if (found.name != parameter || found.value.empty() || out.size() >= 8) continue;
            // Encoded words do not belong into parameters, and all readers decode them there.
            std::string name = mime::decode_text(found.value).substr(0, most);
            if (std::ranges::find(out, name) == out.end()) out.push_back(std::move(name));
        }
    }
}

/// The text of one part, as far as there is room.
awaitable<store::Result<void>> add_text(MessagePtr message, const mime::Part* part, Content* out,
                                        ContentLimits limits, std::size_t* may_read) {
    mime::TextDecoder decoder(part->encoding, part->charset);
    std::string text;
    std::uint64_t at = 0;
    while (at < part->body_bytes && *may_read != 0) {
        const std::size_t want = static_cast<std::size_t>(
            std::min<std::uint64_t>({piece_bytes, *may_read, part->body_bytes - at}));
        auto piece = co_await message->read(part->body_offset + at, want);
        if (!piece) co_return piece.error();
        if (piece->empty()) break;
        at += piece->size();
        *may_read -= std::min(*may_read, piece->size());
        decoder.decode(*piece, text);
        if (text.size() > limits.parts_bytes_max) break;
    }
    decoder.finish(text);
    const std::size_t room = limits.text_bytes_max - std::min(limits.text_bytes_max, out->text.size());
    if (part->subtype == "html") text = mime::html_to_text(text, room);
    out->text.append(text, 0, room);
    out->text += '\n';
    co_return store::Result<void>();
}

}  // namespace

awaitable<store::Result<Content>> read_content(MessagePtr message, ContentLimits limits) {
    mime::Indexer indexer;
    std::uint64_t at = 0;
    while (at < message->size()) {
        auto piece = co_await message->read(at, piece_bytes);
        if (!piece) co_return piece.error();
        if (piece->empty()) break;
        at += piece->size();
        indexer.feed(*piece);
    }
    const mime::Index index = indexer.finish();
    Content out;
    std::size_t may_read = limits.parts_bytes_max;
    for (std::uint32_t i = 0; i < index.tree.parts.size(); ++i) {
        const mime::Part& part = index.tree.parts[i];
        Attachment one;
        add_names(one.names, index.header(i), "Content-Disposition", "filename", limits.name_bytes_max);
        add_names(one.names, index.header(i), "Content-Type", "name", limits.name_bytes_max);
        one.type = part.type + "/" + part.subtype;
        const bool attached = part.attachment || !one.names.empty();
        if (attached && out.attachments.size() < limits.attachments_max)
            out.attachments.push_back(std::move(one));
        const bool text = part.kind == mime::Kind::leaf && part.type == "text";
        if (!text || part.attachment || out.text.size() >= limits.text_bytes_max || may_read == 0) continue;
        auto added = co_await add_text(message, &part, &out, limits, &may_read);
        if (!added) co_return added.error();
    }
    co_return out;
}

}  // namespace filter
