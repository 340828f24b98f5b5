#include "unit/engine/ledger.hpp"

#include <charconv>

#include "unit/engine/conformance.hpp"

namespace store::engine {
namespace {

bool brings_blob(int number) { return number % 3 == 0; }
std::string octets_of(int worker, int number) {
    // Most lie in their index row; some have chunks that go ahead of the commit.
    const std::size_t size = number % 15 == 0 ? 600'000 : 3'000;
    return random_octets(size, static_cast<unsigned>(worker * 100'000 + number));
}
std::string partition_of(int worker) { return "f/" + std::to_string(worker); }

}  // namespace

void Ledger::acknowledge(int worker, int number) {
    const std::lock_guard lock(mutex_);
    acked_[worker] = number;
}

int Ledger::acknowledged(int worker) const {
    const std::lock_guard lock(mutex_);
    const auto found = acked_.find(worker);
    return found == acked_.end() ? 0 : found->second;
}

awaitable<Errc> Ledger::work(Engine& engine, int worker, int until, OnAck on_ack) {
    auto version = co_await engine.version(partition_of(worker));
    if (!version) co_return version.error().code();
    for (int number = acknowledged(worker) + 1; number <= until; ++number) {
        Batch batch;
        batch.partition = partition_of(worker);
        batch.expect = *version;
        batch.put.push_back({"h", std::to_string(number)});
        Prelude prelude;
        Patch patch;
        patch.partition = "s/" + std::to_string(worker) + "/0";
        patch.put.push_back({"m" + std::to_string(number), "static"});
        prelude.patches.push_back(std::move(patch));
        if (brings_blob(number)) {
            auto writer = engine.new_blob();
            const std::string octets = octets_of(worker, number);
            const auto written = co_await writer->write(octets);
            if (!written) co_return written.error().code();
            batch.put.push_back({"b" + std::to_string(number), std::to_string(writer->id().value)});
            std::vector<std::string> tags{std::to_string(worker) + "." + std::to_string(number)};
            prelude.blobs.emplace_back(std::move(writer), std::move(tags));
        }
        version = co_await engine.commit(std::move(prelude), std::move(batch));
        if (!version) co_return version.error().code();
        acknowledge(worker, number);
        if (on_ack) on_ack(worker, number);
    }
    co_return Errc::none;
}

std::string Ledger::verify_worker(Engine& engine, int worker, int acked) const {
    const std::string who = "worker " + std::to_string(worker) + ": ";
    const auto rows = run(engine.scan(partition_of(worker), "", "", 0, 0));
    if (!rows) return who + std::string(rows.error().what());
    int last = 0;
    std::map<int, std::uint64_t> blobs;
    for (const Row& row : rows->rows) {
        const auto parse = [](std::string_view text, auto& out) {
            std::from_chars(text.data(), text.data() + text.size(), out);
        };
        if (row.key == "h") parse(row.value, last);
        if (row.key[0] != 'b') continue;
        int number = 0;
        parse(std::string_view(row.key).substr(1), number);
        parse(row.value, blobs[number]);
    }
    // One more than acknowledged may be there: the commit under way when it ended.
    if (last < acked || last > acked + 1) {
        return who + "acknowledged " + std::to_string(acked) + ", found " + std::to_string(last);
    }
    for (int number = 1; number <= last; ++number) {
        const std::string which = who + "commit " + std::to_string(number) + ": ";
        const auto shard =
            run(engine.get("s/" + std::to_string(worker) + "/0", {"m" + std::to_string(number)}));
        if (!shard || shard->rows.size() != 1) return which + "its static row is gone";
        if (blobs.contains(number) != brings_blob(number)) return which + "its blob row is wrong";
        if (!brings_blob(number)) continue;
        const base::BlobId blob(blobs[number]);
        const auto octets = run(engine.blob_read(blob, 0, SIZE_MAX));
        if (!octets || *octets != octets_of(worker, number)) return which + "its blob does not read";
        const auto tags = run(engine.blob_tags(blob));
        const std::vector<std::string> wanted{std::to_string(worker) + "." + std::to_string(number)};
        if (!tags) return which + "tags: " + std::string(tags.error().what());
        if (*tags != wanted) return which + "it has " + std::to_string(tags->size()) + " tags";
    }
    return "";
}

std::string Ledger::verify(Engine& engine) const {
    std::map<int, int> acked;
    {
        const std::lock_guard lock(mutex_);
        acked = acked_;
    }
    for (const auto& [worker, number] : acked) {
        if (auto wrong = verify_worker(engine, worker, number); !wrong.empty()) return wrong;
    }
    return "";
}

}  // namespace store::engine
