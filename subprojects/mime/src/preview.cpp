// RFC 8970 previews, and the text of parts in pieces.
#include <optional>

#include "ascii.hpp"
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
    explicit Collector(std::size_t characters_max) : left_(characters_max) {}

    bool full() const { return left_ == 0; }

    void add(std::string_view line) {
        gap_ = true;
        while (!line.empty() && left_ > 0) {
            if (line.front() > ' ' && line.front() < 127 && !gap_) {  // the usual case
                out_.push_back(line.front());
                line.remove_prefix(1);
                --left_;
                continue;
            }
            const std::string_view character = line.substr(0, character_bytes(line));
            line.remove_prefix(character.size());
            if (blank_character(character)) {
                gap_ = true;
            } else if (character.size() == 1 || !invisible(character)) {
                if (gap_ && !out_.empty()) {
                    out_.push_back(' ');
                    if (--left_ == 0) break;
                }
                gap_ = false;
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

bool opens_quote(std::string_view rest) {
    while (!rest.empty()) {
        const std::string_view line = trim(next_line(rest));
        if (!line.empty()) return line.front() == '>';
    }
    return false;
}

}  // namespace

std::string preview_of(std::string_view text, std::size_t characters_max) {
    Collector own(characters_max);
    std::string_view rest = text;
    while (!rest.empty() && !own.full()) {
        const std::string_view raw = next_line(rest);
        const std::string_view line = trim(raw);
        if (raw == "-- ") break;  // RFC 3676 section 4.3
        if (line.empty() || line.front() == '>' || drawn(line)) continue;
        if (line.ends_with(':') && opens_quote(rest)) continue;  // "On Monday X wrote:"
        own.add(line);
    }
    std::string preview = own.take();
    if (!preview.empty()) return preview;
    Collector all(characters_max);
    for (rest = text; !rest.empty() && !all.full();) {
        const std::string_view raw = next_line(rest);
        const std::string_view line = raw == "-- " ? std::string_view() : trim(raw);
        const std::size_t start = line.find_first_not_of("> ");
        if (start != std::string_view::npos && !drawn(line)) all.add(line.substr(start));
    }
    return all.take();
}

}  // namespace mime
