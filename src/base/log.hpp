// Structured logging: one line an event, as logfmt or JSON, with a level per module that can change at run
// time.
//
//   log::info("imap", "login", {{"user", user}, {"ip", peer}, {"ms", 3}});
//
// Values are escaped: C0, C1 and DEL never reach the terminal or forge a line. Secrets have no conversion to
// Value.
#pragma once
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace base::log {

enum class Level : std::uint8_t { trace, debug, info, warn, error, off };
enum class Format : std::uint8_t { logfmt, json };

class Value {
public:
    Value(std::string_view text) : value_(text) {}
    Value(const std::string& text) : value_(std::string_view(text)) {}
    Value(const char* text) : value_(std::string_view(text)) {}
    Value(bool yes) : value_(yes) {}
    Value(double number) : value_(number) {}
    template <std::signed_integral Int>
    Value(Int number) : value_(static_cast<std::int64_t>(number)) {}
    template <std::unsigned_integral Int>
    Value(Int number) : value_(static_cast<std::uint64_t>(number)) {}

    const auto& get() const { return value_; }

private:
    std::variant<std::string_view, bool, double, std::int64_t, std::uint64_t> value_;
};

struct Field {
    std::string_view key;
    Value value;
};
using Fields = std::initializer_list<Field>;

/// Where lines go: a descriptor (2 at first). Lines are written with one write(2) each.
void set_output(int descriptor);
void set_format(Format format);
/// The level of one module ("imap", "store" …), or of all that have none of their own ("").
void set_level(std::string_view module, Level level);
bool enabled(std::string_view module, Level level) noexcept;
/// \errors false: no such level ("trace debug info warn error off")
bool parse_level(std::string_view name, Level& out);

void write(Level level, std::string_view module, std::string_view message, Fields fields = {});

/// One line without its line end, as write() would print it. For tests and for the live log.
std::string render(Format format, Level level, std::string_view module, std::string_view message,
                   Fields fields, std::int64_t unix_ms);

inline void debug(std::string_view module, std::string_view message, Fields fields = {}) {
    if (enabled(module, Level::debug)) write(Level::debug, module, message, fields);
}
inline void info(std::string_view module, std::string_view message, Fields fields = {}) {
    if (enabled(module, Level::info)) write(Level::info, module, message, fields);
}
inline void warn(std::string_view module, std::string_view message, Fields fields = {}) {
    if (enabled(module, Level::warn)) write(Level::warn, module, message, fields);
}
inline void error(std::string_view module, std::string_view message, Fields fields = {}) {
    if (enabled(module, Level::error)) write(Level::error, module, message, fields);
}

}  // namespace base::log
