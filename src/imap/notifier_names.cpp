// What happens to the names of mailboxes: RFC 5465 sections 5.4, 5.5 and 5.9.
#include <utility>

#include "imap/commands/list_rows.hpp"
#include "imap/notifier.hpp"
#include "imap/session.hpp"

namespace imap {

namespace {

using Event = NotifyGroup::Event;
using Kind = FolderNews::Kind;

constexpr std::uint16_t reading_events = NotifyGroup::message_events | Event::mailbox_metadata_change;

std::string parent_of(const std::string& name) {
    const std::size_t slash = name.rfind('/');
    return slash == std::string::npos ? std::string() : name.substr(0, slash);
}

}  // namespace

/// Section 5: the client's own commands are no news. Who makes "a/b/c" has made "a" and "a/b" too.
bool Notifier::did_itself(std::string_view name) const {
    for (const std::string& own : own_names_)
        if (own.starts_with(name) && (own.size() == name.size() || own[name.size()] == '/')) return true;
    return false;
}

void Notifier::note_names(Source& source) {
    const store::FolderTreePtr now = source.account->folders();
    if (now == source.tree) return;
    const store::FolderTreePtr before = std::exchange(source.tree, now);
    if (quiet_) return;
    const auto all = compare_trees(*before, *now, source.account->id(), session_.account_->id());
    for (const FolderNews& news : all) note_news(source, news);
    if (is_own(source)) note_subscriptions(source, *before);
}

/// Of an account that shares nothing with him any more.
void Notifier::note_left(Source& source) {
    note_names(source);
    if (quiet_) return;
    const store::FolderTree nothing;
    const auto all = compare_trees(*source.tree, nothing, source.account->id(), session_.account_->id());
    for (const FolderNews& news : all) note_news(source, news);
}

void Notifier::note_news(const Source& source, const FolderNews& news) {
    const std::string name = source.prefix + news.folder.name;
    const bool own_doing = did_itself(name);
    std::uint16_t events = events_of(source, news.folder);
    const base::FolderId id = news.folder.id;
    switch (news.kind) {
        case Kind::appeared:
        case Kind::vanished:
            if (!own_doing) note_come_or_gone(source, news, events);
            break;
        case Kind::renamed:
            events |= events_of(source, news.old_name);
            if ((events & Event::mailbox_name) != 0 && !own_doing)
                listed_[name].old_name = source.prefix + news.old_name;
            break;
        case Kind::opened:
            if (no_access_.erase(id) != 0) listed_[name];
            break;
        case Kind::closed:
            if ((events & reading_events) == 0) break;
            no_access_.insert(id);
            listed_[name].attributes = ListResponse::no_access;
            break;
    }
}

/// The mailbox and its direct parent are concerned (section 5.4). To a client that listens to messages only
/// the right that was lost or given is told (section 5.9).
void Notifier::note_come_or_gone(const Source& source, const FolderNews& news, std::uint16_t events) {
    const std::string name = source.prefix + news.folder.name;
    const bool came = news.kind == Kind::appeared;
    const bool known = came ? no_access_.erase(news.folder.id) != 0 : false;
    if ((events & Event::mailbox_name) != 0) {
        listed_[name];
    } else if (came && known) {
        listed_[name];
    } else if (!came && news.still_there && (events & reading_events) != 0) {
        no_access_.insert(news.folder.id);
        write_no_access(name);
    }
    const std::string parent = parent_of(news.folder.name);
    if (!parent.empty() && (events_of(source, parent) & Event::mailbox_name) != 0)
        listed_[source.prefix + parent];
    // Section 5.1: a change of UIDVALIDITY is told, also to who does not want to hear of names.
    if (came && news.anew && (events & Event::flag_change) != 0)
        anew_.push_back(Anew{source.account->id(), news.folder.id, first_items(events, is_own(source))});
}

void Notifier::note_subscriptions(const Source& source, const store::FolderTree& before) {
    if ((all_events_ & Event::subscription_change) == 0) return;
    for (const std::string& name : compare_subscriptions(before, *source.tree)) {
        store::FolderInfo folder;
        folder.name = name;
        if (const store::FolderInfo* known = source.tree->find(name)) folder = *known;
        const bool own = space_of(name).space == Space::personal || folder.id;
        std::uint16_t events = 0;
        // Section 6.4: that it is subscribed no more is news of what was.
        for (const Group& group : groups_)
            if (group.filters.cover(folder, own, true)) events |= group.events;
        if ((events & Event::subscription_change) != 0 && !did_itself(name)) listed_[name];
    }
}

/// False: the session is over.
awaitable<bool> Notifier::tell_names() {
    if (!listed_.empty()) {
        const bool more = co_await list_names();
        if (!more) co_return false;
    }
    const std::vector<Anew> anew = std::exchange(anew_, {});
    for (const Anew& each : anew) {
        if (!sources_.contains(each.account) || is_selected(each.folder)) continue;
        const bool more = co_await tell_status(each.account, each.folder, each.items);
        if (!more) co_return false;
    }
    co_return true;
}

awaitable<bool> Notifier::list_names() {
    const auto names = std::exchange(listed_, {});
    const auto listing = co_await session_.listing();
    if (!listing) {
        overflow();
        co_return true;
    }
    const store::FolderTree& tree = *listing->tree;
    for (const auto& [name, what] : names) {
        const store::FolderInfo* folder = tree.find(name);
        ListResponse response;
        response.name = name;
        response.attributes = list_attributes(tree, name, folder) | what.attributes;
        if (what.old_name) response.old_name = *what.old_name;
        write_list(session_.out(), response, session_.write_mode());
        const bool more = co_await session_.breathe();
        if (!more) co_return false;
    }
    co_return true;
}

}  // namespace imap
