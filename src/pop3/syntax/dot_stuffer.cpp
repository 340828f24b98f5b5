#include "pop3/syntax/dot_stuffer.hpp"

namespace pop3 {

void DotStuffer::append(std::string& out, std::string_view piece) {
    if (piece.empty()) return;
    out.reserve(out.size() + piece.size() + piece.size() / 64);
    if (last_ == '\n' && piece.front() == '.') out += '.';
    std::size_t copied = 0;
    for (std::size_t at = piece.find("\n."); at != std::string_view::npos; at = piece.find("\n.", at + 1)) {
        out += piece.substr(copied, at + 1 - copied);
        out += '.';
        copied = at + 1;
    }
    out += piece.substr(copied);
    before_ = piece.size() > 1 ? piece[piece.size() - 2] : last_;
    last_ = piece.back();
}

void DotStuffer::finish(std::string& out) {
    // "CR LF . CR LF" ends a reply: a message whose last line ends in a lone LF, or not at all, needs a CRLF
    // more.
    out += before_ == '\r' && last_ == '\n' ? ".\r\n" : "\r\n.\r\n";
}

std::size_t LineCounter::take(std::string_view piece) {
    std::size_t end = 0;
    while (left_ != 0 && end < piece.size()) {
        const auto line_end = piece.find('\n', end);
        if (line_end == std::string_view::npos) return piece.size();
        end = line_end + 1;
        --left_;
    }
    return end;
}

}  // namespace pop3
