#include "eas/items/task.hpp"

#include <algorithm>
#include <array>

#include "eas/items/calendar_text.hpp"
#include "eas/syntax/elements.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

namespace tags = wbxml::tasks;
using pim::DateTime;

constexpr CategoryTags categories{tags::categories, tags::category};
constexpr RecurrenceTags recurrence_tags{tags::type,          tags::occurrences,      tags::interval,
                                         tags::week_of_month, tags::day_of_week,      tags::month_of_year,
                                         tags::until,         tags::day_of_month,     tags::calendar_type,
                                         tags::is_leap_month, tags::first_day_of_week};

constexpr std::string_view other_importance = "X-BARID-IMPORTANCE";

/// A date that tasks have twice: as it is at the user's place, written as if that were in UTC, and in UTC.
struct TwoDates {
    wbxml::Tag local, utc;
    std::string_view property, utc_property;
};
constexpr TwoDates start_date{tags::start_date, tags::utc_start_date, "DTSTART", "X-BARID-UTC-START"};
constexpr TwoDates due_date{tags::due_date, tags::utc_due_date, "DUE", "X-BARID-UTC-DUE"};

/// What has no place in a VTODO, kept as it came.
struct Kept {
    wbxml::Tag tag;
    std::string_view property;
};
constexpr Kept of_task[] = {{tags::ordinal_date, "X-BARID-ORDINAL-DATE"},
                            {tags::sub_ordinal_date, "X-BARID-SUBORDINAL-DATE"}};
constexpr Kept of_recurrence[] = {{tags::start, "X-BARID-RECURRENCE-START"},
                                  {tags::regenerate, "X-BARID-REGENERATE"},
                                  {tags::dead_occur, "X-BARID-DEAD-OCCUR"}};

bool is_absent_or_date(wbxml::Element element) {
    return element.text().empty() || pim::parse_date_time(element.text());
}

/// What may not be: the item is refused, not kept without it.
bool is_sound_task(wbxml::Element data) {
    constexpr std::array dates{tags::start_date,   tags::utc_start_date, tags::due_date,
                               tags::utc_due_date, tags::date_completed, tags::reminder_time};
    return std::ranges::all_of(dates,
                               [data](wbxml::Tag tag) { return is_absent_or_date(data.child(tag)); }) &&
           is_absent_or_in(data.child(tags::complete), 0, 1) &&
           is_absent_or_in(data.child(tags::sensitivity), 0, 3) &&
           is_absent_or_in(data.child(tags::importance), 0, UINT8_MAX);
}

void take_date(wbxml::Element data, const TwoDates& date, pim::Component& task) {
    task.remove(date.property);
    task.remove(date.utc_property);
    auto local = pim::parse_date_time(data.child(date.local).text());
    const auto utc = pim::parse_date_time(data.child(date.utc).text());
    if (!local) local = utc;
    if (!local) return;
    const bool midnight = local->seconds % pim::day_seconds == 0;
    local->kind = midnight ? DateTime::Kind::date : DateTime::Kind::local;
    pim::Property& property = task.set_raw(date.property, pim::write_date_time(*local));
    if (midnight) property.set_parameter("VALUE", "DATE");
    if (utc) task.set_raw(date.utc_property, write_compact(utc->seconds));
}

void show_date(wbxml::Encoder& to, const TwoDates& date, const pim::Component& task) {
    const auto local = pim::parse_date_time(task.raw(date.property));
    if (!local) return;
    const auto utc = pim::parse_date_time(task.raw(date.utc_property));
    to.text(date.utc, write_date(utc ? utc->seconds : local->seconds));
    to.text(date.local, write_date(local->seconds));
}

/// MS-ASTASK section 2.2.2.14: 0 low, 1 normal, 2 high, and others are kept as they come. RFC 5545
/// section 3.8.1.9: 9 is low, 1 high.
void take_importance(wbxml::Element data, pim::Component& task) {
    const wbxml::Element element = data.child(tags::importance);
    if (!element) return;  // section 3.2.5.3.1: it stays
    const auto importance = element.number();
    task.remove("PRIORITY");
    task.remove(other_importance);
    if (importance && *importance > 2) task.set_raw(other_importance, std::to_string(*importance));
    if (importance == 0) task.set_raw("PRIORITY", "9");
    if (importance == 2) task.set_raw("PRIORITY", "1");
}

int importance_of(const pim::Component& task) {
    const std::string_view priority = task.raw("PRIORITY");
    if (priority.size() != 1 || priority == "0" || priority == "5") return 1;
    return priority < "5" ? 2 : 0;
}

void show_importance(wbxml::Encoder& to, const pim::Component& task) {
    const std::string_view other = task.raw(other_importance);
    const bool holds = !other.empty() && task.find("PRIORITY") == nullptr;
    if (holds) to.text(tags::importance, other);
    if (!holds) to.number(tags::importance, importance_of(task));
}

/// Done is done now where nobody says when (section 2.2.2.8).
void take_completion(wbxml::Element data, pim::Component& task, const ItemContext& context) {
    const bool done = data.child(tags::complete).text() == "1";
    const auto when = pim::parse_date_time(data.child(tags::date_completed).text());
    task.remove("STATUS");
    task.remove("COMPLETED");
    if (!done) return;
    task.set_raw("STATUS", "COMPLETED");
    task.set_raw("COMPLETED", write_compact(when ? when->seconds : context.now));
}

