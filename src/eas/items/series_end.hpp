// The end of a series: UNTIL between devices and iCalendar. What devices mean by it is the day of the last
// occurrence, for which they have several moments; MS-ASCAL section 2.2.2.47 has the start of that. Pure.
#pragma once
#include <optional>
#include <string>

#include "eas/items/event_times.hpp"
#include "pim/rule.hpp"

namespace eas {

/// UNTIL of a rule that a device sent. The event's start is written.
void take_end(pim::Rule& rule, const pim::Component& event, const EventFrame& frame);
/// As devices are told of it, a value of the frame. Nothing: the series has no UNTIL.
std::optional<std::int64_t> last_start(const pim::Component& event, const EventFrame& frame);
/// The series begins at another time, or in another frame, and has the occurrences that it had.
void move_end(const pim::Component& before, const EventFrame& former_frame, pim::Component& event,
              const EventFrame& frame);
/// Whether the last occurrence is another one.
bool is_other_end(const pim::Component& before, const EventFrame& former_frame, const pim::Component& event,
                  const EventFrame& frame);

}  // namespace eas
