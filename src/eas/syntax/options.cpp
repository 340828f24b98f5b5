#include "eas/syntax/options.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "wbxml/tags.hpp"

namespace eas {
namespace {

constexpr std::uint32_t preview_max = 255;  // MS-ASAIRS section 2.2.2.38
constexpr std::int64_t day = 86'400;

/// False: there is one and it is no number from 0 to `most`.
bool take_number(wbxml::Element element, std::int64_t most, std::int64_t& out) {
    const auto number = element.number();
    if (!number || *number < 0 || *number > most) return false;
    out = *number;
    return true;
}

std::optional<BodyPreference> read_preference(wbxml::Element element) {
    namespace tags = wbxml::airsyncbase;
    constexpr std::array order{tags::type, tags::truncation_size, tags::all_or_none, tags::preview};
    if (!stand_in_order(element, order) || !element.child(tags::type)) return std::nullopt;
    BodyPreference body;
    std::int64_t value = 0;
    for (const wbxml::Element child : element) {
        if (child.tag() == tags::type) {
            if (!take_number(child, 4, value) || value == 0) return std::nullopt;
            body.type = static_cast<BodyType>(value);
        } else if (child.tag() == tags::truncation_size) {
            if (!take_number(child, UINT32_MAX, value)) return std::nullopt;
            body.truncation = static_cast<std::uint32_t>(value);
        } else if (child.tag() == tags::all_or_none) {
            if (!take_number(child, 1, value)) return std::nullopt;
            body.all_or_none = value == 1;
        } else {
            if (!take_number(child, UINT32_MAX, value)) return std::nullopt;
            body.preview = static_cast<std::uint32_t>(std::min<std::int64_t>(value, preview_max));
        }
    }
    return body;
}

bool take_body(wbxml::Element element, std::vector<BodyPreference>& out) {
    const auto body = read_preference(element);
    // Of each type one.
    if (!body || std::ranges::find(out, body->type, &BodyPreference::type) != out.end()) return false;
    out.push_back(*body);
    return true;
}

/// Of several, one for each type, only that of HTML can be served.
bool take_part(wbxml::Element element, std::optional<BodyPreference>& out) {
    const auto part = read_preference(element);
    if (!part || (out && out->type == part->type)) return false;
    if (!out || part->type == BodyType::html) out = part;
    return true;
}

}  // namespace

bool stand_in_order(wbxml::Element parent, std::span<const wbxml::Tag> order) {
    std::size_t next = 0;
    for (const wbxml::Element child : parent) {
        while (next != order.size() && order[next] != child.tag()) ++next;
        if (next == order.size()) return false;
        ++next;
    }
    return true;
}

bool have_classes_that_go_together(wbxml::Element collection) {
    std::vector<std::string_view> classes;
    for (const wbxml::Element child : collection) {
        if (child.tag() != wbxml::airsync::options) continue;
        const std::string_view of = child.child(wbxml::airsync::class_).text();
        if (std::ranges::find(classes, of) != classes.end()) return false;
        classes.push_back(of);
    }
    if (classes.size() < 2) return true;
    return classes.size() == 2 && std::ranges::all_of(classes, [](std::string_view of) {
               return of.empty() || of == "Email" || of == "SMS";
           });
}

bool parse_item_preferences(wbxml::Element parent, ItemOptions& out) {
    // MS-ASCMD section 2.2.3.105: MIMETruncation
    constexpr std::uint32_t sizes[] = {0, 4'096, 5'120, 7'168, 10'240, 20'480, 51'200, 102'400, UINT32_MAX};
    std::int64_t value = 0;
    for (const wbxml::Element child : parent) {
        if (child.tag() == wbxml::airsyncbase::body_preference) {
            if (!take_body(child, out.bodies)) return false;
        } else if (child.tag() == wbxml::airsyncbase::body_part_preference) {
            if (!take_part(child, out.part)) return false;
        } else if (child.tag() == wbxml::airsync::mime_support) {
            if (!take_number(child, 2, value)) return false;
            out.mime_support = static_cast<MimeSupport>(value);
        } else if (child.tag() == wbxml::airsync::mime_truncation) {
            if (!take_number(child, 8, value)) return false;
            out.mime_truncation = sizes[value];
        }
    }
    return true;
}

bool parse_options(wbxml::Element options, ItemOptions& out) {
    std::int64_t value = 0;
    for (const wbxml::Element child : options) {
        if (child.tag() == wbxml::airsync::filter_type) {
            if (!take_number(child, 8, value)) return false;
            out.filter = static_cast<std::uint8_t>(value);
        } else if (child.tag() == wbxml::airsync::conflict) {
            if (!take_number(child, 1, value)) return false;
            out.conflict = static_cast<std::uint8_t>(value);
        }
    }
    return parse_item_preferences(options, out);
}

std::optional<std::int64_t> window_start(std::uint8_t filter, std::int64_t now) {
    std::int64_t days = 0;
    switch (filter) {
        case 1:
            days = 1;
            break;
        case 2:
            days = 3;
            break;
        case 3:
            days = 7;
            break;
        case 4:
            days = 14;
            break;
        case 5:
            days = 31;
            break;
        case 6:
            days = 92;
            break;
        case 7:
            days = 183;
            break;
        default:
            return std::nullopt;
    }
    return (now / day - days) * day;
}

std::optional<PlaceRange> parse_range(std::string_view text) {
    PlaceRange out;
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const auto read = [](std::string_view digits, std::uint32_t& to) {
        const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), to);
        return fault == std::errc() && end == digits.data() + digits.size() && !digits.empty();
    };
    if (!read(text.substr(0, dash), out.first) || !read(text.substr(dash + 1), out.last)) return std::nullopt;
    if (out.first > out.last) return std::nullopt;
    return out;
}

}  // namespace eas
