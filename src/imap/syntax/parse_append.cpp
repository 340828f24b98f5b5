// APPEND and REPLACE (RFC 8508) up to their first literal, and what follows each. RFC 9051 section 6.3.12,
// RFC 3502 (several messages), RFC 4469 (CATENATE), RFC 6855 section 4 (UTF8), RFC 3516 (literal8).
#include <utility>

#include "imap/syntax/grammar.hpp"
#include "imap/syntax/rules.hpp"

namespace imap {
namespace {
using Kind = AppendPiece::Kind;
using Pieces = std::vector<AppendPiece>;

AppendPiece& add(Pieces& out, Kind kind) {
    AppendPiece& piece = out.emplace_back();
    piece.kind = kind;
    return piece;
}

/// append-data = literal / literal8 / "UTF8" SP "(" literal8 …
bool parse_message_literal(Cursor& in, AppendPiece& out) {
    if (in.skip_word("UTF8")) {
        out.utf8 = true;
        if (!in.space() || !in.open()) return false;
    }
    const std::size_t start = in.offset();
    if (in.peek() != '{' && in.peek() != '~') return in.fail("expected the message as a literal");
    if (!in.streamed_literal(out.size, out.binary)) return false;
    return !out.utf8 || out.binary || in.fail_at("expected literal8", start);
}

/// url = "URL" SP astring, behind the space. A literal is elsewhere, as a message's is.
bool parse_url(Cursor& in, Pieces& out) {
    if (in.peek() == '{') {
        AppendPiece& piece = add(out, Kind::url_literal);
        piece.catenate = true;
        return in.streamed_literal(piece.size, piece.binary);
    }
    const std::size_t start = in.offset();
    AppendPiece& piece = add(out, Kind::url);
    if (!in.astring(piece.url)) return in.fail_at("expected URL", start);
    return piece.url.size() <= ParseLimits::url_bytes_max || in.fail_at("URL is too long", start);
}

/// cat-part *(SP cat-part) ")", up to the first literal
bool parse_cat_parts(Cursor& in, Pieces& out) {
    for (std::size_t parts = 0;; ++parts) {
        if (parts == ParseLimits::list_items_max) return in.fail("too many parts");
        if (in.skip_word("URL")) {
            if (!in.space() || !parse_url(in, out)) return false;
        } else if (in.skip_word("TEXT")) {
            AppendPiece& piece = add(out, Kind::literal);
            piece.catenate = true;
            if (!in.space()) return false;
            if (in.peek() != '{' && in.peek() != '~') return in.fail("expected the text as a literal");
            if (!in.streamed_literal(piece.size, piece.binary)) return false;
        } else {
            return in.fail("expected TEXT or URL");
        }
        if (out.back().kind != Kind::url) return true;
        if (in.skip(')')) {
            add(out, Kind::end);
            return true;
        }
        if (!in.space()) return false;
    }
}

/// append-message = [SP flag-list] [SP date-time] SP append-data, behind the first space
bool parse_append_message(Cursor& in, Pieces& out) {
    AppendPiece& begin = add(out, Kind::begin);
    if (in.peek() == '(' && (!parse_flag_list(in, begin.flags) || !in.space())) return false;
    if (in.peek() == '"' && (!parse_date_time(in, begin.internal_date.emplace()) || !in.space()))
        return false;
    if (in.skip_word("CATENATE")) return in.space() && in.open() && parse_cat_parts(in, out);
    return parse_message_literal(in, add(out, Kind::literal));
}

/// Behind a message: nothing, or others up to the first literal.
bool parse_more_messages(Cursor& in, Pieces& out) {
    while (out.back().kind == Kind::end && !in.at_end()) {
        if (out.size() > ParseLimits::list_items_max) return in.fail("too many messages");
        if (!in.space()) return false;
        if (!in.at_end() && !parse_append_message(in, out)) return false;
    }
    return true;
}

/// replace = "REPLACE" SP seq-number SP mailbox append-message                         RFC 8508 section 5
Parsed<Command> parse_replacement(Cursor& in, bool uid) {
    cmd::Replace replace;
    replace.uid = uid;
    if (!in.space()) return in.error();
    if (in.skip('*')) {
        replace.message = SequenceSet::star;
    } else if (!in.nz_number(replace.message)) {
        return in.error();
    }
    Pieces& pieces = replace.by.pieces;
    if (!in.space() || !parse_mailbox(in, replace.by.mailbox) || !in.space() ||
        !parse_append_message(in, pieces) || !in.end())
        return in.error();
    for (AppendPiece& piece : pieces) piece.alone = true;
    return Command(std::move(replace));
}
}  // namespace

/// append = "APPEND" SP mailbox 1*append-message
Parsed<Command> parse_append(Cursor& in) {
    cmd::Append append;
    if (!in.space() || !parse_mailbox(in, append.mailbox) || !in.space() ||
        !parse_append_message(in, append.pieces) || !parse_more_messages(in, append.pieces))
        return in.error();
    return Command(std::move(append));
}

Parsed<Command> parse_replace(Cursor& in) { return parse_replacement(in, false); }
Parsed<Command> parse_uid_replace(Cursor& in) { return parse_replacement(in, true); }

Parsed<Pieces> parse_append_tail(std::string_view frame, const AppendPiece& after) {
    Cursor in(frame);
    Pieces out;
    bool more_parts = false;
    if (after.catenate) {
        more_parts = !in.skip(')');
        if (more_parts && (!in.space() || !parse_cat_parts(in, out))) return in.error();
    } else if (after.utf8 && !in.close()) {
        return in.error();
    }
    if (!more_parts) add(out, Kind::end);
    if (after.alone) {
        if (!in.end()) return in.error();
        for (AppendPiece& piece : out) piece.alone = true;
        return out;
    }
    if (!parse_more_messages(in, out)) return in.error();
    return out;
}

}  // namespace imap
