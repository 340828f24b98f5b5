#include "mta/smtp_out/syntax/reply.hpp"

#include <charconv>

#include "base/utf8.hpp"

namespace mta::smtp_out {
namespace {

constexpr bool digit(char c) { return c >= '0' && c <= '9'; }

/// status-code = class "." subject "." detail, RFC 3463 section 2, at the start of a text, with a blank
/// behind it.
Status leading_status(std::string_view text, std::uint16_t klass) {
    Status out;
    const char* at = text.data();
    const char* const end = at + text.size();
    std::uint16_t* const parts[] = {&out.klass, &out.subject, &out.detail};
    for (std::size_t i = 0; i < 3; ++i) {
        const auto [next, ec] = std::from_chars(at, end, *parts[i]);
        if (ec != std::errc() || next - at > 3) return {};
        at = next;
        if (i == 2) break;
        if (at == end || *at != '.') return {};
        ++at;
    }
    if (at != end && *at != ' ') return {};
    // RFC 2034 section 4: another class than the code's is a fault of the server; the code counts.
    return out.klass == klass ? out : Status{};
}

}  // namespace

std::string printable(std::string_view text, std::size_t bytes_max) {
    std::string out;
    while (!text.empty() && out.size() < bytes_max) {
        const base::Utf8Char c = base::first_utf8(text);
        const bool control = c.code < 0x20 || (c.code >= 0x7F && c.code < 0xA0) || c.code == 0x2028 ||
                             c.code == 0x2029 || (c.code >= 0x202A && c.code <= 0x202E) ||
                             (c.code >= 0x2066 && c.code <= 0x2069);
        const std::size_t octets = c.octets == 0 ? 1 : c.octets;
        if (c.octets == 0 || control) {
            out += c.octets != 0 && c.code == '\t' ? ' ' : '?';
        } else if (out.size() + octets <= bytes_max) {
            out += text.substr(0, octets);
        } else {
            break;
        }
        text.remove_prefix(octets);
    }
    return out;
}

Status Reply::status_or(std::uint16_t subject, std::uint16_t detail) const {
    if (status) return status;
    return {static_cast<std::uint16_t>(code / 100), subject, detail};
}

std::string Reply::words() const {
    std::string all = std::to_string(code);
    for (const std::string& line : lines) {
        std::string_view text = line;
        // The same enhanced code stands in each line: once is enough.
        if (status && &line != &lines.front() && leading_status(text, status.klass) == status) {
            text.remove_prefix(std::min(text.size(), status.text().size() + 1));
        }
        if (all.size() > ReplyLimits::words_kept) break;
        all += ' ';
        all += text;
    }
    while (!all.empty() && all.back() == ' ') all.pop_back();
    return printable(all, ReplyLimits::words_kept);
}

ReplyParser::Step ReplyParser::broken(std::string_view why) {
    fault_ = why;
    open_ = false;
    return {Outcome::broken, 0};
}

/// Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF
bool ReplyParser::take_line(std::string_view line) {
    if (line.size() < 3 || !digit(line[0]) || !digit(line[1]) || !digit(line[2])) return false;
    if (line[0] < '2' || line[0] > '5') return false;
    const auto code =
        static_cast<std::uint16_t>((line[0] - '0') * 100 + (line[1] - '0') * 10 + line[2] - '0');
    if (line.size() > 3 && line[3] != ' ' && line[3] != '-') return false;
    // RFC 5321 section 4.2.1: each line of a reply has the same code. Where not, two replies are mixed up.
    if (open_ && code != reply_.code) return false;
    const std::string_view text = line.size() > 4 ? line.substr(4) : std::string_view();
    if (!open_) {
        reply_ = Reply();
        reply_.code = code;
        reply_.status = leading_status(text, static_cast<std::uint16_t>(code / 100));
        open_ = true;
    }
    if (reply_.lines.size() < ReplyLimits::lines_kept)
        reply_.lines.emplace_back(text.substr(0, ReplyLimits::line_kept));
    last_ = line.size() == 3 || line[3] == ' ';
    return true;
}

ReplyParser::Step ReplyParser::next(std::string_view input) {
    if (!open_) bytes_ = lines_ = 0;
    std::size_t consumed = 0;
    for (;;) {
        const std::string_view rest = input.substr(consumed);
        const std::size_t end = rest.find('\n', scanned_);
        if (end == std::string_view::npos) {
            scanned_ = rest.size();
            if (rest.size() > ReplyLimits::line_bytes) return broken("a line without end");
            return {Outcome::need_more, consumed};
        }
        scanned_ = 0;
        if (end > ReplyLimits::line_bytes) return broken("a line without end");
        bytes_ += end + 1;
        if (bytes_ > ReplyLimits::reply_bytes || ++lines_ > ReplyLimits::lines_max)
            return broken("a reply without end");
        std::string_view line = rest.substr(0, end);
        // Servers that end lines with LF alone are understood; a CR elsewhere is only a bad octet of the
        // text.
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (!take_line(line)) return broken(open_ ? "a reply broken off by another" : "not an SMTP reply");
        consumed += end + 1;
        if (last_) {
            open_ = false;
            return {Outcome::reply, consumed};
        }
    }
}

}  // namespace mta::smtp_out
