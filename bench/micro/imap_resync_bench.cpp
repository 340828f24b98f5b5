// What a client pays that was away: SELECT with QRESYNC of a folder of 1,000,000 messages, over RocksDB,
// after ten changes (RFC 7162 section 3.2.5). The folder is in memory, as one is that somebody uses; its log
// is read from the engine.
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include <benchmark/benchmark.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "imap/server.hpp"
#include "store/engine/rocksdb/rocksdb_engine.hpp"
#include "support/fake_authenticator.hpp"
#include "support/memory_connection.hpp"

namespace {

namespace asio = boost::asio;

constexpr std::uint32_t messages = 1'000'000, changes = 10;

template <class T>
T must(store::Result<T> result) {
    if (!result) throw std::runtime_error(std::string(result.error().what()));
    return std::move(*result);
}

asio::awaitable<store::ContentPtr> short_message(store::Store* store) {
    const auto writer = store->new_message();
    const std::string text = "From: A <a@example.test>\r\nSubject: a benchmark\r\n\r\nShort.\r\n";
    const auto written = co_await writer->write(text);
    if (!written) throw std::runtime_error("not written");
    auto content = co_await writer->finish();
    co_return must(std::move(content));
}

asio::awaitable<store::FolderPtr> inbox_of(store::Store* store) {
    auto account = co_await store->account(base::AccountId(1));
    const store::FolderTreePtr tree = must(std::move(account))->folders();
    auto again = co_await store->account(base::AccountId(1));
    auto folder = co_await must(std::move(again))->open(tree->find("INBOX")->id);
    co_return must(std::move(folder));
}

asio::awaitable<void> flag(store::FolderPtr folder, std::uint32_t first, std::uint32_t last,
                           store::SystemFlag flag) {
    store::StoreRequest request;
    request.uids.push_back({store::Uid(first), store::Uid(last)});
    request.flags.system = store::FlagSet(flag);
    auto done = co_await folder->store(std::move(request));
    must(std::move(done));
}

asio::awaitable<void> fill(store::Store* store) {
    auto made = co_await store->create_account(base::AccountId(1));
    must(std::move(made));
    const store::FolderPtr folder = co_await inbox_of(store);
    const store::ContentPtr content = co_await short_message(store);
    for (std::uint32_t done = 0; done < messages; done += 1'000) {
        std::vector<store::Incoming> batch(1'000, store::Incoming(content));
        auto appended = co_await folder->append(std::move(batch));
        must(std::move(appended));
    }
    co_await flag(folder, 1, messages, store::SystemFlag::seen);
}

/// Half of them flags, half of them messages that go; all over the folder.
asio::awaitable<void> change(store::FolderPtr folder) {
    for (std::uint32_t i = 0; i < changes; ++i) {
        const std::uint32_t uid = messages / changes * i + 77;
        if (i % 2 == 0) {
            co_await flag(folder, uid, uid, store::SystemFlag::flagged);
        } else {
            store::UidRanges one(1, store::UidRange{store::Uid(uid), store::Uid(uid)});
            auto gone = co_await folder->remove(std::move(one));
            must(std::move(gone));
        }
    }
}

asio::awaitable<void> keep(store::Store* store, store::FolderPtr* out) { *out = co_await inbox_of(store); }

/// A store in a temporary folder, and one session with it.
class House {
public:
    House() {
        std::string pattern = std::filesystem::temp_directory_path() / "barid-bench-XXXXXX";
        path_ = mkdtemp(pattern.data());
        auto made = store::engine::make_rocksdb_engine(path_, ids_, {});
        if (!made) throw std::runtime_error("no RocksDB");
        engine_ = std::move(*made);
        store_ = store::make_store(*engine_, base::Clock::system(), {});
        authenticator_.users["demo"] = {base::AccountId(1), "secret"};
        run(fill(store_.get()));
        run(keep(store_.get(), &inbox_));
        const store::FolderTotals before = inbox_->snapshot()->totals();
        known_ = std::to_string(before.uid_validity) + " " + std::to_string(before.highest_modseq.value);
        run(change(inbox_));
        services_ = std::make_shared<imap::Services>(
            imap::Services{*store_, authenticator_, sessions_, "mail.example.test", "Barid", "1.0"});
        support::MemoryOptions options;
        options.peer.loopback = true;
        support::MemoryPair pair = support::make_memory_pair(io_, options);
        peer_.emplace(pair.peer);
        asio::co_spawn(io_, imap::serve(std::move(pair.connection), services_), asio::detached);
        say("a LOGIN demo secret\r\n");
        say("a ENABLE QRESYNC\r\n");
    }
    ~House() {
        say("a LOGOUT\r\n");
        inbox_.reset();
        services_.reset();
        store_.reset();
        engine_->close();
        engine_.reset();
        std::filesystem::remove_all(path_);
    }

    std::string say(std::string_view octets) {
        peer_->send(octets);
        while (peer_->received().find("\r\na ") == std::string::npos &&
               !peer_->received().starts_with("a ")) {
            io_.restart();
            if (io_.run_one_for(std::chrono::seconds(10)) == 0) throw std::runtime_error("no answer");
        }
        return std::exchange(peer_->received(), {});
    }
    const std::string& known() const { return known_; }

private:
    void run(asio::awaitable<void> work) {
        io_.restart();
        asio::co_spawn(io_, std::move(work), [](const std::exception_ptr& failure) {
            if (failure) std::rethrow_exception(failure);
        });
        io_.run();
    }

    std::string path_, known_;
    asio::io_context io_;
    base::IdSource ids_{base::Clock::system()};
    std::unique_ptr<store::engine::Engine> engine_;
    std::unique_ptr<store::Store> store_;
    support::FakeAuthenticator authenticator_;
    net::SessionRegistry sessions_;
    std::shared_ptr<imap::Services> services_;
    store::FolderPtr inbox_;  // as another session would, so that it stays in memory
    std::optional<support::MemoryPeer> peer_;
};

House& house() {
    static House one;
    return one;
}

std::size_t count(std::string_view text, std::string_view what) {
    std::size_t found = 0;
    for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1))
        ++found;
    return found;
}

