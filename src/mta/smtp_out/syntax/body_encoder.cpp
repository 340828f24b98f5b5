#include "mta/smtp_out/syntax/body_encoder.hpp"

#include <algorithm>
#include <cstring>

namespace mta::smtp_out {

/// Octets of one line without CR, LF at its end or in it.
void BodyEncoder::line_piece(std::string& out, std::string_view piece) {
    if (piece.empty()) return;
    if (dots_ && line_start_ && piece.front() == '.') out += '.';
    line_start_ = false;
    out += piece;
    if (std::memchr(piece.data(), 0, piece.size()) != nullptr)
        std::replace(out.end() - static_cast<std::ptrdiff_t>(piece.size()), out.end(), '\0', ' ');
}

void BodyEncoder::append(std::string& out, std::string_view piece) {
    out.reserve(out.size() + piece.size() + piece.size() / 64);
    while (!piece.empty()) {
        if (cr_) {
            cr_ = false;
            if (piece.front() == '\n') {
                out += "\r\n";
                line_start_ = true;
                piece.remove_prefix(1);
                continue;
            }
            line_piece(out, " ");
        }
        const auto* const lf = static_cast<const char*>(std::memchr(piece.data(), '\n', piece.size()));
        const std::size_t to_lf = lf == nullptr ? piece.size() : static_cast<std::size_t>(lf - piece.data());
        std::string_view line = piece.substr(0, to_lf);
        piece.remove_prefix(std::min(piece.size(), to_lf + (lf != nullptr ? 1 : 0)));
        // A CR at the end of the line belongs to its LF, or to one that is still to come.
        const bool cr_at_end = line.ends_with('\r');
        if (cr_at_end) line.remove_suffix(1);
        for (std::size_t at = line.find('\r'); at != std::string_view::npos; at = line.find('\r')) {
            line_piece(out, line.substr(0, at));
            line_piece(out, " ");
            line.remove_prefix(at + 1);
        }
        line_piece(out, line);
        if (lf != nullptr) {
            out += "\r\n";
            line_start_ = true;
        } else {
            cr_ = cr_at_end;
        }
    }
}

void BodyEncoder::finish(std::string& out) {
    if (cr_) line_piece(out, " ");
    cr_ = false;
    if (!line_start_) out += "\r\n";
    line_start_ = true;
    if (dots_) out += ".\r\n";
}

}  // namespace mta::smtp_out
