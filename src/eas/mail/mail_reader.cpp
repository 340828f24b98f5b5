#include "eas/mail/mail_reader.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/text.hpp"
#include "eas/mail/addresses.hpp"
#include "eas/mail/body_reader.hpp"
#include "eas/mail/calendar_part.hpp"
#include "eas/mail/categories.hpp"
#include "eas/mail/conversation_index.hpp"
#include "eas/mail/mail_flag.hpp"
#include "eas/mail/outgoing_message.hpp"
#include "mime/charset.hpp"
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

/// Of base64 to two octets, without reading it: four characters are three octets, line ends none.
std::uint64_t decoded_size(const mime::Part& part) {
    if (part.encoding != mime::Encoding::base64) return part.body_bytes;
    return (part.body_bytes - std::min(part.body_bytes, 2 * part.body_lines)) / 4 * 3;
}

/// `related`: it stands beside a text that may show it, whatever its Content-Disposition says.
ItemAttachment describe(const PartId& id, const mime::Part& part, std::string_view header, bool related) {
    ItemAttachment out;
    out.reference = write_part_id(id);
    out.name = attachment_name(header, part);
    out.content_id = mime::guess_utf8(first_id(field_text(header, "Content-ID")));
    out.content_location = mime::guess_utf8(base::trimmed(field_text(header, "Content-Location")));
    out.method = part.kind == mime::Kind::message ? 5 : 1;
    out.size = decoded_size(part);
    out.is_inline = (related || !part.attachment) && !out.content_id.empty();
    return out;
}

IndexFacts index_facts(const store::Entry& entry, std::string_view header) {
    IndexFacts out;
    out.thread = entry.thread;
    out.received = entry.internal_date;
    out.is_answer = !field_text(header, "In-Reply-To").empty() || !field_text(header, "References").empty();
    out.salt = entry.uid.value;
    out.thread_index = field_text(header, "Thread-Index");
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

awaitable<Result<std::string>> MessageOctets::whole_part(std::uint32_t part) {
    const mime::Part& of = tree_.parts[part];
    const std::uint64_t begin = detail_->prefix.size() + of.header_offset;
    if (part != 0)
        co_return co_await octets(begin, static_cast<std::size_t>(of.header_bytes + of.body_bytes));
    const auto head = co_await part_header(part);
    if (!head) co_return head.error();
    const auto body = co_await part_octets(part, SIZE_MAX);
    if (!body) co_return body.error();
    co_return as_part(*head, *body);
}

std::uint64_t octets_of(const mime::Tree& tree, const std::vector<std::uint32_t>& parts) {
    std::uint64_t out = 0;
    for (const std::uint32_t part : parts) out += tree.parts[part].header_bytes + tree.parts[part].body_bytes;
    return out;
}

std::string conversation_of(base::ThreadId thread) {
    std::string out(8, '\0');
    for (int shift = 56; shift >= 0; shift -= 8)
        out.push_back(static_cast<char>(thread.value >> shift & 255U));
    return out;
}

std::optional<base::ThreadId> thread_of(std::string_view conversation) {
    if (conversation.size() != 16 || conversation.find_first_not_of('\0') < 8) return std::nullopt;
    std::uint64_t out = 0;
    for (const char c : conversation.substr(8)) out = out << 8 | static_cast<unsigned char>(c);
    return base::ThreadId(out);
}

std::string index_of(const store::Entry& entry, std::string_view header) {
    return conversation_index(index_facts(entry, header));
}

MailState state_of(const store::Entry& entry, const store::Keywords& keywords, const store::FollowUp* says) {
    MailState out;
    out.read = entry.flags.has(store::SystemFlag::seen);
    out.flag = show_flag(entry.flags.has(store::SystemFlag::flagged), says);
    if (entry.flags.has(store::SystemFlag::answered)) out.last_verb = 1;
    for (unsigned i = 0; i < keywords.size(); ++i) {
        if (!entry.flags.has_keyword(i)) continue;
        const std::string_view name = keywords.name(i);
        if (base::equals_nocase(name, "$Forwarded")) out.last_verb = 3;
    }
    for (const std::string& keyword : category_keywords(entry, keywords))
        out.categories.push_back(category_of_keyword(keyword));
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
    item.conversation_index = index_of(request.entry, *header);
    classify(item, message.layout());
    const auto calendar_part = co_await find_calendar(&message);
    if (!calendar_part) co_return calendar_part.error();
    for (const std::uint32_t part : message.layout().attachments) {
        const auto part_header = co_await message.part_header(part);
        if (!part_header) co_return part_header.error();
        const PartId id{{request.folder->id(), request.entry.uid}, part};
        const std::vector<std::uint32_t>& beside = message.layout().related;
        const bool related = std::ranges::binary_search(beside, part);
        item.attachments.push_back(describe(id, message.tree().parts[part], *part_header, related));
        item.attachments.back().is_calendar = part == *calendar_part;
    }
    auto calendar = co_await read_calendar(&message);
    if (!calendar) co_return calendar.error();
    item.calendar = std::move(*calendar);
    // MS-ASCON section 3.2.5.7: who asks for a part alone gets no body.
    const bool part_alone = request.options.part && request.options.bodies.empty();
    if (!part_alone) {
        auto body = co_await read_body(&message, &request.options);
        if (!body) co_return body.error();
        item.body = std::move(*body);
    }
    if (request.options.part) {
        auto part = co_await read_part(&message, *request.options.part);
        if (!part) co_return part.error();
        item.part = std::move(*part);
    }
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
    if (request.read_room != nullptr) {  // what it costs is known before
        if (of.body_bytes > *request.read_room) co_return Error(Errc::limit, "too much is read");
        *request.read_room -= of.body_bytes;
    }
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
        if (out.octets.size() > request.octets_max || out.total > request.total_max)
            co_return Error(Errc::limit, "the attachment is too large");
    }
    decoder.finish(piece);
    take();
    if (out.total > request.total_max) co_return Error(Errc::limit, "the attachment is too large");
    co_return out;
}

}  // namespace eas
