// Message: what one calendar says to another about an event: a text/calendar part with a METHOD. RFC 5546, in
// mail as RFC 6047 has it. Read and checked. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pim/component.hpp"

namespace pim::itip {

enum class Method : std::uint8_t { request, reply, cancel, add, counter, refresh, decline_counter };

/// "REQUEST".
std::string_view name_of(Method method);
/// Nothing: none of those above; PUBLISH asks nobody for anything.
std::optional<Method> method_named(std::string_view name);

struct MessageLimits {
    ComponentLimits text{4U << 20, 10'000, 1'100, 3, 64};  ///< a stranger's, with the files in it
    std::size_t octets_max = 1U << 20;  ///< of what may stay in a calendar, links too: without them
    std::size_t attendees_max = 2'000;  ///< an invitation to more is a newsletter
    std::size_t uid_octets_max = 1'000;
    /// Each is looked for in its series, by a walk over it; only a REQUEST of a whole series brings more.
    std::size_t occurrences_max = 50;
    std::size_t dates_max = 1'000;             ///< EXDATE and RDATE of one event, in all
    std::size_t value_octets_max = 64U << 10;  ///< of a property that is not there to be read by people
    std::size_t zones_max = 8;                 ///< VTIMEZONEs
    std::size_t observances_max = 200;         ///< of each of them: Casablanca has a hundred
};

struct Message {
    Method method = Method::request;
    /// Without METHOD, what alarms attach, and what this server alone may say of an event.
    Component calendar;
    std::string uid;
    /// The series, or the occurrence that it is about. Of ADD (RFC 5546 section 3.2.4) each is read as the
    /// occurrence that it makes: its RECURRENCE-ID is its start.
    const Component& event() const;
};

/// Nothing: it is no such message: no VCALENDAR, no method of those above, no event with a UID and a start,
/// events of several UIDs, an ADD of more than occurrences, or it exceeds a limit.
std::optional<Message> read_message(std::string_view text, const MessageLimits& limits = {});

/// Of a message about several occurrences without their series one for each; of any other itself.
std::vector<Message> apart(const Message& message);

/// Which of two texts about one event is newer: RFC 5546 section 2.1.5.
struct Revision {
    std::int64_t sequence = 0, stamp = 0;
    auto operator<=>(const Revision&) const = default;
};
Revision revision_of(const Component& event);

/// Of an ATTENDEE: RFC 5545 section 3.2.12.
enum class Answer : std::uint8_t { none, accepted, tentative, declined };
std::string_view name_of(Answer answer);
Answer answer_of(const Property& attendee);

}  // namespace pim::itip
