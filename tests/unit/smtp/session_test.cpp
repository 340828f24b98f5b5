// Sessions over the real store on the in-memory engine, and sessions whose n-th write or store step fails.
#include <memory>
#include <string>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "base/log.hpp"
#include "protocol/smtp/fakes.hpp"
#include "smtp/services.hpp"
#include "store/engine/memory/memory_engine.hpp"
#include "support/fake_authenticator.hpp"
#include "support/memory_connection.hpp"
#include "support/stored_messages.hpp"

namespace smtp {
namespace {

namespace asio = boost::asio;

/// A server of one connection at a time.
class Bench {
public:
    Bench() {
        base::log::set_level("", base::log::Level::off);
        for (std::uint32_t account : {1U, 2U}) {
            auto made = run(store->create_account(base::AccountId(account)));
            EXPECT_TRUE(made);
        }
        services->hostname = "mx.example.test";
        services->policy = Policy::lmtp();
    }

    template <class T>
    T run(boost::asio::awaitable<T> work) {
        std::optional<T> result;
        io.restart();
        asio::co_spawn(io, std::move(work), [&](const std::exception_ptr& error, T value) {
            if (error) std::rethrow_exception(error);
            result.emplace(std::move(value));
        });
        io.run();
        return std::move(*result);
    }

    /// Everything that the session says to `octets`; the client is gone behind them.
    std::string talk(const std::string& octets, support::MemoryOptions options = {}) {
        options.peer.loopback = !options.peer.address.starts_with("192.");
        auto pair = support::make_memory_pair(io, options);
        pair.peer.send(octets);
        bool ended = false;
        io.restart();
        asio::co_spawn(io, serve(std::move(pair.connection), services), [&](const std::exception_ptr& error) {
            EXPECT_FALSE(error) << "a session threw";
            ended = true;
        });
        io.poll();
        pair.peer.close();
        io.restart();
        io.run();
        EXPECT_TRUE(ended);
        return pair.peer.received();
    }

    /// The messages of an account's INBOX, whole.
    std::vector<std::string> inbox(std::uint32_t account) {
        return run(support::read_folder(store.get(), base::AccountId(account), "INBOX"));
    }

