#include "pim/itip/people.hpp"

#include <algorithm>
#include <utility>

#include "base/ascii.hpp"

namespace pim::itip {

std::string_view address_of(const Property& person) {
    constexpr std::string_view scheme = "mailto:";
    std::string_view value = person.value;
    if (value.size() > scheme.size() && base::equals_nocase(value.substr(0, scheme.size()), scheme))
        value.remove_prefix(scheme.size());
    return value;
}

const Property* find_attendee(const Component& event, std::string_view address) {
    const auto at = std::ranges::find_if(event.properties, [address](const Property& one) {
        return one.name == "ATTENDEE" && base::equals_nocase(address_of(one), address);
    });
    return at == event.properties.end() ? nullptr : &*at;
}
Property* find_attendee(Component& event, std::string_view address) {
    return const_cast<Property*>(find_attendee(std::as_const(event), address));
}

bool is_organizer(const Component& event, std::string_view address) {
    const Property* organizer = event.find("ORGANIZER");
    return organizer != nullptr && base::equals_nocase(address_of(*organizer), address);
}

bool is_guest(const Component& event, std::string_view address) {
    const Property* attendee = find_attendee(event, address);
    return attendee == nullptr || !attendee->parameter(guest_parameter).empty();
}

bool Owner::is(std::string_view address) const {
    return std::ranges::any_of(
        addresses, [address](const std::string& own) { return base::equals_nocase(own, address); });
}

bool Owner::organizes(const Component& event) const {
    const Property* organizer = event.find("ORGANIZER");
    return organizer != nullptr && is(address_of(*organizer));
}

const Property* Owner::attendee_of(const Component& event) const {
    const auto at = std::ranges::find_if(event.properties, [this](const Property& one) {
        return one.name == "ATTENDEE" && is(address_of(one));
    });
    return at == event.properties.end() ? nullptr : &*at;
}
Property* Owner::attendee_of(Component& event) const {
    return const_cast<Property*>(attendee_of(std::as_const(event)));
}

}  // namespace pim::itip
