#include "eas/mail/attachment_part.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/ascii.hpp"
#include "eas/syntax/mail_item.hpp"
#include "mime/codec.hpp"

namespace eas {
namespace {

constexpr std::uint32_t name_characters_max =
    200;  // of a file: with RFC 2231 three octets for each of UTF-8's

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

std::string_view name_of(mime::Encoding encoding) {
    switch (encoding) {
        case mime::Encoding::base64:
            return "base64";
        case mime::Encoding::quoted_printable:
            return "quoted-printable";
        case mime::Encoding::seven_bit:
            return "7bit";
        case mime::Encoding::eight_bit:
            return "8bit";
        default:
            return "binary";
    }
}

}  // namespace

std::string_view attachment_type(const AddedAttachment& one) {
    return is_type(one.type) ? std::string_view(one.type) : "application/octet-stream";
}

std::string attachment_title(const AddedAttachment& one) {
    std::string out(first_characters(one.name, name_characters_max));
    for (char& c : out)  // calendars can have line ends in a name (RFC 6868)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    return out;
}

std::string attachment_header(const AddedAttachment& one, std::string_view content_id,
                              mime::Encoding encoding) {
    std::string out =
        fmt::format("Content-Type: {}\r\nContent-Disposition: {}{}\r\n", attachment_type(one),
                    one.is_inline ? "inline" : "attachment", parameter("filename", attachment_title(one)));
    const bool plain_id =
        std::ranges::none_of(content_id, [](char c) { return c <= ' ' || c == '<' || c == '>'; });
    if (!content_id.empty() && plain_id) out += fmt::format("Content-ID: <{}>\r\n", content_id);
    return out + fmt::format("Content-Transfer-Encoding: {}\r\n\r\n", name_of(encoding));
}

std::string write_attachment_part(const AddedAttachment& one, std::string_view content_id) {
    return attachment_header(one, content_id, mime::Encoding::base64) + mime::base64_encode(one.octets);
}

}  // namespace eas
