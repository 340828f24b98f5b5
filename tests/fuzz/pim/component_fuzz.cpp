// vCards, iCalendar and what is inside their values: no crash, bounded time, and write(parse(x)) is read as
// the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pim/rule.hpp"
#include "pim/time_zone.hpp"

namespace {

// NOLINTNEXTLINE(misc-no-recursion): as deep as parse() allows
void look(const pim::Component& component) {
    for (const pim::Property& property : component.properties) {
        const auto time = pim::parse_date_time(property.value);
        if (time && pim::parse_date_time(pim::write_date_time(*time)) != time) std::abort();
        const auto rule = pim::parse_rule(property.value);
        if (rule && pim::parse_rule(pim::write_rule(*rule)) != rule) std::abort();
        pim::OccurrenceLimits limits;
        limits.steps_max = 20;
        if (rule) pim::last_occurrence(*rule, 1'790'000'000, limits);
        const auto duration = pim::parse_duration(property.value);
        if (duration && pim::parse_duration(pim::write_duration(*duration)) != duration) std::abort();
    }
    if (const auto zone = pim::read_time_zone(component)) {
        zone->to_utc(1'790'000'000);
        zone->to_local(1'790'000'000);
    }
    for (const pim::Component& inner : component.components) look(inner);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto read = pim::parse(std::string_view(reinterpret_cast<const char*>(data), size));
    if (!read) return 0;
    const std::string text = pim::write(*read);
    const auto again = pim::parse(text);
    if (!again || pim::write(*again) != text) std::abort();
    look(*read);
    return 0;
}
