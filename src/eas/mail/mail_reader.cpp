#include "eas/mail/mail_reader.hpp"

#include <algorithm>
#include <map>

#include "base/ascii.hpp"
#include "base/text.hpp"
#include "eas/mail/addresses.hpp"
#include "eas/mail/message_text.hpp"
#include "mime/decode.hpp"
#include "mime/header.hpp"

namespace eas {
namespace {

using store::Errc;
using store::Error;
using store::Result;

std::string field_text(std::string_view header, std::string_view name) {
    mime::Field field;
    if (!mime::find_field(header, name, field)) return {};
    return mime::unfold(field.value);
}

std::string first_id(std::string text) {
    const auto ids = mime::parse_ids(text, 1);
    return ids.empty() ? std::string() : std::string(ids.front());
}

std::string attachment_name(std::string_view header, const mime::Part& part) {
    const mime::Structured disposition = mime::parse_structured(field_text(header, "Content-Disposition"));
    std::string name(disposition.parameter("filename"));
    if (name.empty()) {
        const mime::Structured type = mime::parse_structured(field_text(header, "Content-Type"));
        name = type.parameter("name");
    }
    name = mime::decode_text(name);
    // iOS shows a message that is attached only by a name that ends so.
    if (part.kind == mime::Kind::message && !base::lowered(name).ends_with(".eml"))
        name += name.empty() ? "message.eml" : ".eml";
    if (name.empty() && part.subtype == "calendar") name = "meeting.ics";
    if (name.empty()) name = "attachment";
    return name;
}

ItemAttachment describe(const PartId& id, const mime::Part& part, std::string_view header) {
    ItemAttachment out;
    out.reference = write_part_id(id);
    out.name = attachment_name(header, part);
    out.content_id = first_id(field_text(header, "Content-ID"));
    out.content_location = base::trimmed(field_text(header, "Content-Location"));
    out.method = part.kind == mime::Kind::message ? 5 : 1;
    out.size = part.encoding == mime::Encoding::base64 ? part.body_bytes * 3 / 4 : part.body_bytes;
    out.is_inline = !part.attachment && !out.content_id.empty();
    return out;
}

/// 16 octets that are the same for all messages of a thread. MS-ASCON section 2.2.2.4.
std::string conversation_of(base::ThreadId thread) {
    std::string out(8, '\0');
    for (int shift = 56; shift >= 0; shift -= 8)
        out.push_back(static_cast<char>(thread.value >> shift & 255U));
    return out;
}

/// The time of the message, as 5 octets of the high end of a FILETIME. MS-ASCON section 2.2.2.5.
std::string conversation_index(std::int64_t seconds) {
    const std::uint64_t filetime = static_cast<std::uint64_t>(seconds + 11'644'473'600) * 10'000'000;
    std::string out;
    for (int shift = 56; shift >= 24; shift -= 8) out.push_back(static_cast<char>(filetime >> shift & 255U));
    return out;
}

void classify(MailItem& item, const Layout& layout) {
    if (layout.is_report) item.message_class = "REPORT.IPM.Note.NDR";
    if (layout.is_encrypted) item.message_class = "IPM.Note.SMIME";
    if (layout.is_signed) item.message_class = "IPM.Note.SMIME.MultipartSigned";
}

void take_header(MailItem& item, std::string_view header) {
    HeaderTexts texts = read_header_texts(header);
    item.to = std::move(texts.to);
    item.cc = std::move(texts.cc);
    item.bcc = std::move(texts.bcc);
    item.from = std::move(texts.from);
    item.sender = std::move(texts.sender);
    item.reply_to = std::move(texts.reply_to);
    item.subject = std::move(texts.subject);
    item.display_to = std::move(texts.display_to);
    item.thread_topic = std::move(texts.thread_topic);
    item.importance = texts.importance;
}

awaitable<Result<ItemBody>> read_mime(MessageOctets* message, BodyPreference wanted,
                                      std::uint32_t mime_truncation) {
    wanted.truncation = std::min(wanted.truncation, mime_truncation);
    const std::uint64_t size = message->detail().size;
    ItemBody out;
    out.type = BodyType::mime;
    out.size = size;
    out.truncated = size > wanted.truncation;
    out.has_data = !(out.truncated && wanted.all_or_none);
    if (!out.has_data) co_return out;
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(size, wanted.truncation));
    auto octets = co_await message->octets(0, length);
    if (!octets) co_return octets.error();
    out.data = std::move(*octets);
    co_return out;
}

awaitable<Result<ItemBody>> read_text(MessageOctets* message, BodyPreference wanted) {
    std::map<std::uint32_t, std::string> parts;
    for (const TextBlock& block : message->layout().texts) {
        const bool html = wanted.type == BodyType::html;
        const std::uint32_t first = html ? block.html : block.plain;
        const std::uint32_t part = first != mime::no_part ? first : html ? block.plain : block.html;
        auto octets = co_await message->part_octets(part, message->limits().text_bytes_max);
        if (!octets) co_return octets.error();
        parts[part] = std::move(*octets);
    }
    const auto find = [&parts](std::uint32_t part) { return std::string_view(parts[part]); };
    std::string text = text_as(wanted.type, message->tree(), message->layout(), find);
    co_return make_body(wanted.type, std::move(text), wanted);
}

awaitable<Result<ItemBody>> read_body(MessageOctets* message, const ItemOptions* options) {
    const BodyPreference* chosen = choose_body(*options, message->layout());
    if (chosen == nullptr) {  // none was asked for: how large it is, and nothing of it
        ItemBody out;
        out.type = message->layout().has_html() ? BodyType::html : BodyType::plain;
        for (const TextBlock& block : message->layout().texts) {
            const std::uint32_t part = block.html != mime::no_part ? block.html : block.plain;
            out.size += message->tree().parts[part].body_bytes;
        }
        out.truncated = true;
        out.has_data = false;
        co_return out;
    }
    BodyPreference wanted = *chosen;
    Result<ItemBody> body = ItemBody();
    if (wanted.type == BodyType::mime) {
        body = co_await read_mime(message, wanted, options->mime_truncation);
    } else {
        body = co_await read_text(message, wanted);
    }
    // AllOrNone, and it is too large: another form that was asked for, the one with the most text. MS-ASAIRS
    // section 2.2.2.3.2
    const bool left_out = body && !body->has_data;
    for (const BodyPreference& other : options->bodies) {
        const bool text = other.type == BodyType::plain || other.type == BodyType::html;
        if (!left_out || !text || &other == chosen) continue;
        Result<ItemBody> next = co_await read_text(message, other);
        if (!next) co_return next.error();
        if (!next->has_data || (body->has_data && next->data.size() <= body->data.size())) continue;
        body = std::move(next);
        const auto preview = other.preview != 0 ? other.preview : wanted.preview;
        wanted = other;
        wanted.preview = preview;
    }
    if (body && wanted.preview != 0)
        body->preview = first_characters(message->detail().preview, wanted.preview);
    co_return body;
}

}  // namespace

awaitable<Result<void>> MessageOctets::open() {
    if (!mime::decode_tree(detail_->tree, tree_) || tree_.parts.empty())
        co_return Error(Errc::corrupt, "the message's structure cannot be read");
    layout_ = lay_out(tree_);
    if (detail_->size > limits_.whole_bytes_max) co_return Result<void>();
    auto octets = co_await folder_->read(detail_, 0, static_cast<std::size_t>(detail_->size));
    if (!octets) co_return octets.error();
    whole_ = std::move(*octets);
    co_return Result<void>();
}

awaitable<Result<std::string>> MessageOctets::octets(std::uint64_t offset, std::size_t length) {
    if (whole_) {
        if (offset >= whole_->size()) co_return std::string();
        co_return whole_->substr(static_cast<std::size_t>(offset), length);
    }
    co_return co_await folder_->read(detail_, offset, length);
}

awaitable<Result<std::string>> MessageOctets::header() {
    const auto length =
        static_cast<std::size_t>(std::min<std::uint64_t>(detail_->header_bytes, limits_.header_bytes_max));
    co_return co_await octets(0, length);
}

awaitable<Result<std::string>> MessageOctets::part_header(std::uint32_t part) {
    const mime::Part& of = tree_.parts[part];
    const auto length =
        static_cast<std::size_t>(std::min<std::uint64_t>(of.header_bytes, limits_.header_bytes_max));
    co_return co_await octets(detail_->prefix.size() + of.header_offset, length);
}

awaitable<Result<std::string>> MessageOctets::part_octets(std::uint32_t part, std::size_t octets_max,
                                                          std::uint64_t offset) {
    const mime::Part& of = tree_.parts[part];
    if (offset >= of.body_bytes) co_return std::string();
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(of.body_bytes - offset, octets_max));
    co_return co_await octets(detail_->prefix.size() + of.body_offset + offset, length);
}

