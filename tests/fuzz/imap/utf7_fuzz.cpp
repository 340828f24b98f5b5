// Modified UTF-7 and UTF-8: what decodes is valid, has one spelling, and comes back; LIST patterns match in
// bounded time.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/utf7imap.hpp"
#include "base/utf8.hpp"
#include "imap/syntax/list_pattern.hpp"
#include "imap/syntax/mailbox_name.hpp"

namespace {
void must(bool holds) {
    if (!holds) std::abort();
}

void check_codec(std::string_view octets) {
    const auto decoded = base::utf7imap_to_utf8(octets);
    if (decoded) {
        must(base::is_utf8(*decoded));
        must(base::utf7imap_to_utf8(base::utf8_to_utf7imap(*decoded)) == *decoded);
    }
    const std::string encoded = base::utf8_to_utf7imap(octets);
    must(base::is_ascii(encoded));
    const bool exact = base::is_utf8(octets) && octets.find('\0') == std::string_view::npos;
    if (exact) must(base::utf7imap_to_utf8(encoded) == octets);
}

void check_name(std::string_view octets) {
    for (const bool utf8 : {false, true}) {
        const imap::ParseMode mode{.utf8 = utf8};
        const auto name = imap::decode_mailbox_name(octets, mode);
        if (!name) continue;
        must(base::is_utf8(*name) && base::to_nfc(*name) == *name);
        // One stored name: sent back in modified UTF-7, it is the same mailbox.
        must(imap::decode_mailbox_name(base::utf8_to_utf7imap(*name), imap::ParseMode{}) == *name);
    }
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view octets(reinterpret_cast<const char*>(data), size);
    check_codec(octets);
    check_name(octets);
    const std::size_t half = octets.find('|');
    if (half == std::string_view::npos) return 0;
    const imap::ListPattern pattern(octets.substr(0, half));
    const std::string_view name = octets.substr(half + 1);
    const bool matches = pattern.matches(name);
    if (octets.substr(0, half).find_first_of("*%") == std::string_view::npos &&
        octets.substr(0, half) == name)
        must(matches);
    return 0;
}
