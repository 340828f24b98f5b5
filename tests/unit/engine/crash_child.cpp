// The process that rocksdb_crash_test.cpp ends in the middle: it commits and prints "<worker> <number>" after
// each acknowledgement. RocksDB with a failed disk under it is left alone, never closed, so each such case
// needs a process of its own.
//
// usage: engine_crash_child work FOLDER                  commits for ever, until it is killed
//        engine_crash_child power FOLDER OPERATION SEED TORN
//                                                        the power goes at that write or sync
//        engine_crash_child disk FOLDER OPERATION ERROR  the disk fails from that operation on, "full" or
//                                                        "broken"; then the power goes
//        engine_crash_child stop FOLDER OPERATION ERROR  the same, but it stops as a server does
//        engine_crash_child idle FOLDER ERROR            no table file can be written, and nobody writes
//        after it;
//                                                        then it stops as a server does
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "base/log.hpp"
#include "support/kept_io_context.hpp"
#include "unit/engine/conformance.hpp"
#include "unit/engine/ledger.hpp"
#include "unit/engine/power_fs.hpp"
#include "unit/engine/rocksdb_fixture.hpp"

namespace store::engine {
namespace {

enum Exit : int {
    good = 0,
    usage = 2,
    broken_pipe = 3,
    unexpected_end = 4,
    wrong_error = 5,
    lost = 6,
    not_told = 7
};

constexpr int workers = 8;

void say(int worker, int number) {
    char line[64];
    const int length = std::snprintf(line, sizeof line, "%d %d\n", worker, number);
    if (::write(1, line, static_cast<std::size_t>(length)) != length) _exit(broken_pipe);
}

RocksOptions options_of_child() {
    RocksOptions options = small_options();
    options.memtable_bytes = 512 << 10;  // so that the end also meets flushes and compactions
    return options;
}

/// Runs the workers until all ended. \returns the reasons
std::vector<Errc> work(Ledger& ledger, Engine& engine, const Ledger::OnAck& on_ack) {
    test::KeptIoContext kept;
    auto& io = *kept;
    std::vector<Errc> ends;
    for (int worker = 0; worker < workers; ++worker) {
        boost::asio::co_spawn(io, ledger.work(engine, worker, 1'000'000, on_ack),
                              [&](std::exception_ptr thrown, Errc end) {
                                  if (thrown) _exit(unexpected_end);
                                  ends.push_back(end);
                              });
    }
    io.run();
    return ends;
}

int work_until_killed(const std::string& folder) {
    base::IdSource ids{base::Clock::system()};
    const auto engine = open_rocks(folder, ids, options_of_child());
    Ledger ledger;
    work(ledger, *engine, say);
    return unexpected_end;
}

/// Nothing of it is destroyed: with the power gone nothing runs.
struct Machine {
    PowerFs* fs = new PowerFs;
    std::unique_ptr<rocksdb::Env>& env =
        *new std::unique_ptr<rocksdb::Env>(rocksdb::NewCompositeEnv(std::shared_ptr<PowerFs>(fs)));
    base::IdSource& ids = *new base::IdSource{base::Clock::system()};
    Ledger ledger;
    std::unique_ptr<Engine> engine;

