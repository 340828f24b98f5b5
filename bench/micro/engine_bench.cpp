// What the RocksDB engine costs: durable commits by the number outstanding, deliveries by size, reads from
// the cache and from the disk. The store is made under $TMPDIR; put that on the disk that is to be measured.
#include <filesystem>
#include <memory>
#include <random>
#include <stdlib.h>
#include <string>

#include <benchmark/benchmark.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "store/engine/rocksdb/rocksdb_engine.hpp"

namespace {

using namespace store::engine;
using store::Result;

class Store {
public:
    Store() {
        std::string name = (std::filesystem::temp_directory_path() / "engine-bench-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) std::abort();
        path_ = name;
        open();
    }
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;
    ~Store() {
        engine_.reset();
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    void open() {
        engine_.reset();
        auto made = make_rocksdb_engine(path_, ids_, RocksOptions());
        if (!made) std::abort();
        engine_ = std::move(*made);
    }
    Engine& engine() { return *engine_; }
    double figure(std::string_view name) const {
        for (const auto& [key, value] : engine_->figures()) {
            if (key == name) return static_cast<double>(value);
        }
        return 0;
    }

private:
    std::string path_;
    base::IdSource ids_{base::Clock::system()};
    std::unique_ptr<Engine> engine_;
};

void must(bool good) {
    if (!good) std::abort();
}
void on_end(std::exception_ptr thrown) { must(!thrown); }

/// Half words, half chance: compresses by about two, as mail does.
std::string octets_of(std::size_t size) {
    std::mt19937_64 chance(1);
    std::string out;
    while (out.size() < size) {
        if (chance() % 2 == 0) {
            out += "The relay post rides from office to office, day and night. ";
        } else {
            for (int i = 0; i < 48; ++i) out += static_cast<char>(33 + chance() % 90);
        }
    }
    out.resize(size);
    return out;
}

Batch folder_commit(const std::string& folder, Version expect, int number) {
    Batch batch;
    batch.partition = folder;
    batch.expect = expect;
    batch.put.push_back({"h", std::string(120, 'h')});
    batch.put.push_back({"p000001", std::string(2'400, 'p')});
    batch.put.push_back({"l" + std::to_string(100'000'000 + number), std::string(64, 'l')});
    return batch;
}

awaitable<void> committer(Engine& engine, std::string folder, int times) {
    auto version = co_await engine.version(folder);
    must(version.has_value());
    for (int n = 0; n < times; ++n) {
        Batch batch = folder_commit(folder, *version, n);
        version = co_await engine.commit(std::move(batch));
        must(version.has_value());
    }
}

void commits(benchmark::State& state) {
    Store store;
    const int clients = static_cast<int>(state.range(0)), each = std::max(1, 2'000 / clients);
    for (auto _ : state) {
        boost::asio::io_context io(1);
        for (int c = 0; c < clients; ++c) {
            boost::asio::co_spawn(io, committer(store.engine(), "f/" + std::to_string(c), each), on_end);
        }
        io.run();
    }
    state.SetItemsProcessed(state.iterations() * clients * each);
    state.counters["per_sync"] = store.figure("commits") / store.figure("syncs");
    state.counters["sync_us"] = store.figure("sync_us") / store.figure("syncs");
}
BENCHMARK(commits)->Arg(1)->Arg(8)->Arg(64)->Arg(512)->UseRealTime()->Unit(benchmark::kMillisecond);

awaitable<void> deliverer(Engine& engine, std::string folder, std::string_view mail, int times) {
    auto version = co_await engine.version(folder);
    must(version.has_value());
    for (int n = 0; n < times; ++n) {
        auto writer = engine.new_blob();
        for (std::size_t at = 0; at < mail.size(); at += 64 << 10) {
            const auto written = co_await writer->write(mail.substr(at, 64 << 10));
            must(written.has_value());
        }
        Prelude prelude;
        std::vector<std::string> tags{folder + "." + std::to_string(n)};
        prelude.blobs.emplace_back(std::move(writer), std::move(tags));
        Patch patch;
        patch.partition = "s/" + folder;
        patch.put.push_back({"m" + std::to_string(n), std::string(600, 's')});
        prelude.patches.push_back(std::move(patch));
        Batch batch = folder_commit(folder, *version, n);
        version = co_await engine.commit(std::move(prelude), std::move(batch));
        must(version.has_value());
    }
}

void deliveries(benchmark::State& state) {
    Store store;
    const std::string mail = octets_of(static_cast<std::size_t>(state.range(0)));
    const int clients = static_cast<int>(state.range(1));
    const int each =
        std::max(1, static_cast<int>(std::min<std::int64_t>(1'000, (16 << 20) / state.range(0))) / clients);
    for (auto _ : state) {
        boost::asio::io_context io(1);
        for (int c = 0; c < clients; ++c) {
            boost::asio::co_spawn(io, deliverer(store.engine(), "f/" + std::to_string(c), mail, each),
                                  on_end);
        }
        io.run();
    }
    state.SetItemsProcessed(state.iterations() * clients * each);
    state.SetBytesProcessed(state.iterations() * clients * each * state.range(0));
}
BENCHMARK(deliveries)
    ->ArgsProduct({{4 << 10, 64 << 10, 1 << 20}, {1, 8, 64}})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

/// Runs `times` awaits of the same call inside one coroutine.
template <class Call>
awaitable<void> repeat(Call& call, int times) {  // NOLINT: the caller waits for its end
    for (int n = 0; n < times; ++n) {
        auto answer = co_await call(n);
        must(answer.has_value());
        benchmark::DoNotOptimize(answer);
    }
}

template <class Call>
void measure(benchmark::State& state, Call call) {
    constexpr int times = 100;
    for (auto _ : state) {
        boost::asio::io_context io(1);
        boost::asio::co_spawn(io, repeat(call, times), on_end);
        io.run();
    }
    state.SetItemsProcessed(state.iterations() * times);
}

void fill(Store& store) {
    Batch batch;
    batch.partition = "f/1";
    batch.put.push_back({"h", std::string(120, 'h')});
    for (int n = 0; n < 1'600; ++n)
        batch.put.push_back({"p" + std::to_string(100'000 + n), std::string(2'400, 'p')});
    boost::asio::io_context io(1);
    const auto done = [](std::exception_ptr thrown, const Result<Version>& answer) {
        must(!thrown && answer.has_value());
    };
    boost::asio::co_spawn(io, store.engine().commit(std::move(batch)), done);
    io.run();
    store.open();  // from files, no longer from the memtable
}

void get_cached(benchmark::State& state) {
    Store store;
    fill(store);
    measure(state, [&](int) { return store.engine().get("f/1", std::vector<std::string>{"h", "p100007"}); });
}
BENCHMARK(get_cached)->UseRealTime();

void version_cached(benchmark::State& state) {
    Store store;
    fill(store);
    measure(state, [&](int) { return store.engine().version("f/1"); });
}
BENCHMARK(version_cached)->UseRealTime();

void scan_of_1600_pages(benchmark::State& state) {
    Store store;
    fill(store);
    measure(state, [&](int) { return store.engine().scan("f/1", "", "p", 0, 0); });
}
BENCHMARK(scan_of_1600_pages)->UseRealTime()->Unit(benchmark::kMillisecond);

void partial_read_of_20_mb(benchmark::State& state) {
    Store store;
    constexpr std::size_t size = 20 << 20, part = 64 << 10;
    const std::string mail = octets_of(size);
    boost::asio::io_context io(1);
    auto writer = store.engine().new_blob();
    const auto id = writer->id();
    const auto done = [](std::exception_ptr thrown, const Result<void>& answer) {
        must(!thrown && answer.has_value());
    };
    boost::asio::co_spawn(io, writer->write(mail), done);
    io.run();
    io.restart();
    Prelude prelude;
    prelude.blobs.emplace_back(std::move(writer), std::vector<std::string>{"t"});
    boost::asio::co_spawn(io, store.engine().apply(std::move(prelude)), done);
    io.run();
    store.open();
    std::uint64_t at = 0;
    measure(state, [&](int) {
        at = (at + part) % (size - part);
        return store.engine().blob_read(id, at, part);
    });
}
BENCHMARK(partial_read_of_20_mb)->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace
