// Bounded JSON for what comes from peers and from endpoints.
#pragma once
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

namespace auth::token {

using Json = nlohmann::json;

/// \errors nullopt: not a JSON object, or nested too deeply
std::optional<Json> parse_object(std::string_view text);
/// The member's text; nothing when it is not there. \errors sets `wrong` when it is of another type or too
/// long
std::optional<std::string> text_member(const Json& object, std::string_view name, bool& wrong);

}  // namespace auth::token
