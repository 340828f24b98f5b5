// MailboxFilters: which mailboxes the filters of ESEARCH (RFC 7377 section 2.2) and NOTIFY (RFC 5465 section
// 6) name. Pure. Names are looked up, not walked through: there may be thousands of them, and of mailboxes.
#pragma once
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "imap/syntax/command_notify.hpp"
#include "store/account.hpp"

namespace imap {

class MailboxFilters {
public:
    using Kind = MailboxFilter::Kind;

    explicit MailboxFilters(const std::vector<MailboxFilter>& filters);

    bool has(Kind kind) const { return kinds_.contains(kind); }
    bool only_selected() const { return kinds_.size() == 1 && has(Kind::selected); }
    /// Not only his own mailboxes can be meant.
    bool reach_others() const {
        return has(Kind::subscribed) || has(Kind::subtree) || has(Kind::subtree_one) || has(Kind::mailboxes);
    }
    /// But for the selected mailbox. INBOX is all that mail is delivered to.
    /// \param folder under its full name
    bool cover(const store::FolderInfo& folder, bool is_own, bool is_subscribed) const;

private:
    using Names = std::set<std::string, std::less<>>;
    Names* names_of(Kind kind);
    bool is_in_tree(std::string_view name) const;

    std::set<Kind> kinds_;
    Names mailboxes_, trees_, parents_;
};

}  // namespace imap
