// Durability of the RocksDB engine: killed processes, power cuts, full and failing disks. What was
// acknowledged stays.
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <random>
#include <signal.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/kept_io_context.hpp"
#include "unit/engine/conformance.hpp"
#include "unit/engine/ledger.hpp"
#include "unit/engine/rocksdb_fixture.hpp"

namespace store::engine {
namespace {

constexpr int workers = 6;

/// Runs the ledger's workers until all ended. \returns the reasons
std::vector<Errc> work(Ledger& ledger, Engine& engine, int until, const Ledger::OnAck& on_ack) {
    test::KeptIoContext kept;
    auto& io = *kept;
    std::vector<Errc> ends;
    for (int worker = 0; worker < workers; ++worker) {
        boost::asio::co_spawn(io, ledger.work(engine, worker, until, on_ack),
                              [&](std::exception_ptr thrown, Errc end) {
                                  EXPECT_FALSE(thrown);
                                  ends.push_back(end);
                              });
    }
    io.run();
    return ends;
}

/// A crash_child. Its acknowledgements come by a pipe, so that they are known however it ends.
class Child {
public:
    explicit Child(std::vector<std::string> words) {
        int out[2], err[2];
        EXPECT_EQ(pipe2(out, O_CLOEXEC), 0);
        EXPECT_EQ(pipe2(err, O_CLOEXEC), 0);
        output_ = out[0];
        errors_ = err[0];
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, out[1], 1);
        posix_spawn_file_actions_adddup2(&actions, err[1], 2);
        words.insert(words.begin(), ENGINE_CRASH_CHILD);
        std::vector<char*> arguments;
        for (std::string& word : words) arguments.push_back(word.data());
        arguments.push_back(nullptr);
        EXPECT_EQ(posix_spawn(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ), 0);
        posix_spawn_file_actions_destroy(&actions);
        close(out[1]);
        close(err[1]);
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() {
        close(output_);
        close(errors_);
    }