awaitable<Result<std::string>> read_calendar(MessageOctets* message) {
    const std::uint32_t number = message->layout().calendar;
    if (number == mime::no_part) co_return std::string();
    const mime::Part& part = message->tree().parts[number];
    if (part.body_bytes > message->limits().calendar_bytes_max) co_return std::string();
    const auto octets = co_await message->part_octets(number, message->limits().calendar_bytes_max);
    if (!octets) co_return octets.error();
    // RFC 5545 section 3.1.4: what names no charset is in UTF-8.
    mime::TextDecoder decoder(part.encoding, part.charset.empty() ? "utf-8" : part.charset);
    std::string out;
    decoder.decode(*octets, out);
    decoder.finish(out);
    co_return out;
}

MailState state_of(const store::Entry& entry, const store::Keywords& keywords) {
    MailState out;
    out.read = entry.flags.has(store::SystemFlag::seen);
    out.flagged = entry.flags.has(store::SystemFlag::flagged);
    if (entry.flags.has(store::SystemFlag::answered)) out.last_verb = 1;
    for (unsigned i = 0; i < keywords.size(); ++i) {
        if (!entry.flags.has_keyword(i)) continue;
        const std::string_view name = keywords.name(i);
        if (base::equals_nocase(name, "$Forwarded")) out.last_verb = 3;
        // Those that programs set for each other are none of the user's.
        const bool internal = name.starts_with('$') || base::equals_nocase(name, "NonJunk") ||
                              base::equals_nocase(name, "Junk");
        if (!internal) out.categories.emplace_back(name);
    }
    out.last_verb_time = entry.save_date;
    return out;
}

