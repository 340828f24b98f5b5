#include "config/value.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "base/log.hpp"

namespace config {
namespace {

struct Unit {
    std::string_view name;
    std::int64_t worth;
};

// The largest first within each kind: to_toml() takes the first that divides.
constexpr std::array size_units{
    Unit{"TiB", 1LL << 40},
    Unit{"GiB", 1LL << 30},
    Unit{"MiB", 1LL << 20},
    Unit{"KiB", 1LL << 10},
    Unit{"TB", 1'000'000'000'000},
    Unit{"GB", 1'000'000'000},
    Unit{"MB", 1'000'000},
    Unit{"kB", 1'000},
    Unit{"B", 1},
};
constexpr std::array duration_units{
    Unit{"w", 7LL * 86'400'000}, Unit{"d", 86'400'000}, Unit{"h", 3'600'000},
    Unit{"m", 60'000},           Unit{"s", 1'000},      Unit{"ms", 1},
};

template <std::size_t N>
const Unit* unit_named(const std::array<Unit, N>& units, std::string_view name) {
    const auto found = std::ranges::find(units, name, &Unit::name);
    return found == units.end() ? nullptr : &*found;
}

/// "1h30m": numbers, each with its unit; all of them added.
template <std::size_t N>
bool with_units(const std::array<Unit, N>& units, std::string_view text, std::int64_t& out) {
    out = 0;
    if (text.empty()) return false;
    while (!text.empty()) {
        std::int64_t number = 0;
        const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (code != std::errc() || number < 0) return false;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        const std::size_t next = std::min(text.find_first_of("0123456789"), text.size());
        std::string_view name = text.substr(0, next);
        while (name.starts_with(' ')) name.remove_prefix(1);
        const Unit* const unit = unit_named(units, name);
        if (unit == nullptr || number > std::numeric_limits<std::int64_t>::max() / unit->worth) return false;
        if (out > std::numeric_limits<std::int64_t>::max() - number * unit->worth) return false;
        out += number * unit->worth;
        text.remove_prefix(next);
    }
    return true;
}

template <std::size_t N>
std::string in_units(const std::array<Unit, N>& units, std::int64_t number, std::string_view zero) {
    if (number == 0) return fmt::format("0{}", zero);
    for (const Unit& unit : units) {
        if (number % unit.worth == 0) return fmt::format("{}{}", number / unit.worth, unit.name);
    }
    return std::to_string(number);
}

std::string shown(Type type, std::int64_t number) {
    if (type == Type::size) return in_units(size_units, number, "B");
    if (type == Type::duration) return in_units(duration_units, number, "s");
    return std::to_string(number);
}

Checked<Value> bounded(Type type, const Bounds& bounds, std::int64_t number) {
    if (number < bounds.min) return Refusal(fmt::format("must be at least {}", shown(type, bounds.min)));
    if (number > bounds.max) return Refusal(fmt::format("must be at most {}", shown(type, bounds.max)));
    Value value;
    value.number = number;
    return value;
}

std::vector<std::string> words(std::string_view text) {
    std::vector<std::string> out;
    while (!text.empty()) {
        const std::size_t space = std::min(text.find(' '), text.size());
        if (space != 0) out.emplace_back(text.substr(0, space));
        text.remove_prefix(std::min(space + 1, text.size()));
    }
    return out;
}

Checked<Value> choice_of(const Bounds& bounds, std::string_view text) {
    const std::vector<std::string> choices = words(bounds.choices);
    if (std::ranges::find(choices, text) == choices.end()) {
        return Refusal(fmt::format("must be one of {}", fmt::join(choices, ", ")));
    }
    Value value;
    value.text = text;
    return value;
}

}  // namespace

Checked<Value> value_of(Type type, const Bounds& bounds, std::string_view text) {
    Value value;
    std::int64_t number = 0;
    switch (type) {
        case Type::boolean:
            if (text != "true" && text != "false") return Refusal("must be true or false");
            value.yes = text == "true";
            return value;
        case Type::count: {
            const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
            if (code != std::errc() || end != text.data() + text.size())
                return Refusal("must be a whole number");
            return bounded(type, bounds, number);
        }
        case Type::size:
            if (!with_units(size_units, text, number)) {
                return Refusal("must be a size with a unit (B, KiB, MiB, GiB, TiB, kB, MB, GB, TB)");
            }
            return bounded(type, bounds, number);
        case Type::duration:
            if (!with_units(duration_units, text, number)) {
                return Refusal("must be a time with a unit (ms, s, m, h, d, w)");
            }
            return bounded(type, bounds, number);
        case Type::text:
        case Type::path:
            if (text.find('\0') != std::string_view::npos) return Refusal("must not contain NUL");
            value.text = text;
            return value;
        case Type::choice:
            return choice_of(bounds, text);
        case Type::list:
            if (!text.empty()) value.list.emplace_back(text);  // one for a list of one
            return value;
        case Type::levels:
            break;
    }
    if (text.empty()) return value;
    return Refusal("must be a table of modules and levels");
}

Checked<Value> value_of(Type type, const Bounds& bounds, std::int64_t number) {
    switch (type) {
        case Type::count:
        case Type::size:
            return bounded(type, bounds, number);
        case Type::duration:
            if (number > std::numeric_limits<std::int64_t>::max() / 1000) return Refusal("is too long");
            if (number < 0) return Refusal("must not be negative");
            return bounded(type, bounds, number * 1000);
        default:
            break;
    }
    return Refusal(fmt::format("must be {}, not a number", describe(type)));
}

std::string toml_text(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        const auto octet = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (octet < 0x20 || octet == 0x7F) {
            fmt::format_to(std::back_inserter(out), "\\u{:04X}", octet);
        } else {
            out += c;
        }
    }
    return out + '"';
}

std::string to_toml(Type type, const Value& value) {
    switch (type) {
        case Type::boolean:
            return value.yes ? "true" : "false";
        case Type::count:
            return std::to_string(value.number);
        case Type::size:
        case Type::duration:
            return toml_text(shown(type, value.number));
        case Type::text:
        case Type::path:
        case Type::choice:
            return toml_text(value.text);
        case Type::list: {
            std::vector<std::string> parts;
            for (const std::string& one : value.list) parts.push_back(toml_text(one));
            return fmt::format("[{}]", fmt::join(parts, ", "));
        }
        case Type::levels:
            break;
    }
    std::vector<std::string> parts;
    for (const auto& [module, level] : value.levels)
        parts.push_back(fmt::format("{} = {}", module, toml_text(level)));
    return parts.empty() ? "{}" : fmt::format("{{ {} }}", fmt::join(parts, ", "));
}

std::string_view describe(Type type) {
    switch (type) {
        case Type::boolean:
            return "true or false";
        case Type::count:
            return "a whole number";
        case Type::size:
            return "a size (\"64MiB\", or a number of octets)";
        case Type::duration:
            return "a time (\"30m\", or a number of seconds)";
        case Type::text:
            return "a text";
        case Type::path:
            return "a path (relative ones start at the file's folder)";
        case Type::choice:
            return "a word";
        case Type::list:
            return "a text or a list of texts";
        case Type::levels:
            break;
    }
    return "a table of modules and levels";
}

bool known_level(std::string_view name) {
    base::log::Level level{};
    return base::log::parse_level(name, level);
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t above = row[j];
            row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
            diagonal = above;
        }
    }
    return row[b.size()];
}

std::string nearest(std::string_view name, const std::vector<std::string>& known) {
    const std::string_view cut = name.substr(0, 100);  // a name may be as long as the file
    std::string best;
    std::size_t least = std::max<std::size_t>(2, cut.size() / 3) + 1;
    for (const std::string& one : known) {
        const std::size_t distance = edit_distance(cut, one);
        if (distance < least) {
            least = distance;
            best = one;
        }
    }
    return best;
}

}  // namespace config
