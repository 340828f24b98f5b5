// An event as somebody else sent it, and what of the one that was here before stays. Between the files of
// this folder. Pure.
#pragma once
#include <algorithm>

#include "pim/itip/apply.hpp"

namespace pim::itip {

inline constexpr std::string_view busy_property = "X-MICROSOFT-CDO-BUSYSTATUS";
/// When the user has answered.
inline constexpr std::string_view reply_time_property = "X-BARID-REPLY-TIME";

/// What the calendar shows of the time: nothing is sure before it is accepted.
void show_busy(Component& event, Answer answer);
/// An event as the organizer sent it becomes one of this calendar.
void receive(Component& event, const Owner& owner);
void receive_all(Component& calendar, const Owner& owner);
/// RFC 5546 section 2.1.4: what makes people look at their calendars again.
bool same_times(const Component& a, const Component& in_a, const Component& b, const Component& in_b);
/// What the user has made of the event: his answer where it still counts, his alarms, categories and files.
void keep_own(Component& event, const Component& before, bool same, const Owner& owner);
/// The files of occurrences that are sent with their series: those of what each was.
void keep_files_of_occurrences(Component& made, const Component& before);
/// The best of several.
inline Applied both(Applied a, Applied b) { return std::min(a, b); }

}  // namespace pim::itip