/// False: ReminderSet is neither yes nor no (section 2.2.2.22).
bool take_reminder(wbxml::Element data, pim::Component& task) {
    const wbxml::Element set = data.child(tags::reminder_set);
    if (!set) return true;  // section 3.2.5.3.2: it stays
    if (set.text() != "0" && set.text() != "1") return false;
    std::erase_if(task.components, [](const pim::Component& one) { return one.name == "VALARM"; });
    const auto when = pim::parse_date_time(data.child(tags::reminder_time).text());
    if (set.text() != "1" || !when) return true;
    pim::Component alarm("VALARM");
    alarm.set_raw("ACTION", "DISPLAY");
    alarm.set_text("DESCRIPTION", task.text("SUMMARY").empty() ? "Task" : task.text("SUMMARY"));
    alarm.set_raw("TRIGGER", write_compact(when->seconds)).set_parameter("VALUE", "DATE-TIME");
    task.components.push_back(std::move(alarm));
    return true;
}

/// Start, which each must have, and CalendarType, which not all may: sections 2.2.2.4 and 3.2.5.3.3.
bool is_sound(wbxml::Element recurrence) {
    const auto type = recurrence.child(tags::type).number().value_or(-1);
    if (!recurrence.child(tags::start)) return false;
    if (recurrence.child(tags::calendar_type) && (type < 2 || type > 6)) return false;
    return is_sound_pattern(recurrence, recurrence_tags);
}

void show_reminder(wbxml::Encoder& to, const pim::Component& task) {
    const pim::Component* alarm = task.find_component("VALARM");
    std::optional<DateTime> when;
    if (alarm != nullptr) when = pim::parse_date_time(alarm->raw("TRIGGER"));
    to.number(tags::reminder_set, when ? 1 : 0);
    if (when) to.text(tags::reminder_time, write_date(when->seconds));
}

bool take_recurrence(wbxml::Element data, pim::Component& task) {
    const wbxml::Element recurrence = data.child(tags::recurrence);
    task.remove("RRULE");
    for (const Kept& one : of_recurrence) task.set_text(one.property, recurrence.child(one.tag).text());
    take_calendar_type(recurrence, recurrence_tags, task);
    if (!recurrence.has_children()) return true;
    if (!is_sound(recurrence)) return false;
    const auto rule = read_recurrence(recurrence, recurrence_tags);
    if (!rule) return false;
    task.set_raw("RRULE", pim::write_rule(*rule));
    return true;
}

void show_recurrence(wbxml::Encoder& to, const pim::Component& task, std::uint16_t version) {
    const auto rule = pim::parse_rule(task.raw("RRULE"));
    if (!rule) return;
    const auto start = pim::parse_date_time(task.raw("DTSTART"));
    const auto due = pim::parse_date_time(task.raw("DUE"));
    RecurrenceView view;
    view.start = start ? start->seconds : due ? due->seconds : 0;
    view.version = version;
    show_calendar_type(view, task);
    if (rule->until) view.until = write_date(rule->until->seconds);
    const wbxml::Encoder::Mark before = to.mark();
    to.open(tags::recurrence);
    if (!write_recurrence(to, *rule, recurrence_tags, view)) return to.back_to(before);
    if (task.raw(of_recurrence[0].property).empty()) to.text(tags::start, write_date(view.start));
    for (const Kept& one : of_recurrence) text_if(to, one.tag, task.text(one.property));
    to.close();
}

}  // namespace

bool apply_task(wbxml::Element data, pim::Component& calendar, const ItemContext& context) {
    if (!is_sound_task(data)) return false;
    pim::Component& task = main_component(calendar, "VTODO");
    take_text(data, tags::subject, task, "SUMMARY", context);
    take_list(data, categories, task, "CATEGORIES", context);
    take_date(data, start_date, task);
    take_date(data, due_date, task);
    take_importance(data, task);
    set_sensitivity(task, data.child(tags::sensitivity).number().value_or(0));
    if (!take_reminder(data, task)) return false;
    for (const Kept& one : of_task) task.set_text(one.property, data.child(one.tag).text());
    take_completion(data, task, context);
    if (!take_recurrence(data, task)) return false;
    if (!take_body(data, task, "DESCRIPTION")) return false;
    if (task.raw("UID").empty()) task.set_text("UID", context.fresh_uid);
    task.set_raw("DTSTAMP", write_compact(context.now));
    task.set_raw("LAST-MODIFIED", write_compact(context.now));
    return true;
}

void write_task(wbxml::Encoder& to, const pim::Component& calendar, const ItemOptions& options,
                std::uint16_t version) {
    const pim::Component* task = find_main(calendar, "VTODO");
    if (task == nullptr) return;
    to.text(tags::subject, task->text("SUMMARY"));
    show_importance(to, *task);
    show_date(to, start_date, *task);
    show_date(to, due_date, *task);
    write_list(to, categories, *task, "CATEGORIES");
    show_recurrence(to, *task, version);
    const bool done = task->raw("STATUS") == "COMPLETED";
    to.number(tags::complete, done ? 1 : 0);
    if (done) {
        const auto when = pim::parse_date_time(task->raw("COMPLETED"));
        to.text(tags::date_completed, write_date(when ? when->seconds : 0));
    }
    to.number(tags::sensitivity, sensitivity_of(*task));
    show_reminder(to, *task);
    for (const Kept& one : of_task) text_if(to, one.tag, task->text(one.property));
    write_item_body(to, *task, "DESCRIPTION", options);
}

ItemFacts task_facts(const pim::Component& calendar) {
    ItemFacts out;
    out.date = no_end;
    const pim::Component* task = find_main(calendar, "VTODO");
    if (task == nullptr) return out;
    out.subject = task->text("SUMMARY");
    out.uid = task->text("UID");
    if (task->raw("STATUS") != "COMPLETED") return out;
    const auto when = pim::parse_date_time(task->raw("COMPLETED"));
    out.date = when ? when->seconds : 0;
    return out;
}

}  // namespace eas
