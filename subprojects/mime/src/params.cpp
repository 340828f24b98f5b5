// Content-Type and Content-Disposition: a value and its parameters, with RFC 2231 continuations, charsets and
// percent.
#include <algorithm>
#include <tuple>
#include <utility>

#include "ascii.hpp"
#include "mime/charset.hpp"
#include "mime/decode.hpp"

namespace mime {
namespace {

/// "name*2*=text": one piece of a parameter that RFC 2231 describes.
struct Piece {
    std::string name;
    unsigned number = 0;
    std::size_t order = 0;
    bool encoded = false;
    std::string text;
};

class ParameterParser {
public:
    ParameterParser(std::string_view in, const Limits& limits) : in_(in), limits_(limits) {}

    Structured parse() {
        Structured out;
        out.value = first_word();
        while (at_ < in_.size() && out.parameters.size() < limits_.parameters_max &&
               steps_++ < 4 * limits_.parameters_max) {
            parameter(out);
        }
        join_pieces(out);
        return out;
    }

private:
    void skip_comment() {
        std::size_t depth = 0;
        for (; at_ < in_.size(); ++at_) {
            const char c = in_[at_];
            if (c == '\\' && at_ + 1 < in_.size()) {
                ++at_;
            } else if (c == '(') {
                ++depth;
            } else if (c == ')' && --depth == 0) {
                ++at_;
                return;
            }
        }
    }

    void skip_space() {
        while (at_ < in_.size() && (is_space(in_[at_]) || in_[at_] == '(')) {
            if (in_[at_] == '(') {
                skip_comment();
            } else {
                ++at_;
            }
        }
    }

    /// "text/plain": up to the first ";", without blanks and comments.
    std::string first_word() {
        std::string word;
        for (skip_space(); at_ < in_.size() && in_[at_] != ';'; skip_space()) {
            const char c = in_[at_];
            if (at_ > 0 && (is_alpha(c) || c == '-') && !is_space(in_[at_ - 1])) {  // the usual case
                word.push_back(lower(c));
                ++at_;
                continue;
            }
            // "text/plain charset=x": the semicolon is missing.
            if (at_ > 0 && is_space(in_[at_ - 1]) && !word.empty() && word.back() != '/' && c != '/') break;
            if (c != '"' && c != '\0') word.push_back(lower(c));
            ++at_;
        }
        constexpr std::size_t word_max = 255;  // RFC 6838 allows 127 for type and for subtype
        if (word.size() > word_max) word.clear();
        return word;
    }

    std::string quoted() {
        std::string text;
        for (++at_; at_ < in_.size(); ++at_) {
            char c = in_[at_];
            if (c == '"') {
                ++at_;
                break;
            }
            // A backslash before anything but a quote is a path of a careless sender.
            if (c == '\\' && at_ + 1 < in_.size() && (in_[at_ + 1] == '"' || in_[at_ + 1] == '\\'))
                c = in_[++at_];
            if (c != '\r' && c != '\n') text.push_back(c);
        }
        return text;
    }

    /// Up to the semicolon: blanks inside unquoted file names are common, comments are not part of other
    /// values.
    std::string bare(bool file_name) {
        const std::size_t start = at_;
        const auto ends = [file_name](char c) {
            return c == ';' || (!file_name && (is_space(c) || c == '(' || c == '"'));
        };
        while (at_ < in_.size() && !ends(in_[at_])) ++at_;
        const std::string_view text = in_.substr(start, at_ - start);
        std::string out;
        for (const char c : trim(text)) {
            if (c != '\r' && c != '\n') out.push_back(c);
        }
        return out;
    }

    void parameter(Structured& out) {
        skip_space();
        if (at_ < in_.size() && in_[at_] == ';') {
            ++at_;
            return;
        }
        const std::size_t start = at_;
        while (at_ < in_.size() && in_[at_] != '=' && in_[at_] != ';' && !is_space(in_[at_])) ++at_;
        std::string name;
        append_lower(name, in_.substr(start, at_ - start));
        skip_space();
        if (at_ >= in_.size() || in_[at_] != '=') return;  // a word that says nothing
        ++at_;
        skip_space();
        if (at_ >= in_.size()) return;
        const bool file_name = name.starts_with("name") || name.starts_with("filename");
        std::string text = in_[at_] == '"' ? quoted() : bare(file_name);
        if (name.empty() || name.front() == '*') return;
        if (name.find('*') == std::string::npos) {
            out.parameters.push_back({.name = std::move(name), .value = std::move(text), .charset = {}});
        } else if (pieces_.size() < limits_.parameter_pieces_max) {
            add_piece(std::move(name), std::move(text));
        }
    }

