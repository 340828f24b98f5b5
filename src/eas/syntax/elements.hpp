// How often an element has a child: what must be there once. Pure.
#pragma once
#include <cstddef>

#include "wbxml/document.hpp"

namespace eas {

inline std::size_t count_children(wbxml::Element parent, wbxml::Tag tag) {
    std::size_t out = 0;
    for (const wbxml::Element child : parent)
        if (child.tag() == tag) ++out;
    return out;
}

}  // namespace eas
