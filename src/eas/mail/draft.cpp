#include "eas/mail/draft.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/ascii.hpp"
#include "base/base64.hpp"
#include "eas/mail/outgoing_message.hpp"
#include "mime/address.hpp"
#include "mime/codec.hpp"
#include "mime/decode.hpp"
#include "mime/header.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

constexpr std::size_t attachments_max = 100;
constexpr std::size_t addresses_max = 1'000;
constexpr std::uint32_t name_characters_max =
    200;  // of a file: with RFC 2231 three octets for each of UTF-8's

std::optional<std::string> text_of(wbxml::Element data, wbxml::Tag tag) {
    const wbxml::Element element = data.child(tag);
    if (!element) return std::nullopt;
    std::string out(element.text());
    std::ranges::replace_if(out, [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
    return out;
}

std::string octets_of(wbxml::Element element) {
    if (element.is_opaque()) return std::string(element.text());
    return base::base64_decode(element.text()).value_or(std::string(element.text()));
}

void take_attachments(wbxml::Element attachments, DraftChanges& out) {
    namespace tags = wbxml::airsyncbase;
    for (const wbxml::Element one : attachments) {
        if (one.tag() == tags::delete_) out.removed.emplace_back(one.child(tags::file_reference).text());
        if (one.tag() != tags::add || out.added.size() == attachments_max) continue;
        DraftAttachment added;
        added.name = text_of(one, tags::display_name).value_or("attachment");
        added.type = text_of(one, tags::content_type).value_or("");
        added.content_id = text_of(one, tags::content_id).value_or("");
        added.octets = octets_of(one.child(tags::content));
        added.is_inline = one.child(tags::is_inline).text() == "1";
        out.added.push_back(std::move(added));
    }
}

/// Letters, digits and what a type may have: anything else is no type. Of a message or a multipart: those
/// must not be written in base64 (RFC 2045 section 6.4).
bool is_type(std::string_view type) {
    const std::string lowered = base::lowered(type);
    if (lowered.starts_with("multipart/") || lowered.starts_with("message/")) return false;
    return type.find('/') != std::string_view::npos && std::ranges::all_of(type, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '/' || c == '-' || c == '.' || c == '+' || c == '_';
           });
}

/// RFC 2231 section 4 where it is not ASCII.
std::string parameter(std::string_view name, std::string_view utf8) {
    const bool ascii = std::ranges::all_of(utf8, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    std::string out = "; " + std::string(name) + (ascii ? "=\"" : "*=utf-8''");
    for (const char c : utf8) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (ascii && (c == '"' || c == '\\')) out.push_back('\\');
        if (ascii || letter || c == '-' || c == '.' || c == '_') {
            out.push_back(c);
        } else {
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return ascii ? out + "\"" : out;
}

std::string write_attachment(const DraftAttachment& one) {
    const std::string_view name = first_characters(one.name, name_characters_max);
    std::string out = fmt::format("Content-Type: {}\r\nContent-Disposition: {}{}\r\n",
                                  is_type(one.type) ? one.type : "application/octet-stream",
                                  one.is_inline ? "inline" : "attachment", parameter("filename", name));
    const bool plain_id =
        std::ranges::none_of(one.content_id, [](char c) { return c <= ' ' || c == '<' || c == '>'; });
    if (!one.content_id.empty() && plain_id) out += "Content-ID: <" + one.content_id + ">\r\n";
    return out + "Content-Transfer-Encoding: base64\r\n\r\n" + mime::base64_encode(one.octets);
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
    for (const mime::Address& one : mime::parse_addresses(text, addresses_max)) {
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
    take_attachments(data.child(wbxml::airsyncbase::attachments), out);
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
    for (const DraftAttachment& one : changes.added) draft.parts.push_back(write_attachment(one));
}

std::string write_draft(const Draft& draft) {
    std::string out = "From: " + header_addresses(draft.from) + "\r\n";
    if (!draft.to.empty()) out += "To: " + header_addresses(draft.to) + "\r\n";
    if (!draft.cc.empty()) out += "Cc: " + header_addresses(draft.cc) + "\r\n";
    if (!draft.bcc.empty()) out += "Bcc: " + header_addresses(draft.bcc) + "\r\n";
    out +=
        "Subject: " + broken(mime::encode_word(one_line(draft.subject))) + "\r\nDate: " + draft.date + "\r\n";
    if (!draft.message_id.empty()) out += "Message-ID: " + draft.message_id + "\r\n";
    if (draft.importance != 1) out += draft.importance == 2 ? "Importance: high\r\n" : "Importance: low\r\n";
    out += draft.other_fields;
    return out + write_text_and_parts(draft.text, draft.text_type, draft.parts);
}

}  // namespace eas
