#include "mta/reports/digest.hpp"

#include <chrono>

#include <fmt/format.h>

#include "store/keys.hpp"

namespace mta::reports {

std::string digest_of(std::string_view text) { return store::keys::name_hash(text); }

std::string day_text(std::int64_t day) {
    const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(day))};
    return fmt::format("{:04}{:02}{:02}", int(date.year()), unsigned(date.month()), unsigned(date.day()));
}

std::int64_t day_of(std::string_view text) {
    if (text.size() != 8) return -1;
    int number = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return -1;
        number = number * 10 + (c - '0');
    }
    const std::chrono::year_month_day date{std::chrono::year(number / 10'000),
                                           std::chrono::month(static_cast<unsigned>(number / 100 % 100)),
                                           std::chrono::day(static_cast<unsigned>(number % 100))};
    return date.ok() ? std::chrono::sys_days(date).time_since_epoch().count() : -1;
}

}  // namespace mta::reports
