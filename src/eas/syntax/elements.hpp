// How often an element has a child, and whether it holds a number that it may. Pure.
#pragma once
#include <cstddef>
#include <cstdint>

#include "wbxml/document.hpp"

namespace eas {

inline std::size_t count_children(wbxml::Element parent, wbxml::Tag tag) {
    std::size_t out = 0;
    for (const wbxml::Element child : parent)
        if (child.tag() == tag) ++out;
    return out;
}

/// Of what may be left out or empty.
inline bool is_absent_or_in(wbxml::Element element, std::int64_t least, std::int64_t most) {
    if (element.text().empty()) return true;
    const auto number = element.number();
    return number && *number >= least && *number <= most;
}

}  // namespace eas
