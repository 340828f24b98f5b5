// Command: one plain struct for each IMAP command, joined in a variant. What a command is allowed to do and
// when is in the table of parse_command.hpp. Mailbox names are UTF-8 in NFC with INBOX in capitals
// (mailbox_name.hpp).
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "base/secret.hpp"
#include "imap/syntax/command_notify.hpp"
#include "imap/syntax/command_sharing.hpp"
#include "imap/syntax/fetch_item.hpp"
#include "imap/syntax/search_key.hpp"
#include "imap/syntax/sequence_set.hpp"

namespace imap {

/// Flags that a client names. Bit numbers as in store::SystemFlag, so that `system` is its FlagSet's low
/// word.
struct FlagList {
    enum Bit : std::uint8_t { seen = 1, answered = 2, flagged = 4, deleted = 8, draft = 16 };
    std::uint8_t system = 0;
    std::vector<std::string> keywords;  ///< atoms, as written, no duplicates by ASCII case
    bool operator==(const FlagList&) const = default;
};

/// STATUS items. RFC 9051 section 6.3.11, RFC 3501 (RECENT), RFC 7162, RFC 8438, RFC 7889, RFC 8474.
enum StatusItem : std::uint16_t {
    status_messages = 1U << 0,
    status_uid_next = 1U << 1,
    status_uid_validity = 1U << 2,
    status_unseen = 1U << 3,
    status_deleted = 1U << 4,
    status_size = 1U << 5,
    status_recent = 1U << 6,
    status_highest_mod_seq = 1U << 7,
    status_append_limit = 1U << 8,
    status_mailbox_id = 1U << 9,
    status_deleted_storage = 1U << 10,  ///< RFC 9208 section 4.1.4
};

/// Places in a result, from 1, both included, in any order as written; from its end with `from_end` (RFC 9394
/// section 3.1).
struct PartialRange {
    bool from_end = false;
    std::uint32_t first = 1, last = 1;
    bool operator==(const PartialRange&) const = default;
};

/// One criterion of SORT: RFC 5256 section 3, RFC 5957, RFC 6203.
struct SortCriterion {
    enum class Key : std::uint8_t {
        arrival,
        cc,
        date,
        display_from,
        display_to,
        from,
        relevancy,
        size,
        subject,
        to
    };
    Key key = Key::arrival;
    bool reverse = false;
    bool operator==(const SortCriterion&) const = default;
};

/// What APPEND says of its messages, in the order in which it does: each is one `begin`, one literal, or for
/// CATENATE (RFC 4469) any number of literals and URLs, and one `end`.
struct AppendPiece {
    enum class Kind : std::uint8_t { begin, literal, url, url_literal, end };
    Kind kind = Kind::begin;
    FlagList flags;                             ///< of begin
    std::optional<std::int64_t> internal_date;  ///< of begin; seconds since 1970
    std::uint64_t size = 0;                     ///< of a literal, which is the last piece of its frame
    bool binary = false;                        ///< literal8
    bool utf8 = false;      ///< UTF8 (~{n}…): a ")" follows the literal. RFC 6855 section 4
    bool catenate = false;  ///< the literal is a part of a message
    bool alone = false;     ///< of REPLACE: no other message may follow
    std::string url;        ///< of url; that of url_literal is in its literal
};

namespace cmd {

struct Capability {};      // RFC 9051 section 6.1.1
struct Noop {};            // RFC 9051 section 6.1.2
struct Logout {};          // RFC 9051 section 6.1.3
struct StartTls {};        // RFC 9051 section 6.2.1
struct Namespace {};       // RFC 9051 section 6.3.10
struct Check {};           // RFC 3501 section 6.4.1
struct Close {};           // RFC 9051 section 6.4.1
struct Unselect {};        // RFC 9051 section 6.4.2
struct Compress {};        // RFC 4978 section 3; DEFLATE is the only one
struct Unauthenticate {};  // RFC 8437 section 3
struct Idle {};            // RFC 9051 section 6.3.13; the session reads DONE with Framer::poll_line()

struct Authenticate {                              // RFC 9051 section 6.2.2
    std::string mechanism;                         ///< upper case
    std::optional<base::Secret> initial_response;  ///< RFC 4959; base64 text, "=" is given as empty
};
struct Login {  // RFC 9051 section 6.2.3
    std::string user;
    base::Secret password;
};
struct Id {  // RFC 2971: at most 30 pairs, names ≤ 30 octets, values ≤ 1024; NIL is given as nullopt
    std::vector<std::pair<std::string, std::optional<std::string>>> fields;
};
struct Enable {                             // RFC 9051 section 6.3.1
    std::vector<std::string> capabilities;  ///< upper case
};
struct Qresync {  // RFC 7162 section 3.2.5
    std::uint32_t uid_validity = 0;
    base::ModSeq mod_seq;
    std::optional<SequenceSet> known_uids;  ///< no '*'
    SequenceSet known_seqs;                 ///< the message sequence match data; empty when absent
    SequenceSet known_seq_uids;             ///< as many numbers as known_seqs
};
struct Select {  // RFC 9051 sections 6.3.2, 6.3.3
    std::string mailbox;
    bool read_only = false;  ///< EXAMINE
    bool condstore = false;
    std::optional<Qresync> qresync;
};
struct Create {  // RFC 9051 section 6.3.4; a trailing '/' is kept: the session drops it
    std::string mailbox;
    std::vector<std::string> use;  ///< RFC 6154: "\Sent", known ones in the RFC's spelling
};
struct Delete {  // RFC 9051 section 6.3.5
    std::string mailbox;
};
struct Rename {  // RFC 9051 section 6.3.6
    std::string from;
    std::string to;
};
struct Subscribe {  // RFC 9051 section 6.3.7
    std::string mailbox;
};
struct Unsubscribe {  // RFC 9051 section 6.3.8
    std::string mailbox;
};
struct List {  // RFC 9051 section 6.3.9, RFC 5258, RFC 5819, RFC 6154; RFC 3501 (LSUB); XLIST (Gmail)
    enum class Kind : std::uint8_t { list, lsub, xlist };
    Kind kind = Kind::list;
    bool extended = false;  ///< any of the extended syntax was used: options, pattern list, RETURN
    bool select_subscribed = false, select_remote = false, select_recursive_match = false;
    bool select_special_use = false;
    std::string reference;
    /// UTF-8 with wildcards, see list_pattern.hpp. A pattern that is no valid name is left out: it matches
    /// nothing.
    std::vector<std::string> patterns;
    bool return_subscribed = false, return_children = false, return_special_use = false;
    std::vector<std::string> return_metadata;  ///< RFC 9590: names of entries
    bool return_my_rights = false;             ///< RFC 8440
    std::uint16_t return_status = 0;           ///< StatusItem bits; 0: no STATUS
};
struct Status {  // RFC 9051 section 6.3.11
    std::string mailbox;
    std::uint16_t items = 0;  ///< StatusItem bits
};
struct Append {  // RFC 9051 section 6.3.12; what is behind its first literal comes from parse_append_tail()
    std::string mailbox;
    std::vector<AppendPiece> pieces;
};
struct Replace {                // RFC 8508
    bool uid = false;           ///< `message` is one
    std::uint32_t message = 0;  ///< SequenceSet::star: the last
    Append by;
};
struct UidBatches {                     // RFC 10022 section 3.1
    std::uint32_t size = 0;             ///< messages of one batch; not 0
    std::optional<NumberRange> wanted;  ///< numbers of batches, from 1; absent: all
};
struct Expunge {  // RFC 9051 section 6.4.3, 6.4.9 (UID EXPUNGE)
    std::optional<SequenceSet> uids;
};
struct Search {  // RFC 9051 section 6.4.4, RFC 4731, RFC 5182, RFC 5256 (SORT), RFC 5267 (ESORT, CONTEXT=)
    enum Return : std::uint16_t {
        min = 1,
        max = 2,
        all = 4,
        count = 8,
        save = 16,
        partial = 32,     ///< RFC 9394; which is in `part`
        context = 64,     ///< RFC 5267 section 4.2: a hint
        update = 128,     ///< RFC 5267 section 4.3
        relevancy = 256,  ///< RFC 6203 section 4
    };
    bool uid = false;
    bool extended = false;      ///< RETURN was given: answer with ESEARCH
    std::uint16_t returns = 0;  ///< Return bits; "RETURN ()" is given as `all`
    PartialRange part;
    FetchAttributes update_fetch;      ///< of UPDATE: of new messages (RFC 5465 section 7)
    std::vector<SortCriterion> order;  ///< not empty: SORT
    SearchProgram program;
};
struct Thread {  // RFC 5256 section 3
    enum class Algorithm : std::uint8_t { ordered_subject, references, refs };
    bool uid = false;
    Algorithm algorithm = Algorithm::references;
    SearchProgram program;
};
struct MultiSearch {                     // RFC 7377: ESEARCH
    bool has_sources = false;            ///< IN was given
    std::vector<MailboxFilter> sources;  ///< RFC 7377 section 2.2; empty: the selected mailbox
    Search search;
};
struct CancelUpdate {  // RFC 5267 section 4.3.5
    std::vector<std::string> tags;
};
struct Comparator {  // RFC 5255 section 4.7; collation specifications; none: which one is active?
    std::vector<std::string> wanted;
};
struct Language {  // RFC 5255 section 3.2; language ranges; none: which are there?
    std::vector<std::string> wanted;
};
struct Fetch {  // RFC 9051 section 6.4.5
    SequenceSet set;
    bool uid = false;         ///< UID FETCH: the parser has put fetch_uid into items
    bool uid_named = false;   ///< the client did too
    std::uint32_t items = 0;  ///< FetchItem bits
    std::vector<FetchSection> sections;
    std::optional<base::ModSeq> changed_since;  ///< RFC 7162: the parser has put fetch_mod_seq into items
    bool vanished = false;
    std::optional<PartialRange> part;  ///< RFC 9394 section 3.3: of the messages that `set` names
};
struct Store {  // RFC 9051 section 6.4.6
    enum class Change : std::uint8_t { replace, add, remove };
    SequenceSet set;
    bool uid = false;
    Change change = Change::replace;
    bool silent = false;
    FlagList flags;
    std::optional<base::ModSeq> unchanged_since;  ///< RFC 7162 section 3.1.3; 0 is allowed
};
struct Copy {  // RFC 9051 section 6.4.7
    SequenceSet set;
    bool uid = false;
    std::string mailbox;
};
struct Move {  // RFC 9051 section 6.4.8
    SequenceSet set;
    bool uid = false;
    std::string mailbox;
};

}  // namespace cmd

using Command =
    std::variant<cmd::Capability, cmd::Noop, cmd::Logout, cmd::StartTls, cmd::Namespace, cmd::Check,
                 cmd::Close, cmd::Unselect, cmd::Compress, cmd::Unauthenticate, cmd::Idle, cmd::Authenticate,
                 cmd::Login, cmd::Id, cmd::Enable, cmd::Select, cmd::Create, cmd::Delete, cmd::Rename,
                 cmd::Subscribe, cmd::Unsubscribe, cmd::List, cmd::Status, cmd::Append, cmd::Expunge,
                 cmd::Search, cmd::Fetch, cmd::Store, cmd::Copy, cmd::Move, cmd::SetAcl, cmd::GetAcl,
                 cmd::ListRights, cmd::MyRights, cmd::GetQuota, cmd::GetQuotaRoot, cmd::SetQuota,
                 cmd::GetMetadata, cmd::SetMetadata, cmd::Thread, cmd::MultiSearch, cmd::CancelUpdate,
                 cmd::Comparator, cmd::Language, cmd::UidBatches, cmd::Replace, cmd::Notify>;

}  // namespace imap
