// The background work: who is to be indexed, when, and on which threads.
#include "store/search/service.hpp"

#include <algorithm>
#include <sys/resource.h>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.hpp"
#include "store/keys.hpp"
#include "store/offload.hpp"
#include "store/search/account_indexer.hpp"

namespace store::search {
namespace asio = boost::asio;
namespace {

constexpr std::size_t names_a_round = 256;
constexpr std::size_t manifests_bytes_max = 8U << 20;
// Somebody may be due sooner than who is first now.
constexpr std::chrono::milliseconds look_again_min{20}, look_again_max{1'000};
constexpr std::chrono::seconds after_failure{60};
constexpr int low_priority = 10;

/// Of work on the pool. A bare exception_ptr would be thrown by Asio before it is ours.
struct Outcome {
    std::exception_ptr thrown;
};

std::uint64_t thread_microseconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 +
           static_cast<std::uint64_t>(now.tv_nsec) / 1'000;
}

/// Threads of the pool give way to those that serve sessions. Linux: of the calling thread alone.
void lower_priority() {
    thread_local bool done = false;
    if (!std::exchange(done, true) && ::setpriority(PRIO_PROCESS, 0, low_priority) != 0)
        base::log::debug("search", "the index works at normal priority");
}

}  // namespace

SearchService::SearchService(StoreContext& context, SearchOptions options)
    : context_(context),
      options_(options),
      reader_(context.engine, options.cache_bytes),
      pool_(std::max(1U, options.threads)) {}

SearchService::~SearchService() { stop(); }

void SearchService::stop() {
    std::unique_lock lock(pool_mutex_);
    stopping_ = true;
    pool_idle_.wait(lock, [this] { return in_flight_ == 0; });
    lock.unlock();
    {
        const std::lock_guard queue_lock(mutex_);
        for (const auto& waiter : idle_) waiter->wake();
        idle_.clear();
    }
    pool_.join();
}

awaitable<bool> SearchService::compute(std::function<void()> work) {
    {
        const std::lock_guard lock(pool_mutex_);
        if (stopping_) co_return false;
        ++in_flight_;
    }
    // What it throws is thrown where it is waited for: the pool's threads serve all accounts.
    auto job = [this, work = std::move(work)] {
        lower_priority();
        const std::uint64_t before = thread_microseconds();
        Outcome outcome;
        try {
            work();
        } catch (...) {
            outcome.thrown = std::current_exception();
        }
        figures_.cpu_microseconds += thread_microseconds() - before;
        const std::lock_guard lock(pool_mutex_);
        if (--in_flight_ == 0) pool_idle_.notify_all();
        return outcome;
    };
    const Outcome outcome = co_await offload(pool_, std::move(job));
    if (outcome.thrown) std::rethrow_exception(outcome.thrown);
    co_return true;
}

void SearchService::enqueue(base::AccountId account, Time due) {
    const std::lock_guard lock(mutex_);
    const auto [at, added] = waiting_.try_emplace(account, Waiting{due, due, 0});
    Waiting& waiting = at->second;
    waiting.latest = std::min(waiting.latest, due);
    if (added || due < waiting.due) put_in_queue(account, waiting, due);
}

/// While mail pours in, those who bring it go before the index: it waits for a pause, but not for ever.
void SearchService::changed(base::AccountId account, std::uint32_t came) {
    if (!options_.enabled || stopping_) return;
    const Time now = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    const auto [at, added] =
        waiting_.try_emplace(account, Waiting{now + options_.delay, now + options_.delay, 0});
    Waiting& waiting = at->second;
    waiting.messages += came;
    Time due = waiting.latest;
    if (waiting.messages > options_.burst_messages_max) {
        due = std::min(due, now);
    } else if (waiting.messages > options_.messages_waiting_max) {
        due = std::min(due, now + options_.burst_delay);
    }
    if (added || due != waiting.due) put_in_queue(account, waiting, due);
}

void SearchService::put_in_queue(base::AccountId account, Waiting& waiting, Time due) {
    queue_.erase({waiting.due, account});
    waiting.due = due;
    queue_.emplace(due, account);
    for (const auto& waiter : idle_) waiter->wake();
    idle_.clear();
}

std::chrono::milliseconds SearchService::until_due() const {
    const std::lock_guard lock(mutex_);
    if (queue_.empty()) return look_again_min;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(queue_.begin()->first -
                                                                   std::chrono::steady_clock::now());
    return std::clamp<std::chrono::milliseconds>(left, look_again_min, look_again_max);
}

std::optional<base::AccountId> SearchService::take_due() {
    const Time now = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    for (auto at = queue_.begin(); at != queue_.end() && at->first <= now; ++at) {
        const base::AccountId account = at->second;
        if (busy_.contains(account)) continue;  // at most as many as there are threads
        queue_.erase(at);
        waiting_.erase(account);
        busy_.insert(account);
        return account;
    }
    return std::nullopt;
}

awaitable<void> SearchService::work_on(base::AccountId account) {
    ++figures_.working;
    const auto done = co_await one_turn(account);
    --figures_.working;
    {
        const std::lock_guard lock(mutex_);
        busy_.erase(account);
    }
    if (done && *done) enqueue(account, std::chrono::steady_clock::now());  // behind all who are due
    if (done || done.error().is(Errc::not_found) || stopping_) co_return;
    ++figures_.failures;
    base::log::warn("search", "an account was not indexed; tried again in a minute",
                    {{"account", account.value}, {"why", done.error().what()}});
    enqueue(account, std::chrono::steady_clock::now() + after_failure);
}

awaitable<void> SearchService::work_off() {
    for (;;) {
        const auto account = take_due();
        if (!account || stopping_) co_return;
        co_await work_on(*account);
    }
}

/// What arrived while nobody looked: the rows of each folder and of its index say so.
awaitable<void> SearchService::sweep() {
    std::string after;
    for (bool more = true; more && !stopping_;) {
        const auto names = co_await context_.engine.list("a/", after, names_a_round);
        if (!names) co_return;
        for (const std::string& name : *names) {
            const auto account = keys::parse_account(name);
            if (account) enqueue(*account, std::chrono::steady_clock::now());
        }
        co_await work_off();
        more = names->size() == names_a_round;
        if (more) after = names->back();
    }
}

awaitable<void> SearchService::run() {
    if (!options_.enabled) co_return;
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    if (!swept_.exchange(true)) co_await sweep();
    asio::steady_timer timer(executor);
    while (!stopping_) {
        std::shared_ptr<Waiter> idle;
        {
            const std::lock_guard lock(mutex_);
            if (queue_.empty() && !stopping_) {
                idle = std::make_shared<Waiter>();
                idle_.push_back(idle);
            }
        }
        if (idle) co_await wait_for(std::move(idle));
        co_await work_off();
        timer.expires_after(until_due());
        co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

bool SearchService::others_wait() const {
    const Time now = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    return !queue_.empty() && queue_.begin()->first <= now;
}

/// \returns whether there is more, which others go before
awaitable<Result<bool>> SearchService::one_turn(base::AccountId account) {
    try {
        AccountIndexer indexer(*this, account);
        co_return co_await indexer.run();
    } catch (const std::exception& failure) {
        base::log::error("search", "bug", {{"account", account.value}, {"what", failure.what()}});
    }
    co_return Error(Errc::unavailable, "the index could not be made");
}

awaitable<Result<void>> SearchService::catch_up(base::AccountId account) {
    for (;;) {
        const auto done = co_await one_turn(account);
        if (!done) co_return done.error();
        if (!*done) co_return Result<void>();
    }
}

void SearchService::report_damage(base::AccountId account, const SegmentRow& row) {
    {
        const std::lock_guard lock(mutex_);
        damage_[account] = row;
    }
    enqueue(account, std::chrono::steady_clock::now());
}

std::optional<SegmentRow> SearchService::take_damage(base::AccountId account) {
    const std::lock_guard lock(mutex_);
    const auto known = damage_.find(account);
    if (known == damage_.end()) return std::nullopt;
    const SegmentRow row = known->second;
    damage_.erase(known);
    return row;
}

awaitable<Result<void>> SearchService::rebuild(base::AccountId account) {
    auto known = co_await context_.open_account(account);
    if (!known) co_return known.error();
    auto dropped = co_await drop_index(&context_.engine, account);
    if (!dropped) co_return dropped;
    enqueue(account, std::chrono::steady_clock::now());
    co_return dropped;
}

awaitable<Result<ManifestPtr>> SearchService::manifest(base::AccountId account) {
    std::string name = partition(account);
    const auto version = co_await context_.engine.version(name);
    if (!version) co_return version.error();
    {
        const std::lock_guard lock(mutex_);
        const auto known = manifests_.find(account);
        if (known != manifests_.end() && known->second->version == *version) co_return known->second;
    }
    for (unsigned tries = 0; tries < 10; ++tries) {
        auto read = std::make_shared<Manifest>();
        bool moved = false;
        std::string after;
        for (bool more = true; more && !moved;) {
            const auto rows = co_await context_.engine.scan(name, after, std::string(), 0, read->version);
            if (!rows && !rows.error().is(Errc::conflict)) co_return rows.error();
            moved = !rows;
            if (moved) break;
            read->version = rows->version;
            for (const engine::Row& row : rows->rows) read_row(*read, row);
            more = rows->more && !rows->rows.empty();
            if (more) after = rows->rows.back().key;
        }
        if (moved) continue;
        remember(account, read);
        co_return ManifestPtr(std::move(read));
    }
    co_return Error(Errc::unavailable, "the search index changes too fast to be read");
}

void SearchService::remember(base::AccountId account, ManifestPtr manifest) {
    const std::lock_guard lock(mutex_);
    ManifestPtr& known = manifests_[account];
    if (known) manifest_bytes_ -= known->weight();
    manifest_bytes_ += manifest->weight();
    known = std::move(manifest);
    for (auto at = manifests_.begin(); manifest_bytes_ > manifests_bytes_max && at != manifests_.end();) {
        if (at->first == account) {
            ++at;
            continue;
        }
        manifest_bytes_ -= at->second->weight();
        at = manifests_.erase(at);
    }
}

awaitable<Result<AccountSearchStatus>> SearchService::status(base::AccountId account) {
    AccountSearchStatus out;
    const auto opened = co_await context_.open_account(account);
    if (!opened) co_return opened.error();
    const AccountPtr live = std::static_pointer_cast<Account>(*opened);
    const auto rows = co_await manifest(account);
    if (!rows) co_return rows.error();
    out.documents = (*rows)->documents();
    out.segments = (*rows)->segments.size();
    out.bytes = (*rows)->bytes();
    const FolderTreePtr tree = live->folders();
    for (const FolderInfo& info : tree->folders) {
        if (!info.selectable) continue;
        const auto totals = co_await live->totals(info.id);
        if (!totals) continue;
        out.messages += totals->exists;
        const std::uint32_t behind =
            totals->uid_next.value - 1 - std::min(totals->uid_next.value - 1, (*rows)->mark(info.id).value);
        out.waiting += std::min(behind, totals->exists);
    }
    co_return out;
}

SearchProgress SearchService::progress() const {
    SearchProgress out;
    {
        const std::lock_guard lock(mutex_);
        out.accounts_waiting = queue_.size() + figures_.working;
    }
    out.messages_waiting = figures_.waiting;
    out.messages_indexed = figures_.indexed;
    out.segments_written = figures_.written;
    out.segments_merged = figures_.merged;
    out.segments_damaged = figures_.damaged;
    out.failures = figures_.failures;
    out.cpu_milliseconds = figures_.cpu_microseconds / 1'000;
    return out;
}

awaitable<Result<void>> drop_index(engine::Engine* engine, base::AccountId account) {
    // The blobs first: only the rows say which they are.
    for (std::string after;;) {
        const auto rows = co_await engine->scan(partition(account), after, "s", 0, 0);
        if (!rows) co_return rows.error();
        std::vector<engine::Tag> tags;
        for (const engine::Row& row : rows->rows)
            if (const auto blob = keys::number_in(row.key, 's'))
                tags.push_back({base::BlobId(*blob), tag(account)});
        const auto untagged = co_await engine->untag(std::move(tags));
        if (!untagged) co_return untagged;
        if (!rows->more || rows->rows.empty()) break;
        after = rows->rows.back().key;
    }
    co_return co_await engine->drop(partition(account));
}

}  // namespace store::search
