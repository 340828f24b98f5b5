// Dates: tokens are told apart by their look, so that order and punctuation matter little.
#include "mime/date.hpp"

#include <array>

#include "ascii.hpp"

namespace mime {
namespace {

constexpr std::array<std::string_view, 12> months{"jan", "feb", "mar", "apr", "may", "jun",
                                                  "jul", "aug", "sep", "oct", "nov", "dec"};

struct Zone {
    std::string_view name;
    int minutes;
};
// RFC 5322 section 4.3 and some that mail programs in Europe and Asia write.
constexpr Zone zones[] = {
    {"ut", 0},      {"utc", 0},    {"gmt", 0},    {"z", 0},      {"est", -300}, {"edt", -240}, {"cst", -360},
    {"cdt", -300},  {"mst", -420}, {"mdt", -360}, {"pst", -480}, {"pdt", -420}, {"wet", 0},    {"west", 60},
    {"bst", 60},    {"cet", 60},   {"met", 60},   {"mez", 60},   {"cest", 120}, {"mest", 120}, {"mesz", 120},
    {"eet", 120},   {"eest", 180}, {"msk", 180},  {"jst", 540},  {"kst", 540},  {"hst", -600}, {"akst", -540},
    {"akdt", -480}, {"nzst", 720}, {"nzdt", 780}, {"aest", 600}, {"aedt", 660}};

struct Fields {
    int year = -1, month = -1, day = -1;
    int hour = 0, minute = 0, second = 0;
    bool has_time = false;
    bool has_zone = false;
    int zone = 0;
};

class DateParser {
public:
    explicit DateParser(std::string_view in) : in_(in) {}

    std::optional<Date> parse() {
        constexpr int tokens_max = 32;  // a date has about eight
        for (int tokens = 0; tokens < tokens_max && skip(); ++tokens) token();
        return result();
    }

private:
    bool skip(bool punctuation = true) {
        std::size_t depth = 0;
        for (; at_ < in_.size(); ++at_) {
            const char c = in_[at_];
            if (c == '(') {
                ++depth;
            } else if (c == ')' && depth > 0) {
                --depth;
            } else if (depth == 0 && !is_space(c) && !(punctuation && (c == ',' || c == '.' || c == '"'))) {
                return true;
            }
        }
        return false;
    }

    /// A colon, perhaps after blanks and comments (obs-hour). Goes to it only if there is one.
    bool at_colon() {
        const std::size_t before = at_;
        if (skip(false) && in_[at_] == ':') return true;
        at_ = before;
        return false;
    }

    void token() {
        const char c = in_[at_];
        if (is_digit(c)) {
            number();
        } else if (is_alpha(c)) {
            word();
        } else if ((c == '+' || c == '-') && at_ + 1 < in_.size() && is_digit(in_[at_ + 1]) &&
                   fields_.has_time) {
            zone();
        } else {
            ++at_;
        }
    }

    /// Up to \p digits_max digits; \p digits says how many there were.
    int digits(int digits_max, int& count) {
        int value = 0;
        for (count = 0; count < digits_max && at_ < in_.size() && is_digit(in_[at_]); ++count, ++at_)
            value = value * 10 + (in_[at_] - '0');
        return value;
    }

    void number() {
        int count = 0;
        const int value = digits(8, count);
        const bool colon = count <= 2 && at_colon();
        const char next = at_ < in_.size() ? in_[at_] : ' ';
        if (colon || (next == '.' && fields_.day >= 0 && fields_.year >= 0 && !fields_.has_time)) {
            time(value, next);
        } else if (count == 4 && next == '-' && fields_.year < 0 && at_ + 1 < in_.size() &&
                   is_digit(in_[at_ + 1])) {
            iso_date(value);
        } else if (fields_.day < 0 && count <= 2) {
            fields_.day = value;
            if (at_ < in_.size() && (in_[at_] == '-' || in_[at_] == '/')) ++at_;
        } else if (fields_.year < 0) {
            year(value, count);
        }
    }

    /// RFC 5322 section 4.3: two digits are 1950 to 2049, three count from 1900.
    void year(int value, int count) {
        if (count == 2) value += value < 50 ? 2000 : 1900;
        if (count == 3) value += 1900;
        fields_.year = value;
    }

