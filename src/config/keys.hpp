// Keys: the one table of settings. Parsing, checking, showing, explaining and docs/configuration.md all
// follow from it.
#pragma once
#include <array>
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
    void (*set_milter)(Milter&, const Value&) = nullptr;
    void (*set_dnsbl)(Dnsbl&, const Value&) = nullptr;
    void (*set_blacklist)(Blacklist&, const Value&) = nullptr;
    void (*set_rule)(Rule&, const Value&) = nullptr;
    void (*set_certificate)(ServerCertificate&, const Value&) = nullptr;
    void (*set_discovery)(Discovery&, const Value&) = nullptr;
};

std::span<const Key> keys();
const Key* find_key(std::string_view name);
/// True when keys start with `name` and a dot.
bool is_table(std::string_view name);
/// Tables that may be there several times: [[listener]] …
constexpr std::array<std::string_view, 8> item_tables{"listener",  "node", "milter",      "dnsbl",
                                                      "blacklist", "rule", "certificate", "discovery"};
constexpr std::string_view listener_prefix = "listener.";
constexpr bool is_item_table(std::string_view name) {
    for (const std::string_view table : item_tables)
        if (table == name) return true;
    return false;
}

}  // namespace config
