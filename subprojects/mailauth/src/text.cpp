#include "text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace mailauth {

namespace {

constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> base64_values = [] {
    std::array<std::int8_t, 256> values{};
    values.fill(-1);
    for (std::size_t i = 0; i < base64_digits.size(); ++i) {
        values[static_cast<unsigned char>(base64_digits[i])] = static_cast<std::int8_t>(i);
    }
    for (const char c : std::string_view(" \t\r\n")) values[static_cast<unsigned char>(c)] = -2;
    return values;
}();

bool is_control(char c) { return static_cast<unsigned char>(c) < 32 || c == 127; }
bool is_token_octet(char c) {
    return !is_control(c) && static_cast<unsigned char>(c) < 128 &&
           std::string_view(" ()<>@,;:\\\"/[]?=").find(c) == std::string_view::npos;
}

}  // namespace

bool is_token(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_token_octet);
}

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += is_control(c) ? '?' : c;
    }
    return out + '"';
}

std::string token_or_quoted(std::string_view text, std::string_view more) {
    const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        return is_token_octet(c) || more.find(c) != std::string_view::npos;
    });
    return plain ? std::string(text) : quoted(text);
}

std::string comment_text(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '(' || c == ')' || c == '\\') out += '\\';
        out += is_control(c) ? '?' : c;
    }
    return out;
}

Folder::Folder(std::string_view name) : out_(name) {
    out_ += ':';
    line_ = out_.size();
}

void Folder::word(std::string_view text) {
    if (text.empty()) return;
    if (line_ + 1 + text.size() > 78 && line_ > 1) {
        out_ += "\r\n";
        line_ = 0;
    }
    out_ += line_ == 0 ? '\t' : ' ';
    out_ += text;
    line_ += 1 + text.size();
}

void Folder::comment(std::string_view text) {
    const std::string whole = "(" + comment_text(text) + ")";
    for (std::size_t begin = 0; begin < whole.size();) {
        const std::size_t end = std::min(whole.find(' ', begin), whole.size());
        word(std::string_view(whole).substr(begin, end - begin));
        begin = end + 1;
    }
}

void Folder::new_line() {
    out_ += "\r\n";
    line_ = 0;
}

std::string Folder::take() { return std::move(out_) + "\r\n"; }

std::optional<std::string> base64_decode(std::string_view text) {
    std::string out;
    out.reserve(text.size() * 3 / 4);
    std::uint32_t bits = 0;
    unsigned have = 0;
    unsigned padding = 0;
    for (const char c : text) {
        const int value = base64_values[static_cast<unsigned char>(c)];
        if (value == -2) continue;
        if (c == '=') {
            ++padding;
            continue;
        }
        if (value < 0 || padding != 0) return {};
        bits = bits << 6U | static_cast<std::uint32_t>(value);
        if (++have == 4) {
            out += static_cast<char>(bits >> 16U & 0xffU);
            out += static_cast<char>(bits >> 8U & 0xffU);
            out += static_cast<char>(bits & 0xffU);
            bits = have = 0;
        }
    }
    // Padding may be missing, as many records in DNS have it; it may not be too much.
    if (have == 1 || padding > 2 || (padding != 0 && have + padding != 4)) return {};
    if (have == 2) out += static_cast<char>(bits >> 4U & 0xffU);
    if (have == 3) {
        out += static_cast<char>(bits >> 10U & 0xffU);
        out += static_cast<char>(bits >> 2U & 0xffU);
    }
    return out;
}

std::string base64_encode(std::string_view octets) {
    std::string out;
    out.reserve((octets.size() + 2) / 3 * 4);
    for (std::size_t at = 0; at < octets.size(); at += 3) {
        const std::size_t count = std::min<std::size_t>(3, octets.size() - at);
        std::uint32_t bits = 0;
        for (std::size_t i = 0; i < 3; ++i) {
            bits = bits << 8U | (i < count ? static_cast<unsigned char>(octets[at + i]) : 0U);
        }
        for (std::size_t i = 0; i < 4; ++i) {
            out += i <= count ? base64_digits[bits >> (18 - 6 * i) & 63U] : '=';
        }
    }
    return out;
}

}  // namespace mailauth
