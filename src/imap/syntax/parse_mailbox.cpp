// Commands that name a mailbox: SELECT, EXAMINE, CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE, STATUS.
#include <algorithm>
#include <array>
#include <utility>

#include "imap/syntax/grammar.hpp"
#include "imap/syntax/octets.hpp"
#include "imap/syntax/rules.hpp"

namespace imap {
namespace {
/// RFC 6154 section 2, RFC 8457, RFC 9979: spelled as the RFCs do.
constexpr std::array<std::string_view, 11> special_uses{"All",   "Archive",   "Drafts", "Flagged",
                                                        "Junk",  "Sent",      "Trash",  "Important",
                                                        "Memos", "Scheduled", "Snoozed"};

/// seq-match-data = "(" known-sequence-set SP known-uid-set ")"
bool parse_seq_match(Cursor& in, cmd::Qresync& out) {
    const std::size_t start = in.offset();
    if (in.mode().uid_only) return in.fail_number(start);
    if (!in.open() || !parse_known_set(in, out.known_seqs) || !in.space() ||
        !parse_known_set(in, out.known_seq_uids) || !in.close())
        return false;
    // RFC 7162 section 3.2.5.2: both ascend and name as many messages.
    const auto ascends = [](const SequenceSet& set) {
        std::uint64_t last = 0;
        for (const NumberRange& range : set.ranges) {
            if (range.first <= last || range.last < range.first) return false;
            last = range.last;
        }
        return true;
    };
    if (!ascends(out.known_seqs) || !ascends(out.known_seq_uids))
        return in.fail_at("the sets of QRESYNC do not ascend", start);
    return count(out.known_seqs.ranges) == count(out.known_seq_uids.ranges) ||
           in.fail_at("the two sets of QRESYNC differ in size", start);
}

/// "QRESYNC" SP "(" uidvalidity SP mod-sequence-value [SP known-uids] [SP seq-match-data] ")"   RFC 7162
/// section 7
bool parse_qresync(Cursor& in, cmd::Qresync& out) {
    if (!in.space() || !in.open() || !in.nz_number(out.uid_validity) || !in.space() ||
        !parse_mod_seq(in, out.mod_seq))
        return false;
    if (in.skip(')')) return true;
    if (!in.space()) return false;
    if (in.peek() != '(') {
        if (!parse_known_set(in, out.known_uids.emplace())) return false;
        if (in.skip(')')) return true;
        if (!in.space()) return false;
    }
    return parse_seq_match(in, out) && in.close();
}

/// select-param of RFC 4466: CONDSTORE and QRESYNC of RFC 7162
bool parse_select_parameter(Cursor& in, cmd::Select& out) {
    if (in.skip_word("CONDSTORE")) {
        out.condstore = true;
        return true;
    }
    if (in.skip_word("QRESYNC")) return parse_qresync(in, out.qresync.emplace());
    return in.fail("unknown parameter of SELECT");
}

/// select = "SELECT" SP mailbox [SP "(" select-param *(SP select-param) ")"]
Parsed<Command> select_or_examine(Cursor& in, bool read_only) {
    cmd::Select select;
    select.read_only = read_only;
    if (!in.space() || !parse_mailbox(in, select.mailbox)) return in.error();
    if (in.skip(' ') && !in.at_end()) {
        if (!in.open() || !parse_items(in, [&] { return parse_select_parameter(in, select); }))
            return in.error();
    }
    if (!in.end()) return in.error();
    return Command(std::move(select));
}

/// use-attr = "\All" / "\Archive" / …                                                RFC 6154 section 6
bool parse_use(Cursor& in, cmd::Create& out) {
    std::string_view name;
    if (!in.skip('\\') || !in.atom(name)) return in.fail("expected special use");
    for (const std::string_view known : special_uses)
        if (equals_nocase(known, name)) name = known;
    out.use.emplace_back("\\").append(name);
    return true;
}

bool parse_create_parameter(Cursor& in, cmd::Create& out) {
    if (!in.skip_word("USE")) return in.fail("unknown parameter of CREATE");
    if (!in.space() || !in.open()) return false;
    return in.skip(')') || parse_items(in, [&] { return parse_use(in, out); });
}

/// SP mailbox
template <class Struct>
Parsed<Command> only_mailbox(Cursor& in) {
    Struct command;
    if (!in.space() || !parse_mailbox(in, command.mailbox) || !in.end()) return in.error();
    return Command(std::move(command));
}
}  // namespace

Parsed<Command> parse_select(Cursor& in) { return select_or_examine(in, false); }
Parsed<Command> parse_examine(Cursor& in) { return select_or_examine(in, true); }

/// create = "CREATE" SP mailbox [SP "(" create-param *(SP create-param) ")"]         RFC 4466 section 2.2
Parsed<Command> parse_create(Cursor& in) {
    cmd::Create create;
    if (!in.space() || !parse_mailbox(in, create.mailbox)) return in.error();
    if (in.skip(' ') && !in.at_end()) {
        if (!in.open() || !parse_items(in, [&] { return parse_create_parameter(in, create); }))
            return in.error();
    }
    if (!in.end()) return in.error();
    return Command(std::move(create));
}

Parsed<Command> parse_delete(Cursor& in) { return only_mailbox<cmd::Delete>(in); }
Parsed<Command> parse_subscribe(Cursor& in) { return only_mailbox<cmd::Subscribe>(in); }
Parsed<Command> parse_unsubscribe(Cursor& in) { return only_mailbox<cmd::Unsubscribe>(in); }

/// rename = "RENAME" SP mailbox SP mailbox
Parsed<Command> parse_rename(Cursor& in) {
    cmd::Rename rename;
    if (!in.space() || !parse_mailbox(in, rename.from) || !in.space() || !parse_mailbox(in, rename.to) ||
        !in.end())
        return in.error();
    return Command(std::move(rename));
}

/// status = "STATUS" SP mailbox SP "(" status-att *(SP status-att) ")"
Parsed<Command> parse_status(Cursor& in) {
    cmd::Status status;
    if (!in.space() || !parse_mailbox(in, status.mailbox) || !in.space() ||
        !parse_status_items(in, status.items) || !in.end())
        return in.error();
    return Command(std::move(status));
}

}  // namespace imap
