// Whom out-of-office answers went to: nobody twice, whoever writes notes at the same time.
#include <optional>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "eas/state/answered_senders.hpp"
#include "store/engine/memory/memory_engine.hpp"
#include "store/keys.hpp"

namespace eas {
namespace {

class AnsweredTest : public testing::Test {
protected:
    template <class T>
    static T run(awaitable<T> work) {
        std::optional<T> out;
        boost::asio::io_context io;
        boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr failed, T value) {
            EXPECT_FALSE(failed);
            out.emplace(std::move(value));
        });
        io.run();
        return std::move(*out);
    }
    using Patch = std::optional<store::engine::Patch>;
    Patch note(const std::string& sender, std::int64_t when, std::uint64_t answer = 1, bool proven = true) {
        AnsweredSenders::Asked asked;
        asked.sender = sender;
        asked.proven = proven;
        asked.answered.when = when;
        asked.answered.answer = answer;
        auto out = run(senders.note(account, std::move(asked)));
        EXPECT_TRUE(out);
        return out ? std::move(*out) : std::nullopt;
    }
    void write(Patch patch) {
        ASSERT_TRUE(patch);
        store::engine::Prelude prelude;
        prelude.patches.push_back(std::move(*patch));
        ASSERT_TRUE(run(engine->apply(std::move(prelude))));
    }
    std::size_t rows() {
        const auto all = run(engine->scan(store::keys::devices(account), "", "", 0, 0));
        EXPECT_TRUE(all);
        return all->rows.size();
    }

    static constexpr std::int64_t week = 7 * 86'400, now = 1'800'000'000;
    const base::AccountId account{7};
    base::ManualClock clock{base::SystemTime(std::chrono::seconds(now))};
    base::IdSource ids{clock};
    std::unique_ptr<store::engine::MemoryEngine> engine = store::engine::make_memory_engine(ids);
    AnsweredSenders senders{*engine, AnsweredLimits{week, 3, 2}};
};

TEST_F(AnsweredTest, OnceAWeekAndOnceAText) {
    write(note("Anna@example.org", now));
    EXPECT_FALSE(note("anna@example.org", now + week - 1));
    write(note("anna@example.org", now + 1, 2));
    EXPECT_FALSE(note("anna@example.org", now + 2, 2));
    EXPECT_EQ(rows(), 1U) << "the old text's is gone";
    write(note("anna@example.org", now + 1 + week, 2));
    EXPECT_EQ(rows(), 1U);
}

/// Two notes made from what both have read: the one that sweeps away what is old leaves what is new.
TEST_F(AnsweredTest, WhoSweepsTakesNoNewNoteAlong) {
    write(note("anna@example.org", now - week));
    write(note("bert@example.org", now - week));
    const Patch anna = note("anna@example.org", now), bert = note("bert@example.org", now);
    ASSERT_TRUE(anna && bert);
    EXPECT_EQ(anna->erase.size(), 2U);
    write(bert);
    write(anna);
    EXPECT_FALSE(note("anna@example.org", now + 1));
    EXPECT_FALSE(note("bert@example.org", now + 1));
    EXPECT_EQ(rows(), 2U);
}

TEST_F(AnsweredTest, WhoProvesNothingTakesNothingFromOthers) {
    write(note("x@one.test", now, 1, false));
    EXPECT_FALSE(note("x@one.test", now + 1, 2, false)) << "another text is none of his business";
    write(note("x@two.test", now, 1, false));
    EXPECT_FALSE(note("x@three.test", now, 1, false)) << "so many and no more";
    for (const char* sender : {"a@example.org", "b@example.org", "c@example.org"}) write(note(sender, now));
    EXPECT_FALSE(note("d@example.org", now));
    EXPECT_FALSE(note("a@example.org", now + 1, 2, false)) << "who was told by a proven name has heard it";
    EXPECT_FALSE(note("x@one.test", now + 1, 1, true)) << "and the other way";
    write(note("x@three.test", now + week, 1, false));
    EXPECT_EQ(rows(), 1U);
}

TEST_F(AnsweredTest, RowsOfBeforeCount) {
    store::engine::Patch old;
    old.partition = store::keys::devices(account);
    const std::string key = note("anna@example.org", now)->put.front().key;
    AnsweredSender answered;
    answered.when = now;
    answered.answer = 1;
    store::engine::Row row;
    row.key = key.substr(0, key.find('-'));
    row.value = encode(answered);
    old.put.push_back(std::move(row));
    write(std::move(old));
    EXPECT_FALSE(note("anna@example.org", now + 1));
    write(note("anna@example.org", now + week));
    EXPECT_EQ(rows(), 1U);
}

}  // namespace
}  // namespace eas
