#include "config/read.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <glob.h>
#include <sstream>

#include <fmt/format.h>
#include <toml++/toml.h>

namespace config {
namespace {

constexpr std::size_t file_bytes_max = 4U << 20;  // a configuration is written by people
constexpr std::size_t includes_max = 1'000;

Place place_of(const toml::source_region& source, const std::string& file) {
    return {file, static_cast<std::uint32_t>(source.begin.line),
            static_cast<std::uint32_t>(source.begin.column)};
}

std::string_view kind_of(const toml::node& node) {
    switch (node.type()) {
        case toml::node_type::string:
            return "a text";
        case toml::node_type::integer:
            return "a whole number";
        case toml::node_type::floating_point:
            return "a number with a fraction";
        case toml::node_type::boolean:
            return "true or false";
        case toml::node_type::array:
            return "a list";
        case toml::node_type::table:
            return "a table";
        default:
            break;
    }
    return "a date or time";
}

Refusal wrong_type(const Key& key, const toml::node& node) {
    return Refusal(fmt::format("must be {}, not {}", describe(key.type), kind_of(node)));
}

Checked<Value> list_of(const Key& key, const toml::array& array) {
    Value value;
    for (const toml::node& entry : array) {
        const auto text = entry.value_exact<std::string>();
        if (!text) return Refusal(fmt::format("must be a list of texts, not of {}", kind_of(entry)));
        auto one = value_of(key.type, key.bounds, *text);
        if (!one) return one.error();
        value.list.push_back(*text);
    }
    return value;
}

Checked<Value> levels_of(const toml::table& table) {
    Value value;
    for (const auto& [module, node] : table) {
        const auto level = node.value_exact<std::string>();
        if (!level || !known_level(*level)) {
            return Refusal(fmt::format(
                "the level of '{}' must be one of trace, debug, info, warn, error, off", module.str()));
        }
        value.levels.emplace_back(std::string(module.str()), *level);
    }
    return value;
}

Checked<Value> value_from(const Key& key, const toml::node& node) {
    if (const auto* const array = node.as_array()) {
        if (key.type == Type::list) return list_of(key, *array);
        return wrong_type(key, node);
    }
    if (const auto* const table = node.as_table()) {
        if (key.type == Type::levels) return levels_of(*table);
        return wrong_type(key, node);
    }
    if (const auto yes = node.value_exact<bool>()) {
        if (key.type != Type::boolean) return wrong_type(key, node);
        Value value;
        value.yes = *yes;
        return value;
    }
    if (const auto number = node.value_exact<std::int64_t>()) return value_of(key.type, key.bounds, *number);
    const auto text = node.value_exact<std::string>();
    const bool no_text = key.type == Type::boolean || key.type == Type::count || key.type == Type::levels;
    if (!text || no_text) return wrong_type(key, node);
    return value_of(key.type, key.bounds, *text);
}

/// Reads one file into the document.
class Reader {
public:
    Reader(Document& document, std::string file) : document_(document), file_(std::move(file)) {}

    void table(const toml::table& table, const std::string& prefix, Settings& settings) {
        for (const auto& [name, node] : table) {
            const std::string full = prefix + std::string(name.str());
            const Place place = place_of(name.source(), file_);
            const bool in_item =
                !prefix.empty() && is_item_table(std::string_view(prefix).substr(0, prefix.size() - 1));
            if (!in_item && is_item_table(full)) {
                items(node, place, full, document_.items_of(full));
            } else if (const Key* const key = find_key(full)) {
                value(*key, node, place, settings);
            } else if (!in_item && is_table(full)) {
                if (const auto* const inner = node.as_table()) {
                    this->table(*inner, full + '.', settings);
                } else {
                    problem(place, fmt::format("'{}' must be a table, not {}", full, kind_of(node)));
                }
            } else {
                unknown(full, node.is_table(), place);
            }
        }
    }

private:
    void problem(const Place& place, std::string text) {
        document_.problems.push_back(problem_at(place, std::move(text)));
    }

    void value(const Key& key, const toml::node& node, const Place& place, Settings& settings) {
        auto read = value_from(key, node);
        if (!read) {
            problem(place_of(node.source(), file_), fmt::format("'{}' {}", key.name, read.error().why()));
            return;
        }
        const auto [entry, fresh] = settings.emplace(std::string(key.name), Read{std::move(*read), place});
        if (!fresh && key.name != "include") {
            problem(place, fmt::format("'{}' is set already, at {}:{}", key.name, entry->second.place.file,
                                       entry->second.place.line));
        }
    }

