// Expands and matches the lines of transcripts.
#include "support/transcript_pattern.hpp"

#include <charconv>
#include <vector>

#include <fmt/format.h>

namespace support {

namespace {

struct Piece {
    enum class Kind : std::uint8_t { octets, capture, any, number, more };
    Kind kind = Kind::octets;
    std::string text;  // octets, or the capture's name
};

bool is_name(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }

std::size_t number_of(std::string_view text) {
    std::size_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

std::string from_hex(std::string_view digits) {
    std::string octets;
    for (std::size_t at = 0; at + 1 < digits.size(); at += 2) {
        unsigned octet = 0;
        std::from_chars(digits.data() + at, digits.data() + at + 2, octet, 16);
        octets += static_cast<char>(octet);
    }
    return octets;
}

std::string to_base64(std::string_view text) {
    static constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += 3) {
        std::uint32_t group = 0;
        for (std::size_t i = 0; i < 3; ++i)
            group = group << 8 | (at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U);
        for (std::size_t i = 0; i < 4; ++i)
            out += at + i > text.size() ? '=' : digits[group >> (18 - 6 * i) & 63U];
    }
    return out;
}

/// The inside of ${…}.
bool special(std::string_view inside, Piece& piece, std::string& fault) {
    if (inside == "any") return piece.kind = Piece::Kind::any, true;
    if (inside == "number") return piece.kind = Piece::Kind::number, true;
    if (inside == "more") return piece.kind = Piece::Kind::more, true;
    if (inside == "cr") return piece.text = "\r", true;
    if (inside == "lf") return piece.text = "\n", true;
    if (inside == "nul") return piece.text = std::string(1, '\0'), true;
    if (inside == "dollar") return piece.text = "$", true;
    if (inside.starts_with("hex:")) return piece.text = from_hex(inside.substr(4)), true;
    if (inside.starts_with("repeat:")) {
        const std::string_view rest = inside.substr(7);
        const std::size_t colon = rest.find(':');
        if (colon != std::string_view::npos) {
            for (std::size_t n = number_of(rest.substr(0, colon)); n != 0; --n)
                piece.text += rest.substr(colon + 1);
            return true;
        }
    }
    fault = "unknown special: ${" + std::string(inside) + "}";
    return false;
}

/// ${base64:…} may hold captures and ${nul}: its own pieces are put together when it is expanded.
std::vector<Piece> pieces_of(std::string_view text, const Captures& captures, std::string& fault);

std::string joined(const std::vector<Piece>& pieces) {
    std::string out;
    for (const Piece& piece : pieces) out += piece.text;
    return out;
}

std::size_t closing_brace(std::string_view text, std::size_t from) {
    int depth = 1;
    for (std::size_t at = from; at < text.size(); ++at) {
        if (text[at] == '{') ++depth;
        if (text[at] == '}' && --depth == 0) return at;
    }
    return std::string_view::npos;
}

std::vector<Piece> pieces_of(std::string_view text, const Captures& captures, std::string& fault) {
    std::vector<Piece> pieces(1);
    const auto octets = [&]() -> std::string& {
        if (pieces.back().kind != Piece::Kind::octets) pieces.emplace_back();
        return pieces.back().text;
    };
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] != '$' || at + 1 == text.size()) {
            octets() += text[at++];
        } else if (text[at + 1] == '$') {
            octets() += '$';
            at += 2;
        } else if (text[at + 1] == '{') {
            const std::size_t end = closing_brace(text, at + 2);
            if (end == std::string_view::npos) {
                fault = "a ${ without its }";
                return pieces;
            }
            const std::string_view inside = text.substr(at + 2, end - at - 2);
            Piece piece;
            if (inside.starts_with("base64:")) {
                piece.text = to_base64(joined(pieces_of(inside.substr(7), captures, fault)));
            } else if (!special(inside, piece, fault)) {
                return pieces;
            }
            if (piece.kind == Piece::Kind::octets) {
                octets() += piece.text;
            } else {
                pieces.push_back(std::move(piece));
            }
            at = end + 1;
        } else {
            std::size_t end = at + 1;
            while (end < text.size() && is_name(text[end])) ++end;
            const std::string name(text.substr(at + 1, end - at - 1));
            const auto known = captures.find(name);
            if (name.empty()) {
                octets() += '$';
            } else if (known != captures.end()) {
                octets() += known->second;
            } else {
                pieces.push_back(Piece{Piece::Kind::capture, name});
            }
            at = end;
        }
    }
    return pieces;
}

