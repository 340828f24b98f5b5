#include <algorithm>
#include <atomic>
#include <future>
#include <thread>

#include <boost/asio/detached.hpp>

#include "auth/hashing_pool.hpp"
#include "fixture.hpp"
#include "support/kept_io_context.hpp"

namespace auth {
namespace {

awaitable<void> hash_once(HashingPool* pool, std::function<void()> work, std::atomic<int>* ran,
                          std::atomic<int>* refused) {
    const auto home = std::this_thread::get_id();
    const bool done = co_await pool->run(std::move(work));
    EXPECT_EQ(std::this_thread::get_id(), home);  // back on the caller's own executor
    ++*(done ? ran : refused);
}

TEST(HashingPool, IsBoundedAndComesHome) {
    std::promise<void> gate;
    std::shared_future<void> open = gate.get_future().share();
    std::atomic<int> ran{0}, refused{0}, at_once{0}, most{0};
    std::function<void()> work = [&] {
        const int now = ++at_once;
        int seen = most;
        while (now > seen && !most.compare_exchange_weak(seen, now)) {
        }
        open.wait();
        --at_once;
    };
    HashingPool pool(2, 4);
    test::KeptIoContext kept;
    auto& io = *kept;
    for (int i = 0; i < 20; ++i) {
        boost::asio::co_spawn(io, hash_once(&pool, work, &ran, &refused), boost::asio::detached);
    }
    // At most two run and four wait; the others are told at once.
    while (refused < 14) io.run_one();
    EXPECT_LE(pool.waiting(), 4U);
    gate.set_value();
    io.run();
    pool.stop();
    EXPECT_EQ(ran + refused, 20);
    EXPECT_GE(ran, 4);
    EXPECT_LE(ran, 6);
    EXPECT_LE(most, 2);
}

TEST(HashingPool, EndsWithWorkInItsQueue) {
    std::promise<void> gate, started;
    std::shared_future<void> open = gate.get_future().share();
    std::atomic<int> ran{0}, refused{0};
    std::atomic<bool> first{true};
    std::function<void()> work = [&] {
        if (first.exchange(false)) started.set_value();
        open.wait();
    };
    auto pool = std::make_unique<HashingPool>(1, 8);
    test::KeptIoContext kept;
    auto& io = *kept;
    for (int i = 0; i < 4; ++i) {
        boost::asio::co_spawn(io, hash_once(pool.get(), work, &ran, &refused), boost::asio::detached);
    }
    io.poll();
    started.get_future().wait();
    std::thread opener([&] { gate.set_value(); });
    pool.reset();
    opener.join();
    io.restart();
    io.run();
    EXPECT_EQ(ran + refused, 4);
    EXPECT_GE(ran, 1);
}

TEST(HashingPool, AnswersAllOnceStopped) {
    std::atomic<int> ran{0}, refused{0};
    HashingPool pool(2, 8);
    test::KeptIoContext kept;
    auto& io = *kept;
    for (int i = 0; i < 8; ++i) {
        std::function<void()> work = [] {};
        boost::asio::co_spawn(io, hash_once(&pool, std::move(work), &ran, &refused), boost::asio::detached);
    }
    io.poll();
    pool.stop();
    pool.stop();  // again: nothing more
    std::function<void()> late = [] { FAIL(); };
    boost::asio::co_spawn(io, hash_once(&pool, std::move(late), &ran, &refused), boost::asio::detached);
    io.restart();
    io.run();
    EXPECT_EQ(ran + refused, 9);
    EXPECT_GE(refused, 1);
    EXPECT_EQ(pool.waiting(), 0U);
}

using BusyAuthenticator = AuthTest;

awaitable<void> log_in(Authenticator* authenticator, Client client, std::vector<Failure>* failures) {
    base::Secret password("wrong");
    const Outcome outcome =
        co_await authenticator->login("nobody@acme", std::move(password), std::move(client));
    failures->push_back(outcome.failure);
}

TEST_F(BusyAuthenticator, AnswersTemporaryWhenTheQueueIsFull) {
    Policy policy;
    policy.hashing_threads = 1;
    policy.hashing_queue_max = 1;
    configure(policy);
    test::KeptIoContext kept;
    auto& io = *kept;
    std::vector<Failure> failures;
    for (int i = 0; i < 12; ++i) {
        boost::asio::co_spawn(io, log_in(&authenticator(), client(), &failures), boost::asio::detached);
    }
    io.run();
    EXPECT_EQ(failures.size(), 12U);
    const auto temporary = std::ranges::count(failures, Failure::temporary);
    EXPECT_GE(temporary, 9);
    EXPECT_LT(temporary, 12);
}

}  // namespace
}  // namespace auth
