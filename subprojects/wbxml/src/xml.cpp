// WBXML as XML text.
#include "wbxml/xml.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "wbxml/encoder.hpp"

namespace wbxml {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

/// The size of the UTF-8 character at the front, 0 if it is none: overlong forms, surrogates and what XML 1.0
/// forbids.
std::size_t character_size(std::string_view text) {
    const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = octet(0);
    if (first < 0x80) return first >= 0x20 || first == '\t' || first == '\n' || first == '\r' ? 1 : 0;
    const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < size) return 0;
    std::uint32_t value = first & (0x7Fu >> size);
    for (std::size_t i = 1; i < size; ++i) {
        if ((octet(i) & 0xC0) != 0x80) return 0;
        value = value << 6 | (octet(i) & 0x3F);
    }
    const bool overlong = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
    if (overlong || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000) || value == 0xFFFE ||
        value == 0xFFFF)
        return 0;
    return size;
}

void escape(std::string& out, std::string_view text) {
    while (!text.empty()) {
        const std::size_t size = character_size(text);
        switch (text.front()) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '\r':
                out += "&#13;";
                break;
            default:
                out += size ? text.substr(0, size) : replacement;
        }
        text.remove_prefix(size ? size : 1);
    }
}

bool is_text(std::string_view octets) {
    while (!octets.empty()) {
        const std::size_t size = character_size(octets);
        if (!size) return false;
        octets.remove_prefix(size);
    }
    return true;
}

void base64(std::string& out, std::string_view octets) {
    static constexpr std::string_view letters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (std::size_t i = 0; i < octets.size(); i += 3) {
        const std::string_view group = octets.substr(i, 3);
        std::uint32_t bits = 0;
        for (std::size_t j = 0; j < 3; ++j)
            bits = bits << 8 | (j < group.size() ? static_cast<unsigned char>(group[j]) : 0u);
        for (std::size_t j = 0; j < 4; ++j)
            out += j <= group.size() ? letters[bits >> (18 - 6 * j) & 0x3F] : '=';
    }
}

/// Where `element` is open, its tag and its namespace are written; says whether it has children to come.
bool write_start(std::string& out, Element element, std::uint8_t outer_page, bool is_root, std::size_t depth,
                 std::span<const Tag> secret) {
    out.append(2 * depth, ' ').append("<").append(name(element.tag()));
    if (is_root || element.tag().page() != outer_page)
        out.append(" xmlns=\"").append(page_namespace(element.tag().page())).append("\"");
    if (!element.has_children() && element.text().empty()) {
        out += "/>\n";
        return false;
    }
    out += '>';
    if (std::ranges::find(secret, element.tag()) != secret.end())
        out += "(left out)";
    else if (element.is_opaque() && !is_text(element.text()))
        base64(out, element.text());
    else
        escape(out, element.text());
    if (element.has_children()) {
        out += '\n';
        return true;
    }
    out.append("</").append(name(element.tag())).append(">\n");
    return false;
}

}  // namespace

std::string to_xml(const Document& document, std::span<const Tag> secret) {
    std::string out;
    std::vector<Element> open;
    for (Element at = document.root(); at;) {
        const bool deeper = write_start(out, at, open.empty() ? 0 : open.back().tag().page(), open.empty(),
                                        open.size(), secret);
        if (deeper) {
            open.push_back(at);
            at = at.first_child();
            continue;
        }
        Element following = at.next();
        while (!following && !open.empty()) {
            const Element ended = open.back();
            open.pop_back();
            out.append(2 * open.size(), ' ').append("</").append(name(ended.tag())).append(">\n");
            following = ended.next();
        }
        at = following;
    }
    return out;
}

}  // namespace wbxml
