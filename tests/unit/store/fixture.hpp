// What the store's tests share: a store over an engine, coroutines run to their end, messages made up.
#pragma once
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "base/log.hpp"
#include "store/engine/memory/memory_engine.hpp"
#include "store/engine/rocksdb/rocksdb_engine.hpp"
#include "store/store.hpp"

namespace store::test {

namespace asio = boost::asio;

/// Runs a coroutine on `io` until it ends; its exception comes out here.
template <class T>
T run(asio::io_context& io, awaitable<T> work) {
    std::optional<T> result;
    std::exception_ptr failure;
    io.restart();
    asio::co_spawn(io, std::move(work), [&](std::exception_ptr error, T value) {
        failure = error;
        if (!error) result.emplace(std::move(value));
    });
    io.run();
    if (failure) std::rethrow_exception(failure);
    if (!result) throw std::runtime_error("the coroutine did not end");
    return std::move(*result);
}
inline void run(asio::io_context& io, awaitable<void> work) {
    std::exception_ptr failure;
    bool ended = false;
    io.restart();
    asio::co_spawn(io, std::move(work), [&](std::exception_ptr error) {
        failure = error;
        ended = true;
    });
    io.run();
    if (failure) std::rethrow_exception(failure);
    if (!ended) throw std::runtime_error("the coroutine did not end");
}

inline std::string message_text(const std::string& subject, std::size_t body_bytes = 100) {
    std::string out = "From: A <a@example.test>\r\nTo: b@example.test\r\nSubject: " + subject +
                      "\r\nMessage-ID: <" + subject +
                      "@example.test>\r\nDate: Mon, 1 Jan 2024 10:00:00 +0000\r\n"
                      "MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n";
    while (out.size() < body_bytes)
        out += "All work and no play makes a dull mailbox, line by line by line.\r\n";
    return out;
}

inline awaitable<Result<ContentPtr>> write_message(Store* store, std::string text) {
    const std::unique_ptr<MessageWriter> writer = store->new_message();
    const auto written = co_await writer->write(text);
    if (!written) co_return written.error();
    co_return co_await writer->finish();
}

inline awaitable<Result<AppendResult>> append_text(Store* store, FolderPtr folder, std::string text,
                                                   NamedFlags flags = {}) {
    const auto content = co_await write_message(store, std::move(text));
    if (!content) co_return content.error();
    std::vector<Incoming> messages;
    messages.emplace_back(*content);
    messages.back().flags = std::move(flags);
    co_return co_await folder->append(std::move(messages));
}

inline awaitable<Result<ReplaceResult>> replace_text(Store* store, FolderPtr folder, Uid old,
                                                     FolderPtr destination, std::string text,
                                                     FlagSet flags = {}, FlagSet keep = {}) {
    const auto content = co_await write_message(store, std::move(text));
    if (!content) co_return content.error();
    Incoming message(*content);
    message.flags.system = flags;
    co_return co_await folder->replace(old, std::move(destination), std::move(message), keep);
}

inline UidRanges everything() { return {UidRange{Uid(1), Uid(0xFFFFFFFF)}}; }
inline UidRanges one(std::uint32_t uid) { return {UidRange{Uid(uid), Uid(uid)}}; }
inline StoreRequest add_flags(UidRanges uids, NamedFlags flags) {
    StoreRequest request;
    request.uids = std::move(uids);
    request.flags = std::move(flags);
    return request;
}
inline NamedFlags named(FlagSet system, std::vector<std::string> keywords = {}) {
    NamedFlags flags;
    flags.system = system;
    flags.keywords = std::move(keywords);
    return flags;
}

/// A store over a fresh engine, with one account whose INBOX is open. The same tests run over both engines:
/// this file is compiled twice.
class StoreTest : public testing::Test {
protected:
    StoreTest() {
        base::log::set_level("store", base::log::Level::off);  // faults are wanted here
        start();
    }
    ~StoreTest() override { stop(); }

#ifdef STORE_TEST_ROCKSDB
    std::unique_ptr<engine::Engine> make_engine() {
        if (!path) path.emplace();
        engine::RocksOptions options;
        options.limits = engine_limits;
        auto opened = engine::make_rocksdb_engine(path->path, ids, options);
        if (!opened) throw std::runtime_error("no RocksDB");
        return std::move(*opened);
    }
    void inject(const engine::FaultScript&) {}
    std::uint64_t steps() { return 0; }
#else
    std::unique_ptr<engine::Engine> make_engine() {
        auto memory = engine::make_memory_engine(ids, image, engine_limits);
        memory_engine = memory.get();
        return memory;
    }
    void inject(engine::FaultScript script) { memory_engine->inject(std::move(script)); }
    std::uint64_t steps() { return memory_engine->steps(); }
#endif
    void start() {
        owned_engine = make_engine();
        store = make_store(*owned_engine, clock, limits);
    }
    void stop() {
        inbox.reset();
        account.reset();
        store.reset();
        if (owned_engine) owned_engine->close();
        owned_engine.reset();
    }
    /// A new store over what is on the disk; of the memory engine: after a power cut.
    void restart([[maybe_unused]] engine::Unsynced unsynced = engine::Unsynced::lost) {
        if (memory_engine != nullptr) image = memory_engine->power_cut(unsynced);
        stop();
        start();
    }
    /// A new store over nothing.
    void start_anew() {
        stop();
        image = nullptr;
        path.reset();
        start();
    }
    template <class T>
    T run(awaitable<T> work) {
        return test::run(io, std::move(work));
    }
    void run(awaitable<void> work) { test::run(io, std::move(work)); }

