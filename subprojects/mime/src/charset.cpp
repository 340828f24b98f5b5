// Charsets by ICU; UTF-8 and ASCII, which most mail is, by hand.
#include "mime/charset.hpp"

#include <array>
#include <utility>

#include <unicode/ucnv.h>

#include "ascii.hpp"
#include "utf8.hpp"

namespace mime {
namespace {

/// Names that real mail uses for what ICU knows by another, or that promise less than what is sent.
struct Alias {
    std::string_view name;
    const char* icu;
};
constexpr Alias aliases[] = {
    // Senders of the older sets use the newer ones' characters (as web browsers found too).
    {"iso-8859-1", "windows-1252"}, {"iso8859-1", "windows-1252"},  {"latin1", "windows-1252"},
    {"iso-8859-9", "windows-1254"}, {"tis-620", "windows-874"},     {"iso-8859-11", "windows-874"},
    {"gb2312", "gb18030"},          {"gb_2312-80", "gb18030"},      {"gbk", "gb18030"},
    {"x-gbk", "gb18030"},           {"cp936", "gb18030"},           {"ks_c_5601-1987", "windows-949"},
    {"ks_c_5601", "windows-949"},   {"ksc5601", "windows-949"},     {"ksc_5601", "windows-949"},
    {"euc-kr", "windows-949"},      {"cseuckr", "windows-949"},     {"shift_jis", "windows-31j"},
    {"shift-jis", "windows-31j"},   {"sjis", "windows-31j"},        {"x-sjis", "windows-31j"},
    {"cp932", "windows-31j"},       {"iso-8859-8-i", "iso-8859-8"}, {"iso-8859-8-e", "iso-8859-8"},
    {"iso-8859-6-i", "iso-8859-6"}, {"iso-8859-6-e", "iso-8859-6"}, {"unicode-1-1-utf-7", "utf-7"},
    {"x-mac-roman", "macintosh"},   {"big5-hkscs", "big5-hkscs"},   {"x-big5", "big5"},
};
constexpr std::string_view utf8_names[] = {"utf-8",   "utf8", "utf-8n", "unicode-1-1-utf-8",
                                           "x-utf-8", "utf_8"};
constexpr std::string_view guess_names[] = {
    "",          "us-ascii", "ascii",     "ansi_x3.4-1968", "ansi_x3.4-1986", "ansi_x3.4", "us",
    "iso646-us", "unknown",  "x-unknown", "unknown-8bit",   "x-user-defined", "default",   "8bit",
    "none",      "7bit"};

enum class Way { utf8, guess, icu };

std::string clean_name(std::string_view charset) {
    charset = trim(charset);
    while (!charset.empty() && (charset.front() == '"' || charset.front() == '\'')) charset.remove_prefix(1);
    while (!charset.empty() && (charset.back() == '"' || charset.back() == '\'' || charset.back() == ';'))
        charset.remove_suffix(1);
    std::string name;
    constexpr std::size_t name_max = 60;  // IANA's longest has 45
    append_lower(name, charset.substr(0, name_max));
    return name;
}

/// "cp-850", "windows1252", "cp_1251": the same name with its number apart or not.
std::string respelled(std::string_view name) {
    for (const std::string_view prefix : {"windows", "cp", "ibm", "iso-", "iso"}) {
        if (!name.starts_with(prefix)) continue;
        std::string_view number = name.substr(prefix.size());
        while (!number.empty() && (number.front() == '-' || number.front() == '_')) number.remove_prefix(1);
        if (number.empty() || !is_digit(number.front())) continue;
        if (prefix == "windows") return "windows-" + std::string(number);
        if (prefix == "cp")
            return (number.size() == 4 && number.starts_with("125") ? "windows-" : "cp") +
                   std::string(number);
        if (prefix == "ibm") return "ibm-" + std::string(number);
        return "iso-" + std::string(number);
    }
    return {};
}

UConverter* open_icu(const std::string& name) {
    const auto try_name = [](const char* icu) {
        UErrorCode error = U_ZERO_ERROR;
        UConverter* converter = ucnv_open(icu, &error);
        return U_SUCCESS(error) ? converter : nullptr;
    };
    for (const Alias& alias : aliases) {
        if (alias.name == name) return try_name(alias.icu);
    }
    if (UConverter* converter = try_name(name.c_str())) return converter;
    const std::string other = respelled(name);
    return other.empty() ? nullptr : try_name(other.c_str());
}

Way way_of(const std::string& name) {
    for (const std::string_view known : utf8_names) {
        if (known == name) return Way::utf8;
    }
    for (const std::string_view known : guess_names) {
        if (known == name) return Way::guess;
    }
    return Way::icu;
}

// windows-1252 from 0x80 to 0x9f; the five gaps are C1 controls, as browsers have it.
constexpr std::array<char16_t, 32> cp1252{0x20ac, 0x81,   0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
                                          0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8d,   0x017d, 0x8f,
                                          0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                                          0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d,   0x017e, 0x0178};

void append_cp1252(std::string& out, char c) {
    const auto octet = static_cast<unsigned char>(c);
    append_utf8(out, octet >= 0x80 && octet < 0xa0 ? cp1252[octet - 0x80U] : octet);
}

/// UTF-8 through; what is none becomes U+FFFD or, when guessing, windows-1252. Leaves an unfinished character
/// in \p carry.
void pass_utf8(std::string_view octets, std::string& out, bool guess, bool last, std::string& carry) {
    std::string joined;
    if (!carry.empty()) {
        joined = std::exchange(carry, {});
        joined += octets;
        octets = joined;
    }
    std::size_t at = 0;
    while (at < octets.size()) {
        const std::size_t good = valid_prefix(octets.substr(at));
        out += octets.substr(at, good);
        at += good;
        if (at == octets.size()) break;
        const std::string_view rest = octets.substr(at);
        if (!last && may_continue(rest)) {
            carry = rest;
            return;
        }
        const std::size_t wrong = guess ? 1 : broken_length(rest);
        if (guess) {
            append_cp1252(out, rest.front());
        } else {
            out += replacement;
        }
        at += wrong;
    }
}

}  // namespace

struct CharsetDecoder::State {
    Way way = Way::guess;
    bool known = false;
    UConverter* converter = nullptr;
    std::string carry;

