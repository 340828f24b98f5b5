// Any octets: no fault of memory, and what is read is written and read again the same.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "wbxml/document.hpp"
#include "wbxml/encoder.hpp"
#include "wbxml/xml.hpp"

namespace {

void copy(wbxml::Encoder& out, wbxml::Element from) {
    if (from.has_children()) {
        out.open(from.tag());
        for (const wbxml::Element child : from) copy(out, child);
        out.close();
    } else if (from.text().empty()) {
        out.empty(from.tag());
    } else {
        out.opaque(from.tag(), from.text());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view octets(reinterpret_cast<const char*>(data), size);
    const wbxml::Document document(octets);
    if (document.fault() != wbxml::Fault::none) {
        if (document.offset() > size) std::abort();
        return 0;
    }
    wbxml::to_xml(document);
    std::string first, second;
    wbxml::Encoder out(first);
    copy(out, document.root());
    const wbxml::Document again(first);
    if (again.fault() != wbxml::Fault::none) std::abort();
    wbxml::Encoder more(second);
    copy(more, again.root());
    if (first != second) std::abort();
    return 0;
}
