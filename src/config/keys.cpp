#include "config/keys.hpp"

#include <algorithm>
#include <vector>

#include "config/key_tables.hpp"

namespace config {

std::span<const Key> keys() {
    static const std::vector<Key> table = [] {
        std::vector<Key> all;
        for (const auto part : {general_keys(), auth_keys(), relay_keys(), mta_keys(), sender_keys(),
                                filter_keys(), listener_keys(), node_keys(), filter_item_keys(), host_keys()})
            all.insert(all.end(), part.begin(), part.end());
        return all;
    }();
    return table;
}

const Key* find_key(std::string_view name) {
    const auto found = std::ranges::find(keys(), name, &Key::name);
    return found == keys().end() ? nullptr : &*found;
}

bool is_table(std::string_view name) {
    return std::ranges::any_of(keys(), [name](const Key& key) {
        return key.name.size() > name.size() && key.name.starts_with(name) && key.name[name.size()] == '.';
    });
}

}  // namespace config
