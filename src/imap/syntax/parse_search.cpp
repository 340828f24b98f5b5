// The keys of SEARCH, SORT and THREAD. RFC 9051 section 6.4.4, RFC 3501 (NEW, OLD, RECENT), RFC 5032 (OLDER,
// YOUNGER), RFC 6203 (FUZZY), RFC 7162 (MODSEQ), RFC 8474 (EMAILID, THREADID), RFC 8514 (SAVED…).
#include <array>
#include <utility>

#include "base/utf8.hpp"
#include "imap/syntax/grammar.hpp"
#include "imap/syntax/octets.hpp"
#include "imap/syntax/rules.hpp"

namespace imap {
namespace {
using Op = SearchKey::Op;

/// What follows a key's name.
enum class Argument : std::uint8_t { none, string, keyword, date, number, seconds, object_id, filter };

struct KeyRow {
    std::string_view name;
    Op op;
    Argument argument = Argument::none;
    bool negated = false;
    std::uint64_t number = 0;
};
constexpr std::array<KeyRow, 41> key_rows{{
    {"ALL", Op::all},
    {"ANSWERED", Op::flag, Argument::none, false, FlagList::answered},
    {"BCC", Op::bcc, Argument::string},
    {"BEFORE", Op::before, Argument::date},
    {"BODY", Op::body, Argument::string},
    {"CC", Op::cc, Argument::string},
    {"DELETED", Op::flag, Argument::none, false, FlagList::deleted},
    {"DRAFT", Op::flag, Argument::none, false, FlagList::draft},
    {"EMAILID", Op::email_id, Argument::object_id},
    {"FILTER", Op::filter, Argument::filter},
    {"FLAGGED", Op::flag, Argument::none, false, FlagList::flagged},
    {"FROM", Op::from, Argument::string},
    {"KEYWORD", Op::keyword, Argument::keyword},
    {"LARGER", Op::larger, Argument::number},
    {"OLD", Op::recent, Argument::none, true},
    {"OLDER", Op::older, Argument::seconds},
    {"ON", Op::on, Argument::date},
    {"RECENT", Op::recent},
    {"SAVEDATESUPPORTED", Op::save_date_supported},
    {"SAVEDBEFORE", Op::saved_before, Argument::date},
    {"SAVEDON", Op::saved_on, Argument::date},
    {"SAVEDSINCE", Op::saved_since, Argument::date},
    {"SEEN", Op::flag, Argument::none, false, FlagList::seen},
    {"SENTBEFORE", Op::sent_before, Argument::date},
    {"SENTON", Op::sent_on, Argument::date},
    {"SENTSINCE", Op::sent_since, Argument::date},
    {"SINCE", Op::since, Argument::date},
    {"SMALLER", Op::smaller, Argument::number},
    {"SUBJECT", Op::subject, Argument::string},
    {"TEXT", Op::text, Argument::string},
    {"THREADID", Op::thread_id, Argument::object_id},
    {"TO", Op::to, Argument::string},
    {"UNANSWERED", Op::flag, Argument::none, true, FlagList::answered},
    {"UNDELETED", Op::flag, Argument::none, true, FlagList::deleted},
    {"UNDRAFT", Op::flag, Argument::none, true, FlagList::draft},
    {"UNFLAGGED", Op::flag, Argument::none, true, FlagList::flagged},
    {"UNKEYWORD", Op::keyword, Argument::keyword, true},
    {"UNSEEN", Op::flag, Argument::none, true, FlagList::seen},
    {"X-GM-MSGID", Op::gm_message_id, Argument::number},
    {"X-GM-THRID", Op::gm_thread_id, Argument::number},
    {"YOUNGER", Op::younger, Argument::seconds},
}};

const KeyRow* find_key(std::string_view name) {
    for (const KeyRow& row : key_rows)
        if (equals_upper(name, row.name)) return &row;
    return nullptr;
}

/// Whether the key reads a message, and not only what the folder's pages hold.
bool reads_content(Op op) {
    return (op >= Op::sent_before && op <= Op::sent_since) || (op >= Op::header && op <= Op::text);
}

/// Builds the program in prefix order while it reads.
class SearchParser {
public:
    SearchParser(Cursor& in, SearchProgram& out) : in_(in), out_(out) {}

    /// search-criteria = search-key *(SP search-key)                                     RFC 5466 section 4
    bool criteria() {
        const std::size_t all = open(Op::all_of);
        do {
            if (!key(0)) return false;
        } while (in_.skip(' ') && !in_.at_end());
        close(all);
        return true;
    }

