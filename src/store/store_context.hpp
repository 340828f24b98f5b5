// StoreContext: what every part of the store stands on. One for each store; outlives all folders and
// accounts.
#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <mutex>

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
        folders_.try_emplace(folder, work);
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
    StoreFigures figures;
    RecentlyUsed recently_used;
    /// The live folder, whatever account it is of. \errors not_found
    std::function<awaitable<Result<FolderPtr>>(base::AccountId, base::FolderId)> open_folder;
    /// The account, read. \errors not_found
    std::function<awaitable<Result<std::shared_ptr<LiveAccount>>>(base::AccountId)> open_account;
    /// Its object, read or not.
    std::function<std::shared_ptr<LiveAccount>(base::AccountId)> find_account;

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
    virtual void release(std::uint64_t bytes, std::uint64_t messages) = 0;
    /// The folder's counters now; reserved room is given back in the same moment.
    virtual void committed(base::FolderId folder, const FolderTotals& totals, std::uint64_t bytes,
                           std::uint64_t messages) = 0;
};

}  // namespace store
