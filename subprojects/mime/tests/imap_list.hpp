// Is this one well-formed IMAP list that any client may see? For tests and fuzz targets.
#pragma once
#include <cstddef>
#include <string_view>

namespace mime_test {

/// One parenthesised list of quoted strings, atoms and lists; no CR, LF, NUL, and no 8-bit unless \p utf8.
inline bool well_formed_list(std::string_view text, bool utf8 = false) {
    if (!text.starts_with('(')) return false;
    std::size_t depth = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto octet = static_cast<unsigned char>(text[at]);
        if (octet < 32 || octet == 127 || (octet > 127 && !utf8)) return false;
        if (octet == '"') {
            for (++at; at < text.size() && text[at] != '"'; ++at) {
                const auto inner = static_cast<unsigned char>(text[at]);
                if (inner < 32 || inner == 127 || (inner > 127 && !utf8)) return false;
                if (inner == '\\' && ++at < text.size() && text[at] != '"' && text[at] != '\\') return false;
            }
            if (at >= text.size()) return false;
        } else if (octet == '(') {
            ++depth;
        } else if (octet == ')') {
            if (depth == 0) return false;
            if (--depth == 0 && at + 1 != text.size()) return false;
        }
    }
    return depth == 0;
}

}  // namespace mime_test