    void iso_date(int year) {
        int count = 0;
        ++at_;
        const int month = digits(2, count);
        if (at_ >= in_.size() || in_[at_] != '-') return;
        ++at_;
        fields_.year = year;
        fields_.month = month - 1;
        fields_.day = digits(2, count);
        if (at_ < in_.size() && (in_[at_] == 'T' || in_[at_] == 't')) ++at_;
    }

    void time(int hour, char separator) {
        if (fields_.has_time) {  // "GMT+02:00" was a zone already; anything else says nothing
            ++at_;
            return;
        }
        int count = 0;
        fields_.has_time = true;
        fields_.hour = hour;
        ++at_;
        skip(false);
        fields_.minute = digits(2, count);
        if ((separator == ':' && at_colon()) || (at_ < in_.size() && in_[at_] == separator)) {
            ++at_;
            skip(false);
            fields_.second = digits(2, count);
        }
        if (at_ + 1 < in_.size() && in_[at_] == '.' && is_digit(in_[at_ + 1])) {
            ++at_;
            digits(9, count);
        }
    }

    void zone() {
        const int sign = in_[at_] == '-' ? -1 : 1;
        ++at_;
        int count = 0;
        int value = digits(4, count);
        if (count <= 2 && at_ < in_.size() && in_[at_] == ':') {
            ++at_;
            value = value * 100 + digits(2, count);
        } else if (count <= 2) {
            value *= 100;
        }
        const int minutes = value / 100 * 60 + value % 100;
        constexpr int minutes_max = 24 * 60;
        if (fields_.has_zone && fields_.zone != 0)
            return;  // "EST -0500" names it twice; "GMT+0200" means the number
        fields_.has_zone = true;
        fields_.zone = minutes < minutes_max ? sign * minutes : 0;
    }

    void word() {
        std::string text;
        const std::size_t start = at_;
        while (at_ < in_.size() && is_alpha(in_[at_])) ++at_;
        if (at_ - start > 16) return;
        append_lower(text, in_.substr(start, at_ - start));
        if (at_ < in_.size() && (in_[at_] == '-' || in_[at_] == '/') && fields_.month < 0 &&
            !fields_.has_time)
            ++at_;
        for (std::size_t i = 0; i < months.size() && text.size() >= 3; ++i) {
            if (fields_.month < 0 && text.starts_with(months[i])) {
                fields_.month = static_cast<int>(i);
                return;
            }
        }
        if (!fields_.has_time) return;  // the name of the day, or nothing that we know
        if (text == "am" && fields_.hour == 12) fields_.hour = 0;
        if (text == "pm" && fields_.hour < 12) fields_.hour += 12;
        for (const Zone& known : zones) {
            if (known.name == text && !fields_.has_zone) {
                fields_.has_zone = true;
                fields_.zone = known.minutes;
            }
        }
    }

    std::optional<Date> result() const {
        const Fields& f = fields_;
        if (f.day < 1 || f.day > 31 || f.month < 0 || f.month > 11 || f.year < 1900 || f.year > 9999)
            return std::nullopt;
        if (f.hour > 24 || f.minute > 59 || f.second > 60) return std::nullopt;
        // Days since 1970 of the civil date; years begin in March so that the leap day is the last.
        const std::int64_t y = f.month < 2 ? f.year - 1 : f.year;
        const std::int64_t era = y / 400;
        const std::int64_t year_of_era = y - era * 400;
        const std::int64_t day_of_year = (153 * ((f.month + 10) % 12) + 2) / 5 + f.day - 1;
        const std::int64_t days =
            era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719'468;
        Date date;
        date.zone_minutes = f.zone;
        date.seconds = days * 86'400 + f.hour * 3'600 + f.minute * 60 + f.second - f.zone * 60;
        return date;
    }

    std::string_view in_;
    std::size_t at_ = 0;
    Fields fields_;
};

}  // namespace

std::optional<Date> parse_date(std::string_view value) {
    constexpr std::size_t date_bytes_max = 256;  // no date with all its comments is longer
    return DateParser(value.substr(0, date_bytes_max)).parse();
}

}  // namespace mime
