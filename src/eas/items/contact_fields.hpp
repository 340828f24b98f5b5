// Where each property of MS-ASCNTC is in a vCard: slots, which are properties of a card, and fields, which
// are slots or pieces of them. Pure.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "pim/component.hpp"
#include "wbxml/tags.hpp"

namespace eas {

/// A property of a card by its name and types. What a device has put there is marked with its name, so that
/// the second of three addresses stays the second when the first goes.
struct ContactSlot {
    std::string_view name;      ///< of the mark
    std::string_view property;  ///< TEL
    std::string_view types;     ///< "work,fax": all of them must be there
};

struct ContactField {
    enum class Shape : std::uint8_t { text, part, date, mailbox };
    wbxml::Tag tag;
    std::string_view slot;
    Shape shape = Shape::text;
    unsigned part = 0;  ///< of a structured value
};

/// In the order in which properties that carry no mark are given out: what has more types comes first.
extern const std::array<ContactSlot, 40> contact_slots;
extern const std::array<ContactField, 57> contact_fields;

/// For each slot the place of its property in the card; -1: there is none.
std::vector<int> find_slots(const pim::Component& card);
std::size_t slot_number(std::string_view name);

}  // namespace eas
