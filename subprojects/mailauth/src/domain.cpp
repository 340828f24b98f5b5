#include "mailauth/domain.hpp"

#include <algorithm>
#include <idn2.h>

namespace mailauth {

namespace {

constexpr std::size_t name_octets_max = 253;  // RFC 1035 section 3.1 without the root and the first length
constexpr std::size_t label_octets_max = 63;

bool labels_fit(std::string_view name) {
    if (name.empty() || name.size() > name_octets_max) return false;
    std::size_t begin = 0;
    while (true) {
        const std::size_t end = std::min(name.find('.', begin), name.size());
        if (end == begin || end - begin > label_octets_max) return false;
        if (end == name.size()) return true;
        begin = end + 1;
    }
}

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 128; });
}

}  // namespace

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = lower(c);
    return out;
}

bool same_text(std::string_view a, std::string_view b) {
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    const std::size_t begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

std::string to_ascii_domain(std::string_view name) {
    if (name.ends_with('.')) name.remove_suffix(1);
    if (name.empty() || name.size() > 4 * name_octets_max || name.find('\0') != std::string_view::npos)
        return {};
    std::string ascii;
    if (is_ascii(name)) {
        ascii = lower(name);
    } else {
        char* out = nullptr;
        const int code =
            idn2_to_ascii_8z(std::string(name).c_str(), &out, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
        if (code != IDN2_OK) return {};
        ascii = lower(out);
        idn2_free(out);
    }
    return labels_fit(ascii) ? ascii : std::string();
}

std::string to_mail_domain(std::string_view name) {
    std::string ascii = to_ascii_domain(name);
    const bool plain = std::all_of(ascii.begin(), ascii.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    });
    return plain && ascii.find('.') != std::string::npos ? ascii : std::string();
}

bool is_within(std::string_view name, std::string_view ancestor) {
    if (ancestor.empty() || name.size() < ancestor.size() || !name.ends_with(ancestor)) return false;
    return name.size() == ancestor.size() || name[name.size() - ancestor.size() - 1] == '.';
}

std::string_view parent_of(std::string_view name) {
    const std::size_t dot = name.find('.');
    return dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
}

std::size_t label_count(std::string_view name) {
    return name.empty() ? 0 : 1 + static_cast<std::size_t>(std::count(name.begin(), name.end(), '.'));
}

}  // namespace mailauth