    /// Reads acknowledgements until the child has ended; kills it after `kill_after` of them. \returns how
    /// many
    int run(Ledger& ledger, int kill_after = -1) {
        std::string rest;
        int seen = 0;
        char buffer[4096];
        for (ssize_t n = 0; (n = read(output_, buffer, sizeof buffer)) > 0;) {
            rest.append(buffer, static_cast<std::size_t>(n));
            for (auto end = rest.find('\n'); end != rest.npos; end = rest.find('\n')) {
                int worker = 0, number = 0;
                const char* const stop = rest.data() + end;
                const auto first = std::from_chars(rest.data(), stop, worker);
                EXPECT_EQ(first.ec, std::errc());
                EXPECT_EQ(std::from_chars(first.ptr + 1, stop, number).ec, std::errc());
                ledger.acknowledge(worker, number);
                rest.erase(0, end + 1);
                if (++seen == kill_after) kill(pid_, SIGKILL);
            }
        }
        for (ssize_t n = 0; (n = read(errors_, buffer, sizeof buffer)) > 0;)
            said_.append(buffer, static_cast<std::size_t>(n));
        EXPECT_EQ(waitpid(pid_, &status_, 0), pid_);
        return seen;
    }
    bool was_killed() const { return WIFSIGNALED(status_) && WTERMSIG(status_) == SIGKILL; }
    bool ended_well() const { return WIFEXITED(status_) && WEXITSTATUS(status_) == 0; }
    int status() const { return status_; }
    const std::string& said() const { return said_; }  ///< on its standard error

private:
    pid_t pid_ = 0;
    int output_ = -1, errors_ = -1, status_ = 0;
    std::string said_;
};

/// Opened again, the store has all that was acknowledged, and goes on.
void expect_kept(const std::string& folder, Ledger& ledger) {
    base::IdSource ids{base::Clock::system()};
    const auto engine = open_rocks(folder, ids, small_options());
    ASSERT_EQ(ledger.verify(*engine), "");
    for (const Errc end : work(ledger, *engine, ledger.acknowledged(0) + 3, nullptr))
        EXPECT_EQ(end, Errc::none);
    EXPECT_EQ(ledger.verify(*engine), "");
}

TEST(RocksCrash, KilledAtAnyMomentItKeepsWhatItAcknowledged) {
    std::mt19937 chance(20261121);
    for (int cycle = 0; cycle < 10; ++cycle) {
        TempFolder folder;
        Ledger ledger;
        const int kill_after = 1 + static_cast<int>(chance() % 250);
        SCOPED_TRACE("cycle " + std::to_string(cycle) + ", killed after " + std::to_string(kill_after));
        Child child({"work", folder.path()});
        EXPECT_GE(child.run(ledger, kill_after), kill_after);
        EXPECT_TRUE(child.was_killed()) << child.status() << child.said();
        expect_kept(folder.path(), ledger);
    }
}

TEST(RocksCrash, APowerCutKeepsWhatWasAcknowledged) {
    std::mt19937 chance(7);
    std::uint64_t lost = 0;
    int acknowledged = 0;
    for (int cycle = 0; cycle < 12; ++cycle) {
        TempFolder folder;
        Ledger ledger;
        const std::string operation = std::to_string(1 + chance() % 200);
        SCOPED_TRACE("cycle " + std::to_string(cycle) + ", cut at operation " + operation);
        Child child(
            {"power", folder.path(), operation, std::to_string(cycle), cycle % 2 == 1 ? "torn" : "whole"});
        acknowledged += child.run(ledger);
        ASSERT_TRUE(child.ended_well()) << child.status() << child.said();
        std::uint64_t octets = 0;
        std::from_chars(child.said().data(), child.said().data() + child.said().size(), octets);
        lost += octets;
        expect_kept(folder.path(), ledger);
    }
    EXPECT_GT(lost, 0U);  // else the power cut cut nothing, and the test proves nothing
    EXPECT_GT(acknowledged, 100);
}

/// How a process ends whose disk fails at some operation: 1, 12, 23 … meet log, table files and manifest.
void expect_failing_disk_survived(const char* how) {
    for (const char* error : {"full", "broken"}) {
        for (int operation = 1; operation < 60; operation += 11) {
            SCOPED_TRACE(std::string(error) + " from operation " + std::to_string(operation));
            TempFolder folder;
            Ledger ledger;
            Child child({how, folder.path(), std::to_string(operation), error});
            child.run(ledger);
            ASSERT_TRUE(child.ended_well()) << child.status() << child.said();
            expect_kept(folder.path(), ledger);
        }
    }
}

TEST(RocksCrash, AFailingDiskAcknowledgesNothingThatIsLost) { expect_failing_disk_survived("disk"); }

// RocksDB 7.8.3 as Debian builds it has assertions on: touching a log whose write failed, as closing does,
// would abort.
TEST(RocksCrash, AfterAFailedWriteItIsStoppedWithoutTouchingTheLog) { expect_failing_disk_survived("stop"); }

// RocksDB's own work fails while nobody writes: an idle server has to hear of it. Whoever closes an engine
// hears that RocksDB lives on, also where it only stood still for want of space.
TEST(RocksCrash, WhatFailsAtRestIsToldAndSoIsThatItWasNotClosed) {
    for (const char* error : {"full", "broken"}) {
        SCOPED_TRACE(error);
        TempFolder folder;
        Child child({"idle", folder.path(), error});
        Ledger none;
        child.run(none);
        EXPECT_TRUE(child.ended_well()) << child.status() << child.said();
    }
}

/// A file system of a few megabytes, for as long as it lives.
class SmallDisk {
public:
    SmallDisk() { mounted_ = mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, "size=96m") == 0; }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;
    ~SmallDisk() {
        if (mounted_) umount2(folder_.path().c_str(), MNT_DETACH);
    }
    bool mounted() const { return mounted_; }
    const std::string& path() const { return folder_.path(); }

private:
    TempFolder folder_;
    bool mounted_ = false;
};

TEST(RocksCrash, AFullDiskIsSurvivedAndLaterAllGoesOn) {
    const SmallDisk disk;
    if (!disk.mounted()) GTEST_SKIP() << "cannot mount a tmpfs: " << std::strerror(errno);
    const std::string ballast = disk.path() + "/ballast", data = disk.path() + "/data";
    std::ofstream(ballast) << std::string(30 << 20, 'x');
    base::IdSource ids{base::Clock::system()};
    Ledger ledger;
    RocksOptions options = small_options();
    // RocksDB itself must not meet the end of the disk: after a torn log record Debian's 7.8.3, which is
    // built with assertions, aborts when anything touches that log again. The floor is what keeps it from
    // that.
    options.free_floor_bytes = 24 << 20;  // more than a flush and a compaction take between two looks
    options.memtable_bytes = 1 << 20;
    {
        const auto engine = open_rocks(data, ids, options);
        for (const Errc end : work(ledger, *engine, 100'000, nullptr)) EXPECT_EQ(end, Errc::no_space);
        EXPECT_GE(std::filesystem::space(data).available, 2U << 20);
        EXPECT_GT(ledger.acknowledged(0), 10);
        EXPECT_EQ(ledger.verify(*engine), "");
        std::filesystem::remove(ballast);
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        const int before = ledger.acknowledged(0);
        while (ledger.acknowledged(0) < before + 5 && std::chrono::steady_clock::now() < deadline) {
            work(ledger, *engine, before + 5, nullptr);
            const auto pause = std::chrono::milliseconds(50);  // the engine looks once a second
            std::this_thread::sleep_for(pause);                // ban-ok: nothing to wait for
        }
        EXPECT_GE(ledger.acknowledged(0), before + 5) << "it did not resume";
        EXPECT_EQ(ledger.verify(*engine), "");
    }
    const auto engine = open_rocks(data, ids, options);
    EXPECT_EQ(ledger.verify(*engine), "");
}

}  // namespace
}  // namespace store::engine
