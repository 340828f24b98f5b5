// Many coroutines on two threads against one engine: no update is lost, versions grow, snapshots are whole.
#include <atomic>
#include <charconv>
#include <thread>

#include <boost/asio/strand.hpp>

#include "support/kept_io_context.hpp"
#include "unit/engine/conformance.hpp"

namespace store::engine {
namespace {

int number(std::string_view text) {
    int value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

/// Runs what is spawned on `io` on two threads.
void run_on_two_threads(boost::asio::io_context& io) {
    std::thread second([&io] { io.run(); });
    io.run();
    second.join();
}

class Crowd {
public:
    explicit Crowd(Engine& engine) : engine_(engine) {}

    auto on_end() {
        return [this](std::exception_ptr thrown) {
            if (thrown) fail("exception");
        };
    }

    /// Adds 1 to the counter in `partition`, `times` times, against all others who do.
    awaitable<void> count(std::string partition, int times) {
        for (int done = 0; done < times;) {
            std::vector<std::string> keys{"a", "b"};
            const auto rows = co_await engine_.get(partition, std::move(keys));
            if (!rows) co_return fail("get");
            int value = 0;
            if (!rows->rows.empty()) {
                // Both rows are written in each commit: a torn snapshot would show two values.
                if (rows->rows.size() != 2 || rows->rows[0].value != rows->rows[1].value)
                    co_return fail("torn");
                value = number(rows->rows[0].value);
            }
            Batch batch;
            batch.partition = partition;
            batch.expect = rows->version;
            batch.put.push_back({"a", std::to_string(value + 1)});
            batch.put.push_back({"b", std::to_string(value + 1)});
            const Version before = rows->version;
            const auto version = co_await engine_.commit(std::move(batch));
            if (version) {
                if (*version <= before) co_return fail("version did not grow");
                ++done;
            } else if (version.error().is(Errc::conflict)) {
                ++conflicts;
            } else {
                co_return fail("commit");
            }
        }
    }

    /// One blob into `folders` at once, then out of them again.
    awaitable<void> deliver(std::string name, int folders) {
        auto writer = engine_.new_blob();
        const std::string octets = random_octets(700'000, 1);
        for (std::size_t at = 0; at < octets.size(); at += 50'000) {
            const auto written = co_await writer->write(std::string_view(octets).substr(at, 50'000));
            if (!written) co_return fail("write");
        }
        const auto executor = co_await boost::asio::this_coro::executor;
        for (int n = 0; n < folders; ++n) {
            boost::asio::co_spawn(executor, put_and_take(writer, name + std::to_string(n)), on_end());
        }
    }

    awaitable<void> put_and_take(std::shared_ptr<BlobWriter> writer, std::string folder) {
        const auto blob = writer->id();
        Prelude prelude;
        std::vector<std::string> tags{folder};
        prelude.blobs.emplace_back(std::move(writer), std::move(tags));
        Batch batch;
        batch.partition = folder;
        const auto committed = co_await engine_.commit(std::move(prelude), std::move(batch));
        // An earlier folder's untag may have taken the blob away already: that is an answer too.
        if (!committed && !committed.error().is(Errc::not_found)) co_return fail("deliver");
        if (!committed) co_return;
        const auto part = co_await engine_.blob_read(blob, 600'000, 1000);
        if (!part || part->size() != 1000) co_return fail("read");
        std::vector<Tag> mine;
        mine.push_back(Tag{blob, folder});
        const auto gone = co_await engine_.untag(std::move(mine));
        if (!gone) co_return fail("untag");
    }

    void fail(const char* what) {
        ADD_FAILURE() << what;
        ++failures;
    }

    std::atomic<int> conflicts{0}, failures{0};

private:
    Engine& engine_;
};

TEST_P(Conformance, NoUpdateIsLost) {
    Crowd crowd(engine());
    test::KeptIoContext kept;
    auto& io = *kept;
    constexpr int clients = 24, times = 20;
    for (int client = 0; client < clients; ++client) {
        const std::string shared = "f/" + std::to_string(client % 3), own = "f/own" + std::to_string(client);
        boost::asio::co_spawn(io, crowd.count(shared, times), crowd.on_end());
        boost::asio::co_spawn(boost::asio::make_strand(io), crowd.count(own, times), crowd.on_end());
    }
    run_on_two_threads(io);
    EXPECT_EQ(crowd.failures, 0);
    reopen();
    for (int n = 0; n < 3; ++n) {
        EXPECT_EQ(text(run(engine().get("f/" + std::to_string(n), {"a"}))),
                  "a=" + std::to_string(clients / 3 * times));
    }
    for (int n = 0; n < clients; ++n) {
        EXPECT_EQ(text(run(engine().get("f/own" + std::to_string(n), {"b"}))), "b=" + std::to_string(times));
    }
}

TEST_P(Conformance, OneBlobToManyFoldersAtOnceEndsWithNone) {
    Crowd crowd(engine());
    test::KeptIoContext kept;
    auto& io = *kept;
    for (int message = 0; message < 6; ++message) {
        boost::asio::co_spawn(io, crowd.deliver("f/" + std::to_string(message) + ".", 8), crowd.on_end());
    }
    run_on_two_threads(io);
    EXPECT_EQ(crowd.failures, 0);
    EXPECT_TRUE(run(engine().blob_list(base::BlobId(), 100))->empty());
}

TEST_P(Conformance, ASubscriptionEndsOnlyWhenItsHandlerIsDone) {
    std::atomic<bool> stop{false};
    Engine& shared = engine();  // made here, not by two threads at once
    std::thread publisher([&] {
        while (!stop) shared.publish("t", "x");
    });
    for (int round = 0; round < 200; ++round) {
        auto alive = std::make_unique<std::atomic<int>>(0);
        auto subscription = shared.subscribe("t", [&](std::string_view, bool) { ++*alive; });
        if (round % 2 == 0) std::this_thread::yield();
        subscription.reset();
        alive.reset();  // a handler that still ran would use freed memory: ASan and TSan see it
    }
    stop = true;
    publisher.join();
}

}  // namespace
}  // namespace store::engine
