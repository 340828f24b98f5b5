// Many sessions on several threads: one folder's commits are merged, every view that follows by differences
// equals the folder, and nobody who goes away in the middle holds up the others.
#include <atomic>
#include <random>
#include <thread>

#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "fixture.hpp"

namespace store::test {
namespace {

class StressTest : public StoreTest {
protected:
    StressTest() { open_account(); }
    /// Runs the context on several threads until it has nothing left to do.
    void run_threads(unsigned count) {
        io.restart();
        std::vector<std::thread> threads;
        for (unsigned i = 0; i < count; ++i) threads.emplace_back([this] { io.run(); });
        for (std::thread& thread : threads) thread.join();
    }
};

struct Tally {
    std::atomic<int> appended{0}, expunged{0}, failures{0}, ended{0};
};

/// What a client knows: only from differences.
struct View {
    SnapshotPtr shown;
    std::vector<Entry> messages;
    bool follow(const SnapshotPtr& now, bool expunge_allowed) {
        const SnapshotPtr next = expunge_allowed ? now : keep_expunged(shown, now);
        const Difference difference = compare(*shown, *next);
        for (const SeqNum seq : difference.expunged) messages.erase(messages.begin() + (seq.value - 1));
        for (std::uint32_t i = 0; i < difference.appended; ++i)
            messages.push_back(*next->at(SeqNum(static_cast<std::uint32_t>(messages.size()) + 1)));
        for (const SeqNum seq : difference.changed) messages[seq.value - 1] = *next->at(seq);
        for (const SeqNum seq : difference.modseq_only) messages[seq.value - 1] = *next->at(seq);
        shown = next;
        if (messages.size() != shown->size()) return false;
        for (std::uint32_t seq = 1; seq <= messages.size(); ++seq)
            if (messages[seq - 1] != *shown->at(SeqNum(seq))) return false;
        return true;
    }
};

awaitable<void> session(Store* store, FolderPtr folder, FolderPtr other, unsigned seed, int commands,
                        Tally* tally) {
    std::mt19937 random(seed);
    View view;
    view.shown = folder->snapshot();
    view.shown->for_each(SeqNum(1), SeqNum(view.shown->size()),
                         [&](SeqNum, const Entry& entry) { view.messages.push_back(entry); });
    for (int i = 0; i < commands; ++i) {
        const unsigned what = random() % 10;
        const std::uint32_t size = view.shown->size();
        const Uid uid = size == 0 ? Uid(1) : view.shown->at(SeqNum(1 + random() % size))->uid;
        UidRanges uids = one(uid.value);
        bool ok = true;
        if (what < 4) {
            const auto done = co_await append_text(store, folder, message_text("s" + std::to_string(seed)));
            ok = done.has_value();
            if (ok) ++tally->appended;
            if (ok && folder->snapshot()->find(done->uids.front()) == nullptr && what == 0) ok = true;
        } else if (what < 8) {
            StoreRequest request = add_flags(std::move(uids), named(FlagSet(1U << (random() % 5), 0)));
            request.change = random() % 2 == 0 ? FlagChange::add : FlagChange::remove;
            const auto done = co_await folder->store(std::move(request));
            ok = done.has_value();
        } else if (what == 8) {
            const auto done = co_await folder->remove(std::move(uids));
            ok = done.has_value();
            if (ok) tally->expunged += static_cast<int>(count_uids(done->uids));
        } else {
            const auto done = co_await folder->copy_to(other, std::move(uids));
            ok = done.has_value();
        }
        if (!ok || !view.follow(folder->snapshot(), random() % 2 == 0)) ++tally->failures;
    }
    if (!view.follow(folder->snapshot(), true)) ++tally->failures;
    ++tally->ended;
}

void rethrow(const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);
}

TEST_F(StressTest, SessionsOnThreadsAgree) {
    Tally tally;
    const FolderPtr other = open_folder("Archive");
    inject(engine::random_faults(3, {.delay = 200}));
    constexpr int sessions = 12;
    for (unsigned i = 0; i < sessions; ++i)
        asio::co_spawn(asio::make_strand(io), session(store.get(), inbox, other, i + 1, 40, &tally), rethrow);
    run_threads(3);
    EXPECT_EQ(tally.ended, sessions);
    EXPECT_EQ(tally.failures, 0);
    EXPECT_EQ(inbox->snapshot()->size(), static_cast<std::uint32_t>(tally.appended - tally.expunged));
    EXPECT_EQ(inbox->snapshot()->totals().uid_next.value, static_cast<std::uint32_t>(tally.appended) + 1);
    expect_clean();
    const SnapshotPtr before = inbox->snapshot();
    inject({});
    restart();
    open_account();
    EXPECT_TRUE(compare(*before, *inbox->snapshot()).empty());
    expect_clean();
}

awaitable<void> check_again_and_again(Store* store, Tally* tally, int sessions, std::atomic<int>* checks) {
    const auto executor = co_await asio::this_coro::executor;
    do {
        const auto report = co_await store->check({});
        if (!report || !report->problems.empty()) ++tally->failures;
        co_await store->collect();
        ++*checks;
        co_await asio::post(executor, asio::use_awaitable);
    } while (tally->ended < sessions);
}

TEST_F(StressTest, TheCheckRaisesNoFalseAlarmsBesideTraffic) {
    limits.collect_after = std::chrono::seconds(0);
    restart();
    open_account();
    Tally tally;
    std::atomic<int> checks{0};
    const FolderPtr other = open_folder("Archive");
    for (unsigned i = 0; i < 4; ++i)
        asio::co_spawn(asio::make_strand(io), session(store.get(), inbox, other, i + 100, 60, &tally),
                       rethrow);
    asio::co_spawn(asio::make_strand(io), check_again_and_again(store.get(), &tally, 4, &checks), rethrow);
    run_threads(2);
    EXPECT_EQ(tally.ended, 4);
    EXPECT_GT(checks, 0);
    // A message that another session expunged and that was collected at once cannot be copied: nothing else
    // fails.
    EXPECT_EQ(tally.failures, 0);
    expect_clean();
}

#ifdef STORE_TEST_ROCKSDB
constexpr bool engine_has_threads = true;
#else
constexpr bool engine_has_threads = false;
#endif

awaitable<void> append_and_count(Store* store, FolderPtr folder, std::atomic<int>* ended) {
    const auto done = co_await append_text(store, folder, message_text("w"));
    if (done) ++*ended;
}

TEST_F(StressTest, WaitersThatAreDestroyedHoldUpNobody) {
    // An engine with threads of its own keeps a context alive until it has answered: there it cannot happen.
    if (engine_has_threads) return;
    for (int round = 0; round < 5; ++round) {
        std::atomic<int> ended{0};
        {
            asio::io_context short_lived;
            for (int i = 0; i < 20; ++i)
                asio::co_spawn(asio::make_strand(short_lived), append_and_count(store.get(), inbox, &ended),
                               rethrow);
            inject(engine::random_faults(static_cast<std::uint64_t>(round) + 1, {.delay = 700}));
            for (int i = 0; i < 25 + round * 13; ++i) short_lived.poll_one();
        }  // frames that wait, and the round that runs, are destroyed here
        inject({});
        const auto uids = append(inbox, "after");
        ASSERT_EQ(uids.size(), 1U);
        ASSERT_GE(inbox->snapshot()->size(), static_cast<std::uint32_t>(ended) + 1U);
    }
    expect_clean();
}

TEST_F(StressTest, WaitingChangesBecomeOneCommit) {
    std::atomic<int> ended{0};
    for (int i = 0; i < 30; ++i)
        asio::co_spawn(asio::make_strand(io), append_and_count(store.get(), inbox, &ended), rethrow);
    inject(engine::random_faults(1, {.delay = 1000}));
    run_threads(1);
    EXPECT_EQ(ended, 30);
    EXPECT_EQ(inbox->snapshot()->totals().highest_modseq.value, 31U);  // each has its own transaction
    for (const auto& [name, value] : store->figures())
        if (name == "store_commit_rounds") {
            EXPECT_LE(value, 15U);
        }
}

}  // namespace
}  // namespace store::test
