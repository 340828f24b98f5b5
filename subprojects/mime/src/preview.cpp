// RFC 8970 previews, and the text of parts in pieces.
#include <algorithm>
#include <optional>

#include "ascii.hpp"
#include "beginning.hpp"
#include "mime/charset.hpp"
#include "mime/decode.hpp"
#include "utf8.hpp"

namespace mime {

struct TextDecoder::State {
    State(Encoding encoding, std::string_view charset) : transfer(encoding), text(charset) {}
    TransferDecoder transfer;
    CharsetDecoder text;
    std::string octets;
};

TextDecoder::TextDecoder(Encoding encoding, std::string_view charset)
    : state_(std::make_unique<State>(encoding, charset)) {}
TextDecoder::~TextDecoder() = default;

void TextDecoder::decode(std::string_view octets, std::string& out) {
    state_->octets.clear();
    state_->transfer.decode(octets, state_->octets);
    state_->text.decode(state_->octets, out);
}

void TextDecoder::finish(std::string& out) {
    state_->octets.clear();
    state_->transfer.finish(state_->octets);
    state_->text.decode(state_->octets, out, true);
}

namespace {

/// Characters that take no place: soft hyphen, joiners, direction marks, byte order mark. Mass mail is padded
/// with them.
bool invisible(std::string_view character) {
    static constexpr std::string_view list[] = {"\xc2\xad",     "\xcd\x8f",     "\xe2\x80\x8b",
                                                "\xe2\x80\x8c", "\xe2\x80\x8d", "\xe2\x80\x8e",
                                                "\xe2\x80\x8f", "\xe2\x81\xa0", "\xef\xbb\xbf"};
    for (const std::string_view entry : list) {
        if (entry == character) return true;
    }
    return false;
}

bool blank_character(std::string_view character) {
    if (character.size() == 1)
        return static_cast<unsigned char>(character.front()) <= 32 || character.front() == 127;
    return character == "\xc2\xa0" || character == "\xe3\x80\x80" ||
           (character >= "\xe2\x80\x80" && character <= "\xe2\x80\x8a") || character == "\xe2\x80\xa8" ||
           character == "\xe2\x80\xa9";
}

/// Collects characters with blanks collapsed, up to a number of them.
class Collector {
public:
    explicit Collector(std::size_t characters_max) : left_(characters_max) {
        out_.reserve(std::min(left_, std::size_t{256}) + 8);
    }

    bool full() const { return left_ == 0; }

    void add(std::string_view line) {
        gap_ = true;
        while (!line.empty() && left_ > 0) {
            if (is_word(line.front())) {  // the usual case: words with blanks between
                if (!put_gap()) break;
                std::size_t bytes = 1;
                while (bytes < line.size() && bytes < left_ && is_word(line[bytes])) ++bytes;
                out_.append(line, 0, bytes);
                line.remove_prefix(bytes);
                left_ -= bytes;
                continue;
            }
            if (line.front() == ' ') {
                gap_ = true;
                line.remove_prefix(1);
                continue;
            }
            const std::string_view character = line.substr(0, character_bytes(line));
            line.remove_prefix(character.size());
            if (blank_character(character)) {
                gap_ = true;
            } else if (character.size() == 1 || !invisible(character)) {
                if (!put_gap()) break;
                out_ += character;
                --left_;
            }
        }
    }

    std::string take() {
        if (out_.ends_with(' ')) out_.pop_back();
        return std::move(out_);
    }

private:
    static bool is_word(char c) { return is_printable(c) && c != ' '; }

    /// The blank before a word; false when it was the last character there is room for.
    bool put_gap() {
        if (gap_ && !out_.empty()) {
            out_.push_back(' ');
            if (--left_ == 0) return false;
        }
        gap_ = false;
        return true;
    }

    std::string out_;
    std::size_t left_;
    bool gap_ = false;
};

std::string_view next_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

/// "-------", "=====", "* * *": drawn lines.
bool drawn(std::string_view line) {
    return line.size() > 2 && line.find_first_not_of("-=_*~#+. ") == std::string_view::npos;
}

/// Sets \p ran_out when there is nothing more to tell it.
bool opens_quote(std::string_view rest, bool& ran_out) {
    while (!rest.empty()) {
        const std::string_view line = trim(next_line(rest));
        if (!line.empty()) return line.front() == '>';
    }
    ran_out = true;
    return false;
}

/// The sender's own words. Sets \p ran_out when the end of \p text had a say.
std::string own_words(std::string_view text, std::size_t characters_max, bool& ran_out) {
    Collector own(characters_max);
    std::string_view rest = text;
    while (!rest.empty() && !own.full()) {
        const std::string_view raw = next_line(rest);
        const std::string_view line = trim(raw);
        ran_out |= rest.empty();
        if (raw == "-- ") break;  // RFC 3676 section 4.3
        if (line.empty() || line.front() == '>' || drawn(line)) continue;
        if (line.ends_with(':') && opens_quote(rest, ran_out)) continue;  // "On Monday X wrote:"
        own.add(line);
    }
    ran_out |= rest.empty();
    return own.take();
}

}  // namespace

std::optional<std::string> preview_of_beginning(std::string_view beginning, std::size_t characters_max) {
    bool ran_out = false;
    std::string preview = own_words(beginning, characters_max, ran_out);
    if (ran_out || preview.empty()) return std::nullopt;
    return preview;
}

std::string preview_of(std::string_view text, std::size_t characters_max) {
    bool ran_out = false;
    std::string preview = own_words(text, characters_max, ran_out);
    if (!preview.empty()) return preview;
    Collector all(characters_max);
    for (std::string_view rest = text; !rest.empty() && !all.full();) {
        const std::string_view raw = next_line(rest);
        const std::string_view line = raw == "-- " ? std::string_view() : trim(raw);
        const std::size_t start = line.find_first_not_of("> ");
        if (start != std::string_view::npos && !drawn(line)) all.add(line.substr(start));
    }
    return all.take();
}

}  // namespace mime
