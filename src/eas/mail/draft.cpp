#include "eas/mail/draft.hpp"

#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "eas/mail/attachment_part.hpp"
#include "eas/mail/outgoing_message.hpp"
#include "mime/address.hpp"
#include "mime/decode.hpp"
#include "mime/header.hpp"
#include "mime/index.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

std::optional<std::string> text_of(wbxml::Element data, wbxml::Tag tag) {
    const wbxml::Element element = data.child(tag);
    return element ? std::optional(line_of(element)) : std::nullopt;
}

/// What decoded text may hold and a header line must not.
std::string one_line(std::string_view text) {
    std::string out(text);
    std::ranges::replace_if(
        out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
    return out;
}

/// Broken at blanks, so that no line is over 998 octets (RFC 5322 section 2.1.1).
std::string broken(std::string_view text) {
    constexpr std::size_t line_bytes = 70;
    std::string out;
    std::size_t column = 0;
    for (const char c : text) {
        if (c == ' ' && column > line_bytes) {
            out += "\r\n";
            column = 0;
        }
        out.push_back(c);
        ++column;
    }
    return out;
}

/// Names encoded, addresses as they are.
std::string header_addresses(std::string_view text) {
    std::string out;
    for (const mime::Address& one : mime::parse_addresses(text, draft_recipients_max)) {
        if (one.kind != mime::Address::Kind::mailbox) continue;
        if (!out.empty()) out += ",\r\n ";
        const std::string address = one_line(one.host.empty() ? one.mailbox : one.mailbox + "@" + one.host);
        if (one.name.empty()) {
            out += address;
            continue;
        }
        const std::string plain = one_line(one.name);
        std::string name = mime::encode_word(plain);
        if (name == plain) {
            std::erase_if(name, [](char c) { return c == '"' || c == '\\'; });
            name = "\"" + name + "\"";
        }
        out += broken(name) + " <" + address + ">";
    }
    return out;
}

}  // namespace

DraftChanges parse_draft(wbxml::Element data) {
    namespace email = wbxml::email;
    DraftChanges out;
    out.to = text_of(data, email::to);
    out.cc = text_of(data, email::cc);
    out.bcc = text_of(data, wbxml::email2::bcc);
    out.subject = text_of(data, email::subject);
    if (const auto importance = data.child(email::importance).number())
        out.importance = static_cast<std::uint8_t>(std::clamp<std::int64_t>(*importance, 0, 2));
    if (const wbxml::Element body = data.child(wbxml::airsyncbase::body)) {
        const auto type = body.child(wbxml::airsyncbase::type).number().value_or(1);
        const wbxml::Element octets = body.child(wbxml::airsyncbase::data);
        if (type == 4) {
            out.whole = std::string(octets.text());
        } else if (octets) {
            out.text = std::string(octets.text());
            out.text_type = type == 2 ? BodyType::html : BodyType::plain;
        }
    }
    out.files = parse_attachments(data.child(wbxml::airsyncbase::attachments));
    return out;
}

std::string other_fields(std::string_view header) {
    static constexpr std::array written{"from",       "to",       "cc",         "bcc",
                                        "subject",    "date",     "message-id", "importance",
                                        "x-priority", "priority", "return-path"};
    std::string out;
    mime::FieldReader fields(header);
    for (mime::Field field; fields.next(field);) {
        const std::string name = base::lowered(field.name);
        const bool body = name.starts_with("content-") || name == "mime-version";
        if (name.empty() || body || std::ranges::find(written, name) != written.end()) continue;
        out += field.octets;
    }
    if (!out.empty() && !out.ends_with('\n')) out += "\r\n";  // the header may end with the message
    return out;
}

void apply(const DraftChanges& changes, Draft& draft) {
    if (changes.to) draft.to = *changes.to;
    if (changes.cc) draft.cc = *changes.cc;
    if (changes.bcc) draft.bcc = *changes.bcc;
    if (changes.subject) draft.subject = *changes.subject;
    if (changes.importance) draft.importance = *changes.importance;
    if (changes.text) {
        draft.text = *changes.text;
        draft.text_type = changes.text_type;
    }
    for (const AddedAttachment& one : changes.files.added)
        draft.parts.push_back(write_attachment_part(one, one.content_id));
}

std::vector<std::uint32_t> parts_of_draft(std::string_view message, std::size_t count) {
    std::vector<std::uint32_t> out;
    const mime::Tree tree = mime::index(message).tree;
    if (tree.parts.empty() || tree.parts.front().kind != mime::Kind::multipart) return out;
    for (std::uint32_t child = 1; child < tree.parts.front().end; child = tree.parts[child].end)
        out.push_back(child);
    out.erase(out.begin(), out.end() - static_cast<std::ptrdiff_t>(std::min(count, out.size())));
    return out;
}

bool has_too_many_recipients(const Draft& draft) {
    std::size_t count = 0;
    for (const std::string* list : {&draft.to, &draft.cc, &draft.bcc})
        count += mime::parse_addresses(*list, draft_recipients_max + 1).size();
    return count > draft_recipients_max;
}

std::string write_draft(const Draft& draft, base::Random& random) {
    std::string out = "From: " + header_addresses(draft.from) + "\r\n";
    if (!draft.to.empty()) out += "To: " + header_addresses(draft.to) + "\r\n";
    if (!draft.cc.empty()) out += "Cc: " + header_addresses(draft.cc) + "\r\n";
    if (!draft.bcc.empty()) out += "Bcc: " + header_addresses(draft.bcc) + "\r\n";
    out +=
        "Subject: " + broken(mime::encode_word(one_line(draft.subject))) + "\r\nDate: " + draft.date + "\r\n";
    if (!draft.message_id.empty()) out += "Message-ID: " + draft.message_id + "\r\n";
    if (draft.importance != 1) out += draft.importance == 2 ? "Importance: high\r\n" : "Importance: low\r\n";
    out += draft.other_fields;
    return out + write_text_and_parts(draft.text, draft.text_type, draft.parts, random);
}

}  // namespace eas
