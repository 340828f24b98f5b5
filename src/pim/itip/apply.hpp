// What a message of another calendar, or an answer of the user himself, does to an event that is kept here.
// RFC 5546 section 3.2. Who may say such things is the caller's to know. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "pim/itip/message.hpp"
#include "pim/itip/people.hpp"

namespace pim::itip {

/// Of an event's text, as far as its organizer's messages make it longer: one of them, and occurrences that
/// come for themselves. octets_max of each of a thousand of these would be more than an item may be.
inline constexpr std::size_t received_octets_max = 2U << 20;

/// Of those who were not asked, in one event: a team to whom one of them has passed it on.
inline constexpr std::size_t guests_max = 50;
/// Of a series that has so many exceptions their answers make no more.
inline constexpr std::size_t guests_dates_max = 100;

enum class Applied : std::uint8_t {
    done,
    nothing,  ///< old news, or none for this event; or there is no room for it
    /// It is another one's event, or has no such occurrence; the object is not to be used.
    refused,
};

/// The event that a REQUEST makes where there is none: tentative as long as it is not answered. Of an
/// occurrence without its series an event of its own.
Component adopt(const Message& request, const Owner& owner);
/// A REQUEST about an event that is here. Answers stay where the times did.
Applied apply_request(Component& calendar, const Message& request, const Owner& owner);
/// What becomes of a date that stands beside its series when the whole series is sent anew.
enum class Followed : std::uint8_t {
    stays,    ///< the message is older, or not about it
    changed,  ///< it is as the series has it now; what is the user's own stays
    gone,     ///< the series does not have it any more, or has it as devices show it
};
/// `beside`: the event that adopt() made of an occurrence. `request` is what counts of the series here.
Followed follow_series(Component& beside, const Message& request, const Owner& owner);
/// The event stays, and says that it does not take place.
Applied apply_cancel(Component& calendar, const Message& cancel, const Owner& owner);
/// What `sender` says to the organizer, whose event this is: REPLY or COUNTER. Who was not asked, but has it
/// from one who was, comes too if he says so: as an optional attendee.
Applied apply_reply(Component& calendar, const Message& reply, std::string_view sender);

struct OwnAnswer {
    Answer answer = Answer::none;
    std::optional<std::int64_t> occurrence;  ///< nothing: all of the series
    std::int64_t now = 0;
};
/// What the user answers. A declined occurrence leaves the series; a declined event is the caller's to
/// remove. False: no such occurrence.
bool apply_answer(Component& calendar, const OwnAnswer& answer, const Owner& owner);

}  // namespace pim::itip