    ~State() {
        if (converter) ucnv_close(converter);
    }

    void convert(std::string_view octets, std::string& out, bool last) {
        std::array<UChar, 1024> units;
        const char* from = octets.data();
        const char* const end = from + octets.size();
        for (;;) {
            UChar* to = units.data();
            UErrorCode error = U_ZERO_ERROR;
            ucnv_toUnicode(converter, &to, units.data() + units.size(), &from, end, nullptr, last ? 1 : 0,
                           &error);
            append_utf16(out, {units.data(), static_cast<std::size_t>(to - units.data())});
            if (error == U_BUFFER_OVERFLOW_ERROR) continue;
            if (U_FAILURE(error)) ucnv_resetToUnicode(converter);
            if (U_FAILURE(error) && from < end)
                continue;  // the default callback replaces; this is for its own faults
            break;
        }
    }

    /// A surrogate pair may fall on the edge of the buffer.
    void append_utf16(std::string& out, std::u16string_view units) {
        for (const char16_t unit : units) {
            if (high != 0 && unit >= 0xdc00 && unit < 0xe000) {
                append_utf8(out, 0x10000U + ((high - 0xd800U) << 10) + (unit - 0xdc00U));
                high = 0;
                continue;
            }
            if (std::exchange(high, char16_t{0}) != 0) out += replacement;
            if (unit >= 0xd800 && unit < 0xdc00) {
                high = unit;
            } else {
                append_utf8(out, unit);
            }
        }
    }
    char16_t high = 0;
};

CharsetDecoder::CharsetDecoder(std::string_view charset) : state_(std::make_unique<State>()) {
    const std::string name = clean_name(charset);
    state_->way = way_of(name);
    state_->known = state_->way == Way::utf8 || name == "us-ascii" || name == "ascii";
    if (state_->way != Way::icu) return;
    state_->converter = open_icu(name);
    state_->known = state_->converter != nullptr;
    if (!state_->known) state_->way = Way::guess;
}
CharsetDecoder::~CharsetDecoder() = default;
CharsetDecoder::CharsetDecoder(CharsetDecoder&&) noexcept = default;
CharsetDecoder& CharsetDecoder::operator=(CharsetDecoder&&) noexcept = default;

bool CharsetDecoder::known() const { return state_->known; }

void CharsetDecoder::decode(std::string_view octets, std::string& out, bool last) {
    if (state_->way == Way::icu) {
        state_->convert(octets, out, last);
        if (last && std::exchange(state_->high, char16_t{0}) != 0) out += replacement;
    } else {
        pass_utf8(octets, out, state_->way == Way::guess, last, state_->carry);
    }
}

std::string to_utf8(std::string_view octets, std::string_view charset) {
    std::string out;
    CharsetDecoder decoder(charset);
    decoder.decode(octets, out, true);
    return out;
}

bool charset_known(std::string_view charset) { return CharsetDecoder(charset).known(); }

bool valid_utf8(std::string_view octets) { return valid_prefix(octets) == octets.size(); }

std::string guess_utf8(std::string_view octets) {
    if (valid_utf8(octets)) return std::string(octets);
    std::string out;
    for (const char c : octets) append_cp1252(out, c);
    return out;
}

}  // namespace mime
