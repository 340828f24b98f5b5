// Value: one setting as it is written: a text with units in, a checked value out.
#pragma once
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace config {

enum class Type : std::uint8_t { boolean, count, size, duration, text, path, choice, list, levels };

struct Value {
    bool yes = false;
    std::int64_t number = 0;  ///< of sizes octets, of durations milliseconds
    std::string text;
    std::vector<std::string> list;
    std::vector<std::pair<std::string, std::string>> levels;
};

/// What a value may be.
struct Bounds {
    std::int64_t min = 0;
    std::int64_t max = std::numeric_limits<std::int64_t>::max();
    std::string_view choices;  ///< of Type::choice: words parted by spaces
};

/// Why a value is refused. A type of its own, so that Result<Value, …> is never ambiguous.
class Refusal {
public:
    Refusal() = default;
    explicit Refusal(std::string why) : why_(std::move(why)) {}
    const std::string& why() const { return why_; }

private:
    std::string why_;
};
template <class T>
using Checked = base::Result<T, Refusal>;

/// From the text of a default, or of a string in the file: "64MiB", "30m", "true", "starttls".
Checked<Value> value_of(Type type, const Bounds& bounds, std::string_view text);
/// From a bare number in the file: a count, octets, seconds.
Checked<Value> value_of(Type type, const Bounds& bounds, std::int64_t number);

/// As the file would have it: `"64MiB"`, `true`, `["a", "b"]`.
std::string to_toml(Type type, const Value& value);
std::string toml_text(std::string_view text);

/// "octets ("64MiB")": how the type is written, for people.
std::string_view describe(Type type);

bool known_level(std::string_view name);
/// Smallest number of insertions, removals and changes that make `a` into `b`.
std::size_t edit_distance(std::string_view a, std::string_view b);
/// The one nearest to `name`; empty: none is near.
std::string nearest(std::string_view name, const std::vector<std::string>& known);

}  // namespace config
