// A queue of a million messages: how long it takes to open, and how much memory it has then. Each is a
// message of one recipient; they go to 10,000 destinations. The engine is the real one, with the server's
// default cache.
#include <cstdio>
#include <filesystem>
#include <thread>
#include <unistd.h>

#include <benchmark/benchmark.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include "store/engine/rocksdb/rocksdb_engine.hpp"
#include "store/queue.hpp"
#include "store/store.hpp"

namespace {

namespace asio = boost::asio;

template <class T>
T run(store::awaitable<T> work) {
    asio::io_context io;
    std::optional<T> out;
    asio::co_spawn(io, std::move(work), [&](std::exception_ptr error, T value) {
        if (error) std::rethrow_exception(error);
        out.emplace(std::move(value));
    });
    std::thread helper([&io] { io.run(); });  // a server has a pool of threads
    io.run();
    helper.join();
    return std::move(*out);
}

std::uint64_t resident_bytes() {
    unsigned long total = 0, resident = 0;
    if (std::FILE* file = std::fopen("/proc/self/statm", "re")) {
        if (std::fscanf(file, "%lu %lu", &total, &resident) != 2) resident = 0;
        std::fclose(file);
    }
    return std::uint64_t{resident} * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

store::awaitable<store::Result<store::ContentPtr>> write_message(store::Store* mail) {
    const auto writer = mail->new_message();
    const auto written = co_await writer->write("Subject: x\r\n\r\nbody\r\n");
    if (!written) co_return written.error();
    co_return co_await writer->finish();
}

store::NewQueued message_for(std::uint64_t number, std::uint64_t count, std::int64_t now) {
    store::NewQueued out;
    out.envelope.sender = fmt::format("sender{}@example.test", number % 1'000);
    out.envelope.prefix = std::string(250, 'R') + "\r\n";
    out.envelope.arrived = now;
    store::QueueRecipient to;
    to.address = fmt::format("somebody{}@domain{}.example", number, number % 10'000);
    store::QueueProgress progress;
    progress.lane = fmt::format("mx:domain{}.example", number % 10'000);
    progress.due = now + static_cast<std::int64_t>((number * 7'919) % (count * 10));
    out.recipients.push_back(std::move(to));
    out.progress.push_back(std::move(progress));
    return out;
}

class Stand {
public:
    explicit Stand(std::uint64_t count) : ids_(base::Clock::system()) {
        std::string pattern = std::filesystem::temp_directory_path() / "barid-queue-XXXXXX";
        path_ = mkdtemp(pattern.data());
        open();
        const auto queue = store::make_queue(*engine_, ids_, base::Clock::system(), store::QueueLimits());
        if (!run(queue->open())) throw std::runtime_error("no queue");
        const auto mail = store::make_store(*engine_, base::Clock::system(), store::StoreLimits());
        const auto content = run(write_message(&*mail));
        const std::int64_t now = base::unix_milliseconds(base::Clock::system().now());
        constexpr std::uint64_t batch = 1'000;
        for (std::uint64_t done = 0; done < count; done += batch) {
            std::vector<store::NewQueued> messages;
            for (std::uint64_t i = 0; i < batch; ++i) {
                messages.push_back(message_for(done + i, count, now));
                messages.back().content = *content;
            }
            if (!run(queue->accept(std::move(messages)))) throw std::runtime_error("not accepted");
        }
    }
    ~Stand() {
        close();
        std::filesystem::remove_all(path_);
    }
    Stand(const Stand&) = delete;
    Stand& operator=(const Stand&) = delete;

    void open() {
        auto engine = store::engine::make_rocksdb_engine(path_, ids_, store::engine::RocksOptions());
        if (!engine) throw std::runtime_error("no engine");
        engine_ = std::move(*engine);
    }
    void close() {
        if (engine_) engine_->close();
        engine_.reset();
    }
    std::unique_ptr<store::Queue> queue() {
        return store::make_queue(*engine_, ids_, base::Clock::system(), store::QueueLimits());
    }

private:
    base::IdSource ids_;
    std::string path_;
    std::unique_ptr<store::engine::Engine> engine_;
};

/// As after a restart: the engine is opened again, its cache is empty, the files are in the system's cache.
/// The memory is that of a process which did nothing else but fill the queue before.
void open_queue(benchmark::State& state) {
    const auto count = static_cast<std::uint64_t>(state.range(0));
    Stand stand(count);
    for (auto _ : state) {
        state.PauseTiming();
        stand.close();
        stand.open();
        const auto queue = stand.queue();
        state.ResumeTiming();
        if (!run(queue->open())) state.SkipWithError("cannot open");
        state.PauseTiming();
        state.counters["resident_MiB"] = static_cast<double>(resident_bytes()) / (1 << 20);
        std::uint64_t messages = 0;
        for (const auto& [name, value] : queue->figures()) messages += name == "queue_messages" ? value : 0;
        if (messages != count) state.SkipWithError("messages are missing");
        state.ResumeTiming();
    }
}
BENCHMARK(open_queue)
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->Iterations(3)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

}  // namespace
