#include "eas/syntax/held_policy.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace eas {
namespace {

constexpr std::int64_t kilobyte = 1'024;

/// What is set has been checked: policy_fault().
std::int64_t number_of(const PolicySettings& settings, std::string_view name, std::int64_t otherwise) {
    const auto at = settings.find(name);
    std::int64_t out = otherwise;
    if (at != settings.end()) std::from_chars(at->second.data(), at->second.data() + at->second.size(), out);
    return out;
}

std::uint32_t truncation_of(const PolicySettings& settings, std::string_view name) {
    const std::int64_t kilobytes = number_of(settings, name, -1);
    if (kilobytes < 0) return UINT32_MAX;
    return static_cast<std::uint32_t>(std::min<std::int64_t>(kilobytes * kilobyte, UINT32_MAX));
}

}  // namespace

HeldPolicy held_policy(const PolicySettings& settings) {
    HeldPolicy out;
    out.attachments = number_of(settings, "AttachmentsEnabled", 1) != 0;
    out.html = number_of(settings, "AllowHTMLEmail", 1) != 0;
    const std::int64_t size = number_of(settings, "MaxAttachmentSize", -1);
    if (size >= 0) out.attachment_bytes_max = static_cast<std::uint64_t>(size);
    out.mail_filter = static_cast<std::uint8_t>(number_of(settings, "MaxEmailAgeFilter", 0));
    out.calendar_filter = static_cast<std::uint8_t>(number_of(settings, "MaxCalendarAgeFilter", 0));
    out.plain_bytes_max = truncation_of(settings, "MaxEmailBodyTruncationSize");
    out.html_bytes_max = truncation_of(settings, "MaxEmailHTMLBodyTruncationSize");
    return out;
}

std::uint8_t narrower_filter(std::uint8_t asked, std::uint8_t most) {
    if (most == 0) return asked;
    return asked == 0 ? most : std::min(asked, most);
}

ItemOptions held_options(ItemOptions asked, const HeldPolicy& held) {
    if (!held.html) asked.part.reset();  // parts are HTML alone
    const bool whole = held.attachments && held.html;
    std::vector<BodyPreference> bodies;
    for (BodyPreference one : asked.bodies) {
        const BodyType wanted = one.type;
        if (wanted == BodyType::mime && !whole) one.type = BodyType::plain;
        if (wanted == BodyType::html && !held.html) one.type = BodyType::plain;
        // Of each type one: what was asked for as such stays.
        const bool taken =
            one.type != wanted &&
            (std::ranges::find(asked.bodies, one.type, &BodyPreference::type) != asked.bodies.end() ||
             std::ranges::find(bodies, one.type, &BodyPreference::type) != bodies.end());
        if (taken) continue;
        if (one.type == BodyType::plain) one.truncation = std::min(one.truncation, held.plain_bytes_max);
        if (one.type == BodyType::html) one.truncation = std::min(one.truncation, held.html_bytes_max);
        bodies.push_back(one);
    }
    asked.bodies = std::move(bodies);
    if (asked.part) asked.part->truncation = std::min(asked.part->truncation, held.html_bytes_max);
    return asked;
}

}  // namespace eas
