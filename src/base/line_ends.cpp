#include "base/line_ends.hpp"

namespace base {

std::string with_crlf(std::string_view octets, LoneCr lone) {
    std::string out;
    out.reserve(octets.size() + octets.size() / 32);
    for (std::size_t i = 0; i < octets.size(); ++i) {
        const bool ends = i + 1 < octets.size() && octets[i + 1] == '\n';
        if (octets[i] == '\r' && (ends || lone == LoneCr::line_end)) {
            out += "\r\n";
            if (ends) ++i;
        } else if (octets[i] == '\n') {
            out += "\r\n";
        } else {
            out += octets[i];
        }
    }
    return out;
}

std::string with_lf(std::string_view octets) {
    std::string out;
    out.reserve(octets.size());
    for (std::size_t i = 0; i < octets.size(); ++i) {
        if (octets[i] == '\r' && i + 1 < octets.size() && octets[i + 1] == '\n') continue;
        out += octets[i];
    }
    return out;
}

}  // namespace base
