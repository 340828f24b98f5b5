// The background work of the search index: when what is indexed, and who goes first.
#include <random>

#include "search_fixture.hpp"

namespace store::test {
namespace {

TEST_F(SearchTest, TheBackgroundDoesItByItself) {
    append_body(inbox, "from before");
    inbox.reset();
    account.reset();
    SearchOptions options;
    options.messages_waiting_max = 2;
    options.burst_delay = std::chrono::milliseconds(1);
    store = make_store(*owned_engine, clock, limits, options);
    open_account();
    SearchIndex* const index = store->search();
    bool ended = false;
    io.restart();
    asio::co_spawn(io, index->run(), [&](std::exception_ptr) { ended = true; });
    const auto append = [&](const std::string& subject) {
        bool appended = false;
        asio::co_spawn(io, append_text(store.get(), inbox, message_text(subject)),
                       [&](std::exception_ptr, const Result<AppendResult>& done) { appended = bool(done); });
        while (!appended) io.run_one();
    };
    const auto until = [&](std::uint64_t indexed) {
        while (index->progress().messages_indexed < indexed || index->progress().accounts_waiting != 0)
            io.run_one();
    };
    until(1);
    for (int i = 0; i < 2; ++i) append("few wait");
    EXPECT_EQ(index->progress().messages_indexed, 1U);
    append("later");
    until(4);
    asio::co_spawn(io,
                   index->find(account->id(), inbox->id(), inbox->snapshot(),
                               SearchNeedle{SearchField::subject, {}, "later"}),
                   [&](std::exception_ptr, const SearchHitsPtr& hits) {
                       ASSERT_TRUE(hits);
                       EXPECT_EQ(hits->of(SeqNum(1)), Verdict::no);
                       EXPECT_EQ(hits->of(SeqNum(2)), Verdict::no);
                       EXPECT_EQ(hits->of(SeqNum(4)), Verdict::maybe);
                       index->stop();
                   });
    io.run();
    EXPECT_TRUE(ended);
}

TEST_F(SearchTest, AGreatBacklogIsWorkedOffInTurns) {
    std::mt19937 random(5);
    const auto letter = [&] { return "abcdefghijklmnopqrstuvwxyz0123456789"[random() % 36]; };
    for (int i = 0; i < 6; ++i) {
        std::string text;
        while (text.size() < 300'000) text += text.size() % 80 == 78 ? '\n' : letter();
        append_body(inbox, text);
    }
    account = *run(store->create_account(base::AccountId(2)));
    append_body(open_folder("INBOX"), "short");
    inbox.reset();
    account.reset();
    SearchOptions options;
    options.turn = std::chrono::milliseconds(0);
    options.build_bytes_max = 1;
    store = make_store(*owned_engine, clock, limits, options);
    SearchIndex* const index = store->search();
    io.restart();
    asio::co_spawn(io, index->run(), [](std::exception_ptr) {});
    while (index->progress().messages_indexed < 7 || index->progress().accounts_waiting != 0) io.run_one();
    index->stop();
    io.run();
    const auto mine = segments("x/00000001"), others = segments("x/00000002");
    ASSERT_GE(mine.size(), 2U);  // of six, by merges
    ASSERT_EQ(others.size(), 1U);
    EXPECT_LT(mine.front(), others.front());  // ids of blobs are in the order of time
    EXPECT_LT(others.front(), mine.back());
}

TEST_F(SearchTest, ABurstWaitsForItsEndOrUntilItIsLarge) {
    SearchOptions options;
    options.messages_waiting_max = 2;
    options.burst_delay = std::chrono::hours(1);
    options.burst_messages_max = 5;
    inbox.reset();
    account.reset();
    store = make_store(*owned_engine, clock, limits, options);
    open_account();
    append_body(inbox, "from before");
    SearchIndex* const index = store->search();
    io.restart();
    asio::co_spawn(io, index->run(), [](std::exception_ptr) {});
    const auto append = [&] {
        bool appended = false;
        asio::co_spawn(io, append_text(store.get(), inbox, message_text("one of many")),
                       [&](std::exception_ptr, const Result<AppendResult>& done) { appended = bool(done); });
        while (!appended) io.run_one();
    };
    while (index->progress().messages_indexed < 1 || index->progress().accounts_waiting != 0) io.run_one();
    for (int i = 0; i < 5; ++i) append();
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(100);
    while (std::chrono::steady_clock::now() < until) io.poll_one();
    EXPECT_EQ(index->progress().messages_indexed, 1U);
    EXPECT_EQ(index->progress().accounts_waiting, 1U);
    append();
    while (index->progress().messages_indexed < 7 || index->progress().accounts_waiting != 0) io.run_one();
    index->stop();
    io.run();
}

}  // namespace
}  // namespace store::test
