// A meeting that is answered or passed on by mail: SmartReply and SmartForward about an event. Pure.
// MS-ASCMD sections 2.2.2.18, 2.2.2.19 and 3.1.5.7; RFC 5546 section 3.2.2.6.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eas/mail/outgoing_message.hpp"
#include "eas/syntax/compose_request.hpp"
#include "pim/component.hpp"
#include "pim/itip/people.hpp"

namespace eas {

/// The occurrence that a device names; `status` of MS-ASCMD section 2.2.4 says why there is none.
struct NamedOccurrence {
    int status = 1;
    std::optional<std::int64_t> moment;  ///< nothing: the whole event
};
NamedOccurrence named_occurrence(const pim::Component& calendar, std::optional<std::string_view> instance,
                                 std::uint16_t version);

/// Those whom it does not name yet are asked too, of one occurrence or of all. False: all of them were.
bool ask_too(pim::Component& calendar, std::optional<std::int64_t> occurrence,
             const std::vector<Forwardee>& people);

/// What they get: a REQUEST of the same organizer, who hears their answers, with nothing of the user's own.
/// Nothing: there is no such occurrence.
std::optional<pim::Component> forwarded_object(const pim::Component& calendar,
                                               std::optional<std::int64_t> occurrence,
                                               const pim::itip::Owner& user);

/// As a mail quotes it.
Original original_of(const pim::Component& object);
/// As a part of a mail: what asks its reader, or of an appointment without an organizer a file.
std::string meeting_part(const pim::Component& object);

/// The organizer's address; empty: it has none who could be told.
std::string organizer_of(const pim::Component& calendar);

/// To and Cc of a message, with their names. Not Bcc: nobody is to see them in an invitation.
std::vector<Forwardee> people_in(std::string_view message);

}  // namespace eas
