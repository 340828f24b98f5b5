#include "pim/itip/message.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/ascii.hpp"
#include "pim/date_time.hpp"
#include "pim/itip/events.hpp"
#include "pim/itip/files.hpp"

namespace pim::itip {
namespace {

constexpr std::array<std::string_view, 7> method_names{"REQUEST", "REPLY",   "CANCEL",        "ADD",
                                                       "COUNTER", "REFRESH", "DECLINECOUNTER"};
constexpr std::array<std::string_view, 4> answer_names{"NEEDS-ACTION", "ACCEPTED", "TENTATIVE", "DECLINED"};

// NOLINTNEXTLINE(misc-no-recursion): as deep as parse() allows
void forget_own(Component& component) {
    std::erase_if(component.properties, [](const Property& one) { return one.name.starts_with(own_prefix); });
    for (Property& property : component.properties)
        std::erase_if(property.parameters, [](const Parameter& one) {
            return one.name.starts_with(own_prefix) || one.name == file_name_parameter;
        });
    for (Component& inner : component.components) forget_own(inner);
}

/// Sounds and files of a stranger's alarms are nobody's: what they weigh keeps no invitation out.
void forget_files_of_alarms(Component& calendar) {
    for (Component& event : calendar.components)
        for (Component& inner : event.components)
            if (is_event(event)) inner.remove("ATTACH");
}

/// A file in the text of an event: it does not stay there, apply.cpp sees to it. A link does.
bool is_passing(const Component& of, const Property& one) { return is_event(of) && holds_octets(one); }

/// Texts for people, and files.
bool may_be_long(const Component& of, const Property& one) {
    return one.name == "DESCRIPTION" || one.name == "X-ALT-DESC" || is_passing(of, one);
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as parse() allows
bool has_short_values(const Component& component, const MessageLimits& limits) {
    for (const Property& one : component.properties)
        if (one.value.size() > limits.value_octets_max && !may_be_long(component, one)) return false;
    return std::ranges::all_of(component.components,
                               [&limits](const Component& inner) { return has_short_values(inner, limits); });
}

std::size_t passing_octets(const Component& calendar) {
    std::size_t out = 0;
    for (const Component& event : calendar.components)
        for (const Property& one : event.properties)
            if (is_passing(event, one)) out += one.value.size();
    return out;
}

std::size_t dates_of(const Component& event) {
    std::size_t out = 0;
    for (const Property& one : event.properties)
        if (one.name == "EXDATE" || one.name == "RDATE")
            out += 1 + static_cast<std::size_t>(std::ranges::count(one.value, ','));
    return out;
}

/// A zone is read again for each walk over the times that name it.
bool has_few_zones(const Component& calendar, const MessageLimits& limits) {
    std::size_t zones = 0;
    for (const Component& one : calendar.components) {
        if (one.name != "VTIMEZONE") continue;
        if (++zones > limits.zones_max || one.components.size() > limits.observances_max) return false;
    }
    return true;
}

/// What has to be there whatever the method: RFC 5546 section 3.2.
bool is_sound(const Component& event, Method method, const MessageLimits& limits) {
    const bool has_start = parse_date_time(event.raw("DTSTART")).has_value();
    // Answers and cancellations may leave out when it is.
    const bool needs_start = method == Method::request || method == Method::add;
    if (needs_start && !has_start) return false;
    const bool answers = method == Method::reply || method == Method::counter;
    if (!answers && event.find("ORGANIZER") == nullptr) return false;
    if (dates_of(event) > limits.dates_max) return false;
    const auto attendees = std::ranges::count(event.properties, "ATTENDEE", &Property::name);
    return static_cast<std::size_t>(attendees) <= limits.attendees_max;
}

/// An occurrence that is added is named by its start, as the organizer names it from then on. False: it is a
/// series of its own, which is left to the user.
bool name_occurrence(Component& event) {
    if (event.find("RRULE") != nullptr || event.find("RDATE") != nullptr) return false;
    const Property* start = event.find("DTSTART");
    if (is_override(event) || start == nullptr) return true;
    Property name = *start;
    name.name = "RECURRENCE-ID";
    event.properties.push_back(std::move(name));
    return true;
}

}  // namespace

std::string_view name_of(Method method) { return method_names[static_cast<std::size_t>(method)]; }

std::optional<Method> method_named(std::string_view name) {
    for (std::size_t i = 0; i < method_names.size(); ++i)
        if (base::equals_nocase(method_names[i], name)) return static_cast<Method>(i);
    return std::nullopt;
}

const Component& Message::event() const { return *main_event(calendar); }

std::optional<Message> read_message(std::string_view text, const MessageLimits& limits) {
    auto calendar = parse(text, limits.text);
    if (!calendar || calendar->name != "VCALENDAR") return std::nullopt;
    const auto method = method_named(calendar->text("METHOD"));
    if (!method) return std::nullopt;
    calendar->remove("METHOD");
    std::erase_if(calendar->components,
                  [](const Component& one) { return !is_event(one) && one.name != "VTIMEZONE"; });
    forget_files_of_alarms(*calendar);
    if (!has_short_values(*calendar, limits) || !has_few_zones(*calendar, limits)) return std::nullopt;
    if (octets_of(*calendar) - passing_octets(*calendar) > limits.octets_max) return std::nullopt;
    forget_own(*calendar);
    Message out;
    out.method = *method;
    std::size_t masters = 0, overrides = 0;
    for (Component& one : calendar->components) {
        if (!is_event(one)) continue;
        if (*method == Method::add && !name_occurrence(one)) return std::nullopt;
        const std::string uid = one.text("UID");
        if (uid.empty() || uid.size() > limits.uid_octets_max) return std::nullopt;
        if (!out.uid.empty() && out.uid != uid) return std::nullopt;
        if (!is_sound(one, *method, limits)) return std::nullopt;
        overrides += is_override(one) ? 1U : 0U;
        if (!is_override(one) && ++masters > 1) return std::nullopt;
        out.uid = uid;
    }
    if (out.uid.empty()) return std::nullopt;
    const bool whole = *method == Method::request && masters == 1;
    if (overrides > (whole ? overrides_max : limits.occurrences_max)) return std::nullopt;
    out.calendar = std::move(*calendar);
    return out;
}

std::vector<Message> apart(const Message& message) {
    const auto events = std::ranges::count_if(message.calendar.components, is_event);
    if (events < 2 || master_of(message.calendar) != nullptr) return {message};
    Message frame = message;
    std::erase_if(frame.calendar.components, is_event);
    std::vector<Message> out;
    for (const Component& one : message.calendar.components) {
        if (!is_event(one)) continue;
        out.push_back(frame);
        out.back().calendar.components.push_back(one);
    }
    return out;
}

Revision revision_of(const Component& event) {
    Revision out;
    const std::string_view sequence = event.raw("SEQUENCE");
    std::from_chars(sequence.data(), sequence.data() + sequence.size(), out.sequence);
    if (const auto stamp = parse_date_time(event.raw("DTSTAMP"))) out.stamp = stamp->seconds;
    return out;
}

std::string_view name_of(Answer answer) { return answer_names[static_cast<std::size_t>(answer)]; }

Answer answer_of(const Property& attendee) {
    const auto at = std::ranges::find_if(answer_names, [&attendee](std::string_view name) {
        return base::equals_nocase(name, attendee.parameter("PARTSTAT"));
    });
    return at == answer_names.end() ? Answer::none : static_cast<Answer>(at - answer_names.begin());
}

}  // namespace pim::itip
