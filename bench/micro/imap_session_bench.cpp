// What a command costs a session: framing, parsing, the store's snapshot and the reply, over buffers instead
// of a socket.
#include <benchmark/benchmark.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "protocol/imap/imap_stage.hpp"

namespace {

constexpr std::size_t messages = 10'000;

boost::asio::awaitable<void> fill(store::Store* store, std::size_t count) {
    const auto account = co_await store->account(base::AccountId(1));
    const store::FolderTreePtr tree = (*account)->folders();
    const auto folder = co_await (*account)->open(tree->find("INBOX")->id);
    for (std::size_t done = 0; done < count; done += 1'000) {
        std::vector<store::Incoming> batch;
        for (std::size_t at = 0; at < 10; ++at) {
            const auto writer = store->new_message();
            const std::string text =
                "From: Demo User <demo@example.test>\r\nTo: two@example.test\r\nSubject: Message number " +
                std::to_string(done + at) + "\r\nDate: Thu, 1 Jan 2026 10:00:00 +0100\r\nMessage-ID: <" +
                std::to_string(done + at) + "@example.test>\r\n\r\nBody\r\n";
            const auto written = co_await writer->write(text);
            if (!written) co_return;
            auto content = co_await writer->finish();
            if (!content) co_return;
            // A hundred messages share a content: the in-memory engine pays for each blob with the number of
            // blobs.
            for (std::size_t copy = 0; copy < 100; ++copy) batch.emplace_back(*content);
        }
        const auto appended = co_await (*folder)->append(std::move(batch));
        if (!appended) co_return;
    }
}

/// One session that is logged in and has INBOX selected.
class Bench {
public:
    explicit Bench(std::size_t count) : stage_({}) {
        stage_.run(fill(&stage_.store(), count));
        support::MemoryPair pair = support::make_memory_pair(stage_.io, stage_.connection_options(1));
        peer_.emplace(pair.peer);
        boost::asio::co_spawn(stage_.io, stage_.serve(std::move(pair.connection)), boost::asio::detached);
        play("a LOGIN demo secret\r\nb SELECT INBOX\r\n");
    }
    ~Bench() { play("z LOGOUT\r\n"); }

    std::size_t play(std::string_view octets) {
        peer_->send(octets);
        stage_.io.restart();
        stage_.io.poll();
        const std::size_t answered = peer_->received().size();
        peer_->received().clear();
        return answered;
    }

private:
    imap_test::ImapStage stage_;
    std::optional<support::MemoryPeer> peer_;
};

void run(benchmark::State& state, std::string_view command, std::size_t count, std::size_t items_each) {
    static Bench bench(messages);
    std::string pipeline;
    for (std::size_t at = 0; at < count; ++at) pipeline += command;
    std::size_t octets = 0;
    for (auto _ : state) octets += bench.play(pipeline);
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count * items_each));
    state.SetBytesProcessed(static_cast<std::int64_t>(octets));
}

void noop_pipelined(benchmark::State& state) { run(state, "a NOOP\r\n", 1'000, 1); }
void uid_fetch_one_flags(benchmark::State& state) { run(state, "a UID FETCH 1 (FLAGS)\r\n", 1'000, 1); }
void fetch_all_uid_flags(benchmark::State& state) { run(state, "a FETCH 1:* (UID FLAGS)\r\n", 1, messages); }
void fetch_all_envelope(benchmark::State& state) { run(state, "a FETCH 1:* (ENVELOPE)\r\n", 1, messages); }
void fetch_all_bodies(benchmark::State& state) { run(state, "a FETCH 1:* (BODY.PEEK[])\r\n", 1, messages); }
void search_unseen(benchmark::State& state) { run(state, "a UID SEARCH UNSEEN\r\n", 1, messages); }
void search_subject(benchmark::State& state) { run(state, "a UID SEARCH SUBJECT 9999\r\n", 1, messages); }

BENCHMARK(noop_pipelined);
BENCHMARK(uid_fetch_one_flags);
BENCHMARK(fetch_all_uid_flags)->Unit(benchmark::kMillisecond);
BENCHMARK(fetch_all_envelope)->Unit(benchmark::kMillisecond);
BENCHMARK(fetch_all_bodies)->Unit(benchmark::kMillisecond);
BENCHMARK(search_unseen)->Unit(benchmark::kMillisecond);
BENCHMARK(search_subject)->Unit(benchmark::kMillisecond);

}  // namespace
