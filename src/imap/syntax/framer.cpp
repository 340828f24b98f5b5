#include "imap/syntax/framer.hpp"

#include <algorithm>
#include <charconv>

#include "imap/syntax/octets.hpp"

namespace imap {
namespace {
/// A literal's size is not padded with more zeros than this, so that a mark has bounded length.
constexpr std::size_t size_digits_max = 20;
/// "~{", digits, "+}", CR: what of an unended line may turn out to be a literal's mark.
constexpr std::size_t mark_octets_max = 32;

/// Takes `upper` from the front, whatever its case.
bool take(std::string_view& text, std::string_view upper) {
    if (!equals_upper(text.substr(0, upper.size()), upper)) return false;
    text.remove_prefix(upper.size());
    return true;
}

/// Where the mailbox's name begins if the command is one whose message is streamed, else 0: behind
/// "tag SP APPEND SP", or "tag SP [UID SP] REPLACE SP number SP" (RFC 8508 section 5).
std::size_t append_arguments(std::string_view input) {
    std::string_view left = input;
    while (!left.empty() && is_in(tag_chars, left.front())) left.remove_prefix(1);
    if (take(left, " APPEND ")) return input.size() - left.size();
    take(left, " UID");
    if (!take(left, " REPLACE ")) return 0;
    // Whatever it is the parser says so; but a literal there is none, however much of the input has come.
    left.remove_prefix(std::min(left.find_first_of(" \r\n"), left.size()));
    return take(left, " ") ? input.size() - left.size() : 0;
}

std::string_view tag_of(std::string_view input) {
    std::size_t length = 0;
    while (length < input.size() && is_in(tag_chars, input[length])) ++length;
    const bool whole = length > 0 && length < input.size() && input[length] == ' ';
    return whole ? input.substr(0, length) : std::string_view("*");
}
}  // namespace

/// "{" number64 ["+"] "}" or "~{" … at the end of a line. RFC 9051 section 9, RFC 7888 section 8
Framer::Mark Framer::literal_mark(std::string_view input, std::size_t line_start, std::size_t line_end) {
    Mark mark;
    std::size_t at = line_end;
    if (at == line_start || input[at - 1] != '}') return mark;
    --at;
    if (at > line_start && input[at - 1] == '+') {
        mark.non_sync = true;
        --at;
    }
    const std::size_t digits_end = at;
    while (at > line_start && is_digit(input[at - 1])) --at;
    // More digits than a size has: whether they begin with "{" may be unknown, when a long line was swallowed
    // in parts.
    mark.overflow = digits_end - at > size_digits_max;
    if (mark.overflow && mark.non_sync) mark.found = true;
    if (at == digits_end || at == line_start || input[at - 1] != '{') return mark;
    const auto result = std::from_chars(input.data() + at, input.data() + digits_end, mark.bytes);
    mark.found = true;
    mark.overflow = mark.overflow || result.ec != std::errc{} || mark.bytes > INT64_MAX;
    mark.offset = at - 1;
    if (mark.offset > line_start && input[mark.offset - 1] == '~') --mark.offset;
    return mark;
}

Framer::Found Framer::found(Status status, std::size_t octets, Mode after) {
    after_ = after;
    Found found;
    found.status = status;
    found.octets = octets;
    return found;
}

void Framer::enter(Mode mode) {
    mode_ = mode;
    after_ = Mode::command;
    line_start_ = scanned_ = 0;
}

void Framer::next() { enter(after_); }

void Framer::take_literal() { enter(Mode::append_tail); }

bool Framer::refuse_literal() {
    enter(Mode::command);
    if (!pending_non_sync_) return true;
    mode_ = Mode::swallow;
    begin_swallowing();
    Mark mark;
    mark.bytes = pending_bytes_;
    return charge_literal(mark);
}

Framer::Found Framer::poll(std::string_view input) {
    if (mode_ == Mode::swallow) return swallow(input);
    while (scanned_ < input.size()) {
        const std::size_t lf = input.find('\n', scanned_);
        if (lf == std::string_view::npos) {
            scanned_ = input.size();
            // A CR at the end may be the line end's: any cut of the same octets has the same limits.
            const std::size_t text_end =
                input.back() == '\r' && scanned_ > line_start_ ? scanned_ - 1 : scanned_;
            const char* const reason = excess(text_end - line_start_, text_end);
            if (reason != nullptr) return refuse_unended(input, reason);
            break;
        }
        const std::size_t line_end = lf > line_start_ && input[lf - 1] == '\r' ? lf - 1 : lf;
        const Found found = line_ended(input, line_end, lf + 1);
        if (found.status != Status::need_more) return found;
    }
    return {};
}

Framer::Found Framer::poll_line(std::string_view input) {
    const std::size_t lf = input.find('\n', scanned_);
    scanned_ = lf == std::string_view::npos ? input.size() : lf + 1;
    if (scanned_ > limits_.line_bytes_max + 2) {
        Found fatal = found(Status::fatal, 0, Mode::command);
        fatal.reason = "line is too long";
        fatal.tag = "*";
        return fatal;
    }
    if (lf == std::string_view::npos) return {};
    Found line = found(Status::frame, lf + 1, Mode::command);
    line.frame = input.substr(0, lf > 0 && input[lf - 1] == '\r' ? lf - 1 : lf);
    return line;
}

/// Why the command is refused for its size, or null.
const char* Framer::excess(std::size_t line_bytes, std::size_t frame_bytes) const {
    if (line_bytes > limits_.line_bytes_max) return "line is too long";
    if (frame_bytes > limits_.frame_bytes_max) return "command is too long";
    return nullptr;
}

/// Need_more stands for: a literal follows that is not asked for, look on behind it.
Framer::Found Framer::line_ended(std::string_view input, std::size_t line_end, std::size_t next_line) {
    const Mark mark = literal_mark(input, line_start_, line_end);
    const char* const reason = excess(line_end - line_start_, line_end);
    if (reason != nullptr) return refuse_line(input, next_line, reason, mark);
    if (mark.found) return literal_began(input, line_end, next_line, mark);
    Found whole = found(Status::frame, next_line, Mode::command);
    whole.frame = input.substr(0, line_end);
    return whole;
}

Framer::Found Framer::literal_began(std::string_view input, std::size_t line_end, std::size_t next_line,
                                    const Mark& mark) {
    // RFC 7888 section 5: what is larger than LITERAL- allows is refused.
    if (mark.overflow || (mark.non_sync && mark.bytes > limits_.non_sync_bytes_max))
        return refuse_line(input, next_line, "literal is too long", mark);
    if (is_message(input, mark)) {
        Found message = found(Status::literal, next_line, Mode::command);
        message.frame = input.substr(0, line_end);
        message.literal_bytes = pending_bytes_ = mark.bytes;
        message.non_sync = pending_non_sync_ = mark.non_sync;
        return message;
    }
    if (mark.bytes > limits_.literal_bytes_max)
        return refuse_line(input, next_line, "literal is too long", mark);
    if (next_line > limits_.frame_bytes_max || mark.bytes > limits_.frame_bytes_max - next_line)
        return refuse_line(input, next_line, "command is too long", mark);
    scanned_ = line_start_ = next_line + static_cast<std::size_t>(mark.bytes);
    return found(mark.non_sync ? Status::need_more : Status::need_continuation, 0, Mode::command);
}

/// The literals of APPEND and REPLACE are messages, but for one that stands where the mailbox name is.
bool Framer::is_message(std::string_view input, const Mark& mark) const {
    if (mode_ == Mode::append_tail) return true;
    if (!limits_.streams_append) return false;
    const std::size_t arguments = append_arguments(input);
    return arguments != 0 && mark.offset != arguments;
}

/// The line is whole and its command is not wanted.
Framer::Found Framer::refuse_line(std::string_view input, std::size_t octets, const char* reason,
                                  const Mark& mark) {
    // A synchronising literal is not sent without our "+", so the command ends here: RFC 9051 section 4.3.
    const bool more_comes = mark.found && mark.non_sync;
    begin_swallowing();
    const bool fits = charge(octets - line_start_) && (!more_comes || charge_literal(mark));
    const bool cut_off = limits_.swallow_bytes_max == 0 || !fits;
    Found refused =
        found(cut_off ? Status::fatal : Status::refused, octets, more_comes ? Mode::swallow : Mode::command);
    refused.reason = reason;
    if (mode_ == Mode::command) refused.tag = tag_of(input);
    return refused;
}

/// The line goes on and its command is not wanted. Its last octets stay: they may be the head of a literal's
/// mark.
Framer::Found Framer::refuse_unended(std::string_view input, const char* reason) {
    const std::size_t octets = input.size() - std::min(input.size() - line_start_, mark_octets_max);
    begin_swallowing();
    const bool cut_off = limits_.swallow_bytes_max == 0 || !charge(octets - line_start_);
    Found refused = found(cut_off ? Status::fatal : Status::refused, octets, Mode::swallow);
    refused.reason = reason;
    if (mode_ == Mode::command) refused.tag = tag_of(input);
    return refused;
}

/// The line that was refused is within the budget, and what may follow it.
void Framer::begin_swallowing() {
    swallow_left_ = 0;
    swallow_budget_ = limits_.swallow_bytes_max + limits_.line_bytes_max;
}

/// Takes from the budget. False: more than there is.
bool Framer::charge(std::uint64_t octets) {
    if (octets > swallow_budget_) return false;
    swallow_budget_ -= octets;
    return true;
}

bool Framer::charge_literal(const Mark& mark) {
    swallow_left_ = mark.bytes;
    return !mark.overflow && mark.bytes <= limits_.swallow_bytes_max && charge(mark.bytes);
}

Framer::Found Framer::swallow(std::string_view input) {
    if (swallow_left_ > 0) {
        const auto octets = static_cast<std::size_t>(std::min<std::uint64_t>(swallow_left_, input.size()));
        if (octets == 0) return {};
        swallow_left_ -= octets;
        return found(Status::skip, octets, Mode::swallow);
    }
    const std::size_t lf = input.find('\n', scanned_);
    if (lf != std::string_view::npos) return swallow_line(input, lf);
    scanned_ = input.size();
    if (input.size() <= 2 * mark_octets_max) return {};
    const std::size_t octets = input.size() - mark_octets_max;
    if (charge(octets)) return found(Status::skip, octets, Mode::swallow);
    return too_much("line is too long");
}

/// A line of a refused command, or what is left of it, has ended at `lf`.
Framer::Found Framer::swallow_line(std::string_view input, std::size_t lf) {
    const std::size_t line_end = lf > 0 && input[lf - 1] == '\r' ? lf - 1 : lf;
    if (!charge(lf + 1)) return too_much("line is too long");
    const Mark mark = literal_mark(input, 0, line_end);
    if (!mark.found || !mark.non_sync) return found(Status::skip, lf + 1, Mode::command);
    if (!charge_literal(mark)) return too_much("literal is too long");
    return found(Status::skip, lf + 1, Mode::swallow);
}

Framer::Found Framer::too_much(const char* reason) {
    Found fatal = found(Status::fatal, 0, Mode::command);
    fatal.reason = reason;
    return fatal;
}

}  // namespace imap
