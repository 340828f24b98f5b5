#include "imap/syntax/rules.hpp"

#include <algorithm>
#include <array>

#include "imap/syntax/date_time.hpp"
#include "imap/syntax/mailbox_name.hpp"
#include "imap/syntax/octets.hpp"

namespace imap {
namespace {
template <class Value>
struct Word {
    std::string_view name;
    Value value;
};

constexpr std::array<Word<std::uint8_t>, 5> system_flags{{
    {"SEEN", FlagList::seen},
    {"ANSWERED", FlagList::answered},
    {"FLAGGED", FlagList::flagged},
    {"DELETED", FlagList::deleted},
    {"DRAFT", FlagList::draft},
}};

constexpr std::array<Word<std::uint16_t>, 11> status_items{{
    {"MESSAGES", status_messages},
    {"UIDNEXT", status_uid_next},
    {"UIDVALIDITY", status_uid_validity},
    {"UNSEEN", status_unseen},
    {"DELETED", status_deleted},
    {"SIZE", status_size},
    {"RECENT", status_recent},
    {"HIGHESTMODSEQ", status_highest_mod_seq},
    {"APPENDLIMIT", status_append_limit},
    {"MAILBOXID", status_mailbox_id},
    {"DELETED-STORAGE", status_deleted_storage},
}};

/// \Recent cannot be set by clients (RFC 3501 section 2.3.2), but copying tools send it along: passed over.
bool quirk_recent(std::string_view name) { return equals_upper(name, "RECENT"); }

bool add_system_flag(Cursor& in, FlagList& out) {
    std::string_view name;
    if (!in.atom(name)) return false;
    for (const auto& flag : system_flags) {
        if (!equals_upper(name, flag.name)) continue;
        out.system |= flag.value;
        return true;
    }
    return quirk_recent(name) || in.fail_at("unknown system flag", in.offset() - name.size());
}

/// flag = "\Answered" / … / flag-keyword
bool parse_flag(Cursor& in, FlagList& out) {
    if (in.skip('\\')) return add_system_flag(in, out);
    std::string_view name;
    if (!in.atom(name)) return in.fail("expected flag");
    if (name.size() > ParseLimits::keyword_bytes_max)
        return in.fail_at("keyword is too long", in.offset() - name.size());
    const bool known = std::any_of(out.keywords.begin(), out.keywords.end(),
                                   [&](const std::string& keyword) { return equals_nocase(keyword, name); });
    if (!known) out.keywords.emplace_back(name);
    return true;
}

/// seq-number = nz-number / "*"
bool parse_seq_number(Cursor& in, std::uint32_t& out) {
    if (in.skip('*')) {
        out = SequenceSet::star;
        return true;
    }
    return in.nz_number(out);
}
}  // namespace

bool parse_mailbox(Cursor& in, std::string& out) {
    const std::size_t start = in.offset();
    if (!in.astring(out)) return in.fail("expected mailbox name");
    auto name = decode_mailbox_name(out, in.mode());
    if (!name) return in.fail_at("mailbox name is not valid", start);
    out = std::move(*name);
    return true;
}

bool parse_sequence_set(Cursor& in, SequenceSet& out) {
    out.ranges.clear();
    out.saved = in.skip('$');  // RFC 5182
    if (out.saved) return true;
    do {
        NumberRange& range = out.ranges.emplace_back();
        if (!parse_seq_number(in, range.first)) return in.fail("expected message numbers");
        range.last = range.first;
        if (in.skip(':') && !parse_seq_number(in, range.last)) return in.fail("expected message number");
    } while (in.skip(','));
    return true;
}

bool parse_known_set(Cursor& in, SequenceSet& out) {
    const std::size_t start = in.offset();
    if (!parse_sequence_set(in, out)) return false;
    // RFC 7162 section 3.2.5.1: "*" is not allowed.
    return (!out.saved && !out.names_star()) || in.fail_at("expected numbers without *", start);
}

bool parse_mod_seq(Cursor& in, base::ModSeq& out) {
    std::uint64_t value = 0;
    if (!in.number64(value)) return in.fail("expected mod-sequence");
    out = base::ModSeq(value);
    return true;
}

bool parse_flag_list(Cursor& in, FlagList& out) {
    if (!in.open()) return in.fail("expected flag list");
    return in.skip(')') || parse_items(in, [&] { return parse_flag(in, out); });
}

bool parse_bare_flags(Cursor& in, FlagList& out) {
    std::size_t flags = 0;
    do {
        if (++flags > ParseLimits::list_items_max) return in.fail("too many flags");
        if (!parse_flag(in, out)) return false;
    } while (in.skip(' ') && !in.at_end());
    return true;
}

bool parse_status_items(Cursor& in, std::uint16_t& out) {
    const auto item = [&] {
        std::string_view name;
        if (!in.atom(name)) return in.fail("expected status item");
        for (const auto& known : status_items) {
            if (!equals_upper(name, known.name)) continue;
            out |= known.value;
            return true;
        }
        return in.fail_at("unknown status item", in.offset() - name.size());
    };
    return in.open() && parse_items(in, item);
}

bool parse_partial_range(Cursor& in, PartialRange& out) {
    if (!in.space()) return false;
    out.from_end = in.skip('-');
    if (!in.nz_number(out.first)) return false;
    if (!in.skip(':')) return in.fail("expected :");
    // RFC 9394 section 4: both ends count from the same side.
    if (out.from_end && !in.skip('-')) return in.fail("expected -");
    return in.nz_number(out.last);
}

bool parse_date(Cursor& in, std::chrono::sys_days& out) {
    const std::size_t start = in.offset();
    std::string text;
    if (!in.astring(text)) return in.fail("expected date");
    const auto date = parse_date(text);
    if (!date) return in.fail_at("not a date", start);
    out = *date;
    return true;
}

bool parse_date_time(Cursor& in, std::int64_t& out) {
    const std::size_t start = in.offset();
    std::string text;
    if (in.peek() != '"' || !in.string(text)) return in.fail_at("expected date and time", start);
    const auto time = parse_date_time(text);
    if (!time) return in.fail_at("not a date and time", start);
    out = *time;
    return true;
}

}  // namespace imap
