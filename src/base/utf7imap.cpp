#include "base/utf7imap.hpp"

#include <array>
#include <cstdint>

#include "base/utf8.hpp"

namespace base {
namespace {
// RFC 3501 section 5.1.3: base64 with "," in place of "/".
constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

constexpr std::array<std::int8_t, 256> make_values() {
    std::array<std::int8_t, 256> values{};
    values.fill(-1);
    for (std::size_t i = 0; i < alphabet.size(); ++i)
        values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
    return values;
}
constexpr std::array<std::int8_t, 256> values = make_values();

int value_of(char c) { return values[static_cast<unsigned char>(c)]; }
bool is_high_surrogate(char32_t unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
bool is_low_surrogate(char32_t unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

/// UTF-16 units to UTF-8, one at a time.
class Utf16Reader {
public:
    explicit Utf16Reader(std::string& out) : out_(out) {}

    bool unit(char32_t unit) {
        if (high_ != 0) {
            if (!is_low_surrogate(unit)) return false;
            append_utf8(out_, 0x10000 + ((high_ - 0xD800) << 10U) + (unit - 0xDC00));
            high_ = 0;
            return true;
        }
        if (unit == 0 || is_low_surrogate(unit)) return false;
        if (is_high_surrogate(unit)) {
            high_ = unit;
        } else {
            append_utf8(out_, unit);
        }
        return true;
    }
    bool complete() const { return high_ == 0; }

private:
    std::string& out_;
    char32_t high_ = 0;
};

/// What stands between "&" and "-". False: not exactly whole characters.
bool decode_shift(std::string& out, std::string_view text) {
    Utf16Reader reader(out);
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char c : text) {
        const int value = value_of(c);
        if (value < 0) return false;
        bits = (bits << 6U) | static_cast<std::uint32_t>(value);
        held += 6;
        if (held >= 16) {
            held -= 16;
            if (!reader.unit((bits >> held) & 0xFFFFU)) return false;
        }
    }
    const std::uint32_t rest = bits & ((1U << held) - 1U);
    return reader.complete() && held < 6 && rest == 0;
}

/// Writes one shifted run of UTF-16 units.
class ShiftWriter {
public:
    explicit ShiftWriter(std::string& out) : out_(out) { out_.push_back('&'); }

    void character(char32_t code) {
        if (code >= 0x10000) {
            unit(0xD800 + ((code - 0x10000) >> 10U));
            unit(0xDC00 + ((code - 0x10000) & 0x3FFU));
        } else {
            unit(code);
        }
    }
    void end() {
        if (held_ > 0) out_.push_back(alphabet[(bits_ << (6U - held_)) & 0x3FU]);
        out_.push_back('-');
    }

private:
    void unit(char32_t unit) {
        bits_ = (bits_ << 16U) | unit;
        for (held_ += 16; held_ >= 6;) {
            held_ -= 6;
            out_.push_back(alphabet[(bits_ >> held_) & 0x3FU]);
        }
        bits_ &= (1U << held_) - 1U;
    }

    std::string& out_;
    std::uint32_t bits_ = 0;
    unsigned held_ = 0;
};

bool is_direct(char c) { return c >= 0x20 && c <= 0x7E; }
}  // namespace

std::optional<std::string> utf7imap_to_utf8(std::string_view name) {
    std::string out;
    out.reserve(name.size());
    for (std::size_t at = 0; at < name.size();) {
        if (name[at] != '&') {
            out.push_back(name[at++]);
            continue;
        }
        ++at;
        if (at == name.size() || (name[at] != '-' && value_of(name[at]) < 0)) {
            out.push_back('&');  // cannot be a shift: taken as it stands
            continue;
        }
        const std::size_t end = name.find('-', at);
        if (end == std::string_view::npos) return std::nullopt;
        if (end == at) {
            out.push_back('&');
        } else if (!decode_shift(out, name.substr(at, end - at))) {
            return std::nullopt;
        }
        at = end + 1;
    }
    if (!is_utf8(out) || out.find('\0') != std::string::npos) return std::nullopt;
    return out;
}

void append_utf7imap(std::string& out, std::string_view name) {
    while (!name.empty()) {
        if (is_direct(name[0])) {
            out.push_back(name[0]);
            if (name[0] == '&') out.push_back('-');
            name.remove_prefix(1);
            continue;
        }
        ShiftWriter shift(out);
        while (!name.empty() && !is_direct(name[0])) {
            const Utf8Char next = first_utf8(name);
            shift.character(next.octets == 0 ? 0xFFFD : next.code);
            name.remove_prefix(next.octets == 0 ? 1 : next.octets);
        }
        shift.end();
    }
}

std::string utf8_to_utf7imap(std::string_view name) {
    std::string out;
    out.reserve(name.size());
    append_utf7imap(out, name);
    return out;
}

}  // namespace base
