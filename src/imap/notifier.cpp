// How things stand where a client listens, and what happens in folders there: RFC 5465 sections 3.1, 5.1 to
// 5.3, 5.6 to 5.9.
#include "imap/notifier.hpp"

#include <utility>

#include "base/log.hpp"
#include "imap/session.hpp"

namespace imap {

namespace {

using store::Right;
using Event = NotifyGroup::Event;

// What needs "r" beside "l" (RFC 5465 section 5).
constexpr std::uint16_t reading_events = NotifyGroup::message_events | Event::mailbox_metadata_change;

bool is_for_selected(const NotifyGroup& group) {
    return group.filter.kind == MailboxFilter::Kind::selected ||
           group.filter.kind == MailboxFilter::Kind::selected_delayed;
}

}  // namespace

Notifier::Notifier(Session& session, cmd::Notify notify)
    : session_(session), watcher_(session.connection_.waker()) {
    for (NotifyGroup& group : notify.groups) {
        if (is_for_selected(group)) {
            selected_events_ = group.events;
            delays_expunge_ = group.filter.kind == MailboxFilter::Kind::selected_delayed;
            fetch_ = std::move(group.fetch);
            continue;
        }
        if (group.events == 0) continue;
        all_events_ |= group.events;
        std::vector<MailboxFilter> filters;
        filters.push_back(std::move(group.filter));
        groups_.push_back(Group{MailboxFilters(filters), group.events});
    }
}

cmd::Notify Notifier::all_annotations() {
    NotifyGroup all;
    all.events = Event::mailbox_metadata_change | Event::server_metadata_change;
    cmd::Notify out;
    all.filter.kind = MailboxFilter::Kind::personal;
    out.groups.push_back(all);
    all.filter.kind = MailboxFilter::Kind::subtree;
    for (const std::string_view prefix : {others_prefix, public_prefix})
        all.filter.names.emplace_back(prefix.substr(0, prefix.size() - 1));
    out.groups.push_back(std::move(all));
    return out;
}

bool Notifier::is_own(const Source& source) const { return source.account == session_.account_; }

bool Notifier::is_selected(base::FolderId folder) const {
    return session_.selected_ && session_.selected_->folder->id() == folder;
}

store::Rights Notifier::rights_in(const Source& source, const store::FolderInfo& folder) const {
    return store::rights_of(folder.acl.get(), source.account->id(), session_.account_->id());
}

/// What the client wants to hear of a folder of this account.
std::uint16_t Notifier::events_of(const Source& source, const store::FolderInfo& folder) const {
    store::FolderInfo named = folder;
    named.name = source.prefix + folder.name;
    const bool own = is_own(source);
    // His own mailbox has the name: see Mailboxes::find().
    if (!own && session_.folders()->find(named.name) != nullptr) return 0;
    const bool subscribed = session_.folders()->subscribed.contains(named.name);
    std::uint16_t events = 0;
    for (const Group& group : groups_)
        if (group.filters.cover(named, own, subscribed)) events |= group.events;
    return events;
}

std::uint16_t Notifier::events_of(const Source& source, std::string_view name) const {
    store::FolderInfo folder;
    folder.name = name;
    if (const store::FolderInfo* known = source.tree->find(name)) folder = *known;
    return events_of(source, folder);
}

void Notifier::listen(store::AccountPtr account, std::string prefix) {
    Source source;
    source.account = std::move(account);
    source.prefix = std::move(prefix);
    source.subscription = source.account->subscribe(watcher_);
    // Listen first, look then: what happens between the two is told, not lost.
    source.speaks_for_server = is_own(source) || source.prefix == public_prefix;
    source.mark = source.account->notices_mark();
    source.tree = source.account->folders();
    const base::AccountId id = source.account->id();
    sources_.insert_or_assign(id, std::move(source));
}

/// The accounts whose mailboxes may be meant, as they are now. Of those that come later all that he sees is
/// news; of those that left all that he saw is gone.
awaitable<store::Error> Notifier::find_sources() {
    const bool first = sources_.empty();
    if (first) listen(session_.account_, {});
    // Annotations of the server that all see are in the public account.
    bool reach_others = (all_events_ & Event::server_metadata_change) != 0;
    for (const Group& group : groups_) reach_others |= group.filters.reach_others();
    if (!reach_others) co_return store::Error();
    auto around = co_await session_.neighbours();
    if (!around) co_return around.error();
    std::set<base::AccountId> wanted{session_.account_->id()};
    for (Neighbour& neighbour : *around) {
        const base::AccountId id = neighbour.account->id();
        wanted.insert(id);
        const auto known = sources_.find(id);
        if (known != sources_.end() && known->second.account == neighbour.account) continue;
        listen(std::move(neighbour.account), std::move(neighbour.prefix));
        if (!first) sources_.at(id).tree = std::make_shared<const store::FolderTree>();
    }
    for (auto at = sources_.begin(); at != sources_.end();) {
        const bool stays = wanted.contains(at->first);
        if (!stays) note_left(at->second);
        at = stays ? std::next(at) : sources_.erase(at);
    }
    co_return store::Error();
}

awaitable<Reply> Notifier::start(bool with_status) {
    if (groups_.empty()) co_return ok("Notify completed");
    const store::Error failed = co_await find_sources();
    if (!failed.is(store::Errc::none)) co_return reply_of(failed);
    if (quiet_) co_return ok("");
    std::vector<base::AccountId> accounts;
    for (const auto& [id, source] : sources_) accounts.push_back(id);
    for (const base::AccountId id : accounts) {
        const bool more = co_await tell_state(id, with_status);
        if (!more) co_return gone();
    }
    co_return ok("Notify completed");
}

/// Section 3.1: STATUS where the client asked for it, and \NoAccess where it asked for what it may not have.
awaitable<bool> Notifier::tell_state(base::AccountId account, bool with_status) {
    const Source& source = sources_.at(account);
    const store::FolderTreePtr tree = source.tree;
    const bool own = is_own(source);
    std::size_t looked_at = 0;
    for (const store::FolderInfo& folder : tree->folders) {
        if (++looked_at % 512 == 0) {
            const bool more = co_await session_.give_way();
            if (!more) co_return false;
        }
        if (!folder.selectable) continue;
        const store::Rights rights = rights_in(source, folder);
        const std::uint16_t events = rights.has(Right::lookup) ? events_of(source, folder) : 0;
        if ((events & reading_events) == 0) continue;
        if (!rights.has(Right::read)) {
            no_access_.insert(folder.id);
            write_no_access(source.prefix + folder.name);
            continue;
        }
        if (!with_status || (events & NotifyGroup::message_events) == 0 || is_selected(folder.id)) continue;
        const bool more = co_await tell_status(account, folder.id, first_items(events, own));
        if (!more) co_return false;
    }
    co_return true;
}

void Notifier::write_no_access(const std::string& name) {
    if (quiet_) return;
    ListResponse response;
    response.name = name;
    response.attributes = ListResponse::no_access;
    write_list(session_.out(), response, session_.write_mode());
}

/// False: the session is over. A folder that is gone, or may not be read any more, is passed over.
awaitable<bool> Notifier::tell_status(base::AccountId account, base::FolderId folder, std::uint16_t items) {
    const Source& source = sources_.at(account);
    const store::FolderTreePtr tree = source.account->folders();
    const store::FolderInfo* info = tree->find(folder);
    const bool told = info != nullptr && info->selectable && rights_in(source, *info).has(Right::read);
    if (!told) co_return true;
    const std::string name = source.prefix + info->name;
    auto status = co_await session_.status_of(source.account, folder, items);
    if (!status) co_return true;
    status->name = name;
    write_status(session_.out(), *status, session_.write_mode());
    co_return co_await session_.breathe();
}

/// Section 3.1. What is unseen in another's folder would have to be counted: it is told when it changes.
std::uint16_t Notifier::first_items(std::uint16_t events, bool own) const {
    std::uint16_t items = status_messages;
    if ((events & Event::message_new) != 0) items |= status_uid_next | status_uid_validity;
    if ((events & Event::flag_change) != 0) items |= status_uid_validity | status_highest_mod_seq;
    if ((events & Event::flag_change) != 0 && own) items |= status_unseen;
    return items;
}

/// Sections 5.1 to 5.3.
std::uint16_t Notifier::items_of(store::Notice::Kind kind, std::uint16_t events, bool own) const {
    using Kind = store::Notice::Kind;
    std::uint16_t items = 0;
    const bool counts = kind == Kind::appended || kind == Kind::expunged;
    if (counts && (events & Event::message_new) != 0) items = status_messages | status_uid_next;
    const bool flags = (events & Event::flag_change) != 0;
    if (counts && flags && own) items |= status_unseen;
    if (kind == Kind::flags && flags) items = status_uid_validity | status_unseen;
    if (items != 0 && session_.condstore_) items |= status_highest_mod_seq;
    return items;
}

/// Puts together what is to be said of each folder.
void Notifier::sort_notices(const Source& source, const store::NoticesRead& read,
                            std::map<base::FolderId, Said>& said) const {
    const bool own = is_own(source);
    const store::FolderTreePtr tree = source.account->folders();
    for (const store::Notice& notice : read.notices) {
        const bool annotation = notice.kind == store::Notice::Kind::annotation;
        if (notice.once && own_folders_.contains(notice.folder)) continue;
        if (!notice.folder) {  // the server
            if (source.speaks_for_server && (all_events_ & Event::server_metadata_change) != 0)
                said[notice.folder].entries.push_back(notice.entry);
            continue;
        }
        // Section 3.1: messages of the selected mailbox are told by what was said of that.
        if (!annotation && is_selected(notice.folder)) continue;
        const store::FolderInfo* folder = tree->find(notice.folder);
        if (folder == nullptr) continue;
        const store::Rights rights = rights_in(source, *folder);
        if (!rights.has(Right::lookup) || !rights.has(Right::read)) continue;
        const std::uint16_t events = events_of(source, *folder);
        if (!annotation) {
            const std::uint16_t items = items_of(notice.kind, events, own);
            if (items != 0) said[notice.folder].items |= items;
        } else if ((events & Event::mailbox_metadata_change) != 0) {
            said[notice.folder].entries.push_back(notice.entry);
        }
    }
}

awaitable<bool> Notifier::tell_notices(base::AccountId account) {
    Source& source = sources_.at(account);
    const store::NoticesRead read = source.account->notices(source.mark, session_.account_->id());
    source.mark = read.mark;
    if (read.lost && !quiet_) {
        overflow();
        co_return true;
    }
    std::map<base::FolderId, Said> said;
    sort_notices(source, read, said);
    const store::FolderTreePtr tree = source.account->folders();
    for (const auto& [folder, what] : said) {
        if (what.items != 0) {
            const bool more = co_await tell_status(account, folder, what.items);
            if (!more) co_return false;
        }
        if (what.entries.empty()) continue;
        const store::FolderInfo* info = tree->find(folder);
        if (folder && info == nullptr) continue;
        const std::string name = folder ? source.prefix + info->name : std::string();
        write_metadata_names(session_.out(), name, what.entries, session_.write_mode());
        const bool more = co_await session_.breathe();
        if (!more) co_return false;
    }
    co_return true;
}

awaitable<bool> Notifier::tell() {
    bool more = true;
    if (watcher_.take()) {
        bool names = false;
        for (const auto& [id, source] : sources_) names |= source.account->folders() != source.tree;
        if (names) {
            const store::Error failed = co_await find_sources();
            if (!failed.is(store::Errc::none) && !quiet_) overflow();
            for (auto& [id, source] : sources_) note_names(source);
            more = co_await tell_names();
        }
        std::vector<base::AccountId> accounts;
        for (const auto& [id, source] : sources_) accounts.push_back(id);
        for (std::size_t at = 0; more && at < accounts.size(); ++at)
            if (sources_.contains(accounts[at])) more = co_await tell_notices(accounts[at]);
    }
    own_folders_.clear();
    own_names_.clear();
    co_return more;
}

/// Section 5.8: from here on as after NOTIFY NONE.
void Notifier::overflow() {
    base::log::info("imap", "notifications are lost", {{"user", session_.user_}});
    write_condition(session_.out(), "*", Condition::ok, code::notification_overflow,
                    "Too much happened; ask again with NOTIFY SET");
    groups_.clear();
    all_events_ = selected_events_ = 0;
    listed_.clear();
    anew_.clear();
    sources_.clear();
}

}  // namespace imap
