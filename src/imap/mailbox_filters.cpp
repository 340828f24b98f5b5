#include "imap/mailbox_filters.hpp"

namespace imap {

MailboxFilters::MailboxFilters(const std::vector<MailboxFilter>& filters) {
    for (const MailboxFilter& filter : filters) {
        kinds_.insert(filter.kind);
        Names* const names = names_of(filter.kind);
        if (names != nullptr) names->insert(filter.names.begin(), filter.names.end());
    }
}

bool MailboxFilters::cover(const store::FolderInfo& folder, bool is_own, bool is_subscribed) const {
    if (is_own && has(Kind::personal)) return true;
    if (is_own && has(Kind::inboxes) && folder.use == store::SpecialUse::inbox) return true;
    if (is_subscribed && has(Kind::subscribed)) return true;
    return mailboxes_.contains(folder.name) || is_in_tree(folder.name);
}

MailboxFilters::Names* MailboxFilters::names_of(Kind kind) {
    switch (kind) {
        case Kind::mailboxes:
            return &mailboxes_;
        case Kind::subtree:
            return &trees_;
        case Kind::subtree_one:
            return &parents_;
        default:
            return nullptr;
    }
}

bool MailboxFilters::is_in_tree(std::string_view name) const {
    if (trees_.empty() && parents_.empty()) return false;
    if (trees_.contains(name) || parents_.contains(name)) return true;
    std::size_t slash = name.rfind('/');
    if (slash != std::string_view::npos && parents_.contains(name.substr(0, slash))) return true;
    for (; slash != std::string_view::npos && slash != 0; slash = name.rfind('/', slash - 1))
        if (trees_.contains(name.substr(0, slash))) return true;
    return false;
}

}  // namespace imap
