// APPEND up to its message literal, and what follows that. RFC 9051 section 6.3.12, RFC 3502 (several
// messages), RFC 6855 section 4 (UTF8), RFC 3516 (literal8).
#include <utility>

#include "imap/syntax/grammar.hpp"
#include "imap/syntax/rules.hpp"

namespace imap {
namespace {
/// append-data = literal / literal8 / "UTF8" SP "(" literal8 …
bool parse_message_literal(Cursor& in, cmd::AppendMessage& out) {
    if (in.skip_word("UTF8")) {
        out.utf8 = true;
        if (!in.space() || !in.open()) return false;
    }
    const std::size_t start = in.offset();
    if (in.peek() != '{' && in.peek() != '~') return in.fail("expected the message as a literal");
    if (!in.streamed_literal(out.size, out.binary)) return false;
    return !out.utf8 || out.binary || in.fail_at("expected literal8", start);
}

/// append-message = [SP flag-list] [SP date-time] SP append-data, behind the first space
bool parse_append_message(Cursor& in, cmd::AppendMessage& out) {
    if (in.peek() == '(' && (!parse_flag_list(in, out.flags) || !in.space())) return false;
    if (in.peek() == '"' && (!parse_date_time(in, out.internal_date.emplace()) || !in.space())) return false;
    return parse_message_literal(in, out);
}
}  // namespace

/// append = "APPEND" SP mailbox 1*append-message
Parsed<Command> parse_append(Cursor& in) {
    cmd::Append append;
    if (!in.space() || !parse_mailbox(in, append.mailbox) || !in.space() ||
        !parse_append_message(in, append.message))
        return in.error();
    return Command(std::move(append));
}

Parsed<std::optional<cmd::AppendMessage>> parse_append_tail(std::string_view frame,
                                                            const cmd::AppendMessage& after) {
    using Next = std::optional<cmd::AppendMessage>;
    Cursor in(frame);
    if (after.utf8 && !in.close()) return in.error();
    if (in.at_end()) return Next();
    if (!in.space()) return in.error();
    if (in.at_end()) return Next();
    Next next(std::in_place);
    if (!parse_append_message(in, *next)) return in.error();
    return next;
}

}  // namespace imap
