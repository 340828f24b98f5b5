#include "eas/items/global_object_id.hpp"

#include "base/ascii.hpp"
#include "pim/date_time.hpp"

namespace eas {
namespace {

//   class id 16 · date of the occurrence 4 · now 8 · zero 8 · octets that follow u32 · data
constexpr std::string_view class_id("\x04\x00\x00\x00\x82\x00\xE0\x00\x74\xC5\xB7\x10\x1A\x82\xE0\x08", 16);
constexpr std::size_t date_at = 16, date_octets = 4, count_at = 36, data_at = 40;
constexpr std::string_view marker("vCal-Uid\x01\x00\x00\x00", 12);

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = base::to_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// A UID that Outlook has made is such an id in hexadecimal digits.
std::string from_hex(std::string_view digits) {
    std::string out;
    if (digits.size() % 2 != 0) return out;
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        const int high = hex_digit(digits[i]), low = hex_digit(digits[i + 1]);
        if (high < 0 || low < 0) return {};
        out.push_back(static_cast<char>(high * 16 + low));
    }
    return out;
}

std::string to_hex(std::string_view octets) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char octet : octets) {
        const auto value = static_cast<unsigned char>(octet);
        out.push_back(digits[value >> 4]);
        out.push_back(digits[value & 15]);
    }
    return out;
}

std::size_t count_in(std::string_view octets) {
    std::size_t out = 0;
    for (std::size_t i = 4; i-- > 0;) out = out << 8 | static_cast<unsigned char>(octets[count_at + i]);
    return out;
}

bool is_outlook_id(std::string_view octets) {
    return octets.size() > data_at && octets.starts_with(class_id);
}

}  // namespace

std::string global_object_id(std::string_view uid, std::optional<std::int64_t> occurrence) {
    std::string out = from_hex(uid);
    if (!is_outlook_id(out)) {
        out = class_id;
        out.append(count_at - date_at, '\0');
        const std::size_t count = marker.size() + uid.size() + 1;
        for (unsigned shift = 0; shift < 32; shift += 8)
            out.push_back(static_cast<char>(count >> shift & 255U));
        out += marker;
        out += uid;
        out.push_back('\0');
    }
    out.replace(date_at, date_octets, date_octets, '\0');
    if (!occurrence) return out;
    const pim::CivilTime day = pim::civil(*occurrence);
    out[date_at] = static_cast<char>(day.year >> 8 & 255);
    out[date_at + 1] = static_cast<char>(day.year & 255);
    out[date_at + 2] = static_cast<char>(day.month);
    out[date_at + 3] = static_cast<char>(day.day);
    return out;
}

std::string uid_of_global_object(std::string_view octets) {
    if (!is_outlook_id(octets)) return {};
    const std::size_t count = count_in(octets), rest = octets.size() - data_at;
    const bool is_vcal = count > marker.size() && count <= rest && octets.substr(data_at).starts_with(marker);
    if (is_vcal) return std::string(octets.substr(data_at + marker.size(), count - marker.size() - 1));
    std::string out(octets);
    out.replace(date_at, date_octets, date_octets, '\0');
    return to_hex(out);
}

}  // namespace eas
