// What events, tasks and notes share of iCalendar: the object around them, classes, alarms, recurrences.
// Pure.
#pragma once
#include <optional>

#include "eas/items/item.hpp"
#include "pim/rule.hpp"

namespace eas {

pim::Component empty_calendar();
/// The first component of that name; made if there is none. In place of the object's other parts nothing.
pim::Component& main_component(pim::Component& calendar, std::string_view name);
const pim::Component* find_main(const pim::Component& calendar, std::string_view name);

/// 0 normal, 1 personal, 2 private, 3 confidential: MS-ASCAL section 2.2.2.41.
void set_sensitivity(pim::Component& component, std::int64_t value);
int sensitivity_of(const pim::Component& component);

/// The tags of a Recurrence element, which calendars, tasks and meeting requests have each in their page.
struct RecurrenceTags {
    wbxml::Tag type, occurrences, interval, week_of_month, day_of_week, month_of_year, until, day_of_month,
        calendar_type, is_leap_month, first_day_of_week;
};
/// Whether it has nothing that its Type has no place for, and a calendar that there is: MS-ASCAL
/// section 3.2.5.3, MS-ASTASK sections 2.2.2.9 to 2.2.2.33.
bool is_sound_pattern(wbxml::Element element, const RecurrenceTags& tags);
/// UNTIL is as it was sent: in UTC. Nothing: it is none of the specification.
std::optional<pim::Rule> read_recurrence(wbxml::Element element, const RecurrenceTags& tags);
struct RecurrenceView {
    std::int64_t start = 0;  ///< local: what the rule does not say
    std::string until;       ///< as the class writes dates; empty: none
    std::uint16_t version = 161;
    std::string calendar_type, leap_month;  ///< as RRULE cannot say them; empty: as it does
};
/// The children. False: the specification has no words for this rule, and nothing was written.
bool write_recurrence(wbxml::Encoder& to, const pim::Rule& rule, const RecurrenceTags& tags,
                      const RecurrenceView& view);
/// What RRULE cannot say: CalendarType and IsLeapMonth.
void take_calendar_type(wbxml::Element element, const RecurrenceTags& tags, pim::Component& component);
void show_calendar_type(RecurrenceView& view, const pim::Component& component);

}  // namespace eas
