// Rows of devices from any octets: what decodes encodes to a row that decodes to the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/crc32c.hpp"
#include "eas/state/meeting_debts.hpp"
#include "eas/state/records.hpp"

namespace {

template <class Decode>
void check(std::string_view row, Decode decode) {
    const auto value = decode(row);
    if (!value) return;
    const auto again = decode(eas::encode(*value));
    if (!again || !(*again == *value)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // With a right checksum, else nothing would be looked at.
    std::string row(reinterpret_cast<const char*>(data), size);
    const std::uint32_t sum = base::crc32c(row);
    row.append(reinterpret_cast<const char*>(&sum), sizeof sum);
    check(row, eas::decode_device);
    check(row, eas::decode_hierarchy);
    check(row, eas::decode_collection);
    check(row, eas::decode_oof);
    check(row, eas::decode_moved);
    check(row, eas::decode_answered);
    check(row, eas::decode_meeting_debt);
    return 0;
}
