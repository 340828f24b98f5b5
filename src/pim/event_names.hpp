// Names of an event's properties that are in no RFC and that several parts read or write. Pure.
#pragma once
#include <string_view>

namespace pim {

/// As Outlook and Exchange write them: what the time is shown as, and what it will be once the meeting is
/// accepted.
inline constexpr std::string_view busy_property = "X-MICROSOFT-CDO-BUSYSTATUS";
inline constexpr std::string_view intended_property = "X-MICROSOFT-CDO-INTENDEDSTATUS";
/// The organizer wants to hear of no other time.
inline constexpr std::string_view no_counter_property = "X-MICROSOFT-DISALLOW-COUNTER";

/// This server's own.
inline constexpr std::string_view meeting_status_property =
    "X-BARID-MEETING-STATUS";  ///< as a device said it
inline constexpr std::string_view place_property = "X-BARID-PLACE";
/// Whether the organizer wants answers.
inline constexpr std::string_view responses_property = "X-BARID-RESPONSE-REQUESTED";
/// When the user has answered.
inline constexpr std::string_view reply_time_property = "X-BARID-REPLY-TIME";

}  // namespace pim
