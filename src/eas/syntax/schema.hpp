// Which of an item's properties a device wants of a fetch: MS-ASCMD section 2.2.3.145. Pure.
#pragma once
#include <string>

#include "wbxml/document.hpp"
#include "wbxml/encoder.hpp"

namespace eas {

/// What `schema` names of an element that was written as a document of its own, with its children.
void write_named(wbxml::Encoder& to, wbxml::Element schema, std::string_view document);

/// `write` puts an element with an item's properties into an encoder: all of them, or what `schema` names.
template <class Write>
void write_by_schema(wbxml::Encoder& to, wbxml::Element schema, Write write) {
    if (!schema) return write(to);
    std::string document;
    wbxml::Encoder whole(document);
    write(whole);
    write_named(to, schema, document);
}

}  // namespace eas