bool delimits(char c) { return std::string_view(" ()[]{}<>\"\r\n").find(c) != std::string_view::npos; }

bool match_from(const std::vector<Piece>& pieces, std::size_t at, std::string_view line, Captures& captures) {
    if (at == pieces.size()) return line.empty();
    const Piece& piece = pieces[at];
    if (piece.kind == Piece::Kind::octets)
        return line.starts_with(piece.text) &&
               match_from(pieces, at + 1, line.substr(piece.text.size()), captures);
    if (piece.kind == Piece::Kind::any) {
        for (std::size_t taken = 0; taken <= line.size(); ++taken)
            if (match_from(pieces, at + 1, line.substr(taken), captures)) return true;
        return false;
    }
    std::size_t end = 0;
    if (piece.kind == Piece::Kind::number) {
        while (end < line.size() && line[end] >= '0' && line[end] <= '9') ++end;
        return end != 0 && match_from(pieces, at + 1, line.substr(end), captures);
    }
    while (end < line.size() && !delimits(line[end])) ++end;
    if (end == 0) return false;
    // A name that comes twice in one line must be the same both times.
    const auto [known, added] = captures.try_emplace(piece.text, line.substr(0, end));
    if (!added && known->second != line.substr(0, end)) return false;
    if (match_from(pieces, at + 1, line.substr(end), captures)) return true;
    if (added) captures.erase(known);
    return false;
}

}  // namespace

std::string expand(std::string_view text, const Captures& captures, std::string& fault) {
    std::string out;
    for (const Piece& piece : pieces_of(text, captures, fault)) {
        if (piece.kind == Piece::Kind::more) return out;
        if (piece.kind == Piece::Kind::capture) fault = "nothing was captured as $" + piece.text;
        if (piece.kind == Piece::Kind::any || piece.kind == Piece::Kind::number)
            fault = "a client's line cannot be vague";
        out += piece.text;
    }
    return out + "\r\n";
}

bool match(std::string_view pattern, std::string_view line, Captures& captures) {
    std::string fault;
    const std::vector<Piece> pieces = pieces_of(pattern, captures, fault);
    return fault.empty() && match_from(pieces, 0, line, captures);
}

bool parse_span(std::string_view text, std::chrono::milliseconds& span) {
    if (!text.starts_with("wait ")) return false;
    text.remove_prefix(5);
    const std::size_t unit = text.find_first_not_of("0123456789");
    if (unit == 0 || unit == std::string_view::npos) return false;
    const auto number = static_cast<std::int64_t>(number_of(text.substr(0, unit)));
    if (text.substr(unit) == "ms") return span = std::chrono::milliseconds(number), true;
    if (text.substr(unit) == "s") return span = std::chrono::seconds(number), true;
    if (text.substr(unit) == "m") return span = std::chrono::minutes(number), true;
    return false;
}

std::string shown(std::string_view octets) {
    std::string out;
    for (const char c : octets.substr(0, 2'000)) {
        const auto octet = static_cast<unsigned char>(c);
        if (c == '\r') continue;
        if (c == '\n') {
            out += "⏎\n            ";
        } else if (octet < 32 || octet == 127) {
            out += fmt::format("<{:02X}>", octet);
        } else {
            out += c;
        }
    }
    if (octets.size() > 2'000) out += fmt::format("… ({} octets)", octets.size());
    return out.empty() ? "(nothing)" : out;
}

}  // namespace support
