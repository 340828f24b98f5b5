// Time zones as devices send them: any octets, and what is read is written so that it is read as the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "eas/items/time_zone_blob.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto zone = eas::read_time_zone_blob(std::string_view(reinterpret_cast<const char*>(data), size));
    if (!zone) return 0;
    const auto again = eas::read_time_zone_blob(eas::write_time_zone_blob(*zone));
    if (!again || !again->same_times(*zone)) std::abort();
    for (const std::int64_t time : {0LL, 1'790'000'000LL, 250'000'000'000LL}) {
        zone->to_utc(time);
        zone->to_local(time);
    }
    const auto component = pim::read_time_zone(pim::write_time_zone(*zone, "x"));
    if (!component || !component->same_times(*zone)) std::abort();
    return 0;
}