    /// RFC 2231 section 3 and 4: name "*" [number ["*"]].
    void add_piece(std::string name, std::string text) {
        Piece piece;
        const std::size_t star = name.find('*');
        std::string_view rest = std::string_view(name).substr(star + 1);
        piece.encoded = rest.empty();
        std::size_t digits = 0;
        while (digits < rest.size() && digits < 4 && is_digit(rest[digits])) {
            piece.number = piece.number * 10 + static_cast<unsigned>(rest[digits++] - '0');
        }
        if (digits > 0 && rest.substr(digits) == "*") piece.encoded = true;
        name.resize(star);
        piece.order = pieces_.size();
        piece.name = std::move(name);
        piece.text = std::move(text);
        pieces_.push_back(std::move(piece));
    }

    static std::string percent_decoded(std::string_view text) {
        std::string out;
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
                hex_value(text[i + 2]) >= 0) {
                out.push_back(static_cast<char>(hex_value(text[i + 1]) << 4 | hex_value(text[i + 2])));
                i += 2;
            } else {
                out.push_back(text[i]);
            }
        }
        return out;
    }

    void join_pieces(Structured& out) {
        std::sort(pieces_.begin(), pieces_.end(), [](const Piece& a, const Piece& b) {
            return std::tie(a.name, a.number, a.order) < std::tie(b.name, b.number, b.order);
        });
        for (std::size_t from = 0; from < pieces_.size();) {
            std::size_t to = from;
            while (to < pieces_.size() && pieces_[to].name == pieces_[from].name) ++to;
            add_joined(out, from, to);
            from = to;
        }
    }

    void add_joined(Structured& out, std::size_t from, std::size_t to) {
        Parameter joined;
        joined.name = pieces_[from].name;
        std::string octets;
        bool any_encoded = false;
        unsigned next = pieces_[from].number;  // some count from 1
        for (std::size_t i = from; i < to; ++i) {
            Piece& piece = pieces_[i];
            if (piece.number + 1 == next) continue;  // given twice
            if (piece.number != next) break;         // a gap: the rest belongs nowhere
            ++next;
            std::string_view text = piece.text;
            any_encoded |= piece.encoded;
            if (i == from && piece.encoded) {
                const std::size_t first = text.find('\'');
                const std::size_t second =
                    first == std::string_view::npos ? first : text.find('\'', first + 1);
                if (second != std::string_view::npos) {
                    joined.charset = text.substr(0, first);
                    text.remove_prefix(second + 1);
                }
            }
            octets += piece.encoded ? percent_decoded(text) : std::string(text);
        }
        joined.value = !any_encoded             ? std::move(octets)
                       : joined.charset.empty() ? guess_utf8(octets)
                                                : to_utf8(octets, joined.charset);
        const auto plain =
            std::find_if(out.parameters.begin(), out.parameters.end(),
                         [&joined](const Parameter& other) { return other.name == joined.name; });
        if (plain != out.parameters.end()) {
            *plain =
                std::move(joined);  // RFC 6266 section 4.3 says it for HTTP: the plain one is for old readers
        } else {
            out.parameters.push_back(std::move(joined));
        }
    }

    std::string_view in_;
    const Limits& limits_;
    std::size_t at_ = 0;
    std::size_t steps_ = 0;
    std::vector<Piece> pieces_;
};

}  // namespace

std::string_view Structured::parameter(std::string_view name) const {
    for (const Parameter& candidate : parameters) {
        if (candidate.name == name) return candidate.value;
    }
    return {};
}

Structured parse_structured(std::string_view value, const Limits& limits) {
    return ParameterParser(value, limits).parse();
}

}  // namespace mime
