// Events: VEVENT to and from MS-ASCAL. Pure.
#pragma once
#include "eas/items/event_times.hpp"
#include "eas/items/item.hpp"

namespace eas {

bool apply_event(wbxml::Element data, pim::Component& calendar, const ItemContext& context);
/// One occurrence of a series, from 16.0 on: changed, or with `remove` taken out. MS-ASCAL section 3.1.5.4.
/// False: there is no such occurrence, or what is said of it cannot be kept.
bool apply_occurrence(wbxml::Element data, std::string_view instance, bool remove, pim::Component& calendar,
                      const ItemContext& context);
struct EventView {
    ItemOptions options;
    std::uint16_t version = 161;
    std::string user;
};
void write_event(wbxml::Encoder& to, const pim::Component& calendar, const EventView& view);
/// The date: the end of the last occurrence.
ItemFacts event_facts(const pim::Component& calendar);

// Between the files of this folder.

using pim::is_override;
using pim::local_rule;
using pim::master_of;
/// Everything but times and recurrence: event_details.cpp.
bool take_details(wbxml::Element data, pim::Component& event, const ItemContext& context);
/// What differs from `than`, in an exception; all of it where there is none.
void write_details(wbxml::Encoder& to, const pim::Component& event, const pim::Component* than,
                   const EventView& view);
/// Exceptions: event_exceptions.cpp.
bool take_exceptions(wbxml::Element data, pim::Component& calendar, const EventFrame& frame,
                     const ItemContext& context);
void write_exceptions(wbxml::Encoder& to, const pim::Component& calendar, const EventFrame& frame,
                      const EventView& view);
void forget_exceptions(pim::Component& calendar);
/// What exceptions have in common with the series stays so when the series changes.
bool carry_over(pim::Component& calendar, const pim::Component& before);

}  // namespace eas
