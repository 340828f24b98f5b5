// Rules of the IMAP grammar that several commands share. Each is named after its rule of RFC 9051 section 9
// and returns false with the cursor's error set.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "imap/syntax/command.hpp"
#include "imap/syntax/cursor.hpp"

namespace imap {

/// Bounds on what one command may name; the frame bounds the octets (FramerLimits).
struct ParseLimits {
    static constexpr std::size_t list_items_max = 1000;      ///< of any list in parentheses
    static constexpr std::size_t keyword_bytes_max = 64;     ///< store::Keywords::name_bytes_max
    static constexpr std::size_t id_pairs_max = 30;          ///< RFC 2971 section 3.3
    static constexpr std::size_t id_name_bytes_max = 30;     ///< RFC 2971 section 3.3
    static constexpr std::size_t id_value_bytes_max = 1024;  ///< RFC 2971 section 3.3
    static constexpr std::size_t url_bytes_max = 4096;       ///< of CATENATE
    static constexpr std::size_t section_depth_max = 100;    ///< mime's own limit on nesting
    static constexpr std::size_t sort_criteria_max = 50;     ///< each key says something new but once
};

bool parse_mailbox(Cursor& in, std::string& out);
bool parse_sequence_set(Cursor& in, SequenceSet& out);
/// A sequence set without "*" and "$" (known-uids and the like of RFC 7162).
bool parse_known_set(Cursor& in, SequenceSet& out);
/// RFC 7162 section 7: mod-sequence-valzer; 63 bits.
bool parse_mod_seq(Cursor& in, base::ModSeq& out);
/// flag-list = "(" [flag *(SP flag)] ")"
bool parse_flag_list(Cursor& in, FlagList& out);
/// flag *(SP flag): STORE also takes flags without parentheses.
bool parse_bare_flags(Cursor& in, FlagList& out);
/// "(" status-att *(SP status-att) ")"
bool parse_status_items(Cursor& in, std::uint16_t& out);
bool parse_date(Cursor& in, std::chrono::sys_days& out);
/// date-time with its quotes
bool parse_date_time(Cursor& in, std::int64_t& out);

/// "PARTIAL" has been read: SP partial-range                                             RFC 9394 section 4
bool parse_partial_range(Cursor& in, PartialRange& out);
/// ["CHARSET" SP charset SP] search-key *(SP search-key); in parse_search.cpp
/// \param charset_first as SORT and THREAD have it: charset SP search-key …
bool parse_search_program(Cursor& in, SearchProgram& out, bool charset_first);
/// filter-mailboxes *(SP filter-mailboxes) of RFC 5465 section 6 and RFC 7377, up to ")" or " ("; in
/// parse_find.cpp
bool parse_mailbox_filters(Cursor& in, std::vector<MailboxFilter>& out);
/// filter-mailboxes of RFC 5465 section 8; in parse_find.cpp
bool parse_notify_filter(Cursor& in, MailboxFilter& out);
/// "(" fetch-att *(SP fetch-att) ")"; in parse_fetch.cpp
bool parse_fetch_attributes(Cursor& in, FetchAttributes& out);

/// item *(SP item) up to and with ")", behind "(". `item` is called at the start of each.
template <class Item>
bool parse_items(Cursor& in, Item item) {
    for (std::size_t items = 1;; ++items) {
        if (items > ParseLimits::list_items_max) return in.fail("too many items in list");
        if (!item()) return false;
        if (in.skip(')')) return true;
        if (!in.skip(' ')) return in.fail("expected space or )");
    }
}

}  // namespace imap
