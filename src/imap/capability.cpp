// The list of extensions. A word stands here only when it is whole, with a transcript that shows it.
#include "imap/capability.hpp"

#include <string_view>

namespace imap {

namespace {

// Before login: RFC 9051 section 6.1.1 wants the base here too, RFC 5255 section 3.1 LANGUAGE; LITERAL+ (RFC
// 7888) stands for LITERAL- as well.
constexpr std::string_view always = "IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ID ENABLE LANGUAGE";

// After login. What IMAP4rev2 holds is named too, for clients of IMAP4rev1.
constexpr std::string_view after_login =
    " IDLE NAMESPACE UIDPLUS UNSELECT MOVE CHILDREN SPECIAL-USE CREATE-SPECIAL-USE CONDSTORE QRESYNC ESEARCH "
    "SEARCHRES"
    " LIST-EXTENDED LIST-STATUS STATUS=SIZE BINARY MULTIAPPEND WITHIN OBJECTID SAVEDATE PREVIEW UTF8=ACCEPT"
    " QUOTA QUOTA=RES-STORAGE QUOTA=RES-MESSAGE QUOTA=RES-MAILBOX METADATA LIST-METADATA UIDONLY UIDBATCHES "
    "INPROGRESS "
    "XLIST"
    " SORT SORT=DISPLAY THREAD=ORDEREDSUBJECT THREAD=REFERENCES THREAD=REFS ESORT CONTEXT=SEARCH CONTEXT=SORT"
    " PARTIAL MULTISEARCH SEARCH=FUZZY I18NLEVEL=2 COMPRESS=DEFLATE UNAUTHENTICATE CATENATE REPLACE NOTIFY "
    "FILTERS";

constexpr std::string_view unauthenticate = " UNAUTHENTICATE";

// RFC 4314 section 5.1.1, RFC 8440; RFC 9208 section 4.1.3: by the administrators that the directory names.
constexpr std::string_view sharing = " ACL RIGHTS=kxte LIST-MYRIGHTS QUOTASET";

}  // namespace

std::string capability_line(const CapabilityFacts& facts) {
    std::string line(always);
    if (facts.logged_in) {
        line.append(after_login);
        if (facts.relayed) line.erase(line.find(unauthenticate), unauthenticate.size());
        if (facts.shares) line.append(sharing);
        line.append(" APPENDLIMIT=").append(std::to_string(facts.append_bytes_max));
        // RFC 9738 section 5: one or the other.
        if (facts.command_messages_max != 0) {
            line.append(" MESSAGELIMIT=").append(std::to_string(facts.command_messages_max));
        } else if (facts.saved_messages_max != 0) {
            line.append(" SAVELIMIT=").append(std::to_string(facts.saved_messages_max));
        }
        return line;
    }
    if (facts.can_start_tls) line += " STARTTLS";
    if (facts.plain_text_refused) line += " LOGINDISABLED";
    for (const std::string& mechanism : facts.mechanisms) line.append(" AUTH=").append(mechanism);
    return line;
}

}  // namespace imap