    explicit Machine(const std::string& folder, std::function<void()> on_failure = {}) {
        RocksOptions options = options_of_child();
        options.env = env.get();
        options.on_failure = std::move(on_failure);
        engine = open_rocks(folder, ids, options);
    }
    [[noreturn]] void lose_power(std::uint64_t seed, bool torn) const {
        const std::uint64_t octets = fs->cut(seed, torn);
        std::fprintf(stderr, "%llu", static_cast<unsigned long long>(octets));
        std::fflush(stderr);
        _exit(good);
    }
};

int power_cut(const std::string& folder, long operation, std::uint64_t seed, bool torn) {
    auto& machine = *new Machine(folder);
    machine.fs->stop_at(operation, [&machine, seed, torn] { machine.lose_power(seed, torn); });
    work(machine.ledger, *machine.engine, say);
    return unexpected_end;
}

int failing_disk(const std::string& folder, long operation, bool full, bool stop) {
    auto& failures = *new std::atomic<int>(0);
    auto& machine = *new Machine(folder, [&failures] { ++failures; });
    machine.fs->fail_from(operation,
                          full ? rocksdb::IOStatus::NoSpace("injected") : rocksdb::IOStatus::IOError());
    for (const Errc end : work(machine.ledger, *machine.engine, say)) {
        // Of a full disk only the first round hears that; nothing may be acknowledged after it.
        const bool expected = end == Errc::unavailable || end == (full ? Errc::no_space : Errc::unknown);
        if (!expected) return wrong_error;
    }
    if (!machine.ledger.verify(*machine.engine).empty()) return lost;  // reads go on
    for (int i = 0; i < 3; ++i) {                                      // and writes do not, whatever they are
        if (run(machine.engine->drop("f/0"))) return wrong_error;
        if (run(machine.engine->blob_remove(base::BlobId(1)))) return wrong_error;
    }
    if (failures > 1) return wrong_error;
    if (!stop) machine.lose_power(1, false);
    machine.engine->close();
    machine.engine.reset();
    _exit(good);  // as the server does: RocksDB's threads live on
}

/// No table file can be made once broken(); until then whoever wants to make one waits.
class NoTables final : public rocksdb::FileSystemWrapper {
public:
    NoTables() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
    const char* Name() const override { return "NoTables"; }
    rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* result,
                                      rocksdb::IODebugContext* debug) override {
        if (!name.ends_with(".sst")) return FileSystemWrapper::NewWritableFile(name, options, result, debug);
        waiting = true;
        broken.wait(false);
        return full ? rocksdb::IOStatus::NoSpace("injected") : rocksdb::IOStatus::IOError("injected");
    }

    std::atomic<bool> waiting = false, broken = false;
    bool full = false;
};

/// What RocksDB fails at by itself is told although nobody writes, and so is that it was not closed.
int failing_at_rest(const std::string& folder, bool full) {
    auto& fs = *new NoTables;
    auto& env = *new std::unique_ptr<rocksdb::Env>(
        rocksdb::NewCompositeEnv(std::shared_ptr<rocksdb::FileSystem>(&fs)));
    auto& ids = *new base::IdSource{base::Clock::system()};
    auto& failures = *new std::atomic<int>(0);
    auto& abandoned = *new std::atomic<int>(0);
    fs.full = full;
    RocksOptions options = options_of_child();
    options.env = env.get();
    options.on_failure = [&failures] { ++failures; };
    options.on_abandon = [&abandoned](bool failed) { abandoned += failed ? 100 : 1; };
    auto engine = open_rocks(folder, ids, options);
    Version version = 0;
    for (int i = 0; !fs.waiting; ++i) {
        Batch batch;
        batch.partition = "f/0";
        batch.expect = version;
        batch.put.push_back({"r" + std::to_string(i), std::string(64 << 10, 'x')});
        const auto done = run(engine->commit(std::move(batch)));
        if (!done) return wrong_error;
        version = *done;
    }
    fs.broken = true;
    fs.broken.notify_all();
    const auto figure = [&engine](std::string_view name) {
        for (const auto& [its, value] : engine->figures())
            if (its == name) return value;
        return std::uint64_t{0};
    };
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    const auto told = [&] { return full ? figure("background_errors") > 0 : failures > 0; };
    while (!told()) {
        if (std::chrono::steady_clock::now() > deadline) return not_told;
        const auto pause = std::chrono::milliseconds(20);
        std::this_thread::sleep_for(pause);  // ban-ok: nobody writes
    }
    engine->close();
    engine.reset();
    if (failures != (full ? 0 : 1) || abandoned != (full ? 1 : 100)) return not_told;
    _exit(good);
}

long number(std::string_view text) {
    long value = -1;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    if (parsed.ec != std::errc() || value < 0) _exit(usage);
    return value;
}

int child(const std::vector<std::string>& words) {
    base::log::set_level("store", base::log::Level::off);
    if (words.size() < 2) return usage;
    const std::string &what = words[0], &folder = words[1];
    if (what == "work" && words.size() == 2) return work_until_killed(folder);
    if (what == "power" && words.size() == 5)
        return power_cut(folder, number(words[2]), static_cast<std::uint64_t>(number(words[3])),
                         words[4] == "torn");
    if (what == "idle" && words.size() == 3) return failing_at_rest(folder, words[2] == "full");
    if ((what == "disk" || what == "stop") && words.size() == 4)
        return failing_disk(folder, number(words[2]), words[3] == "full", what == "stop");
    return usage;
}

}  // namespace
}  // namespace store::engine

int main(int argc, char** argv) {
    return store::engine::child(std::vector<std::string>(argv + 1, argv + argc));
}
