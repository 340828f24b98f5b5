// Who takes part in an event: ORGANIZER and ATTENDEE, by address. Pure.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "pim/component.hpp"

namespace pim::itip {

/// What stands behind "mailto:".
std::string_view address_of(const Property& person);
/// Null: there is none.
const Property* find_attendee(const Component& event, std::string_view address);
Property* find_attendee(Component& event, std::string_view address);
bool is_organizer(const Component& event, std::string_view address);

/// Of an ATTENDEE whom the organizer has not asked: his answer came.
inline constexpr std::string_view guest_parameter = "X-BARID-GUEST";
/// Whom the organizer has not asked, whether his answer has come or not.
bool is_guest(const Component& event, std::string_view address);

/// An address that the organizer has taken off: his answer does not bring him back.
inline constexpr std::string_view unasked_property = "X-BARID-UNASKED";

/// Whose calendar it is.
struct Owner {
    std::vector<std::string> addresses;  ///< the first is the primary one
    std::string name;

    bool is(std::string_view address) const;
    bool organizes(const Component& event) const;
    /// His ATTENDEE; null: he was not asked by an address of his.
    const Property* attendee_of(const Component& event) const;
    Property* attendee_of(Component& event) const;
};

}  // namespace pim::itip
