#include "eas/syntax/schema.hpp"

namespace eas {
namespace {

// NOLINTNEXTLINE(misc-no-recursion): as deep as what this server writes
void copy(wbxml::Encoder& to, wbxml::Element from) {
    if (from.has_children()) {
        to.open(from.tag());
        for (const wbxml::Element child : from) copy(to, child);
        to.close();
    } else if (from.is_opaque()) {
        to.opaque(from.tag(), from.text());
    } else if (from.text().empty()) {
        to.empty(from.tag());
    } else {
        to.text(from.tag(), from.text());
    }
}

}  // namespace

void write_named(wbxml::Encoder& to, wbxml::Element schema, std::string_view document) {
    wbxml::DecodeLimits limits;
    limits.octets_max = document.size();
    const wbxml::Document read(document, limits);
    to.open(read.root().tag());
    for (const wbxml::Element child : read.root())
        if (schema.child(child.tag())) copy(to, child);
    to.close();
}

}  // namespace eas
