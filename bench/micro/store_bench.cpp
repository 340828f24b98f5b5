// The store over RocksDB in a temporary folder: what a session waits for.
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "store/engine/rocksdb/rocksdb_engine.hpp"
#include "store/store.hpp"

namespace {

namespace asio = boost::asio;
using store::awaitable;

template <class T>
T run(asio::io_context& io, awaitable<T> work) {
    std::optional<T> result;
    io.restart();
    asio::co_spawn(io, std::move(work), [&](std::exception_ptr failure, T value) {
        if (failure) std::rethrow_exception(failure);
        result.emplace(std::move(value));
    });
    io.run();
    return std::move(*result);
}

template <class T>
T must(store::Result<T> result) {
    if (!result) throw std::runtime_error(std::string(result.error().what()));
    return std::move(*result);
}

std::string message_text(std::size_t bytes) {
    std::string out =
        "From: A <a@example.test>\r\nTo: b@example.test\r\nSubject: a benchmark\r\n"
        "Message-ID: <b@example.test>\r\nDate: Mon, 1 Jan 2024 10:00:00 +0000\r\n\r\n";
    while (out.size() < bytes) out += "All work and no play makes a dull mailbox, line by line by line.\r\n";
    return out;
}

awaitable<store::Result<store::ContentPtr>> write_message(store::Store* store, std::string text) {
    const std::unique_ptr<store::MessageWriter> writer = store->new_message();
    const auto written = co_await writer->write(text);
    if (!written) co_return written.error();
    co_return co_await writer->finish();
}

/// A store in a temporary folder, its INBOX open.
struct House {
    House() {
        std::string pattern = std::filesystem::temp_directory_path() / "barid-bench-XXXXXX";
        path = mkdtemp(pattern.data());
        open();
        account = must(run(io, store->create_account(base::AccountId(1))));
        open_inbox();
    }
    ~House() {
        close();
        std::filesystem::remove_all(path);
    }
    void open() {
        auto made = store::engine::make_rocksdb_engine(path, ids, {});
        if (!made) throw std::runtime_error("no RocksDB");
        engine = std::move(*made);
        store = store::make_store(*engine, base::Clock::system(), {});
    }
    void close() {
        inbox.reset();
        account.reset();
        store.reset();
        engine->close();
        engine.reset();
    }
    void open_inbox() {
        const store::FolderTreePtr tree = account->folders();
        inbox = must(run(io, account->open(tree->find("INBOX")->id)));
    }
    void fill(std::size_t count) {
        const store::ContentPtr content = must(run(io, write_message(store.get(), message_text(1'000))));
        while (inbox->snapshot()->size() < count) {
            std::vector<store::Incoming> messages(1'000, store::Incoming(content));
            must(run(io, inbox->append(std::move(messages))));
        }
    }
    void reopen() {
        close();
        open();
        account = must(run(io, store->account(base::AccountId(1))));
    }

    std::string path;
    asio::io_context io;
    base::IdSource ids{base::Clock::system()};
    std::unique_ptr<store::engine::Engine> engine;
    std::unique_ptr<store::Store> store;
    store::AccountPtr account;
    store::FolderPtr inbox;
};

House& big_house() {
    static House house;
    if (house.inbox->snapshot()->size() == 0) house.fill(100'000);
    return house;
}

void append(benchmark::State& state) {
    House house;
    const std::string text = message_text(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) {
        const store::ContentPtr content = must(run(house.io, write_message(house.store.get(), text)));
        std::vector<store::Incoming> messages(1, store::Incoming(content));
        must(run(house.io, house.inbox->append(std::move(messages))));
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * state.iterations());
}
BENCHMARK(append)->Arg(4 << 10)->Arg(64 << 10)->Unit(benchmark::kMicrosecond)->UseRealTime();

store::StoreRequest flag_all(bool add) {
    store::StoreRequest request;
    request.uids.push_back({store::Uid(1), store::Uid(0xFFFFFFFF)});
    request.change = add ? store::FlagChange::add : store::FlagChange::remove;
    request.flags.system = store::FlagSet(store::SystemFlag::flagged);
    return request;
}

void store_100k(benchmark::State& state) {
    House& house = big_house();
    bool add = true;
    for (auto _ : state) {
        must(run(house.io, house.inbox->store(flag_all(add))));
        add = !add;
    }
}
BENCHMARK(store_100k)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(20);

void store_one_of_100k(benchmark::State& state) {
    House& house = big_house();
    bool add = true;
    for (auto _ : state) {
        store::StoreRequest request = flag_all(add);
        request.uids = {{store::Uid(54'321), store::Uid(54'321)}};
        must(run(house.io, house.inbox->store(std::move(request))));
        add = !add;
    }
}
BENCHMARK(store_one_of_100k)->Unit(benchmark::kMicrosecond)->UseRealTime();

void load_100k_cold(benchmark::State& state) {
    House& house = big_house();
    for (auto _ : state) {
        state.PauseTiming();
        house.reopen();
        state.ResumeTiming();
        house.open_inbox();
        if (house.inbox->snapshot()->size() != 100'000) state.SkipWithError("messages are missing");
    }
}
BENCHMARK(load_100k_cold)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(5);

void compare_one_change_in_100k(benchmark::State& state) {
    House& house = big_house();
    const store::SnapshotPtr before = house.inbox->snapshot();
    store::StoreRequest request = flag_all(true);
    request.flags.keywords.push_back("bench");
    request.uids = {{store::Uid(54'321), store::Uid(54'321)}};
    must(run(house.io, house.inbox->store(std::move(request))));
    const store::SnapshotPtr after = house.inbox->snapshot();
    for (auto _ : state) benchmark::DoNotOptimize(store::compare(*before, *after));
}
BENCHMARK(compare_one_change_in_100k)->Unit(benchmark::kMicrosecond);

void details_1000_warm(benchmark::State& state) {
    House& house = big_house();
    std::vector<store::Entry> entries;
    house.inbox->snapshot()->for_each(
        store::SeqNum(5'001), store::SeqNum(6'000),
        [&](store::SeqNum, const store::Entry& entry) { entries.push_back(entry); });
    must(run(house.io, house.inbox->details(entries)));
    for (auto _ : state) benchmark::DoNotOptimize(must(run(house.io, house.inbox->details(entries))));
    state.SetItemsProcessed(1'000 * state.iterations());
}
BENCHMARK(details_1000_warm)->Unit(benchmark::kMicrosecond)->UseRealTime();

}  // namespace
