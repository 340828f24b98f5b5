#include "eas/syntax/multipart.hpp"

#include <cstdint>

namespace eas {
namespace {

void put(std::string& out, std::size_t number) {
    for (unsigned shift = 0; shift < 32; shift += 8) out.push_back(static_cast<char>(number >> shift & 255U));
}

}  // namespace

std::string write_multipart(std::string_view wbxml, const std::vector<std::string>& parts) {
    std::string out;
    const std::size_t count = parts.size() + 1;
    put(out, count);
    std::size_t offset = 4 + 8 * count;
    put(out, offset);
    put(out, wbxml.size());
    offset += wbxml.size();
    for (const std::string& part : parts) {
        put(out, offset);
        put(out, part.size());
        offset += part.size();
    }
    out.append(wbxml);
    for (const std::string& part : parts) out.append(part);
    return out;
}

}  // namespace eas
