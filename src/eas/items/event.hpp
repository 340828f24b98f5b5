// Events: VEVENT to and from MS-ASCAL. Pure.
#pragma once
#include <optional>
#include <set>
#include <vector>

#include "eas/items/event_times.hpp"
#include "eas/items/item.hpp"

namespace eas {

bool apply_event(wbxml::Element data, pim::Component& calendar, const ItemContext& context);
/// One occurrence of a series, from 16.0 on: changed, or with `remove` taken out. MS-ASCAL section 3.1.5.4.
/// False: there is no such occurrence, or what is said of it cannot be kept.
bool apply_occurrence(wbxml::Element data, std::string_view instance, bool remove, pim::Component& calendar,
                      const ItemContext& context);
void write_event(wbxml::Encoder& to, const pim::Component& calendar, const ItemView& view);
/// The date: the end of the last occurrence.
ItemFacts event_facts(const pim::Component& calendar);
/// All of it: nobody is told of it any more.
bool is_over(const pim::Component& calendar, std::int64_t now);

// Between the files of this folder.

using pim::is_override;
using pim::local_rule;
using pim::master_of;
/// Everything but times and recurrence: event_details.cpp.
bool take_details(wbxml::Element data, pim::Component& event, const ItemContext& context);
/// What differs from `than`, in an exception; all of it where there is none.
void write_details(wbxml::Encoder& to, const pim::Component& event, const pim::Component* than,
                   const ItemView& view);
/// 0 free, 1 tentative, 2 busy, 3 out of office, 4 elsewhere: MS-ASCAL section 2.2.2.9.
int busy_of(const pim::Component& event, std::uint16_t version);
/// Minutes before the start; nothing: it has none.
std::optional<std::int64_t> reminder_of(const pim::Component& event);
/// Exceptions: event_exceptions.cpp; what moves with its series: exceptions_moved.cpp; exceptions_shown.cpp.

/// An event as it was before a change: its exceptions are read by its frames. Without a master: it is new.
struct SeriesBefore {
    std::optional<pim::Component> master;
    EventFrame frame;
    Times times;
    std::set<std::int64_t> removed;  ///< values of the frame
    struct Override {
        pim::Component event;
        EventFrame frame;
        std::int64_t id = 0;  ///< a value of the series' frame
        Times times;          ///< of its own
    };
    std::vector<Override> overrides;
};
SeriesBefore series_before(const pim::Component& calendar, std::uint16_t version);
/// Those that the device sent; others stay.
bool take_exceptions(wbxml::Element data, pim::Component& calendar, const SeriesBefore& before,
                     const EventFrame& frame, const ItemContext& context);
/// The same occurrences stay exceptions when the zone of their series changes, or whether it has whole days.
void move_exceptions(pim::Component& calendar, const SeriesBefore& before, const EventFrame& frame);
void write_exceptions(wbxml::Encoder& to, const pim::Component& calendar, const EventFrame& frame,
                      const ItemView& view);
void forget_exceptions(pim::Component& calendar);
/// What exceptions have in common with the series stays so when the series changes.
bool carry_over(pim::Component& calendar, const pim::Component& before);

}  // namespace eas