    void items(const toml::node& node, const Place& place, const std::string& name, Document::Items& out) {
        const auto* const array = node.as_array();
        if (array == nullptr ||
            !std::ranges::all_of(*array, [](const toml::node& one) { return one.is_table(); })) {
            problem(place, fmt::format("{0}s are written as [[{0}]]", name));
            return;
        }
        for (const toml::node& one : *array) {
            auto& [where, settings] = out.emplace_back(place_of(one.source(), file_), Settings());
            table(*one.as_table(), name + '.', settings);
        }
    }

    void unknown(const std::string& full, bool is_a_table, const Place& place) {
        std::vector<std::string> known;
        for (const Key& key : keys()) {
            const std::size_t dot = key.name.rfind('.');
            if (!is_a_table) known.emplace_back(key.name);
            if (is_a_table && dot != std::string_view::npos) known.emplace_back(key.name.substr(0, dot));
        }
        const std::string hint = nearest(full, known);
        std::string text = fmt::format("unknown {} '{}'", is_a_table ? "table" : "key", full);
        if (!hint.empty()) text += fmt::format("; the nearest is '{}'", hint);
        problem(place, std::move(text));
    }

    Document& document_;
    std::string file_;
};

void read_into(Document& document, std::string_view text, const std::string& file) {
    try {
        const toml::table root = toml::parse(text, std::string_view(file));
        Reader(document, file).table(root, std::string(), document.settings);
    } catch (const toml::parse_error& error) {
        document.broken = true;
        document.problems.push_back(
            problem_at(place_of(error.source(), file), std::string(error.description())));
    }
}

/// The file's octets. \errors a problem in the document
bool slurp(Document& document, const std::string& path, std::string& out, const Place& wanted_at) {
    errno = 0;
    std::ifstream in(path, std::ios::binary);
    std::error_code failed;
    if (!in || std::filesystem::is_directory(path, failed)) {
        const char* const why = in ? "it is a folder" : std::strerror(errno);
        document.problems.push_back(problem_at(wanted_at, fmt::format("cannot read '{}': {}", path, why)));
        return false;
    }
    out.resize(file_bytes_max + 1);
    in.read(out.data(), static_cast<std::streamsize>(out.size()));
    out.resize(static_cast<std::size_t>(in.gcount()));
    if (out.size() <= file_bytes_max) return true;
    document.problems.push_back(problem_at(wanted_at, fmt::format("'{}' is larger than 4 MiB", path)));
    return false;
}

std::vector<std::string> matching(const std::string& pattern) {
    std::vector<std::string> out;
    glob_t found{};
    if (::glob(pattern.c_str(), GLOB_BRACE, nullptr, &found) == 0) {
        out.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
    }
    ::globfree(&found);
    return out;
}

void read_includes(Document& document, const std::string& file) {
    const auto listed = document.settings.find("include");
    if (listed == document.settings.end()) return;
    const Read include = listed->second;
    const auto folder = std::filesystem::path(file).parent_path();
    std::size_t count = 0;
    for (const std::string& pattern : include.value.list) {
        const std::string full = (folder / pattern).string();
        const std::vector<std::string> files = matching(full);
        // A pattern may match nothing; a name must be there.
        if (files.empty() && pattern.find_first_of("*?[{") == std::string::npos) {
            document.problems.push_back(
                problem_at(include.place, fmt::format("cannot read '{}': no such file", full)));
        }
        for (const std::string& one : files) {
            if (++count > includes_max) {
                document.problems.push_back(problem_at(include.place, "includes more than 1000 files"));
                return;
            }
            std::string text;
            if (!slurp(document, one, text, include.place)) continue;
            document.settings.erase("include");
            read_into(document, text, one);
            if (const auto nested = document.settings.find("include"); nested != document.settings.end()) {
                document.problems.push_back(
                    problem_at(nested->second.place, "an included file cannot include others"));
            }
            document.settings.insert_or_assign("include", include);
        }
    }
}

}  // namespace

Document::Items& Document::items_of(std::string_view table) {
    return table == "listener"      ? listeners
           : table == "node"        ? nodes
           : table == "milter"      ? milters
           : table == "dnsbl"       ? dnsbls
           : table == "blacklist"   ? blacklists
           : table == "certificate" ? certificates
           : table == "discovery"   ? discovery
                                    : rules;
}

Problem problem_at(const Place& place, std::string text, bool warning) {
    return {place.file, place.line, place.column, warning, std::move(text)};
}

Document read_text(std::string_view text, const std::string& file) {
    Document document;
    read_into(document, text, file);
    read_includes(document, file);
    return document;
}

Document read_file(const std::string& path) {
    Document document;
    std::string text;
    if (!slurp(document, path, text, Place{path, 0, 0})) {
        document.broken = true;
        return document;
    }
    return read_text(text, path);
}

}  // namespace config
