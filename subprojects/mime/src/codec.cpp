// base64 and quoted-printable.
#include "mime/codec.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "ascii.hpp"

namespace mime {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint32_t bad = 0x80000000U;

/// For each of four places the sextet's bits where they belong in 24; bad for other octets.
constexpr auto sextets = [] {
    std::array<std::array<std::uint32_t, 256>, 4> tables{};
    for (unsigned place = 0; place < 4; ++place) {
        for (auto& entry : tables[place]) entry = bad;
        for (std::uint32_t value = 0; value < 64; ++value) {
            tables[place][static_cast<unsigned char>(alphabet[value])] = value << (18 - 6 * place);
        }
    }
    return tables;
}();

unsigned char octet(char c) { return static_cast<unsigned char>(c); }

char* put(char* to, std::uint32_t bits, unsigned octets) {
    to[0] = static_cast<char>(bits >> 16);
    if (octets > 1) to[1] = static_cast<char>(bits >> 8);
    if (octets > 2) to[2] = static_cast<char>(bits);
    return to + octets;
}

}  // namespace

void Base64Decoder::decode(std::string_view text, std::string& out) {
    const std::size_t before = out.size();
    out.resize(before + text.size() / 4 * 3 + 6);
    char* to = out.data() + before;
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at != end) {
        if (have_ == 0) {
            for (; end - at >= 4; at += 4) {
                const std::uint32_t bits = sextets[0][octet(at[0])] | sextets[1][octet(at[1])] |
                                           sextets[2][octet(at[2])] | sextets[3][octet(at[3])];
                if (bits & bad) break;
                to = put(to, bits, 3);
            }
            if (at == end) break;
        }
        const char c = *at++;
        if (c == '=') {
            if (have_ > 1) to = put(to, bits_ << (24 - 6 * have_), have_ - 1);
            bits_ = 0;
            have_ = 0;
            continue;
        }
        const std::uint32_t sextet = sextets[3][octet(c)];
        if (sextet == bad) continue;
        bits_ = bits_ << 6 | sextet;
        if (++have_ < 4) continue;
        to = put(to, bits_, 3);
        bits_ = 0;
        have_ = 0;
    }
    out.resize(static_cast<std::size_t>(to - out.data()));
}

void Base64Decoder::finish(std::string& out) { decode("=", out); }

namespace {

constexpr std::size_t blanks_held_max = 1'024;  // a longer run of blanks is text even at the end of a line

/// Octets that stand for themselves whatever follows.
constexpr auto plain_octets = [] {
    std::array<bool, 256> table{};
    for (auto& entry : table) entry = true;
    for (const char c : {'=', ' ', '\t', '\r', '\n'}) table[static_cast<unsigned char>(c)] = false;
    return table;
}();

/// What the held octets and the next one come to: true when \p c is used up.
bool continue_held(std::string& held, char c, std::string& out) {
    const char last = held.back();
    if (held.front() != '=') {  // blanks, perhaps CR
        if (c == '\n') {
            if (last == '\r') out.push_back('\r');
            out.push_back('\n');
            held.clear();
            return true;
        }
        const bool goes_on = last != '\r' && (is_blank(c) || c == '\r') && held.size() < blanks_held_max;
        if (goes_on) {
            held.push_back(c);
            return true;
        }
    } else if (held.size() == 1 && (hex_value(c) >= 0)) {
        held.push_back(c);
        return true;
    } else if (held.size() == 2 && hex_value(last) >= 0) {
        if (hex_value(c) >= 0) {
            out.push_back(static_cast<char>(hex_value(last) << 4 | hex_value(c)));
            held.clear();
            return true;
        }
    } else if (c == '\n') {  // soft line break
        held.clear();
        return true;
    } else if (last != '\r' && (is_blank(c) || c == '\r') && held.size() < blanks_held_max) {
        held.push_back(c);
        return true;
    }
    out += held;
    held.clear();
    return false;
}

}  // namespace

void QuotedPrintableDecoder::decode(std::string_view text, std::string& out) {
    std::size_t at = 0;
    while (at < text.size()) {
        const char c = text[at];
        if (!held_.empty()) {
            if (continue_held(held_, c, out)) ++at;
            continue;
        }
        std::size_t end = at;
        while (end < text.size() && plain_octets[octet(text[end])]) ++end;
        // A single blank between words is the usual case.
        if (end + 1 < text.size() && text[end] == ' ' && plain_octets[octet(text[end + 1])]) ++end;
        if (end > at) {
            out += text.substr(at, end - at);
            at = end;
        } else {
            if (c == '\n') {
                out.push_back(c);
            } else {
                held_.push_back(c);
            }
            ++at;
        }
    }
}

