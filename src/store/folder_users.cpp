// A folder that several people read: what each has seen, and who is told when that changes.
#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "store/keys.hpp"
#include "store/user_folder.hpp"

namespace store {

awaitable<Result<FolderPtr>> LiveFolder::for_user(base::AccountId user) {
    if (!known_seen(user)) {
        auto change = std::make_shared<LoadChange>();
        change->user = user;
        co_await submit(change);
        if (!change->error.is(Errc::none)) co_return change->error;
    }
    FolderPtr out;
    const LiveFolderPtr folder = self();
    {
        const std::lock_guard lock(mutex_);
        std::weak_ptr<Folder>& known = users_.at(user)->folder;
        out = known.lock();
        if (!out) {
            out = std::make_shared<UserFolder>(folder, user);
            known = out;
        }
    }
    context_.recently_used.touch(out, folder->weight());
    co_return out;
}

UserSeenPtr LiveFolder::known_seen(base::AccountId user) const {
    const std::lock_guard lock(mutex_);
    const auto known = users_.find(user);
    return known == users_.end() ? nullptr : known->second->seen;
}

LiveFolder::Seen LiveFolder::seen_by(base::AccountId user) const {
    const std::lock_guard lock(mutex_);
    return Seen{snapshot_, users_.at(user)->seen};
}

SubscriptionPtr LiveFolder::subscribe_user(base::AccountId user, Subscriber& subscriber) {
    std::shared_ptr<User> known;
    {
        const std::lock_guard lock(mutex_);
        known = users_.at(user);
    }
    return known->subscribers.add(subscriber);
}

void LiveFolder::tell(bool all, const std::vector<base::AccountId>& users) {
    std::vector<std::shared_ptr<User>> told;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [user, state] : users_)
            if (all || std::binary_search(users.begin(), users.end(), user)) told.push_back(state);
    }
    if (all) subscribers_.notify();
    for (const auto& user : told) user->subscribers.notify();
}

void LiveFolder::nudge() { tell(true, {}); }

std::size_t LiveFolder::weight() const {
    const std::lock_guard lock(mutex_);
    const std::size_t messages = snapshot_->size();
    return 2'048 + messages * (sizeof(Entry) + 8) + users_.size() * messages * (sizeof(ModSeq) + 1);
}

/// In a round: those that its changes name and that nobody asked for before.
awaitable<Result<void>> LiveFolder::load_users(std::vector<std::shared_ptr<FolderChange>> changes) {
    for (const auto& change : changes) {
        if (!change->user || known_seen(change->user)) continue;
        const auto loaded = co_await load_user(change->user);
        if (!loaded) co_return loaded;
    }
    co_return Result<void>();
}

/// After the folder was read again: what is known of its users may be old too.
awaitable<Result<void>> LiveFolder::reload_users() {
    std::vector<base::AccountId> users;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [user, state] : users_)
            if (state->seen) users.push_back(user);
    }
    for (const base::AccountId user : users) {
        const auto loaded = co_await load_user(user);
        if (!loaded) co_return loaded;
    }
    stale_ = false;
    // A change of his with unknown outcome may have happened: his sessions look again.
    tell(false, users);
    co_return Result<void>();
}

/// \errors conflict: the folder was changed elsewhere
awaitable<Result<void>> LiveFolder::load_user(base::AccountId user) {
    UserSeenDraft draft(std::make_shared<const UserSeen>());
    std::string after;
    for (bool more = version_ != 0; more;) {
        const std::string prefix = keys::user_pages(user);
        const auto rows = co_await context_.engine.scan(partition_, after, prefix, 0, version_);
        if (!rows) co_return rows.error();
        for (const engine::Row& row : rows->rows) {
            const auto key = keys::parse_user_page(row.key);
            std::shared_ptr<SeenPage> page;
            if (key) page = decode_seen_page(key->number, row.value);
            if (page) {
                draft.put(std::move(page));
            } else {
                // Messages of this page are new to him again; more is not lost.
                base::log::error("store", "a user's row is damaged",
                                 {{"partition", partition_}, {"row", row.key}});
            }
        }
        more = rows->more && !rows->rows.empty();
        if (more) after = rows->rows.back().key;
    }
    UserSeenPtr seen = draft.finish();
    const std::lock_guard lock(mutex_);
    std::shared_ptr<User>& known = users_[user];
    if (!known) known = std::make_shared<User>();
    known->seen = std::move(seen);
    co_return Result<void>();
}

}  // namespace store
