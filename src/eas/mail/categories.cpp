#include "eas/mail/categories.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/utf7imap.hpp"

namespace eas {
namespace {

constexpr std::string_view no_atom = " (){%*\"\\]";
constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

/// One character of ASCII, shifted: its 16 bits in three letters.
void append_shifted(std::string& out, char c) {
    const auto value = static_cast<unsigned char>(c);
    out += {'&', 'A', letters[value >> 4U], letters[(value & 15U) << 2U], '-'};
}

}  // namespace

bool is_category(std::string_view keyword) {
    return !keyword.starts_with('$') && !base::equals_nocase(keyword, "NonJunk") &&
           !base::equals_nocase(keyword, "Junk");
}

std::string keyword_of_category(std::string_view name) {
    std::string out;
    for (const char c : base::utf8_to_utf7imap(name)) {
        if (no_atom.find(c) != std::string_view::npos)
            append_shifted(out, c);
        else
            out.push_back(c);
    }
    return out;
}

std::string category_of_keyword(std::string_view keyword) {
    auto name = base::utf7imap_to_utf8(keyword);
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
    if (!name || std::ranges::any_of(*name, control)) return std::string(keyword);
    return std::move(*name);
}

std::vector<std::string> category_keywords(const store::Entry& entry, const store::Keywords& keywords) {
    std::vector<std::string> out;
    for (unsigned i = 0; i < keywords.size(); ++i)
        if (entry.flags.has_keyword(i) && is_category(keywords.name(i))) out.emplace_back(keywords.name(i));
    return out;
}

}  // namespace eas
