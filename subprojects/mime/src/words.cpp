// Encoded words: reading them as found in the wild, writing them as RFC 2047 has it.
#include "words.hpp"

#include <algorithm>

#include "ascii.hpp"
#include "mime/charset.hpp"
#include "mime/codec.hpp"
#include "mime/decode.hpp"
#include "mime/header.hpp"
#include "utf8.hpp"

namespace mime {
namespace {

constexpr std::size_t word_text_max =
    8'192;  // RFC 2047 allows 75 octets; some put a whole subject into one word

struct EncodedWord {
    std::string_view charset;
    char encoding = 'q';
    std::string_view text;
    std::size_t bytes = 0;  // of the whole word; 0: there is none
};

/// encoded-word = "=?" charset ["*" language] "?" encoding "?" encoded-text "?="         RFC 2047 section 2,
/// RFC 2231 section 5
EncodedWord encoded_word(std::string_view in) {
    EncodedWord word;
    constexpr std::size_t charset_max = 64;
    const std::size_t charset_end = in.substr(0, charset_max).find('?', 2);
    if (charset_end == std::string_view::npos || charset_end + 3 > in.size() || in[charset_end + 2] != '?')
        return word;
    word.encoding = lower(in[charset_end + 1]);
    if (word.encoding != 'q' && word.encoding != 'b') return word;
    word.charset = in.substr(2, charset_end - 2);
    word.charset = word.charset.substr(0, word.charset.find('*'));
    if (word.charset.empty() || word.charset.find_first_of(" \t") != std::string_view::npos) return word;
    const std::size_t start = charset_end + 3;
    const std::size_t end = in.substr(0, start + word_text_max).find("?=", start);
    if (end == std::string_view::npos) return word;
    word.text = in.substr(start, end - start);
    word.bytes = end + 2;
    return word;
}

void decode_q(std::string_view text, std::string& out) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '=' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
            hex_value(text[i + 2]) >= 0) {
            out.push_back(static_cast<char>(hex_value(text[i + 1]) << 4 | hex_value(text[i + 2])));
            i += 2;
        } else {
            out.push_back(text[i] == '_' ? ' ' : text[i]);
        }
    }
}

/// Octets of adjacent words in one charset are joined before they are converted: senders cut characters in
/// two.
class WordJoiner {
public:
    explicit WordJoiner(std::string& out) : out_(out) {}

    void word(const EncodedWord& word) {
        if (!same_name(word.charset, charset_)) flush();
        charset_ = word.charset;
        if (word.encoding == 'q') {
            decode_q(word.text, octets_);
        } else {
            octets_ += base64_decode(word.text);
        }
        open_ = true;
    }

    /// Text between words; blanks alone between two words vanish (RFC 2047 section 6.2).
    void text(std::string_view text, bool before_word) {
        if (open_ && before_word && trim(text).empty()) return;
        flush();
        out_ += text;
    }

    void flush() {
        if (open_) out_ += to_utf8(octets_, charset_);
        octets_.clear();
        open_ = false;
    }

private:
    std::string& out_;
    std::string octets_;
    std::string_view charset_;
    bool open_ = false;
};

void controls_to_blanks(std::string& text) {
    for (char& c : text) {
        if (static_cast<unsigned char>(c) < 32 || c == 127) c = ' ';
    }
}

}  // namespace

bool has_eight_bit(std::string_view text) { return std::any_of(text.begin(), text.end(), is_eight_bit); }

std::string decode_text(std::string_view value) {
    std::string line = utf8_text(value);
    if (line.find("=?") == std::string::npos) return line;
    std::string out;
    WordJoiner joiner(out);
    const std::string_view text = line;
    std::size_t from = 0;
    for (std::size_t at = text.find("=?"); at != std::string_view::npos; at = text.find("=?", at)) {
        const EncodedWord word = encoded_word(text.substr(at));
        if (word.bytes == 0) {
            at += 2;
            continue;
        }
        joiner.text(text.substr(from, at - from), true);
        joiner.word(word);
        at += word.bytes;
        from = at;
    }
    joiner.text(text.substr(from), false);
    controls_to_blanks(out);
    return out;
}

