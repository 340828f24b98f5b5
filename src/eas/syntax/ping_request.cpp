#include "eas/syntax/ping_request.hpp"

#include <algorithm>
#include <array>

#include "wbxml/encoder.hpp"
#include "wbxml/tags.hpp"

namespace eas {

namespace tags = wbxml::ping;

namespace {

/// MS-ASCMD section 2.2.3.27.3
constexpr std::array<std::string_view, 6> classes{"Email", "Calendar", "Contacts", "Tasks", "Notes", "SMS"};

bool is_class(std::string_view text) { return std::ranges::find(classes, text) != classes.end(); }

}  // namespace

PingRequest parse_ping(wbxml::Element root, const PingLimits& limits) {
    PingRequest out;
    std::array<unsigned, 2> seen{};  // HeartbeatInterval, Folders: once each
    for (const wbxml::Element child : root) {
        if (child.tag() == tags::heartbeat_interval) {
            ++seen[0];
            const auto seconds = child.number();
            if (!seconds || *seconds < 0) out.malformed = true;
            if (seconds && *seconds >= 0)
                out.heartbeat = static_cast<std::uint32_t>(std::min<std::int64_t>(*seconds, UINT32_MAX));
        } else if (child.tag() == tags::folders) {
            ++seen[1];
            for (const wbxml::Element folder : child) {
                const std::string_view id = folder.child(tags::id).text();
                if (id.empty() || id.size() > 64 || !is_class(folder.child(tags::class_).text()))
                    out.malformed = true;
                if (out.folders.size() <= limits.folders_max) out.folders.emplace_back(id);
            }
        } else {
            out.malformed = true;
        }
    }
    if (std::ranges::max(seen) > 1) out.malformed = true;
    return out;
}

std::string write_ping(const PingAnswer& answer) {
    std::string out;
    wbxml::Encoder to(out);
    to.open(tags::ping);
    to.number(tags::status, answer.status);
    if (!answer.folders.empty()) {
        to.open(tags::folders);
        for (const std::string& id : answer.folders) to.text(tags::folder, id);
        to.close();
    }
    if (answer.folders_max != 0) to.number(tags::max_folders, answer.folders_max);
    if (answer.heartbeat != 0) to.number(tags::heartbeat_interval, answer.heartbeat);
    to.close();
    return out;
}

}  // namespace eas
