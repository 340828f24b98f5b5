// Reading TOML into settings: what is in the files, key by key, checked against the table one by one.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "config/keys.hpp"

namespace config {

struct Place {
    std::string file;
    std::uint32_t line = 0, column = 0;
};

/// A value from a file.
struct Read {
    Value value;
    Place place;
};
using Settings = std::map<std::string, Read, std::less<>>;  ///< by the table's names

struct Document {
    Settings settings;
    using Items = std::vector<std::pair<Place, Settings>>;
    Items listeners, nodes, milters, dnsbls, blacklists, rules, certificates,
        discovery;  ///< each [[listener]] …, in order
    /// Of one of item_tables.
    Items& items_of(std::string_view table);
    std::vector<Problem> problems;
    bool broken = false;  ///< a file could not be read or is no TOML: what is missing says nothing
};

/// Reads `text` and the files that it includes.
Document read_text(std::string_view text, const std::string& file);
/// \errors a problem when the file cannot be read
Document read_file(const std::string& path);

Problem problem_at(const Place& place, std::string text, bool warning = false);

}  // namespace config