void QuotedPrintableDecoder::finish(std::string& out) {
    // Blanks at the very end and a soft line break without its end say nothing.
    if (!held_.empty() && held_.front() == '=' && held_.size() > 1 && !is_space(held_[1])) out += held_;
    if (held_ == "\r") out += held_;
    held_.clear();
}

void TransferDecoder::decode(std::string_view text, std::string& out) {
    if (encoding_ == Encoding::base64) {
        base64_.decode(text, out);
    } else if (encoding_ == Encoding::quoted_printable) {
        quoted_printable_.decode(text, out);
    } else {
        out += text;
    }
}

void TransferDecoder::finish(std::string& out) {
    if (encoding_ == Encoding::base64) base64_.finish(out);
    if (encoding_ == Encoding::quoted_printable) quoted_printable_.finish(out);
}

std::string base64_decode(std::string_view text) {
    std::string out;
    Base64Decoder decoder;
    decoder.decode(text, out);
    decoder.finish(out);
    return out;
}

std::string quoted_printable_decode(std::string_view text) {
    std::string out;
    QuotedPrintableDecoder decoder;
    decoder.decode(text, out);
    decoder.finish(out);
    return out;
}

std::string base64_encode(std::string_view octets, std::size_t line_bytes) {
    std::string out;
    const std::size_t length = (octets.size() + 2) / 3 * 4;
    out.reserve(length + (line_bytes ? length / line_bytes * 2 + 2 : 0));
    std::size_t line = 0;
    for (std::size_t at = 0; at < octets.size(); at += 3) {
        const std::size_t have = octets.size() - at;
        const std::uint32_t bits = static_cast<std::uint32_t>(octet(octets[at])) << 16 |
                                   static_cast<std::uint32_t>(have > 1 ? octet(octets[at + 1]) : 0) << 8 |
                                   static_cast<std::uint32_t>(have > 2 ? octet(octets[at + 2]) : 0);
        out.push_back(alphabet[bits >> 18]);
        out.push_back(alphabet[bits >> 12 & 63]);
        out.push_back(have > 1 ? alphabet[bits >> 6 & 63] : '=');
        out.push_back(have > 2 ? alphabet[bits & 63] : '=');
        line += 4;
        if (line_bytes && line + 4 > line_bytes) {
            out += "\r\n";
            line = 0;
        }
    }
    if (line_bytes && line > 0) out += "\r\n";
    return out;
}

std::string quoted_printable_encode(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    constexpr std::size_t line_max = 76;  // RFC 2045 section 6.7 rule 5, "=" of a soft break included
    std::string out;
    std::size_t line = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        const bool crlf = c == '\r' && at + 1 < text.size() && text[at + 1] == '\n';
        if (c == '\n' || crlf) {
            at += crlf ? 1 : 0;
            out += "\r\n";
            line = 0;
            continue;
        }
        const std::string_view rest = text.substr(at + 1);
        const bool line_ends = rest.empty() || rest.starts_with('\n') || rest.starts_with("\r\n");
        const bool plain = (is_printable(c) && c != ' ' && c != '=') || (is_blank(c) && !line_ends);
        const std::size_t bytes = plain ? 1 : 3;
        if (line + bytes > line_max - (line_ends ? 0U : 1U)) {
            out += "=\r\n";
            line = 0;
        }
        if (plain) {
            out.push_back(c);
        } else {
            out.push_back('=');
            out.push_back(digits[octet(c) >> 4]);
            out.push_back(digits[octet(c) & 15]);
        }
        line += bytes;
    }
    return out;
}

Encoding parse_encoding(std::string_view value) {
    value = trim(value);
    const auto* const end = std::find_if(value.begin(), value.end(), [](char c) {
        return c == ';' || c == '(' || c == '\r' || c == '\n';  // parameters and comments do not belong here
    });
    value = trim(value.substr(0, static_cast<std::size_t>(end - value.begin())));
    std::string word;
    constexpr std::size_t word_max = 64;
    for (const char c : value.substr(0, word_max)) {
        if (c != '"' && c != '-' && !is_space(c)) word.push_back(lower(c));
    }
    if (word.empty() || word == "7bit" || word == "7bits") return Encoding::seven_bit;
    if (word == "8bit" || word == "8bits") return Encoding::eight_bit;
    if (word == "binary") return Encoding::binary;
    if (word == "quotedprintable") return Encoding::quoted_printable;
    if (word == "base64") return Encoding::base64;
    // What is no token cannot name an encoding: some senders put a media type here.
    return word.find_first_of("/=<>@,:") == std::string::npos ? Encoding::unknown : Encoding::seven_bit;
}

std::string_view encoding_name(Encoding encoding) {
    constexpr std::array<std::string_view, 6> names{"7bit",   "8bit",     "binary", "quoted-printable",
                                                    "base64", "x-unknown"};
    return names[static_cast<std::size_t>(encoding)];
}

}  // namespace mime
