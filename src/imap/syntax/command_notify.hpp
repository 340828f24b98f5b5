// NOTIFY (RFC 5465), and what it shares with ESEARCH (RFC 7377): see command.hpp.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "imap/syntax/fetch_item.hpp"

namespace imap {

/// filter-mailboxes of RFC 5465 section 6, with subtree-one of RFC 7377, which only ESEARCH knows.
struct MailboxFilter {
    enum class Kind : std::uint8_t {
        selected,
        inboxes,
        personal,
        subscribed,
        subtree,
        subtree_one,
        mailboxes,
        selected_delayed  ///< of NOTIFY only
    };
    Kind kind = Kind::selected;
    std::vector<std::string> names;  ///< of subtree, subtree-one and mailboxes
};

/// 1*(fetch-att), of messages that are new.
struct FetchAttributes {
    std::uint32_t items = 0;  ///< FetchItem bits
    std::vector<FetchSection> sections;
    bool empty() const { return items == 0 && sections.empty(); }
    bool operator==(const FetchAttributes&) const = default;
};

/// event-group
struct NotifyGroup {
    enum Event : std::uint16_t {
        message_new = 1,
        message_expunge = 2,
        flag_change = 4,
        mailbox_name = 8,
        subscription_change = 16,
        mailbox_metadata_change = 32,
        server_metadata_change = 64,
        other = 128,  ///< AnnotationChange, or what no RFC knows yet: to be refused with BADEVENT
    };
    static constexpr std::uint16_t message_events = message_new | message_expunge | flag_change;

    MailboxFilter filter;
    std::uint16_t events = 0;  ///< Event bits; 0: NONE
    FetchAttributes fetch;     ///< of MessageNew, where the filter is of the selected mailbox
};

namespace cmd {

struct Notify {                       // RFC 5465 section 3.1
    bool status = false;              ///< tell how things stand first
    std::vector<NotifyGroup> groups;  ///< of SET; empty: NONE
};

}  // namespace cmd
}  // namespace imap