awaitable<Result<MailItem>> read_mail(ReadRequest request) {
    MessageOctets message(request.folder, request.detail);
    const auto opened = co_await message.open();
    if (!opened) co_return opened.error();
    MailItem item;
    const auto header = co_await message.header();
    if (!header) co_return header.error();
    take_header(item, *header);
    item.received = request.entry.internal_date;
    item.state = std::move(request.state);
    item.is_draft = request.is_draft;
    item.native_body = message.layout().has_html() ? BodyType::html : BodyType::plain;
    item.conversation_id = conversation_of(request.entry.thread);
    item.conversation_index = conversation_index(item.received);
    classify(item, message.layout());
    for (const std::uint32_t part : message.layout().attachments) {
        const auto part_header = co_await message.part_header(part);
        if (!part_header) co_return part_header.error();
        const PartId id{{request.folder->id(), request.entry.uid}, part};
        item.attachments.push_back(describe(id, message.tree().parts[part], *part_header));
        item.attachments.back().is_calendar = part == message.layout().calendar;
    }
    auto calendar = co_await read_calendar(&message);
    if (!calendar) co_return calendar.error();
    item.calendar = std::move(*calendar);
    auto body = co_await read_body(&message, &request.options);
    if (!body) co_return body.error();
    item.body = std::move(*body);
    co_return item;
}

awaitable<Result<AttachmentOctets>> read_attachment(AttachmentRequest request) {
    constexpr std::size_t piece_bytes = 256U << 10;
    MailReaderLimits limits;
    limits.whole_bytes_max = 0;  // the part alone
    MessageOctets message(request.folder, request.detail, limits);
    const auto opened = co_await message.open();
    if (!opened) co_return opened.error();
    if (request.part >= message.tree().parts.size()) co_return Error(Errc::not_found, "no such attachment");
    const mime::Part& of = message.tree().parts[request.part];
    AttachmentOctets out;
    out.type = of.type + "/" + of.subtype;
    mime::TransferDecoder decoder(of.encoding);
    std::string piece;
    const auto take = [&] {
        const std::uint64_t begin = std::max<std::uint64_t>(out.total, request.range.first);
        const std::uint64_t end =
            std::min<std::uint64_t>(out.total + piece.size(), std::uint64_t{request.range.last} + 1);
        if (begin < end)
            out.octets.append(piece, static_cast<std::size_t>(begin - out.total),
                              static_cast<std::size_t>(end - begin));
        out.total += piece.size();
        piece.clear();
    };
    for (std::uint64_t at = 0; at < of.body_bytes; at += piece_bytes) {
        const auto raw = co_await message.part_octets(request.part, piece_bytes, at);
        if (!raw) co_return raw.error();
        decoder.decode(*raw, piece);
        take();
        if (out.octets.size() > request.octets_max)
            co_return Error(Errc::limit, "the attachment is too large");
    }
    decoder.finish(piece);
    take();
    co_return out;
}

}  // namespace eas