void measure(benchmark::State& state, const std::string& command, std::size_t fetches, std::size_t vanished) {
    house();  // is filled first, which nobody measures
    for (auto _ : state) {
        const std::string answer = house().say(command + "\r\n");
        if (count(answer, " FETCH (UID ") != fetches || count(answer, "* VANISHED (EARLIER) ") != vanished)
            state.SkipWithError("not the answer that was expected");
    }
}

void select_1m(benchmark::State& state) { measure(state, "a SELECT INBOX", 0, 0); }
void qresync_10_of_1m(benchmark::State& state) {
    measure(state, "a SELECT INBOX (QRESYNC (" + house().known() + "))", changes / 2, 1);
}
void qresync_10_of_1m_known(benchmark::State& state) {
    measure(state, "a SELECT INBOX (QRESYNC (" + house().known() + " 1:500000 (1:10 1:10)))", 3, 1);
}
void uid_fetch_vanished_10_of_1m(benchmark::State& state) {
    house().say("a SELECT INBOX\r\n");
    const std::string& known = house().known();
    measure(state,
            "a UID FETCH 1:* (FLAGS) (CHANGEDSINCE " + known.substr(known.find(' ') + 1) + " VANISHED)",
            changes / 2, 1);
}
void qresync_log_lost_1m(benchmark::State& state) {  // all absent uids of the known set
    const std::string validity = house().known().substr(0, house().known().find(' '));
    measure(state, "a SELECT INBOX (QRESYNC (" + validity + " 0 1:200000 (1:70 1:70)))", 199'999, 1);
}

BENCHMARK(select_1m)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(qresync_10_of_1m)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(qresync_10_of_1m_known)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(uid_fetch_vanished_10_of_1m)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(qresync_log_lost_1m)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