namespace {

bool q_plain(char c) {
    return is_digit(c) || is_alpha(c) || c == '!' || c == '*' || c == '+' || c == '-' || c == '/';
}

void append_q(std::string& out, std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (const char c : text) {
        if (c == ' ') {
            out.push_back('_');
        } else if (q_plain(c)) {
            out.push_back(c);
        } else {
            out.push_back('=');
            out.push_back(digits[static_cast<unsigned char>(c) >> 4]);
            out.push_back(digits[static_cast<unsigned char>(c) & 15]);
        }
    }
}

std::size_t q_bytes(std::string_view text) {
    std::size_t bytes = 0;
    for (const char c : text) bytes += c == ' ' || q_plain(c) ? 1 : 3;
    return bytes;
}

/// RFC 2047 section 2: 75 octets a word, and no character in two words.
void append_encoded(std::string& out, std::string_view utf8) {
    constexpr std::size_t room = 75 - 12;  // without "=?utf-8?Q?" and "?="
    const bool base64 = q_bytes(utf8) > (utf8.size() + 2) / 3 * 4;
    for (bool first = true; !utf8.empty(); first = false) {
        std::size_t bytes = 0;
        std::size_t cost = 0;
        while (bytes < utf8.size()) {
            const std::size_t next = character_bytes(utf8.substr(bytes));
            cost = base64 ? (bytes + next + 2) / 3 * 4 : cost + q_bytes(utf8.substr(bytes, next));
            if (cost > room) break;
            bytes += next;
        }
        if (!first) out.push_back(' ');
        out += base64 ? "=?utf-8?B?" : "=?utf-8?Q?";
        if (base64) {
            out += base64_encode(utf8.substr(0, bytes), 0);
        } else {
            append_q(out, utf8.substr(0, bytes));
        }
        out += "?=";
        utf8.remove_prefix(bytes);
    }
}

bool looks_encoded(std::string_view word) {
    return word.size() > 6 && word.starts_with("=?") && word.ends_with("?=");
}

}  // namespace

std::string encode_word(std::string_view utf8) {
    std::string out;
    const bool controls = std::any_of(utf8.begin(), utf8.end(),
                                      [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; });
    if (!has_eight_bit(utf8) && !controls && utf8.find("=?") == std::string_view::npos)
        return std::string(utf8);
    append_encoded(out, utf8);
    return out;
}

std::string utf8_text(std::string_view value) {
    value = trim(value);
    bool plain = true;  // the usual case: nothing to change
    for (const char c : value) plain &= is_printable(c);
    if (plain) return std::string(value);
    std::string text;
    text.reserve(value.size());
    for (std::size_t at = 0; at < value.size(); ++at) {
        if (value[at] != '\r' && value[at] != '\n') {
            text.push_back(value[at]);
            continue;
        }
        // A fold with the blanks on both its sides is one blank: that is what the sender had before folding.
        while (!text.empty() && is_blank(text.back())) text.pop_back();
        while (at + 1 < value.size() && is_space(value[at + 1])) ++at;
        text.push_back(' ');
    }
    if (has_eight_bit(text)) text = guess_utf8(text);
    controls_to_blanks(text);
    return text;
}

std::string seven_bit_text(std::string_view value) {
    std::string text = utf8_text(value);
    if (!has_eight_bit(text)) return text;
    // Word by word; a run of words with 8-bit octets becomes one encoded text, blanks inside included.
    std::string out;
    bool after_encoded = false;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t start = at;
        std::size_t end = std::min(text.find(' ', at), text.size());
        std::string_view word = std::string_view(text).substr(start, end - start);
        if (!has_eight_bit(word)) {
            out += word;
            after_encoded = looks_encoded(word) || (after_encoded && word.empty());
        } else {
            for (std::size_t next = end; next < text.size();) {
                const std::size_t stop = std::min(text.find(' ', next + 1), text.size());
                if (!has_eight_bit(std::string_view(text).substr(next, stop - next))) break;
                end = next = stop;
            }
            // The blank between two encoded words is not shown: it goes into the word.
            const std::size_t from = after_encoded && start > 0 ? start - 1 : start;
            append_encoded(out, std::string_view(text).substr(from, end - from));
            after_encoded = true;
        }
        at = end;
        if (at < text.size()) out.push_back(text[at++]);
    }
    return out;
}

}  // namespace mime