    asio::io_context io{1};
    base::ManualClock clock{base::SystemTime(std::chrono::seconds(1795299545))};
    base::SeededRandom random{1};
    base::IdSource ids{clock};
    std::unique_ptr<store::engine::MemoryEngine> engine = store::engine::make_memory_engine(ids);
    std::unique_ptr<store::Store> store = store::make_store(*engine, clock, store::StoreLimits());
    smtp_test::FakeDirectory directory;
    support::FakeAuthenticator authenticator;
    net::SessionRegistry sessions;
    std::shared_ptr<Services> services =
        std::make_shared<Services>(*store, directory, authenticator, sessions, clock, random);
};

const std::string conversation =
    "LHLO c.example\r\nMAIL FROM:<a@remote.example>\r\nRCPT TO:<demo@example.test>\r\nRCPT "
    "TO:<two@example.test>\r\n"
    "DATA\r\nSubject: s\r\nReturn-Path: <forged@x>\r\n\r\n..body\r\n.\r\nQUIT\r\n";

std::size_t count(const std::string& text, const std::string& what) {
    std::size_t n = 0;
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
    return n;
}

TEST(SmtpSession, delivers_into_the_store) {
    Bench bench;
    const std::string said = bench.talk(conversation);
    EXPECT_EQ(count(said, "250 2.0.0 Ok: delivered as "), 2U) << said;
    EXPECT_EQ(count(said, "221 "), 1U);
    const auto demo = bench.inbox(1), two = bench.inbox(2);
    ASSERT_EQ(demo.size(), 1U);
    ASSERT_EQ(two.size(), 1U);
    EXPECT_TRUE(demo[0].starts_with(
        "Return-Path: <a@remote.example>\r\nDelivered-To: demo@example.test\r\nReceived: "));
    EXPECT_TRUE(two[0].starts_with(
        "Return-Path: <a@remote.example>\r\nDelivered-To: two@example.test\r\nReceived: "));
    EXPECT_TRUE(demo[0].ends_with("+0000\r\nSubject: s\r\n\r\n.body\r\n")) << demo[0];
    EXPECT_EQ(bench.sessions.count(), 0U);
}

TEST(SmtpSession, large_messages_pass_in_bounded_pieces) {
    Bench bench;
    std::string body;
    for (int i = 0; body.size() < 3U << 20; ++i)
        body += std::string(std::size_t(i % 200), char('a' + i % 26)) + "\r\n";
    const std::string said =
        bench.talk("LHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<demo@example.test>\r\nDATA\r\nA: b\r\n\r\n" + body +
                   ".\r\nMAIL FROM:<>\r\nRCPT TO:<two@example.test>\r\nBDAT " +
                   std::to_string(body.size() + 8) + " LAST\r\nA: b\r\n\r\n" + body);
    EXPECT_EQ(count(said, "delivered as"), 2U);
    for (const std::uint32_t account : {1U, 2U}) {
        const auto found = bench.inbox(account);
        ASSERT_EQ(found.size(), 1U);
        EXPECT_TRUE(found[0].ends_with("\r\nA: b\r\n\r\n" + body));
    }
}

/// STYLE section 10: the n-th write fails, for every n. The session ends, and nothing is there twice or by
/// half.
TEST(SmtpSession, every_write_may_fail) {
    for (std::size_t n = 1; n < 12; ++n) {
        Bench bench;
        support::MemoryOptions options;
        options.flush_fails_after = n;
        bench.talk(conversation, options);
        EXPECT_LE(bench.inbox(1).size(), 1U) << n;
        EXPECT_EQ(bench.sessions.count(), 0U);
    }
}

/// Every step of the engine fails in turn: 250 is said exactly when the message is there.
TEST(SmtpSession, every_store_step_may_fail) {
    using store::engine::Fault;
    for (const Fault fault : {Fault::unavailable, Fault::no_space, Fault::delay, Fault::unknown_but_done,
                              Fault::unknown_not_done, Fault::conflict}) {
        for (std::uint64_t n = 1;; ++n) {
            Bench bench;
            const std::uint64_t before = bench.engine->steps();
            bench.engine->inject(store::engine::fault_at(before + n, fault));
            const std::string said = bench.talk(conversation);
            const std::uint64_t used = bench.engine->steps() - before;
            bench.engine->inject({});
            const std::size_t there = bench.inbox(1).size() + bench.inbox(2).size();
            EXPECT_EQ(count(said, "delivered as"), there)
                << "fault " << int(fault) << " at step " << n << "\n"
                << said;
            EXPECT_EQ(count(said, "221 "), 1U) << "the session goes on";
            EXPECT_EQ(count(said, "delivered as") + count(said, "451 4.3.0") + count(said, "452 4.3.1"), 2U)
                << said;
            if (used < n) break;
            ASSERT_LT(n, 200U);
        }
    }
}

/// SMTP's one answer: whichever step fails, after the sender has come again each recipient has one copy.
TEST(SmtpSession, every_store_step_may_fail_and_nobody_gets_it_twice) {
    using store::engine::Fault;
    const std::string message =
        "EHLO c\r\nMAIL FROM:<a@remote.example>\r\nRCPT TO:<demo@example.test>\r\nRCPT "
        "TO:<two@example.test>\r\n"
        "DATA\r\nSubject: s\r\n\r\nbody\r\n.\r\nQUIT\r\n";
    std::size_t partly = 0;
    for (const Fault fault : {Fault::unavailable, Fault::no_space, Fault::unknown_not_done}) {
        for (std::uint64_t n = 1;; ++n) {
            Bench bench;
            bench.services->policy = Policy::inbound();
            const std::uint64_t before = bench.engine->steps();
            bench.engine->inject(store::engine::fault_at(before + n, fault));
            const std::string first = bench.talk(message);
            const std::uint64_t used = bench.engine->steps() - before;
            bench.engine->inject({});
            if (count(first, "delivered as") == 0) {
                const std::size_t had = bench.inbox(1).size() + bench.inbox(2).size();
                partly += had == 1 ? 1 : 0;
                ASSERT_LT(had, 2U) << first;
                EXPECT_EQ(count(bench.talk(message), "delivered as"), 1U);
            }
            EXPECT_EQ(bench.inbox(1).size(), 1U) << n << first;
            EXPECT_EQ(bench.inbox(2).size(), 1U) << n << first;
            EXPECT_FALSE(bench.services->recent->any());
            if (used < n) break;
            ASSERT_LT(n, 200U);
        }
    }
    EXPECT_GT(partly, 0U) << "no step failed for one recipient alone: this proves nothing";
}

TEST(RecentDeliveries, RemembersForgetsAndIsBounded) {
    base::SeededRandom random{1};
    RecentDeliveries::Limits limits;
    limits.entries_max = 3;
    RecentDeliveries recent(random, limits);
    const auto print = [&](std::string_view sender, std::string_view text) {
        MessageHash hash = recent.message_from(sender);
        for (const char c : text) hash.add({&c, 1});
        return hash.finish();
    };
    const base::SystemTime now{std::chrono::hours(1000)};
    const base::AccountId one(1), two(2);
    const Fingerprint message = print("a@x", "text");
    EXPECT_EQ(message, print("a@x", "text"));
    EXPECT_NE(message, print("b@x", "text"));
    EXPECT_NE(message, print("a@xt", "ext"));
    EXPECT_FALSE(recent.any());
    recent.note(message, one, 7, now);
    EXPECT_TRUE(recent.any());
    EXPECT_EQ(recent.find(message, one, now), 7U);
    EXPECT_EQ(recent.find(message, two, now), std::nullopt);
    EXPECT_EQ(recent.find(message, one, now + std::chrono::hours(121)), std::nullopt);
    recent.note(message, one, 8, now);
    EXPECT_EQ(recent.find(message, one, now), 8U);
    recent.forget(message, one);
    recent.forget(message, one);
    EXPECT_FALSE(recent.any());
    for (std::uint32_t account = 1; account <= 4; ++account)
        recent.note(message, base::AccountId(account), account, now);
    EXPECT_EQ(recent.find(message, one, now), std::nullopt);  // the oldest went
    EXPECT_EQ(recent.find(message, two, now), 2U);
    recent.note(message, one, 1, now + std::chrono::hours(121));
    EXPECT_EQ(recent.find(message, two, now), std::nullopt);  // those that no sender tries again
    EXPECT_NE(recent.declared("a@x", 1), recent.declared("a@x", 2));
}

TEST(SmtpSession, early_talkers_are_refused_where_the_policy_says_so) {  // A38
    Bench bench;
    bench.services->policy = Policy::inbound();
    bench.services->policy.early_talker = EarlyTalker::refuse;
    support::MemoryOptions options;
    options.peer.address = "192.0.2.1";
    EXPECT_EQ(bench.talk("EHLO c.example\r\n", options), "554 5.5.1 Spoke before the greeting\r\n");
    bench.services->policy.early_talker = EarlyTalker::tolerate;
    EXPECT_EQ(bench.talk("QUIT\r\n", options), "220 mx.example.test ESMTP Barid\r\n221 2.0.0 Bye\r\n");
}

TEST(SmtpSession, twenty_thousand_small_chunks_cost_little) {  // threats row 6
    Bench bench;
    std::string chunks;
    for (int i = 0; i < 20'000; ++i) chunks += "BDAT 1\r\nx";
    const std::string said =
        bench.talk("LHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<demo@example.test>\r\n" + chunks + "BDAT 0 LAST\r\n");
    EXPECT_EQ(count(said, "250 2.0.0 Chunk ok"), 20'000U);
    EXPECT_EQ(count(said, "delivered as"), 1U);
    ASSERT_EQ(bench.inbox(1).size(), 1U);
    EXPECT_TRUE(bench.inbox(1)[0].ends_with(std::string(20'000, 'x')));
}

}  // namespace
}  // namespace smtp
