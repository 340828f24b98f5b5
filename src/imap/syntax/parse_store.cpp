// Commands on messages of the selected mailbox: STORE, COPY, MOVE, UID EXPUNGE. RFC 9051 section 6.4.
#include <utility>

#include "imap/syntax/grammar.hpp"
#include "imap/syntax/rules.hpp"

namespace imap {
namespace {
using cmd::Store;

/// store-modifiers = "(" "UNCHANGEDSINCE" SP mod-sequence-valzer ")" SP              RFC 7162 section 7
bool parse_store_modifiers(Cursor& in, Store& out) {
    if (!in.open()) return false;
    if (!in.skip_word("UNCHANGEDSINCE")) return in.fail("unknown modifier of STORE");
    return in.space() && parse_mod_seq(in, out.unchanged_since.emplace()) && in.close() && in.space();
}

/// store-att-flags = (["+" / "-"] "FLAGS" [".SILENT"]) SP (flag-list / (flag *(SP flag)))
bool parse_store_flags(Cursor& in, Store& out) {
    if (in.skip('+')) {
        out.change = Store::Change::add;
    } else if (in.skip('-')) {
        out.change = Store::Change::remove;
    }
    out.silent = in.skip_word("FLAGS.SILENT");
    if (!out.silent && !in.skip_word("FLAGS")) return in.fail("expected FLAGS");
    if (!in.space()) return false;
    return in.peek() == '(' ? parse_flag_list(in, out.flags) : parse_bare_flags(in, out.flags);
}

/// store = "STORE" SP sequence-set [SP store-modifiers] SP store-att-flags
Parsed<Command> store(Cursor& in, bool uid) {
    Store store;
    store.uid = uid;
    if (!in.space() || !parse_sequence_set(in, store.set) || !in.space()) return in.error();
    if (in.peek() == '(' && !parse_store_modifiers(in, store)) return in.error();
    if (!parse_store_flags(in, store) || !in.end()) return in.error();
    return Command(std::move(store));
}

/// copy = "COPY" SP sequence-set SP mailbox, and the same for MOVE
template <class Struct>
Parsed<Command> to_mailbox(Cursor& in, bool uid) {
    Struct command;
    command.uid = uid;
    if (!in.space() || !parse_sequence_set(in, command.set) || !in.space() ||
        !parse_mailbox(in, command.mailbox) || !in.end())
        return in.error();
    return Command(std::move(command));
}
}  // namespace

Parsed<Command> parse_store(Cursor& in) { return store(in, false); }
Parsed<Command> parse_uid_store(Cursor& in) { return store(in, true); }
Parsed<Command> parse_copy(Cursor& in) { return to_mailbox<cmd::Copy>(in, false); }
Parsed<Command> parse_uid_copy(Cursor& in) { return to_mailbox<cmd::Copy>(in, true); }
Parsed<Command> parse_move(Cursor& in) { return to_mailbox<cmd::Move>(in, false); }
Parsed<Command> parse_uid_move(Cursor& in) { return to_mailbox<cmd::Move>(in, true); }

/// message-batches = "UIDBATCHES" SP nz-number [SP nz-number ":" nz-number]          RFC 10022 section 4
Parsed<Command> parse_uid_batches(Cursor& in) {
    cmd::UidBatches batches;
    if (!in.space() || !in.nz_number(batches.size)) return in.error();
    if (in.skip(' ') && !in.at_end()) {
        NumberRange& wanted = batches.wanted.emplace();
        if (!in.nz_number(wanted.first)) return in.error();
        if (!in.skip(':')) {
            in.fail("expected :");
            return in.error();
        }
        if (!in.nz_number(wanted.last)) return in.error();
        // As in any range, the order of the ends does not matter (RFC 9051 section 9, seq-range).
        if (wanted.first > wanted.last) std::swap(wanted.first, wanted.last);
    }
    if (!in.end()) return in.error();
    return Command(std::move(batches));
}

/// uid-expunge = "EXPUNGE" SP sequence-set
Parsed<Command> parse_uid_expunge(Cursor& in) {
    cmd::Expunge expunge;
    if (!in.space() || !parse_sequence_set(in, expunge.uids.emplace()) || !in.end()) return in.error();
    return Command(std::move(expunge));
}

}  // namespace imap
