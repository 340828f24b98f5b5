// SearchService: the search index of a store: manifests, the background work, and the answers.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>

#include <boost/asio/thread_pool.hpp>

#include "store/search.hpp"
#include "store/search/segments.hpp"
#include "store/store_context.hpp"
#include "store/waiter.hpp"

namespace store::search {

struct SearchFigures {
    std::atomic<std::uint64_t> working = 0, waiting = 0, indexed = 0, written = 0, merged = 0, damaged = 0,
                               failures = 0, cpu_microseconds = 0;
};

class SearchService final : public SearchIndex {
public:
    SearchService(StoreContext& context, SearchOptions options);
    ~SearchService() override;

    awaitable<SearchHitsPtr> find(base::AccountId account, base::FolderId folder, SnapshotPtr snapshot,
                                  SearchNeedle needle) override;
    awaitable<void> run() override;
    void stop() override;
    awaitable<Result<void>> catch_up(base::AccountId account) override;
    awaitable<Result<void>> rebuild(base::AccountId account) override;
    awaitable<Result<AccountSearchStatus>> status(base::AccountId account) override;
    SearchProgress progress() const override;

    // For the store's own parts.

    /// So many messages came into the account, or some left it. Any thread; cheap.
    void changed(base::AccountId account, std::uint32_t came);

    // For the index's own parts.

    StoreContext& context() { return context_; }
    const SearchOptions& options() const { return options_; }
    SegmentReader& reader() { return reader_; }
    SearchFigures& figures() { return figures_; }
    bool stopping() const { return stopping_; }
    /// Another account is due now.
    bool others_wait() const;
    /// The index's rows as they are now.
    awaitable<Result<ManifestPtr>> manifest(base::AccountId account);
    /// A segment that a search could not read; the next pass over the account drops it.
    void report_damage(base::AccountId account, const SegmentRow& row);
    std::optional<SegmentRow> take_damage(base::AccountId account);
    /// After a commit.
    void remember(base::AccountId account, ManifestPtr manifest);
    /// Runs `work` on the pool, and throws what it throws. False: stopped, it was not run.
    awaitable<bool> compute(std::function<void()> work);

private:
    using Time = std::chrono::steady_clock::time_point;
    struct Waiting {
        Time due, latest;
        std::uint64_t messages = 0;
    };
    struct Found {
        std::vector<std::uint64_t> maybe, yes;  // message ids
    };
    awaitable<Result<SearchHitsPtr>> try_find(base::AccountId account, base::FolderId folder,
                                              SnapshotPtr snapshot, SearchNeedle needle,
                                              std::shared_ptr<SegmentRow> reading);
    awaitable<Result<Found>> search_segment(Segment segment, std::vector<trigram::Field> fields,
                                            SearchNeedle needle);
    awaitable<Result<trigram::Ordinals>> candidates(Segment segment, trigram::Plan plan,
                                                    trigram::Field field);
    awaitable<void> sweep();
    awaitable<void> work_off();
    awaitable<void> work_on(base::AccountId account);
    awaitable<Result<bool>> one_turn(base::AccountId account);
    std::optional<base::AccountId> take_due();
    void enqueue(base::AccountId account, Time due);
    void put_in_queue(base::AccountId account, Waiting& waiting, Time due);  // under mutex_
    std::chrono::milliseconds until_due() const;

    StoreContext& context_;
    const SearchOptions options_;
    SegmentReader reader_;
    SearchFigures figures_;

    mutable std::mutex mutex_;                          // all below, up to the pool's
    std::set<std::pair<Time, base::AccountId>> queue_;  // who waits longest comes first
    std::map<base::AccountId, Waiting> waiting_;        // the same by account
    std::set<base::AccountId> busy_;
    std::vector<std::shared_ptr<Waiter>> idle_;  // runs that wait for work
    std::map<base::AccountId, SegmentRow> damage_;
    std::map<base::AccountId, ManifestPtr> manifests_;
    std::size_t manifest_bytes_ = 0;

    std::atomic<bool> stopping_ = false, swept_ = false;
    std::mutex pool_mutex_;
    std::condition_variable pool_idle_;
    std::size_t in_flight_ = 0;
    boost::asio::thread_pool pool_;
};

/// Takes the index of a removed account away. Idempotent.
awaitable<Result<void>> drop_index(engine::Engine* engine, base::AccountId account);

}  // namespace store::search
