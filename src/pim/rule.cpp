#include "pim/rule.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "pim/walk.hpp"

namespace pim {
namespace {

constexpr std::array<std::string_view, 7> frequencies{"SECONDLY", "MINUTELY", "HOURLY", "DAILY",
                                                      "WEEKLY",   "MONTHLY",  "YEARLY"};
constexpr std::array<std::string_view, 7> weekdays{"SU", "MO", "TU", "WE", "TH", "FR", "SA"};
constexpr std::size_t rule_octets_max = 1'000;
constexpr std::size_t list_max = 64;

template <std::size_t Count>
std::optional<unsigned> place_in(const std::array<std::string_view, Count>& names, std::string_view name) {
    for (unsigned i = 0; i < Count; ++i)
        if (names[i] == name) return i;
    return std::nullopt;
}

std::optional<int> number(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    int out = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (fault != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
    return out;
}

bool take_numbers(std::string_view text, int least, int most, std::vector<int>& out) {
    for (const std::string& one : split(text, ',')) {
        const auto value = number(one);
        if (!value || *value < least || *value > most || out.size() == list_max) return false;
        out.push_back(*value);
    }
    return true;
}

/// Those that count from the end too, and from 1.
bool take_places(std::string_view text, int most, std::vector<int>& out) {
    return take_numbers(text, -most, most, out) && std::ranges::find(out, 0) == out.end();
}

bool take_days(std::string_view text, std::vector<Rule::Day>& out) {
    for (const std::string& one : split(text, ',')) {
        if (one.size() < 2 || out.size() == list_max) return false;
        const auto day = place_in(weekdays, std::string_view(one).substr(one.size() - 2));
        if (!day) return false;
        Rule::Day value;
        value.weekday = *day;
        if (one.size() > 2) {
            const auto week = number(std::string_view(one).substr(0, one.size() - 2));
            if (!week || *week == 0 || *week > 53 || *week < -53) return false;
            value.week = *week;
        }
        out.push_back(value);
    }
    return true;
}

/// False: not as the RFC has it.
bool take(std::string_view name, std::string_view value, Rule& out) {
    if (name == "FREQ") {
        const auto place = place_in(frequencies, value);
        if (place) out.frequency = static_cast<Rule::Frequency>(*place);
        return place.has_value();
    }
    if (name == "INTERVAL" || name == "COUNT") {
        const auto many = number(value);
        if (!many || *many < 1 || *many > 100'000) return false;
        if (name == "COUNT") {
            out.count = static_cast<unsigned>(*many);
        } else {
            out.interval = static_cast<unsigned>(*many);
        }
        return true;
    }
    if (name == "UNTIL") {
        out.until = parse_date_time(value);
        return out.until.has_value();
    }
    if (name == "BYSECOND") return take_numbers(value, 0, 60, out.by_second);
    if (name == "BYMINUTE") return take_numbers(value, 0, 59, out.by_minute);
    if (name == "BYHOUR") return take_numbers(value, 0, 23, out.by_hour);
    if (name == "BYDAY") return take_days(value, out.by_day);
    if (name == "BYMONTHDAY") return take_places(value, 31, out.by_month_day);
    if (name == "BYYEARDAY") return take_places(value, 366, out.by_year_day);
    if (name == "BYWEEKNO") return take_places(value, 53, out.by_week_number);
    if (name == "BYMONTH") return take_numbers(value, 1, 12, out.by_month);
    if (name == "BYSETPOS") return take_places(value, 366, out.by_position);
    if (name == "WKST") {
        out.week_start = place_in(weekdays, value);
        return out.week_start.has_value();
    }
    if (out.others.size() == list_max) return false;
    out.others.emplace_back(name, value);
    return true;
}

void add_list(std::string& out, std::string_view name, const std::vector<int>& values) {
    if (!values.empty()) out += fmt::format(";{}={}", name, fmt::join(values, ","));
}

}  // namespace

std::string_view weekday_name(unsigned weekday) { return weekdays[weekday % 7]; }

std::optional<Rule> parse_rule(std::string_view text) {
    if (text.empty() || text.size() > rule_octets_max) return std::nullopt;
    std::string capitals(text);
    for (char& c : capitals)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    Rule out;
    bool has_frequency = false;
    std::string_view rest = capitals;
    while (!rest.empty()) {
        const std::string_view part = rest.substr(0, rest.find(';'));
        rest.remove_prefix(std::min(part.size() + 1, rest.size()));
        const std::size_t equals = part.find('=');
        if (equals == std::string_view::npos) return std::nullopt;
        if (!take(part.substr(0, equals), part.substr(equals + 1), out)) return std::nullopt;
        has_frequency = has_frequency || part.starts_with("FREQ=");
    }
    if (!has_frequency) return std::nullopt;
    return out;
}

std::string write_rule(const Rule& rule) {
    std::string out = "FREQ=" + std::string(frequencies[static_cast<std::size_t>(rule.frequency)]);
    if (rule.interval != 1) out += fmt::format(";INTERVAL={}", rule.interval);
    if (rule.count) out += fmt::format(";COUNT={}", *rule.count);
    if (rule.until) out += ";UNTIL=" + write_date_time(*rule.until);
    add_list(out, "BYMONTH", rule.by_month);
    add_list(out, "BYWEEKNO", rule.by_week_number);
    add_list(out, "BYYEARDAY", rule.by_year_day);
    add_list(out, "BYMONTHDAY", rule.by_month_day);
    for (std::size_t i = 0; i < rule.by_day.size(); ++i) {
        out += i == 0 ? ";BYDAY=" : ",";
        if (rule.by_day[i].week != 0) out += std::to_string(rule.by_day[i].week);
        out += weekday_name(rule.by_day[i].weekday);
    }
    add_list(out, "BYHOUR", rule.by_hour);
    add_list(out, "BYMINUTE", rule.by_minute);
    add_list(out, "BYSECOND", rule.by_second);
    add_list(out, "BYSETPOS", rule.by_position);
    if (rule.week_start) out += ";WKST=" + std::string(weekday_name(*rule.week_start));
    for (const auto& [name, value] : rule.others) out += ";" + name + "=" + value;
    return out;
}

std::optional<std::int64_t> last_occurrence(const Rule& rule, std::int64_t start,
                                            const OccurrenceLimits& limits) {
    if (!rule.count && !rule.until) return std::nullopt;
    if (!Walk::knows(rule)) return std::nullopt;  // nobody knows
    Walk walk(rule, start, limits);
    std::int64_t last = start;
    while (const auto next = walk.next()) last = *next;
    return walk.cut() ? std::nullopt : std::optional(last);
}

std::vector<std::int64_t> occurrences(const Rule& rule, std::int64_t start, std::int64_t from,
                                      std::int64_t until, const OccurrenceLimits& limits) {
    std::vector<std::int64_t> out;
    Walk walk(rule, start, limits);
    walk.skip_to(from);
    while (const auto next = walk.next()) {
        if (*next >= until) break;
        if (*next >= from) out.push_back(*next);
    }
    return out;
}

}  // namespace pim
