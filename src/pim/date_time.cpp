#include "pim/date_time.hpp"

#include <chrono>

#include <fmt/format.h>

namespace pim {
namespace {

namespace chrono = std::chrono;

constexpr std::int64_t duration_max = 400LL * 366 * day_seconds;

std::optional<unsigned> number(std::string_view text, std::size_t at, std::size_t count) {
    unsigned out = 0;
    for (std::size_t i = at; i < at + count; ++i) {
        if (text[i] < '0' || text[i] > '9') return std::nullopt;
        out = out * 10 + static_cast<unsigned>(text[i] - '0');
    }
    return out;
}

}  // namespace

CivilTime civil(std::int64_t seconds) {
    const chrono::sys_seconds time{chrono::seconds(seconds)};
    const chrono::sys_days date = chrono::floor<chrono::days>(time);
    const chrono::year_month_day ymd(date);
    const chrono::hh_mm_ss clock(time - date);
    CivilTime out;
    out.year = static_cast<int>(ymd.year());
    out.month = static_cast<unsigned>(ymd.month());
    out.day = static_cast<unsigned>(ymd.day());
    out.hour = static_cast<unsigned>(clock.hours().count());
    out.minute = static_cast<unsigned>(clock.minutes().count());
    out.second = static_cast<unsigned>(clock.seconds().count());
    out.weekday = chrono::weekday(date).c_encoding();
    return out;
}

std::int64_t from_civil(const CivilTime& time) {
    const chrono::year_month_day ymd{chrono::year(time.year), chrono::month(time.month),
                                     chrono::day(time.day)};
    return chrono::sys_days(ymd).time_since_epoch() / chrono::days(1) * day_seconds +
           std::int64_t{time.hour} * 3'600 + std::int64_t{time.minute} * 60 + time.second;
}

unsigned days_in_month(int year, unsigned month) {
    const chrono::year_month_day_last last{chrono::year(year), chrono::month_day_last(chrono::month(month))};
    return static_cast<unsigned>(last.day());
}

std::optional<DateTime> parse_date_time(std::string_view text) {
    std::string plain;
    for (const char c : text.substr(0, 40)) {
        if (c == '.') break;  // parts of a second are not told apart
        if (c != '-' && c != ':') plain.push_back(c);
    }
    if (text.size() > 40) return std::nullopt;
    DateTime out;
    const bool zulu = text.ends_with('Z');
    if (zulu && plain.ends_with('Z')) plain.pop_back();
    const bool with_time = plain.size() == 15 && plain[8] == 'T';
    if (!with_time && plain.size() != 8) return std::nullopt;
    const auto year = number(plain, 0, 4), month = number(plain, 4, 2), day = number(plain, 6, 2);
    if (!year || !month || !day || *year < 1600) return std::nullopt;
    CivilTime time;
    time.year = static_cast<int>(*year);
    time.month = *month;
    time.day = *day;
    if (time.month < 1 || time.month > 12 || time.day < 1 || time.day > days_in_month(time.year, time.month))
        return std::nullopt;
    if (with_time) {
        const auto hour = number(plain, 9, 2), minute = number(plain, 11, 2), second = number(plain, 13, 2);
        if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
        time.hour = *hour;
        time.minute = *minute;
        time.second = std::min(*second, 59U);
    }
    out.seconds = from_civil(time);
    out.kind = !with_time ? DateTime::Kind::date : zulu ? DateTime::Kind::utc : DateTime::Kind::local;
    return out;
}

std::string write_date_time(const DateTime& time) {
    const CivilTime at = civil(time.seconds);
    std::string out = fmt::format("{:04}{:02}{:02}", at.year, at.month, at.day);
    if (time.kind == DateTime::Kind::date) return out;
    out += fmt::format("T{:02}{:02}{:02}", at.hour, at.minute, at.second);
    if (time.kind == DateTime::Kind::utc) out.push_back('Z');
    return out;
}

std::optional<std::int64_t> parse_duration(std::string_view text) {
    bool negative = false;
    if (text.starts_with('-') || text.starts_with('+')) {
        negative = text.front() == '-';
        text.remove_prefix(1);
    }
    if (!text.starts_with('P') || text.size() < 3 || text.size() > 40) return std::nullopt;
    text.remove_prefix(1);
    std::int64_t total = 0, value = 0;
    bool digits = false;
    for (const char c : text) {
        if (c >= '0' && c <= '9') {
            value = value * 10 + (c - '0');
            digits = true;
            if (value > duration_max) return std::nullopt;
            continue;
        }
        if (c == 'T') continue;
        const std::int64_t unit = c == 'W'   ? 7 * day_seconds
                                  : c == 'D' ? day_seconds
                                  : c == 'H' ? 3'600
                                  : c == 'M' ? 60
                                  : c == 'S' ? 1
                                             : 0;
        if (unit == 0 || !digits || value > duration_max / unit) return std::nullopt;
        total += value * unit;
        value = 0;
        digits = false;
    }
    if (digits || total > duration_max) return std::nullopt;
    return negative ? -total : total;
}

std::string write_duration(std::int64_t seconds) {
    std::string out = seconds < 0 ? "-P" : "P";
    const std::int64_t all = seconds < 0 ? -seconds : seconds;
    const std::int64_t days = all / day_seconds, rest = all % day_seconds;
    if (days != 0) out += fmt::format("{}D", days);
    if (rest != 0 || days == 0) {
        out.push_back('T');
        if (rest / 3'600 != 0) out += fmt::format("{}H", rest / 3'600);
        if (rest % 3'600 / 60 != 0) out += fmt::format("{}M", rest % 3'600 / 60);
        if (rest % 60 != 0 || rest == 0) out += fmt::format("{}S", rest % 60);
    }
    return out;
}

}  // namespace pim
