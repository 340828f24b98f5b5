// Threads over folders, restarts and years (RFC 8474 section 5.2).
#include "store/threads.hpp"

#include <algorithm>

#include "fixture.hpp"
#include "store/keys.hpp"

namespace store::test {
namespace {

class ThreadsTest : public StoreTest {
protected:
    void SetUp() override { open_account(); }

    static std::string mail(const std::string& id, const std::string& references) {
        std::string out = "Message-ID: <" + id + "@example.test>\r\n";
        if (!references.empty()) out += "References: " + references + "\r\n";
        return out + "Subject: " + id + "\r\n\r\nText.\r\n";
    }
    static std::string ref(const std::string& id) { return "<" + id + "@example.test>"; }

    std::uint64_t thread_of(const FolderPtr& folder, const std::string& id, const std::string& references) {
        const auto appended = run(append_text(store.get(), folder, mail(id, references)));
        EXPECT_TRUE(appended) << appended.error().what();
        return appended ? folder->snapshot()->find(appended->uids.front())->thread.value : 0;
    }
    std::vector<std::string> partitions() {
        const auto names = run(owned_engine->list("t/", std::string(), 100));
        EXPECT_TRUE(names);
        return names ? *names : std::vector<std::string>();
    }
    void pass(unsigned periods) { clock.advance(std::chrono::seconds(Threads::period_seconds) * periods); }
};

TEST_F(ThreadsTest, RepliesJoinOverFoldersAndRestarts) {
    const FolderPtr sent = open_folder("Sent");
    const std::uint64_t root = thread_of(sent, "root", "");
    EXPECT_EQ(thread_of(inbox, "reply", ref("root")), root);
    EXPECT_EQ(thread_of(inbox, "deep", ref("gone") + ' ' + ref("root") + ' ' + ref("also-gone")), root);
    EXPECT_NE(thread_of(inbox, "other", ref("unknown")), root);
    restart();
    open_account();
    const FolderPtr archive = open_folder("Archive");
    EXPECT_EQ(thread_of(archive, "late", ref("reply")), root);
    expect_clean();
}

TEST_F(ThreadsTest, TheSameMessageFromTwoSidesIsOneThread) {
    const FolderPtr sent = open_folder("Sent");
    const std::uint64_t mine = thread_of(sent, "mine", "");
    EXPECT_EQ(thread_of(inbox, "mine", ""), mine);  // as the list sent it back
    EXPECT_EQ(thread_of(inbox, "answer", ref("mine")), mine);
}

TEST_F(ThreadsTest, WhatComesTogetherIsJoinedToo) {
    std::vector<Incoming> messages;
    for (const auto& text : {mail("a", ""), mail("b", ref("a")), mail("c", ref("b"))}) {
        const auto content = run(write_message(store.get(), text));
        ASSERT_TRUE(content);
        messages.emplace_back(*content);
    }
    ASSERT_TRUE(run(inbox->append(std::move(messages))));
    const SnapshotPtr snapshot = inbox->snapshot();
    EXPECT_EQ(snapshot->find(Uid(2))->thread, snapshot->find(Uid(1))->thread);
    EXPECT_EQ(snapshot->find(Uid(3))->thread, snapshot->find(Uid(1))->thread);
}

TEST_F(ThreadsTest, MessagesWithoutAnIdStandAlone) {
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(run(append_text(store.get(), inbox, "Subject: x\r\n\r\n")));
    const SnapshotPtr snapshot = inbox->snapshot();
    EXPECT_NE(snapshot->find(Uid(1))->thread, snapshot->find(Uid(2))->thread);
    EXPECT_TRUE(partitions().empty());
}

TEST_F(ThreadsTest, AThreadThatIsSpokenInLivesAndOneThatIsNotIsForgotten) {
    const std::uint64_t spoken = thread_of(inbox, "s0", ""), silent = thread_of(inbox, "silent", "");
    for (int i = 1; i <= 4; ++i) {
        pass(1);
        EXPECT_EQ(thread_of(inbox, "s" + std::to_string(i), ref("s" + std::to_string(i - 1))), spoken);
    }
    EXPECT_EQ(partitions().size(), 5U);
    restart();
    open_account();
    run(store->collect());
    EXPECT_EQ(partitions().size(), Threads::periods_kept);
    EXPECT_NE(thread_of(inbox, "answer", ref("silent")), silent);
    expect_clean();
}

TEST_F(ThreadsTest, AnAccountThatGoesTakesThemAlong) {
    thread_of(inbox, "root", "");
    pass(1);
    thread_of(inbox, "next", "");
    ASSERT_EQ(partitions().size(), 2U);
    inbox.reset();
    account.reset();
    ASSERT_TRUE(run(store->remove_account(base::AccountId(1))));
    run(store->collect());
    EXPECT_TRUE(partitions().empty());
    expect_clean();
}

TEST_F(ThreadsTest, ADamagedRowIsAsIfItWereNotThereAndIsReported) {
    const std::uint64_t root = thread_of(inbox, "root", "");
    const auto rows = run(owned_engine->scan(partitions().front(), "", "", 10, 0));
    ASSERT_EQ(rows->rows.size(), 1U);
    engine::Prelude spoil;
    engine::Patch patch;
    patch.partition = partitions().front();
    patch.put.push_back(engine::Row{rows->rows.front().key, "rubbish"});
    spoil.patches.push_back(patch);
    ASSERT_TRUE(run(owned_engine->apply(std::move(spoil))));
    const auto report = run(store->check({}));
    ASSERT_TRUE(report);
    EXPECT_EQ(report->problems.size(), 1U);
    restart();
    open_account();
    EXPECT_NE(thread_of(inbox, "reply", ref("root")), root);
}

TEST(ThreadKeys, NamesOfPartitions) {
    const std::string name = keys::threads(base::AccountId(0x1F), 0x2A);
    EXPECT_EQ(name, "t/0000001f/002a");
    const auto parsed = keys::parse_threads(name);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->account.value, 0x1FU);
    EXPECT_EQ(parsed->period, 0x2AU);
    for (const char* wrong :
         {"t/0000001f", "t/0000001f/", "t/0000001f/02a", "t/0000001f/002A", "t/0000001f-002a"})
        EXPECT_FALSE(keys::parse_threads(wrong)) << wrong;
}

}  // namespace
}  // namespace store::test
