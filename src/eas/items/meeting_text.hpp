// A meeting in words, for those whose programs know no calendars. Pure.
#pragma once
#include <string>

#include "pim/component.hpp"

namespace eas {

/// When, where, and what is written about it. Of an object without events nothing.
std::string readable_meeting(const pim::Component& calendar);
/// When alone: "2030-01-04 10:00 - 11:00 Europe/Berlin"; empty: it does not say.
std::string readable_time(const pim::Component& calendar);

}  // namespace eas
