#include "server/metrics.hpp"

#include <string_view>

#include <fmt/format.h>

#include "base/ascii.hpp"

namespace server {

namespace {

constexpr unsigned depth_max = 8;  // status has three levels

/// Letters, digits and "_": what a name may have.
std::string name_of(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const char low = base::to_lower(c);
        const bool fits = (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9');
        out.push_back(fits ? low : '_');
    }
    return out;
}

// NOLINTNEXTLINE(misc-no-recursion): no deeper than depth_max
void add(std::string& out, const std::string& name, const nlohmann::json& value, unsigned depth) {
    if (value.is_number()) {
        fmt::format_to(std::back_inserter(out), "{} {}\n", name, value.dump());
        return;
    }
    if (!value.is_object() || depth == depth_max) return;
    for (const auto& [key, inner] : value.items()) add(out, name + "_" + name_of(key), inner, depth + 1);
}

}  // namespace

std::string metrics_text(const nlohmann::json& status) {
    std::string out;
    for (const auto& [key, value] : status.items()) {
        if (key == "sessions" && value.is_object()) {
            for (const auto& [protocol, count] : value.items())
                fmt::format_to(std::back_inserter(out), "barid_sessions{{protocol=\"{}\"}} {}\n",
                               name_of(protocol), count.dump());
        } else {
            add(out, "barid_" + name_of(key), value, 0);
        }
    }
    return out;
}

}  // namespace server