    void open_account() {
        const base::AccountId id(1);
        auto opened = run(store->account(id));
        if (!opened) opened = run(store->create_account(id));
        ASSERT_TRUE(opened) << opened.error().what();
        account = *opened;
        inbox = open_folder("INBOX");
        ASSERT_TRUE(inbox);
    }
    FolderPtr open_folder(const std::string& name) {
        const FolderTreePtr tree = account->folders();
        const FolderInfo* info = tree->find(name);
        if (info == nullptr) return nullptr;
        const auto folder = run(account->open(info->id));
        return folder ? *folder : nullptr;
    }
    FolderPtr make_folder(const std::string& name) {
        const auto made = run(account->create(name, SpecialUse::none));
        return made ? open_folder(name) : nullptr;
    }
    std::vector<Uid> append(const FolderPtr& folder, const std::string& subject, NamedFlags flags = {}) {
        const auto result = run(append_text(store.get(), folder, message_text(subject), std::move(flags)));
        EXPECT_TRUE(result) << result.error().what();
        return result ? result->uids : std::vector<Uid>();
    }
    std::string text_of(const FolderPtr& folder, Uid uid) {
        const SnapshotPtr snapshot = folder->snapshot();
        const Entry* entry = snapshot->find(uid);
        if (entry == nullptr) return "no such message";
        const auto details = run(folder->details({*entry}));
        if (!details || !(*details)[0]) return "no details";
        const auto octets = run(folder->read((*details)[0], 0, (*details)[0]->size));
        return octets ? *octets : "unreadable";
    }
    void expect_clean() {
        const auto report = run(store->check({}));
        ASSERT_TRUE(report) << report.error().what();
        EXPECT_EQ(report->problems, std::vector<std::string>());
    }

    struct TemporaryFolder {
        TemporaryFolder() {
            std::string pattern = std::filesystem::temp_directory_path() / "barid-store-XXXXXX";
            path = mkdtemp(pattern.data());
        }
        ~TemporaryFolder() { std::filesystem::remove_all(path); }
        std::string path;
    };
    std::optional<TemporaryFolder> path;
    base::ManualClock clock{base::SystemTime(std::chrono::seconds(1'800'000'000))};
    base::IdSource ids{clock};
    engine::Limits engine_limits;
    engine::MemoryImagePtr image;
    StoreLimits limits;
    asio::io_context io;
    engine::MemoryEngine* memory_engine = nullptr;
    std::unique_ptr<engine::Engine> owned_engine;
    std::unique_ptr<Store> store;
    AccountPtr account;
    FolderPtr inbox;
};

}  // namespace store::test
