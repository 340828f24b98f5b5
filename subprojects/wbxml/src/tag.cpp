// The table of code pages, made from tokens.tsv at build time.
#include "wbxml/tag.hpp"

#include <array>

namespace wbxml {

namespace {

struct Page {
    std::string_view space;
    std::array<std::string_view, 64> names;
};

constexpr std::array pages{
#include "names.inc"
};

constexpr auto known = [] {
    std::array<std::uint64_t, 256> masks{};
    for (std::size_t page = 0; page < pages.size(); ++page)
        for (std::size_t token = 0; token < 64; ++token)
            if (!pages[page].names[token].empty()) masks[page] |= std::uint64_t{1} << token;
    return masks;
}();

}  // namespace

std::uint64_t known_tokens(std::uint8_t page) { return known[page]; }

std::string_view name(Tag tag) {
    return tag.page() < pages.size() ? pages[tag.page()].names[tag.token()] : std::string_view();
}

std::string_view page_namespace(std::uint8_t page) {
    return page < pages.size() ? pages[page].space : std::string_view();
}

std::optional<Tag> find_tag(std::string_view space, std::string_view wanted) {
    if (wanted.empty()) return std::nullopt;
    for (std::size_t page = 0; page < pages.size(); ++page) {
        if (pages[page].space != space) continue;
        for (std::size_t token = 0; token < 64; ++token)
            if (pages[page].names[token] == wanted)
                return Tag(static_cast<std::uint8_t>(page), static_cast<std::uint8_t>(token));
    }
    return std::nullopt;
}

}  // namespace wbxml
