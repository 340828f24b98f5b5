// The scan of body octets: line ends, 8-bit octets, NULs, and where a line begins with "-". SIMD chosen at
// run time.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace mime {

struct Facts {
    std::uint64_t lines = 0;  // LF octets
    bool eight_bit = false;
    bool nul = false;
};

/// \p stop: find_dash_line; else count_octets.
using Scan = std::size_t (*)(const char* data, std::size_t size, bool stop, bool line_start, Facts& facts);
struct ScanWay {
    std::string_view name;
    Scan scan;
};
/// What this processor can run, the fastest first: all give the same.
std::vector<ScanWay> scan_ways();

/// Adds the facts of all \p size octets.
void count_octets(const char* data, std::size_t size, Facts& facts);

/// Finds the first "-" that opens a line and adds the facts of the octets before it; \p size when there is
/// none.
/// \p at_line_start: the octet before \p data was a line end.
std::size_t find_dash_line(const char* data, std::size_t size, bool at_line_start, Facts& facts);

}  // namespace mime
