// StoreContext: what every part of the store stands on. One for each store; outlives all folders and
// accounts.
#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <utility>

#include "base/clock.hpp"
#include "base/id_source.hpp"
#include "store/recently_used.hpp"
#include "store/store.hpp"

namespace store {

/// Folders where something waits to be collected, with the time when it may be. Lost at a restart: the
/// collector's sweep finds the rest.
class CollectList {
public:
    struct Work {
        base::AccountId account;
        std::int64_t due = 0;
    };
    void add(base::FolderId folder, Work work) {
        const std::lock_guard lock(mutex_);
        const auto [at, fresh] = folders_.try_emplace(folder, work);
        if (!fresh && work.due < at->second.due) at->second = work;
    }
    std::map<base::FolderId, Work> take_due(std::int64_t now) {
        std::map<base::FolderId, Work> due;
        const std::lock_guard lock(mutex_);
        for (auto at = folders_.begin(); at != folders_.end();) {
            if (at->second.due <= now) {
                due.insert(*at);
                at = folders_.erase(at);
            } else {
                ++at;
            }
        }
        return due;
    }

private:
    std::mutex mutex_;
    std::map<base::FolderId, Work> folders_;
};

/// Messages whose damage the log has told: each once, however often it is read, and not without end.
class ToldList {
public:
    bool first_time(base::MessageId message) {
        const std::lock_guard lock(mutex_);
        return messages_.size() < messages_max && messages_.insert(message).second;
    }

private:
    static constexpr std::size_t messages_max = 1'024;  // who has more looks at `barid store check`
    std::mutex mutex_;
    std::set<base::MessageId> messages_;
};

struct StoreFigures {
    std::atomic<std::uint64_t> rounds = 0, changes = 0, conflicts = 0, unknown = 0, folder_loads = 0;
    std::atomic<std::uint64_t> collected_messages = 0, collected_blobs = 0, trimmed_log_rows = 0;
};

class LiveAccount;

struct StoreContext {
    engine::Engine& engine;
    const base::Clock& clock;
    StoreLimits limits;
    base::IdSource ids;
    CollectList collect;
    ToldList told_damaged;
    StoreFigures figures;
    RecentlyUsed recently_used;
    /// The live folder, whatever account it is of. \errors not_found
    std::function<awaitable<Result<FolderPtr>>(base::AccountId, base::FolderId)> open_folder;
    /// The account, read. \errors not_found
    std::function<awaitable<Result<std::shared_ptr<LiveAccount>>>(base::AccountId)> open_account;
    /// Its object, read or not.
    std::function<std::shared_ptr<LiveAccount>(base::AccountId)> find_account;

    /// So many messages came into the account, or some left it. Any thread.
    std::function<void(base::AccountId, std::uint32_t)> content_changed;

    StoreContext(engine::Engine& on, const base::Clock& time, StoreLimits bounds)
        : engine(on), clock(time), limits(bounds), ids(time), recently_used(bounds.live_bytes_max) {}
    std::int64_t now() const { return base::unix_seconds(clock.now()); }
};

/// What a folder needs of its account.
class FolderOwner {
public:
    virtual ~FolderOwner() = default;
    virtual base::AccountId owner_id() const = 0;
    /// Reads the folders' headers if that was not done yet: reserve() needs them.
    virtual awaitable<Result<void>> load_usage() = 0;
    /// Room under the quota that others cannot take any more; to be given back with committed() or release().
    virtual bool reserve(std::uint64_t bytes, std::uint64_t messages) = 0;
    struct Room {
        std::uint64_t bytes = 0, messages = 0;
    };
    virtual void release(std::uint64_t bytes, std::uint64_t messages) = 0;
    /// The folder's counters now; reserved room is given back in the same moment. `happened`: what sessions
    /// of the account must hear of, each as often as it did.
    virtual void committed(base::FolderId folder, const FolderTotals& totals, Room reserved,
                           std::vector<Notice> happened) = 0;
    /// Whether reserve() would say yes now.
    virtual bool has_room(std::uint64_t bytes, std::uint64_t messages) const = 0;
};

/// Room under the quota that one change holds. However the change ends, a round that threw or was destroyed
/// included, the room is given back, or spent by the commit that counts it.
class Reservation {
public:
    Reservation() = default;
    Reservation(const Reservation&) = delete;
    Reservation& operator=(const Reservation&) = delete;
    ~Reservation() { give_back(); }

    bool held() const { return owner_ != nullptr; }
    /// False: the mailbox is full.
    bool take(std::shared_ptr<FolderOwner> owner, std::uint64_t bytes, std::uint64_t messages) {
        if (!owner->reserve(bytes, messages)) return false;
        give_back();
        owner_ = std::move(owner);
        room_ = {bytes, messages};
        return true;
    }
    void give_back() {
        if (const auto owner = std::exchange(owner_, nullptr)) owner->release(room_.bytes, room_.messages);
    }
    /// For FolderOwner::committed().
    FolderOwner::Room spend() {
        return std::exchange(owner_, nullptr) == nullptr ? FolderOwner::Room() : room_;
    }

private:
    std::shared_ptr<FolderOwner> owner_;
    FolderOwner::Room room_;
};

}  // namespace store
