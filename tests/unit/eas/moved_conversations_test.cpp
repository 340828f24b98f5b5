// Conversations that are moved always: kept per mailbox, over when they are quiet, bounded.
#include "eas/state/moved_conversations.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "store/engine/memory/memory_engine.hpp"

namespace eas {
namespace {

template <class T>
T run(awaitable<T> work) {
    std::optional<T> answer;
    boost::asio::io_context io;
    boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr thrown, T value) {
        if (thrown) std::rethrow_exception(thrown);
        answer.emplace(std::move(value));
    });
    io.run();
    return std::move(*answer);
}

class MovedConversationsTest : public testing::Test {
protected:
    static constexpr std::int64_t now = 1'800'000'000;
    std::optional<base::FolderId> where(base::AccountId who, std::uint64_t conversation,
                                        std::int64_t when = now) {
        const auto found = run(moved().destination(who, base::ThreadId(conversation), when));
        EXPECT_TRUE(found);
        return found ? *found : std::nullopt;
    }
    void set(std::uint64_t conversation, std::optional<std::uint64_t> folder, std::int64_t when = now) {
        std::optional<base::FolderId> to;
        if (folder) to = base::FolderId(*folder);
        EXPECT_TRUE(run(moved().set(account, base::ThreadId(conversation), to, when)));
    }
    MovedConversations& moved() {
        if (!moved_) moved_.emplace(*engine_, limits);
        return *moved_;
    }

    MovedConversationLimits limits;
    const base::AccountId account{1}, other{2};

private:
    base::IdSource ids_{base::Clock::system()};
    std::unique_ptr<store::engine::MemoryEngine> engine_ = store::engine::make_memory_engine(ids_);
    std::optional<MovedConversations> moved_;
};

TEST_F(MovedConversationsTest, OfOneMailbox) {
    EXPECT_FALSE(*run(moved().any(account)));
    set(5, 7);
    EXPECT_TRUE(*run(moved().any(account)));
    EXPECT_FALSE(*run(moved().any(other)));
    EXPECT_EQ(where(account, 5), base::FolderId(7));
    EXPECT_EQ(where(account, 6), std::nullopt);
    EXPECT_EQ(where(other, 5), std::nullopt);
    set(5, 8);
    EXPECT_EQ(where(account, 5), base::FolderId(8));
    set(5, std::nullopt);
    EXPECT_FALSE(*run(moved().any(account)));  // nothing is left of it
}

TEST_F(MovedConversationsTest, OverWhenItIsQuiet) {
    limits.quiet_seconds = 100;
    limits.noted_again_after = 10;
    set(5, 7);
    EXPECT_EQ(where(account, 5, now + 5), base::FolderId(7));   // not noted: it was seen just now
    EXPECT_EQ(where(account, 5, now + 99), base::FolderId(7));  // noted
    EXPECT_EQ(where(account, 5, now + 198), base::FolderId(7));
    EXPECT_EQ(where(account, 5, now + 298), std::nullopt);
    set(6, 7, now + 298);
    set(6, std::nullopt, now + 298);
    EXPECT_FALSE(*run(moved().any(account)));  // what is over goes when something else is written
}

TEST_F(MovedConversationsTest, WhatIsSeenChangesNotWhereItGoes) {
    limits.quiet_seconds = 100;
    const auto touch = [this](std::uint64_t folder, std::int64_t when) {
        EXPECT_TRUE(run(moved().touch(account, base::ThreadId(5), base::FolderId(folder), when)));
    };
    touch(7, now);
    EXPECT_FALSE(*run(moved().any(account)));  // it was never set
    set(5, 8);
    touch(7, now + 50);  // where it went when the message came
    EXPECT_EQ(where(account, 5, now + 50), base::FolderId(8));
    EXPECT_EQ(where(account, 5, now + 120), std::nullopt);
    touch(8, now + 50);
    touch(8, now + 20);  // an older one, late
    EXPECT_EQ(where(account, 5, now + 120), base::FolderId(8));
}

TEST_F(MovedConversationsTest, Bounded) {
    limits.count_max = 3;
    for (std::uint64_t one = 1; one <= 4; ++one) set(one, 7, now + static_cast<std::int64_t>(one));
    EXPECT_EQ(where(account, 1, now + 9), std::nullopt);  // the one that was quiet longest
    for (std::uint64_t one = 2; one <= 4; ++one) EXPECT_EQ(where(account, one, now + 9), base::FolderId(7));
}

}  // namespace
}  // namespace eas
