// Writers of responses: values appended to the connection's output. RFC 9051 section 7. FETCH is in
// fetch_writer.hpp.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "imap/syntax/command.hpp"
#include "imap/syntax/sequence_set.hpp"

namespace imap {

/// How strings may be written to this client.
struct WriteMode {
    bool utf8 =
        false;  ///< UTF8=ACCEPT or IMAP4rev2 is enabled: quoted strings may hold UTF-8 (RFC 6855 section 3)
};

// Pieces. None of them makes a temporary string.
void write_number(std::string& out, std::uint64_t number);
/// Quoted if it can be, else a literal (RFC 9051 section 4.3). 8-bit text without mode.utf8 becomes a
/// literal.
void write_string(std::string& out, std::string_view text, WriteMode mode = {});
void write_nstring(std::string& out, const std::optional<std::string_view>& text, WriteMode mode = {});
/// An atom where it can be one, else as write_string().
void write_astring(std::string& out, std::string_view text, WriteMode mode = {});
/// \param name UTF-8; becomes modified UTF-7 without mode.utf8. Always quoted, never a literal: imap.md
/// quirk 18.
void write_mailbox(std::string& out, std::string_view name, WriteMode mode = {});
/// "(\Seen $Junk)": system flags of FlagList::Bit, then keywords.
void write_flag_list(std::string& out, const FlagList& flags);

// Status responses: RFC 9051 section 7.1. `code` goes into brackets when it is not empty.
enum class Condition : std::uint8_t { ok, no, bad, bye, preauth };
/// \param tag "*" for an untagged one.
/// \param text what a client may show; must not be empty. CR, LF and NUL in it are written as spaces.
void write_condition(std::string& out, std::string_view tag, Condition condition, std::string_view code,
                     std::string_view text);
/// "+ text". Empty text gives "+ " as RFC 9051 section 7.6 wants for SASL.
void write_continuation(std::string& out, std::string_view text);

/// Response codes without arguments, and builders for those with. RFC 9051 section 7.1, RFC 5530, RFC 7162.
namespace code {
inline constexpr std::string_view alert = "ALERT", parse = "PARSE", read_only = "READ-ONLY",
                                  read_write = "READ-WRITE", try_create = "TRYCREATE",
                                  uid_not_sticky = "UIDNOTSTICKY", unavailable = "UNAVAILABLE",
                                  authentication_failed = "AUTHENTICATIONFAILED",
                                  authorization_failed = "AUTHORIZATIONFAILED", expired = "EXPIRED",
                                  privacy_required = "PRIVACYREQUIRED", contact_admin = "CONTACTADMIN",
                                  no_perm = "NOPERM", in_use = "INUSE", expunge_issued = "EXPUNGEISSUED",
                                  corruption = "CORRUPTION", server_bug = "SERVERBUG",
                                  client_bug = "CLIENTBUG", cannot = "CANNOT", limit = "LIMIT",
                                  over_quota = "OVERQUOTA", already_exists = "ALREADYEXISTS",
                                  nonexistent = "NONEXISTENT", not_saved = "NOTSAVED",
                                  has_children = "HASCHILDREN", closed = "CLOSED",
                                  unknown_cte = "UNKNOWN-CTE", no_mod_seq = "NOMODSEQ",
                                  too_small = "TOOSMALL", uid_required = "UIDREQUIRED", use_attr = "USEATTR",
                                  too_big = "TOOBIG", compression_active = "COMPRESSIONACTIVE",
                                  bad_comparator = "BADCOMPARATOR",
                                  notification_overflow = "NOTIFICATIONOVERFLOW",
                                  bad_charset = "BADCHARSET (US-ASCII UTF-8)";
/// RFC 5465 section 8: all events that there are.
inline constexpr std::string_view bad_event =
    "BADEVENT (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange MailboxMetadataChange "
    "ServerMetadataChange)";
/// RFC 5466 section 4.
std::string undefined_filter(std::string_view name);
/// RFC 5267 section 4.3.1.
std::string no_update(std::string_view tag);
std::string uid_validity(std::uint32_t value);
std::string uid_next(base::Uid next);
std::string highest_mod_seq(base::ModSeq value);
/// RFC 3501 section 7.1: sequence number of the first unseen message.
std::string unseen(base::SeqNum first);
std::string append_uid(std::uint32_t uid_validity, std::span<const base::Uid> uids);
/// Same order on both sides: RFC 4315 section 3.
std::string copy_uid(std::uint32_t uid_validity, std::span<const base::Uid> source,
                     std::span<const base::Uid> destination);
/// "MODIFIED 7,9". RFC 7162 section 3.1.3. Uids for UID STORE, else sequence numbers.
std::string modified(std::span<const NumberRange> numbers);
/// "MESSAGELIMIT 1000 23221": the limit, and the lowest uid that the command got to; 0: it did nothing.
std::string message_limit(std::uint32_t most, base::Uid lowest = base::Uid());
/// "CAPABILITY …", RFC 9051 section 7.1.
std::string capability(std::string_view capabilities);
/// "PERMANENTFLAGS (… \*)"; `new_keywords`: \* is offered.
std::string permanent_flags(const FlagList& flags, bool new_keywords);
/// "BADURL …". RFC 4469 section 4.1.
std::string bad_url(std::string_view url);
/// "MAILBOXID (F…)", RFC 8474.
std::string mailbox_id(std::string_view id);
/// RFC 5464 sections 4.2.1 and 4.3.
inline constexpr std::string_view metadata_too_many = "METADATA TOOMANY";
std::string metadata_long_entries(std::uint64_t longest);
std::string metadata_max_size(std::uint64_t octets);
}  // namespace code

// Untagged data.
void write_capability(std::string& out, std::string_view capabilities);
void write_enabled(std::string& out, std::span<const std::string> capabilities);
/// "* FLAGS (\Answered … $Junk)".
void write_flags(std::string& out, const FlagList& flags);
void write_exists(std::string& out, std::uint32_t count);
void write_recent(std::string& out, std::uint32_t count);
void write_expunge(std::string& out, base::SeqNum seq);
/// "* VANISHED (EARLIER) 1:3,7". RFC 7162 section 3.2.10. Writes nothing for an empty set.
void write_vanished(std::string& out, bool earlier, std::span<const NumberRange> uids);

/// "* UIDBATCHES (TAG "A1") 900:51,50:1". RFC 10022 section 3.1.2: the batch with the greatest uids comes
/// first.
/// \param batches in that order, first ≤ last
void write_uid_batches(std::string& out, std::string_view tag, std::span<const NumberRange> batches);

/// One LIST, LSUB or XLIST response. RFC 9051 section 7.3.1, RFC 5258.
struct ListResponse {
    enum Attribute : std::uint32_t {
        no_inferiors = 1U << 0,
        no_select = 1U << 1,
        nonexistent = 1U << 2,
        has_children = 1U << 3,
        has_no_children = 1U << 4,
        marked = 1U << 5,
        unmarked = 1U << 6,
        subscribed = 1U << 7,
        remote = 1U << 8,
        all = 1U << 9,
        archive = 1U << 10,
        drafts = 1U << 11,
        flagged = 1U << 12,
        junk = 1U << 13,
        sent = 1U << 14,
        trash = 1U << 15,
        important = 1U << 16,  ///< RFC 6154, RFC 8457
        inbox = 1U << 17,      ///< XLIST only
        memos = 1U << 18,
        scheduled = 1U << 19,
        snoozed = 1U << 20,    ///< RFC 9979
        no_access = 1U << 21,  ///< RFC 5465 section 3.1
    };
    cmd::List::Kind kind = cmd::List::Kind::list;
    std::uint32_t attributes = 0;
    char delimiter = '/';                      ///< '\0': NIL
    std::string_view name;                     ///< UTF-8
    bool child_info_subscribed = false;        ///< ("CHILDINFO" ("SUBSCRIBED")), RFC 5258 section 3.5
    std::optional<std::string_view> old_name;  ///< ("OLDNAME" (…)), RFC 9051 section 6.3.9.7
};
void write_list(std::string& out, const ListResponse& response, WriteMode mode = {});

/// One STATUS response: the items of `items` are written. RFC 9051 section 7.3.4.
struct StatusResponse {
    std::string_view name;    ///< UTF-8
    std::uint16_t items = 0;  ///< StatusItem bits
    std::uint32_t messages = 0, recent = 0, unseen = 0, deleted = 0, uid_validity = 0;
    base::Uid uid_next;
    std::uint64_t size = 0, deleted_storage = 0;
    base::ModSeq highest_mod_seq;
    std::optional<std::uint64_t> append_limit;  ///< absent: NIL, no limit
    std::string_view mailbox_id;
};
void write_status(std::string& out, const StatusResponse& response, WriteMode mode = {});

/// The places that a client asked for, of `count` from 1; first > last: there are none.
struct Places {
    std::uint64_t first = 1, last = 0;
};
Places places_of(PartialRange part, std::uint64_t count);

/// RFC 9051 section 7.3.4 (ESEARCH). Of `returns`, what has no value is not written: min and max of an empty
/// result.
struct SearchResponse {
    std::string_view tag;  ///< written quoted: new Outlook needs that (imap.md quirk 13)
    bool uid = false;
    std::uint16_t returns = 0;                           ///< cmd::Search::Return bits
    NumberRanges result;                                 ///< uids or sequence numbers
    const std::vector<std::uint32_t>* sorted = nullptr;  ///< of SORT, in its order; then `result` is empty
    PartialRange part;                                   ///< for cmd::Search::partial (RFC 9394)
    std::span<const std::uint8_t> relevancy;             ///< RFC 6203; one for each of the result
    /// Greatest mod-sequence of the result (RFC 7162 section 3.1.5), when the search had MODSEQ and found
    /// something.
    std::optional<base::ModSeq> mod_seq;
    std::optional<std::string_view> mailbox;  ///< of ESEARCH (RFC 7377 section 2.1), with uid_validity
    std::uint32_t uid_validity = 0;
    WriteMode mode;
};
void write_esearch(std::string& out, const SearchResponse& response);
/// Results that come into a context or leave it, each at a place; RFC 5267 sections 4.3.3 and 4.3.4.
struct ContextChange {
    std::uint32_t position = 0;  ///< 0: wherever they belong
    NumberRanges numbers;
};
/// "* ESEARCH (TAG "B01") UID ADDTO (0 32768:32769)".
void write_context_change(std::string& out, std::string_view tag, bool uid, bool added,
                          std::span<const ContextChange> changes);

/// "* COMPARATOR i;octet (…)": RFC 5255 section 4.8. `matching` is written when there are several.
void write_comparator(std::string& out, std::string_view active, std::span<const std::string_view> matching);
/// "* LANGUAGE (EN DE)": RFC 5255 section 3.3.
void write_language(std::string& out, std::span<const std::string_view> tags);

/// "* NAMESPACE (("" "/")) NIL NIL". RFC 9051 section 7.3.5; absent parts are NIL.
struct NamespaceResponse {
    struct Entry {
        std::string_view prefix;
        char delimiter = '/';
    };
    std::vector<Entry> personal, other_users, shared;
};
void write_namespace(std::string& out, const NamespaceResponse& response, WriteMode mode = {});
/// RFC 4314 sections 3.6 to 3.8.
struct AclPair {
    std::string identifier;
    std::string rights;
};
void write_acl(std::string& out, std::string_view mailbox, const std::vector<AclPair>& pairs,
               WriteMode mode = {});
/// \param each rights that can be given one by one
void write_list_rights(std::string& out, std::string_view mailbox, std::string_view identifier,
                       std::string_view always, std::string_view each, WriteMode mode = {});
void write_my_rights(std::string& out, std::string_view mailbox, std::string_view rights,
                     WriteMode mode = {});
/// RFC 5464 section 4.4.1.
struct MetadataEntry {
    std::string_view name;
    std::optional<std::string_view> value;
};
/// \param mailbox empty: the server
void write_metadata(std::string& out, std::string_view mailbox, const std::vector<MetadataEntry>& entries,
                    WriteMode mode = {});
/// "* METADATA "INBOX" /shared/comment": RFC 5464 section 4.4.2, unasked.
void write_metadata_names(std::string& out, std::string_view mailbox, std::span<const std::string> entries,
                          WriteMode mode = {});
/// RFC 9208 sections 4.2.1 and 4.2.2.
struct QuotaResource {
    std::string_view name;
    std::uint64_t usage = 0, limit = 0;
};
void write_quota(std::string& out, std::string_view root, const std::vector<QuotaResource>& resources,
                 WriteMode mode = {});
void write_quota_root(std::string& out, std::string_view mailbox, std::string_view root, WriteMode mode = {});
/// "* ID (…)"; no fields: NIL. RFC 2971.
void write_id(std::string& out, std::span<const std::pair<std::string_view, std::string_view>> fields);

}  // namespace imap
