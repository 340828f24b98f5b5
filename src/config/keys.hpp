// Keys: the one table of settings. Parsing, checking, showing, explaining and docs/configuration.md all
// follow from it.
#pragma once
#include <span>
#include <string_view>

#include "config/config.hpp"
#include "config/value.hpp"

namespace config {

struct Key {
    std::string_view name;  ///< "store.path"; keys of each [[listener]] start with "listener."
    Type type = Type::text;
    std::string_view initial;  ///< the default, as the file would have it without quotes
    Bounds bounds;
    std::string_view doc;
    void (*set)(Config&, const Value&) = nullptr;
    void (*set_listener)(Listener&, const Value&) = nullptr;
    bool required = false;
    void (*set_node)(Node&, const Value&) = nullptr;
};

std::span<const Key> keys();
const Key* find_key(std::string_view name);
/// True when keys start with `name` and a dot.
bool is_table(std::string_view name);
constexpr std::string_view listener_prefix = "listener.";
constexpr std::string_view node_prefix = "node.";

}  // namespace config
