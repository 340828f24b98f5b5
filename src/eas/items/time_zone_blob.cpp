#include "eas/items/time_zone_blob.hpp"

#include <algorithm>

#include "pim/date_time.hpp"

namespace eas {
namespace {

constexpr std::size_t name_units = 32;
constexpr int bias_max = 18 * 60;  // minutes; no place on earth has more than fourteen hours

//   bias i32 · standard name 32 × u16 · standard date 8 × u16 · standard bias i32 · the same for daylight
constexpr std::size_t standard_name_at = 4, standard_date_at = 68, standard_bias_at = 84,
                      daylight_name_at = 88, daylight_date_at = 152, daylight_bias_at = 168;

unsigned u16(std::string_view octets, std::size_t at) {
    return static_cast<unsigned char>(octets[at]) |
           static_cast<unsigned>(static_cast<unsigned char>(octets[at + 1])) << 8;
}

std::optional<int> bias_at(std::string_view octets, std::size_t at) {
    const auto value = static_cast<std::int32_t>(u16(octets, at) | u16(octets, at + 2) << 16);
    if (value > bias_max || value < -bias_max) return std::nullopt;
    return value;
}

void append_utf8(std::string& out, unsigned code) {
    if (code < 0x80) {
        out.push_back(static_cast<char>(code));
    } else if (code < 0x800) {
        out.push_back(static_cast<char>(0xC0U | code >> 6));
        out.push_back(static_cast<char>(0x80U | (code & 0x3FU)));
    } else {
        out.push_back(static_cast<char>(0xE0U | code >> 12));
        out.push_back(static_cast<char>(0x80U | (code >> 6 & 0x3FU)));
        out.push_back(static_cast<char>(0x80U | (code & 0x3FU)));
    }
}

/// Names of zones are in the first plane; halves of other characters, and controls, are left out.
std::string name_at(std::string_view octets, std::size_t at) {
    std::string out;
    for (std::size_t i = 0; i < name_units; ++i) {
        const unsigned unit = u16(octets, at + 2 * i);
        if (unit == 0) break;
        if (unit >= 0x20 && unit != 0x7F && (unit < 0xD800 || unit > 0xDFFF)) append_utf8(out, unit);
    }
    return out;
}

/// Nothing: no rule. `fine` is false when it is one that cannot be.
std::optional<pim::ZoneRule> rule_at(std::string_view octets, std::size_t at, bool& fine) {
    const unsigned year = u16(octets, at), month = u16(octets, at + 2), weekday = u16(octets, at + 4),
                   day = u16(octets, at + 6), hour = u16(octets, at + 8), minute = u16(octets, at + 10);
    if (month == 0) return std::nullopt;
    fine = fine && month <= 12 && weekday <= 6 && day >= 1 && hour <= 23 && minute <= 59;
    pim::ZoneRule out;
    out.month = month;
    out.hour = hour;
    out.minute = minute;
    out.weekday = weekday;
    out.week = day;
    if (year == 0) {
        fine = fine && day <= 5;
        return out;
    }
    // One day of one year: the rule that it follows.
    fine = fine && year >= 1'600 && year <= 9'999 && month <= 12 && day <= 31;
    if (!fine) return out;
    pim::CivilTime date;
    date.year = static_cast<int>(year);
    date.month = month;
    date.day = std::min(day, pim::days_in_month(date.year, month));
    out.weekday = pim::civil(pim::from_civil(date)).weekday;
    const bool last = date.day + 7 > pim::days_in_month(date.year, month);
    out.week = last ? 5 : (date.day - 1) / 7 + 1;
    return out;
}

void put16(std::string& out, std::size_t at, unsigned value) {
    out[at] = static_cast<char>(value & 0xFFU);
    out[at + 1] = static_cast<char>(value >> 8 & 0xFFU);
}

void put_bias(std::string& out, std::size_t at, int bias) {
    const auto value = static_cast<std::uint32_t>(bias);
    put16(out, at, value & 0xFFFFU);
    put16(out, at + 2, value >> 16);
}

void put_name(std::string& out, std::size_t at, std::string_view utf8) {
    std::size_t units = 0;
    for (std::size_t i = 0; i < utf8.size() && units + 1 < name_units;) {
        const auto lead = static_cast<unsigned char>(utf8[i]);
        const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        if (i + length > utf8.size()) break;
        unsigned code = length == 1 ? lead : lead & (0x7FU >> length);
        for (std::size_t more = 1; more < length; ++more)
            code = code << 6 | (static_cast<unsigned char>(utf8[i + more]) & 0x3FU);
        i += length;
        if (length < 4) put16(out, at + 2 * units++, code);
    }
}

void put_rule(std::string& out, std::size_t at, const pim::ZoneRule& rule) {
    put16(out, at + 2, rule.month);
    put16(out, at + 4, rule.weekday);
    put16(out, at + 6, rule.week);
    put16(out, at + 8, rule.hour);
    put16(out, at + 10, rule.minute);
}

}  // namespace

std::optional<pim::TimeZone> read_time_zone_blob(std::string_view octets) {
    if (octets.size() != time_zone_octets) return std::nullopt;
    const auto bias = bias_at(octets, 0), standard = bias_at(octets, standard_bias_at),
               daylight = bias_at(octets, daylight_bias_at);
    if (!bias || !standard || !daylight) return std::nullopt;
    for (const int sum : {*bias + *standard, *bias + *daylight})
        if (sum > bias_max || sum < -bias_max) return std::nullopt;
    bool fine = true;
    const auto ends = rule_at(octets, standard_date_at, fine);
    const auto begins = rule_at(octets, daylight_date_at, fine);
    if (!fine) return std::nullopt;
    pim::TimeZone out;
    out.bias = *bias;
    out.standard_bias = *standard;
    out.standard_name = name_at(octets, standard_name_at);
    out.daylight_name = name_at(octets, daylight_name_at);
    if (ends && begins && *ends != *begins) {
        out.standard = *ends;
        out.daylight = *begins;
        out.daylight_bias = *daylight;
    }
    return out;
}

std::string write_time_zone_blob(const pim::TimeZone& zone) {
    std::string out(time_zone_octets, '\0');
    put_bias(out, 0, zone.bias);
    put_name(out, standard_name_at, zone.standard_name);
    put_bias(out, standard_bias_at, zone.standard_bias);
    put_name(out, daylight_name_at, zone.daylight_name);
    if (!zone.changes()) return out;
    put_rule(out, standard_date_at, zone.standard);
    put_rule(out, daylight_date_at, zone.daylight);
    put_bias(out, daylight_bias_at, zone.daylight_bias);
    return out;
}

}  // namespace eas
