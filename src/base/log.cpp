#include "base/log.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <ctime>
#include <mutex>
#include <shared_mutex>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace base::log {
namespace {

struct State {
    std::atomic<int> descriptor{2};
    std::atomic<Format> format{Format::logfmt};
    std::atomic<Level> level{Level::info};   // of modules that have none of their own
    std::atomic<Level> lowest{Level::info};  // below it nobody listens: the fast way out
    std::shared_mutex mutex;                 // guards modules
    std::vector<std::pair<std::string, Level>> modules;
};
State& state() {
    static State instance;
    return instance;
}

constexpr std::array<std::string_view, 6> level_names{"trace", "debug", "info", "warn", "error", "off"};

/// Length of the well-formed UTF-8 character at the start of `text` that is printable; 0 when it must be
/// escaped.
std::size_t printable(std::string_view text) {
    const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto follows = [&](std::size_t i) { return i < text.size() && (octet(i) & 0xC0) == 0x80; };
    const unsigned char first = octet(0);
    if (first < 0x20 || first == 0x7F) return 0;
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF && follows(1)) return first == 0xC2 && octet(1) < 0xA0 ? 0 : 2;  // C1
    if (first >= 0xE0 && first <= 0xEF && follows(1) && follows(2)) {
        const bool bad = (first == 0xE0 && octet(1) < 0xA0) || (first == 0xED && octet(1) >= 0xA0) ||
                         (first == 0xE2 && octet(1) == 0x80 && (octet(2) == 0xA8 || octet(2) == 0xA9));
        return bad ? 0 : 3;
    }
    if (first >= 0xF0 && first <= 0xF4 && follows(1) && follows(2) && follows(3)) {
        const bool bad = (first == 0xF0 && octet(1) < 0x90) || (first == 0xF4 && octet(1) >= 0x90);
        return bad ? 0 : 4;
    }
    return 0;
}

void append_quoted(std::string& out, std::string_view text, Format format) {
    out += '"';
    while (!text.empty()) {
        const char c = text.front();
        const std::size_t length = printable(text);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (length != 0) {
            out += text.substr(0, length);
            text.remove_prefix(length);
            continue;
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\r') {
            out += "\\r";
        } else if (c == '\t') {
            out += "\\t";
        } else {
            // JSON has no \x; an octet that is not UTF-8 is shown by its number in both.
            const auto octet = static_cast<unsigned char>(c);
            out += format == Format::json ? "\\u00" : "\\x";
            fmt::format_to(std::back_inserter(out), "{:02x}", octet);
        }
        text.remove_prefix(1);
    }
    out += '"';
}

void append_text(std::string& out, std::string_view text, Format format) {
    bool plain = format == Format::logfmt && !text.empty();
    for (const char c : text) {
        if (!plain) break;
        plain = c > ' ' && c < 0x7F && c != '"' && c != '=' && c != '\\';
    }
    if (plain) {
        out += text;
    } else {
        append_quoted(out, text, format);
    }
}

void append_value(std::string& out, const Value& value, Format format) {
    const auto into = std::back_inserter(out);
    std::visit(
        [&](const auto& v) {
            using T = std::decay_t<decltype(v)>;
            if constexpr (std::is_same_v<T, std::string_view>) {
                append_text(out, v, format);
            } else if constexpr (std::is_same_v<T, double>) {
                if (std::isfinite(v)) {
                    fmt::format_to(into, "{:.6g}", v);
                } else {
                    out += "null";
                }
            } else {
                fmt::format_to(into, "{}", v);
            }
        },
        value.get());
}

void append_field(std::string& out, std::string_view key, const Value& value, Format format) {
    if (format == Format::json) {
        out += out.empty() ? '{' : ',';
        append_quoted(out, key, format);
        out += ':';
    } else {
        if (!out.empty()) out += ' ';
        out += key;
        out += '=';
    }
    append_value(out, value, format);
}

std::string timestamp(std::int64_t unix_ms) {
    const std::time_t seconds = static_cast<std::time_t>(unix_ms / 1000);
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900, utc.tm_mon + 1,
                       utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, unix_ms % 1000);
}

}  // namespace

void set_output(int descriptor) { state().descriptor = descriptor; }
void set_format(Format format) { state().format = format; }

void set_level(std::string_view module, Level level) {
    State& s = state();
    const std::unique_lock lock(s.mutex);
    if (module.empty()) {
        s.level = level;
    } else {
        const auto known = std::ranges::find(s.modules, module, &std::pair<std::string, Level>::first);
        if (known == s.modules.end()) {
            s.modules.emplace_back(module, level);
        } else {
            known->second = level;
        }
    }
    Level lowest = s.level;
    for (const auto& [name, its] : s.modules) lowest = std::min(lowest, its);
    s.lowest = lowest;
}

bool enabled(std::string_view module, Level level) noexcept {
    State& s = state();
    if (level < s.lowest.load(std::memory_order_relaxed)) return false;
    const std::shared_lock lock(s.mutex);
    for (const auto& [name, its] : s.modules) {
        if (name == module) return level >= its;
    }
    return level >= s.level.load(std::memory_order_relaxed);
}

bool parse_level(std::string_view name, Level& out) {
    for (std::size_t i = 0; i < level_names.size(); ++i) {
        if (level_names[i] != name) continue;
        out = static_cast<Level>(i);
        return true;
    }
    return false;
}

std::string render(Format format, Level level, std::string_view module, std::string_view message,
                   Fields fields, std::int64_t unix_ms) {
    std::string out;
    append_field(out, "time", timestamp(unix_ms), format);
    append_field(out, "level", level_names[static_cast<std::size_t>(level)], format);
    append_field(out, "module", module, format);
    append_field(out, "msg", message, format);
    for (const auto& field : fields) append_field(out, field.key, field.value, format);
    if (format == Format::json) out += '}';
    return out;
}

void write(Level level, std::string_view module, std::string_view message, Fields fields) {
    using namespace std::chrono;
    const auto now = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
    std::string line = render(state().format, level, module, message, fields, now);
    line += '\n';
    std::string_view rest = line;
    while (!rest.empty()) {
        const ssize_t n = ::write(state().descriptor, rest.data(), rest.size());
        if (n <= 0) return;  // a log that cannot be written has nobody to tell
        rest.remove_prefix(static_cast<std::size_t>(n));
    }
}

}  // namespace base::log