    /// search-program = ["CHARSET" SP charset SP] search-key *(SP search-key)
    /// search-criteria = charset 1*(SP search-key)                                       RFC 5256 section 5
    bool program(bool charset_first) {
        const bool named = charset_first || in_.skip_word("CHARSET");
        if (named && ((!charset_first && !in_.space()) || !charset() || !in_.space())) return false;
        return criteria();
    }

private:
    bool charset() {
        std::string name;
        if (!in_.astring(name)) return in_.fail("expected charset");
        if (equals_nocase(name, "UTF-8")) {
            out_.charset = SearchProgram::Charset::utf_8;
        } else if (equals_nocase(name, "US-ASCII")) {
            out_.charset = SearchProgram::Charset::us_ascii;
        } else {
            out_.charset = SearchProgram::Charset::unknown;
        }
        return true;
    }

    /// Adds a key and gives its place.
    std::size_t open(Op op) {
        SearchKey& key = out_.keys.emplace_back();
        key.op = op;
        key.fuzzy = fuzzy_ && op != Op::all_of && op != Op::any_of && op != Op::negate;
        return out_.keys.size() - 1;
    }
    /// All keys since `place` are its operands.
    void close(std::size_t place) {
        out_.keys[place].span = static_cast<std::uint32_t>(out_.keys.size() - place);
    }

    bool key(unsigned depth) {  // NOLINT(misc-no-recursion): bounded by depth_max
        if (depth > SearchLimits::depth_max) return in_.fail("search keys are nested too deeply");
        if (!count_key()) return false;
        if (in_.skip('(')) return all_of(depth);
        if (in_.skip_word("NOT")) return negation(depth);
        if (in_.skip_word("OR")) return any_of(depth);
        if (in_.skip_word("FUZZY")) return fuzzy(depth);
        return single();
    }

    bool count_key() { return ++keys_ <= SearchLimits::keys_max || in_.fail("too many search keys"); }

    /// "FUZZY" SP search-key                                                             RFC 6203 section 7
    bool fuzzy(unsigned depth) {  // NOLINT(misc-no-recursion)
        if (!in_.space()) return false;
        out_.uses_fuzzy = true;
        const bool outer = std::exchange(fuzzy_, true);
        const bool read = key(depth + 1);
        fuzzy_ = outer;
        return read;
    }

    /// "(" search-key *(SP search-key) ")"
    bool all_of(unsigned depth) {  // NOLINT(misc-no-recursion)
        const std::size_t place = open(Op::all_of);
        const bool read = parse_items(in_, [&] { return key(depth + 1); });  // NOLINT(misc-no-recursion)
        close(place);
        return read;
    }

    /// "NOT" SP search-key; NOT NOT cancels out, so that a row of them costs no depth.
    bool negation(unsigned depth) {  // NOLINT(misc-no-recursion)
        bool negated = true;
        if (!in_.space()) return false;
        for (; in_.skip_word("NOT"); negated = !negated)
            if (!count_key() || !in_.space()) return false;
        if (!negated) return key(depth + 1);
        const std::size_t place = open(Op::negate);
        const bool read = key(depth + 1);
        close(place);
        return read;
    }

    /// "OR" SP search-key SP search-key. Each OR in place of an operand wants one operand more, whatever side
    /// it stands on: a chain of a thousand, as clients build them for lists of senders, becomes one flat key.
    bool any_of(unsigned depth) {  // NOLINT(misc-no-recursion)
        const std::size_t place = open(Op::any_of);
        for (std::size_t wanted = 2; wanted > 0;) {
            if (!in_.space()) return false;
            if (in_.skip_word("OR")) {
                if (!count_key()) return false;
                ++wanted;
                continue;
            }
            if (!key(depth + 1)) return false;
            --wanted;
        }
        close(place);
        return true;
    }

    bool single() {
        const char next = in_.peek();
        if (is_digit(next) || next == '*' || next == '$') return sequence(Op::seq);
        const std::size_t start = in_.offset();
        std::string_view name;
        if (!in_.atom(name)) return in_.fail("expected search key");
        if (equals_upper(name, "UID")) return in_.space() && sequence(Op::uid);
        if (equals_upper(name, "UIDAFTER")) return beyond(true);
        if (equals_upper(name, "UIDBEFORE")) return beyond(false);
        if (equals_upper(name, "HEADER")) return header();
        if (equals_upper(name, "MODSEQ")) return mod_seq();
        if (equals_upper(name, "NEW")) return new_messages();
        const KeyRow* row = find_key(name);
        if (row == nullptr) return in_.fail_at("unknown search key", start);
        const std::size_t negation = row->negated ? open(Op::negate) : 0;
        const std::size_t place = open(row->op);
        out_.keys[place].number = row->number;
        out_.reads_content = out_.reads_content || reads_content(row->op);
        if (!argument(row->argument, out_.keys[place])) return false;
        if (row->negated) close(negation);
        return true;
    }

