// SearchProgram: what SEARCH asks for, as a flat program in prefix order. RFC 9051 section 6.4.4, RFC 3501,
// RFC 5032 (WITHIN), RFC 6203 (FUZZY), RFC 5466 (FILTER), RFC 7162 (MODSEQ), RFC 8474 (EMAILID, THREADID),
// RFC 8514 (SAVEDATE).
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "imap/syntax/sequence_set.hpp"

namespace imap {

struct SearchKey {
    enum class Op : std::uint8_t {
        // These have operands: the keys that follow, up to `span`.
        all_of,  ///< AND of its operands
        any_of,  ///< OR of its operands (two or more: chains of OR are made flat)
        negate,  ///< NOT of its one operand
        // All others stand alone.
        all,      ///< every message
        flag,     ///< has system flag number `number` (see SystemFlags)
        recent,   ///< RFC 3501
        keyword,  ///< has keyword `text`
        seq,      ///< sequence number in `set`
        uid,      ///< uid in `set`
        before,
        on,
        since,  ///< internal date, of its own zone, against `date`
        sent_before,
        sent_on,
        sent_since,  ///< Date: field, zone disregarded, against `date`
        saved_before,
        saved_on,
        saved_since,          ///< RFC 8514
        save_date_supported,  ///< RFC 8514
        older,
        younger,  ///< RFC 5032: internal date `number` seconds or more (less) ago
        larger,
        smaller,  ///< octets against `number`
        mod_seq,  ///< mod-sequence ≥ `number`
        header,   ///< a `name` field contains `text`; empty text: the field exists
        from,
        to,
        cc,
        bcc,
        subject,  ///< the field contains `text`
        body,
        text,  ///< the body, or all of the message, contains `text`
        email_id,
        thread_id,  ///< RFC 8474: equal to `text`
        gm_message_id,
        gm_thread_id,  ///< X-GM-MSGID, X-GM-THRID: equal to `number`
        filter,        ///< RFC 5466: what is kept under the name `text`; gone before the search runs
    };

    Op op = Op::all;
    std::uint32_t span = 1;  ///< keys in this subtree, itself included: the next sibling is `span` further on
    std::uint64_t number = 0;
    std::chrono::sys_days date{};
    bool fuzzy = false;  ///< of FUZZY (RFC 6203): texts need not match exactly
    std::string name;    ///< header field name, as written
    std::string text;    ///< UTF-8 (see SearchProgram::charset)
    SequenceSet set;

    bool operator==(const SearchKey&) const = default;
};

/// Bounded: ≤ SearchLimits keys, and a walk over it recurses no deeper than SearchLimits::depth_max.
struct SearchLimits {
    static constexpr std::size_t keys_max = 1000;  ///< Apple Mail and offlineimap stay far below
    static constexpr unsigned depth_max = 32;      ///< parentheses and NOT over OR; chains of OR count once
};

struct SearchProgram {
    enum class Charset : std::uint8_t {
        none,  ///< not given: UTF-8 is taken (RFC 9051 section 6.4.4)
        us_ascii,
        utf_8,
        unknown,  ///< answer NO [BADCHARSET (US-ASCII UTF-8)]; the strings are not checked
    };

    Charset charset = Charset::none;
    /// keys[0] is an all_of over the whole program. Never empty after parsing.
    std::vector<SearchKey> keys;
    bool uses_mod_seq = false;   ///< has a MODSEQ key: turns CONDSTORE on (RFC 7162 section 3.1)
    bool uses_seq = false;       ///< has sequence numbers or '$' in its keys
    bool uses_filter = false;    ///< has a FILTER key
    bool uses_fuzzy = false;     ///< has a FUZZY key: messages have a relevancy (RFC 6203 section 4)
    bool reads_content = false;  ///< some key needs more than flags, dates, sizes and numbers

    bool operator==(const SearchProgram&) const = default;
};

}  // namespace imap
