#include "eas/mail/mime_text.hpp"

#include <algorithm>

#include "base/utf8.hpp"
#include "mime/charset.hpp"
#include "mime/codec.hpp"
#include "mime/header.hpp"

namespace eas {
namespace {

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
}

bool is_beyond_ascii(char c) { return static_cast<unsigned char>(c) >= 0x80; }

/// What is between the bodies: headers, boundaries, and bodies that are texts. Line by line: one of them in
/// an old charset leaves the others as they are.
void append_lines(std::string& out, std::string_view octets) {
    if (is_text(octets)) {
        out += octets;
        return;
    }
    while (!octets.empty()) {
        const std::string_view line = octets.substr(0, std::min(octets.find('\n'), octets.size() - 1) + 1);
        octets.remove_prefix(line.size());
        if (is_text(line)) {
            out += line;
            continue;
        }
        std::string text = mime::guess_utf8(line);
        std::erase_if(text, is_control);
        out += text;
    }
}

bool is_identity(mime::Encoding encoding) {
    return encoding == mime::Encoding::seven_bit || encoding == mime::Encoding::eight_bit ||
           encoding == mime::Encoding::binary;
}

/// Whichever a reader of the source can read, as long as it does not grow by more than base64 does.
mime::Encoding encoding_for(const mime::Part& part, std::string_view body) {
    const auto escaped = [](char c) { return is_control(c) || is_beyond_ascii(c) || c == '='; };
    const auto count = static_cast<std::size_t>(std::ranges::count_if(body, escaped));
    const bool readable = part.type == "text" && count <= body.size() / 8;
    return readable ? mime::Encoding::quoted_printable : mime::Encoding::base64;
}

void append_header(std::string& out, std::string_view header, mime::Encoding encoding, bool is_message) {
    mime::FieldReader fields(header);
    bool has_version = false;
    for (mime::Field field; fields.next(field);) {
        has_version = has_version || mime::same_name(field.name, "MIME-Version");
        if (!mime::same_name(field.name, "Content-Transfer-Encoding")) append_lines(out, field.octets);
    }
    if (!header.empty() && !out.empty() && !out.ends_with('\n')) out += "\r\n";
    if (is_message && !has_version) out += "MIME-Version: 1.0\r\n";
    out.append("Content-Transfer-Encoding: ").append(mime::encoding_name(encoding)).append("\r\n\r\n");
}

/// A body that says it is encoded, and is not all through: what means itself there is written so that it
/// still does; base64 has nothing to say in such octets.
void append_encoded(std::string& out, std::string_view body, mime::Encoding encoding) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (const char c : body) {
        if (!is_control(c) && !is_beyond_ascii(c)) {
            out.push_back(c);
        } else if (encoding == mime::Encoding::quoted_printable) {
            const auto octet = static_cast<unsigned char>(c);
            out.push_back('=');
            out.push_back(digits[octet >> 4]);
            out.push_back(digits[octet & 15U]);
        }
    }
}

}  // namespace

bool is_text(std::string_view octets) {
    return std::ranges::none_of(octets, is_control) && base::is_utf8(octets);
}

std::string message_as_text(std::string_view message, const mime::Tree& tree, std::uint64_t prefix_bytes) {
    std::string out;
    out.reserve(message.size() + message.size() / 4);
    std::uint64_t at = 0;
    const auto from_to = [&](std::uint64_t begin, std::uint64_t end) {
        begin = std::min<std::uint64_t>(begin, message.size());
        end = std::clamp<std::uint64_t>(end, begin, message.size());
        return message.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
    };
    for (const mime::Part& part : tree.parts) {
        const bool whole =
            part.kind != mime::Kind::leaf || part.type == "multipart" || part.type == "message";
        const std::uint64_t header = prefix_bytes + part.header_offset;
        const std::uint64_t begin = prefix_bytes + part.body_offset;
        const std::string_view body = from_to(begin, begin + part.body_bytes);
        if (whole || header < at || body.empty() || is_text(body)) continue;
        if (is_identity(part.encoding)) {
            const mime::Encoding encoding = encoding_for(part, body);
            append_lines(out, from_to(at, header));
            append_header(out, from_to(header, begin), encoding, &part == &tree.parts.front());
            out += encoding == mime::Encoding::base64 ? mime::base64_encode(body)
                                                      : mime::quoted_printable_encode(body);
        } else {
            append_lines(out, from_to(at, begin));
            append_encoded(out, body, part.encoding);
        }
        at = begin + body.size();
    }
    append_lines(out, from_to(at, message.size()));
    return out;
}

}  // namespace eas
