// An event as somebody else sent it, and what of the one that was here before stays. Between the files of
// this folder. Pure.
#pragma once
#include <algorithm>
#include <string>

#include "pim/event_names.hpp"
#include "pim/itip/apply.hpp"

namespace pim::itip {

/// The names of the texts of an event's revision that came.
inline constexpr std::string_view texts_property = "X-BARID-TEXTS";

/// What the calendar shows of the time: nothing is sure before it is accepted.
void show_busy(Component& event, Answer answer);
/// An event as the organizer sent it becomes one of this calendar.
void receive(Component& event, const Owner& owner);
/// Each is named by its text.
void receive_all(Component& calendar, const Owner& owner);
/// RFC 5546 section 2.1.4: what makes people look at their calendars again. Of moments: the same one in
/// another zone is none of it, but for a series, whose later dates are others then.
bool same_times(const Component& a, const Component& in_a, const Component& b, const Component& in_b);
/// What the user has made of the event: his answer where it still counts, his alarms, categories and files.
void keep_own(Component& event, const Component& before, bool same, const Owner& owner);
/// Of occurrences that are sent with their series: the files of what each was, and what came of it already.
void keep_of_occurrences(Component& made, const Component& before);

/// What a text that was sent is called; of a series that of the whole object.
std::string text_name(const Component& sent);
/// Whether what is sent counts, and not what is `known`: it is newer (RFC 5546 section 2.1.5), or as new, and
/// came later. DTSTAMP has seconds, and programs write two updates within one. What came already is a copy
/// that was late; and of one revision no more than some count.
bool counts_over(const Component& known, const Component& sent, const std::string& name);
/// What came of `event`'s revision: that of this name, and what did before, if that is of the same one.
void note_text(Component& event, const std::string& name);
void join_texts(Component& event, const Component& before);
/// The best of several.
inline Applied both(Applied a, Applied b) { return std::min(a, b); }

}  // namespace pim::itip
