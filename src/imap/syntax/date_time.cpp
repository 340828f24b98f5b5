#include "imap/syntax/date_time.hpp"

#include <algorithm>
#include <array>

#include "imap/syntax/octets.hpp"

namespace imap {
namespace {
constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
constexpr std::int64_t day_seconds = 86400;

/// Exactly `digits` digits at `at`, or -1.
int fixed_number(std::string_view text, std::size_t at, std::size_t digits) {
    if (at + digits > text.size()) return -1;
    int value = 0;
    for (std::size_t i = at; i < at + digits; ++i) {
        if (!is_digit(text[i])) return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

unsigned month_number(std::string_view name) {
    for (unsigned month = 0; month < 12; ++month)
        if (equals_nocase(name, months.substr(month * 3, 3))) return month + 1;
    return 0;
}

/// "-Jul-1996" behind a day.
std::optional<std::chrono::sys_days> month_and_year(std::string_view text, int day) {
    if (text.size() != 9 || text[0] != '-' || text[4] != '-') return std::nullopt;
    const unsigned month = month_number(text.substr(1, 3));
    const int year = fixed_number(text, 5, 4);
    if (month == 0 || year < 0 || day <= 0) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days(date);
}

/// " 02:44:25" as seconds of the day. A leap second is the second after.
std::optional<int> time_of_day(std::string_view text) {
    if (text.size() != 9 || text[0] != ' ' || text[3] != ':' || text[6] != ':') return std::nullopt;
    const int hours = fixed_number(text, 1, 2);
    const int minutes = fixed_number(text, 4, 2);
    const int seconds = fixed_number(text, 7, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 60)
        return std::nullopt;
    return (hours * 60 + minutes) * 60 + seconds;
}

/// " -0700" as minutes east of Greenwich.
std::optional<int> zone_minutes_of(std::string_view text) {
    if (text.size() != 6 || text[0] != ' ' || (text[1] != '+' && text[1] != '-')) return std::nullopt;
    const int hours = fixed_number(text, 2, 2);
    const int minutes = fixed_number(text, 4, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
    const int zone = hours * 60 + minutes;
    return text[1] == '-' ? -zone : zone;
}

/// A day without its padding: "1-Jul-…" for " 1-Jul-…" or "01-Jul-…".
std::string_view quirk_short_day(std::string_view text, int& day) {
    if (text.size() > 1 && is_digit(text[0]) && text[1] == '-') {
        day = text[0] - '0';
        return text.substr(1);
    }
    return {};
}

char* put(char* at, int value, int digits) {
    for (int i = digits - 1; i >= 0; --i, value /= 10) at[i] = static_cast<char>('0' + value % 10);
    return at + digits;
}

char* put_date(char* at, std::chrono::sys_days day) {
    const std::chrono::year_month_day date(day);
    at = std::copy_n(months.data() + (static_cast<unsigned>(date.month()) - 1) * 3, 3, at);
    *at++ = '-';
    return put(at, static_cast<int>(date.year()), 4);
}
}  // namespace

std::optional<std::int64_t> parse_date_time(std::string_view text) {
    int day = text.starts_with(' ') ? fixed_number(text, 1, 1) : fixed_number(text, 0, 2);
    std::string_view rest = day < 0 ? quirk_short_day(text, day) : text.substr(2);
    if (rest.size() != 24) return std::nullopt;
    const auto date = month_and_year(rest.substr(0, 9), day);
    const auto time = time_of_day(rest.substr(9, 9));
    const auto zone = zone_minutes_of(rest.substr(18));
    if (!date || !time || !zone) return std::nullopt;
    return std::int64_t{date->time_since_epoch().count()} * day_seconds + *time - std::int64_t{*zone} * 60;
}

void write_date_time(std::string& out, std::int64_t unix_seconds, int zone_minutes) {
    constexpr std::int64_t first = -62167219200;  // 0000-01-01
    constexpr std::int64_t last = 253402300799;   // 9999-12-31
    const int zone = std::clamp(zone_minutes, -23 * 60 - 59, 23 * 60 + 59);
    const std::int64_t local =
        std::clamp(std::clamp(unix_seconds, first, last) + std::int64_t{zone} * 60, first, last);
    std::int64_t days = local / day_seconds;
    if (local % day_seconds < 0) --days;
    const int seconds = static_cast<int>(local - days * day_seconds);
    const std::chrono::sys_days date{std::chrono::days(static_cast<int>(days))};

    std::array<char, 26> text;
    char* at = text.data();
    const int day = static_cast<int>(static_cast<unsigned>(std::chrono::year_month_day(date).day()));
    at = put(at, day, 2);
    if (day < 10) text[0] = ' ';
    *at++ = '-';
    at = put_date(at, date);
    *at++ = ' ';
    at = put(at, seconds / 3600, 2);
    *at++ = ':';
    at = put(at, seconds / 60 % 60, 2);
    *at++ = ':';
    at = put(at, seconds % 60, 2);
    *at++ = ' ';
    *at++ = zone < 0 ? '-' : '+';
    const int distance = zone < 0 ? -zone : zone;
    at = put(at, distance / 60 * 100 + distance % 60, 4);
    out.append(text.data(), static_cast<std::size_t>(at - text.data()));
}

std::optional<std::chrono::sys_days> parse_date(std::string_view text) {
    const std::size_t day_digits = text.size() > 1 && is_digit(text[1]) ? 2 : 1;
    const int day = fixed_number(text, 0, day_digits);
    if (day < 0) return std::nullopt;
    return month_and_year(text.substr(day_digits), day);
}

void write_date(std::string& out, std::chrono::sys_days day) {
    std::array<char, 11> text;
    char* at = text.data();
    const int number = static_cast<int>(static_cast<unsigned>(std::chrono::year_month_day(day).day()));
    at = put(at, number, number < 10 ? 1 : 2);
    *at++ = '-';
    at = put_date(at, day);
    out.append(text.data(), static_cast<std::size_t>(at - text.data()));
}

}  // namespace imap
