// Addresses and rows: the canonical form is stable, keys are printable and short, damaged rows are refused.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "directory/address.hpp"
#include "directory/codec.hpp"
#include "directory/keys.hpp"

namespace {
void check(bool good) {
    if (!good) std::abort();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::string once = directory::canonical_address(text);
    if (!once.empty()) {
        check(directory::canonical_address(once) == once);
        const auto parsed = directory::parse_address(text);
        const auto again = directory::parse_address(once);
        check(parsed && again && directory::lookup_key(*parsed) == directory::lookup_key(*again));
    }
    const std::string key = directory::row_key('u', text);
    check(key.size() <= 200);
    for (const char c : key) check(c >= 0x21 && c <= 0x7E);
    (void)directory::decode_mailbox(text);
    (void)directory::decode_domain(text);
    (void)directory::decode_credentials(text);
    return 0;
}