    bool argument(Argument kind, SearchKey& key) {
        if (kind == Argument::none) return true;
        if (!in_.space()) return false;
        switch (kind) {
            case Argument::string:
                return string(key.text);
            case Argument::keyword:
            case Argument::object_id:
                return atom(key.text);
            case Argument::filter:
                return filter_name(key.text);
            case Argument::date:
                return parse_date(in_, key.date);
            case Argument::number:
                return in_.number64(key.number);
            case Argument::seconds:  // RFC 5032 section 3: nz-number
                return in_.nz_number64(key.number);
            case Argument::none:
                break;
        }
        return true;
    }

    bool sequence(Op op) {
        const std::size_t place = open(op), start = in_.offset();
        SequenceSet& set = out_.keys[place].set;
        if (!parse_sequence_set(in_, set)) return false;
        if (op == Op::seq && !set.saved && in_.mode().uid_only) return in_.fail_number(start);
        out_.uses_seq = out_.uses_seq || op == Op::seq || set.saved;
        return true;
    }

    /// "UIDAFTER" SP uniqueid / "UIDBEFORE" SP uniqueid                                        RFC 9738
    bool beyond(bool after) {
        std::vector<NumberRange>& ranges = out_.keys[open(Op::uid)].set.ranges;
        std::uint32_t uid = 0;
        if (!in_.space() || !in_.nz_number(uid)) return false;
        constexpr std::uint32_t most = std::numeric_limits<std::uint32_t>::max();
        if (after && uid != most) ranges.push_back(NumberRange{uid + 1, most});
        if (!after && uid != 1) ranges.push_back(NumberRange{1, uid - 1});
        return true;
    }

    /// "HEADER" SP header-fld-name SP astring
    bool header() {
        SearchKey& key = out_.keys[open(Op::header)];
        out_.reads_content = true;
        return in_.space() && in_.astring(key.name) && in_.space() && string(key.text);
    }

    /// "MODSEQ" [SP entry-name SP entry-type-req] SP mod-sequence-valzer               RFC 7162 section 7
    bool mod_seq() {
        if (!in_.space()) return false;
        if (in_.peek() == '"') {
            // RFC 7162 section 3.1.5: a server without mod-sequences of single flags passes over their names.
            std::string entry;
            std::string_view type;
            if (!in_.string(entry) || !in_.space() || !in_.atom(type) || !in_.space()) return false;
        }
        SearchKey& key = out_.keys[open(Op::mod_seq)];
        out_.uses_mod_seq = true;
        return in_.number64(key.number);
    }

    /// RFC 3501 section 6.4.4: NEW = (RECENT UNSEEN)
    bool new_messages() {
        const std::size_t all = open(Op::all_of);
        open(Op::recent);
        const std::size_t unseen = open(Op::negate);
        out_.keys[open(Op::flag)].number = FlagList::seen;
        close(unseen);
        close(all);
        return true;
    }

    /// filter-name = 1*<any ATOM-CHAR except "/">                                        RFC 5466 section 4
    bool filter_name(std::string& out) {
        const std::size_t start = in_.offset();
        if (!atom(out)) return in_.fail("expected name of a filter");
        out_.uses_filter = true;
        return out.find('/') == std::string::npos || in_.fail_at("expected name of a filter", start);
    }

    bool atom(std::string& out) {
        std::string_view name;
        if (!in_.atom(name)) return false;
        out.assign(name);
        return true;
    }

    bool string(std::string& out) {
        const std::size_t start = in_.offset();
        if (!in_.astring(out)) return false;
        const bool checked = out_.charset != SearchProgram::Charset::unknown;
        if (checked && !base::is_utf8(out)) return in_.fail_at("search string is not UTF-8", start);
        return true;
    }

    Cursor& in_;
    SearchProgram& out_;
    std::size_t keys_ = 0;
    bool fuzzy_ = false;  // under FUZZY
};

}  // namespace

Parsed<SearchProgram> parse_search_criteria(std::string_view text, ParseMode mode) {
    Cursor in(text, mode);
    SearchProgram out;
    if (!SearchParser(in, out).criteria() || !in.end()) return in.error();
    return out;
}

bool parse_search_program(Cursor& in, SearchProgram& out, bool charset_first) {
    return SearchParser(in, out).program(charset_first);
}

}  // namespace imap
