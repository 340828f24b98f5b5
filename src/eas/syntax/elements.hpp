// How often an element has a child: what must be there once, and what may not be there twice; and whether it
// holds a number that it may. Pure.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "wbxml/document.hpp"

namespace eas {

inline std::size_t count_children(wbxml::Element parent, wbxml::Tag tag) {
    std::size_t out = 0;
    for (const wbxml::Element child : parent)
        if (child.tag() == tag) ++out;
    return out;
}

/// Two children with one name, where the specification has each once: which of them counts would be anybody's
/// guess. `but`: may come several times.
inline bool has_twins(wbxml::Element parent, wbxml::Tag but = wbxml::Tag()) {
    std::vector<std::uint16_t> seen;
    for (const wbxml::Element child : parent)
        if (child.tag() != but) seen.push_back(child.tag().value());
    std::ranges::sort(seen);
    return std::ranges::adjacent_find(seen) != seen.end();
}

/// Of what may be left out or empty.
inline bool is_absent_or_in(wbxml::Element element, std::int64_t least, std::int64_t most) {
    if (element.text().empty()) return true;
    const auto number = element.number();
    return number && *number >= least && *number <= most;
}

}  // namespace eas
