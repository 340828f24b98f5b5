#include "store/engine/memory/memory_engine.hpp"

#include <algorithm>
#include <atomic>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "store/engine/bus.hpp"
#include "store/engine/memory/memory_state.hpp"
#include "store/engine/validate.hpp"

namespace store::engine {
namespace {

/// Lets everything else that waits on the executor run first, twice.
awaitable<void> let_others_run() {
    const auto executor = co_await boost::asio::this_coro::executor;
    for (int round = 0; round < 8; ++round) co_await boost::asio::post(executor, boost::asio::use_awaitable);
}

/// The answer of a call that `fault` keeps from being done.
std::optional<Error> refusal(Fault fault) {
    switch (fault) {
        case Fault::conflict:
            return Error(Errc::conflict, "the partition has changed");
        case Fault::unknown_not_done:
            return Error(Errc::unknown, "the answer was lost");
        case Fault::unavailable:
            return Error(Errc::unavailable, "the store cannot answer now");
        case Fault::no_space:
            return Error(Errc::no_space, "no space left");
        case Fault::corrupt:
            return Error(Errc::corrupt, "the store is damaged");
        case Fault::none:
        case Fault::delay:
        case Fault::unknown_but_done:
            return std::nullopt;
    }
    return std::nullopt;
}

class MemoryEngineImpl final : public MemoryEngine {
public:
    MemoryEngineImpl(base::IdSource& ids, const MemoryImagePtr& image, Limits limits)
        : ids_(ids), state_(std::make_shared<MemoryState>(limits, image)) {
        if (image == nullptr) return;
        std::uint64_t seen = 0;
        if (!image->blobs.empty()) seen = image->blobs.rbegin()->first.value;
        if (!image->unfinished.empty()) seen = std::max(seen, image->unfinished.rbegin()->first.value);
        ids_.skip_past(seen);
    }

    const Limits& limits() const override { return state_->limits; }

    awaitable<Result<Version>> commit(Batch batch) override {
        Prelude none;
        auto answer = co_await commit(std::move(none), std::move(batch));
        co_return answer;
    }
    awaitable<Result<Version>> commit(Prelude prelude, Batch batch) override {
        if (auto good = check_commit(limits(), prelude, batch); !good) co_return good.error();
        const Fault fault = co_await begin(Op::commit, false, !prelude.blobs.empty());
        if (const auto no = refusal(fault)) co_return *no;
        auto answer = open() ? state_->commit(prelude, batch) : Result<Version>(closed());
        if (fault == Fault::delay) co_await let_others_run();
        if (fault == Fault::unknown_but_done && answer) co_return lost();
        co_return answer;
    }
    awaitable<Result<void>> apply(Prelude prelude) override {
        if (auto good = check_prelude(limits(), prelude); !good) co_return good;
        const Fault fault = co_await begin(Op::apply, false, !prelude.blobs.empty());
        if (const auto no = refusal(fault)) co_return *no;
        auto answer = open() ? state_->apply(prelude) : Result<void>(closed());
        if (fault == Fault::delay) co_await let_others_run();
        if (fault == Fault::unknown_but_done && answer) co_return lost();
        co_return answer;
    }

    awaitable<Result<Rows>> get(std::string partition, std::vector<std::string> keys) override {
        if (auto good = check_keys(limits(), partition, keys); !good) co_return good.error();
        const Fault fault = co_await begin(Op::get, false);
        if (const auto no = refusal(fault)) co_return *no;
        if (!open()) co_return closed();
        auto answer = state_->get(partition, keys);
        if (fault == Fault::delay) co_await let_others_run();
        co_return answer;
    }
    awaitable<Result<Rows>> scan(std::string partition, std::string after, std::string prefix,
                                 std::size_t rows_max, Version expect) override {
        if (auto good = check_partition(limits(), partition); !good) co_return good.error();
        const Fault fault = co_await begin(Op::scan, expect != 0);
        if (const auto no = refusal(fault)) co_return *no;
        if (!open()) co_return closed();
        const std::size_t most = limits().scan_rows_max;
        MemoryState::Range range;
        range.partition = std::move(partition);
        range.after = std::move(after);
        range.prefix = std::move(prefix);
        range.rows_max = rows_max == 0 ? most : std::min(rows_max, most);
        range.expect = expect;
        auto answer = state_->scan(range);
        if (fault == Fault::delay) co_await let_others_run();
        co_return answer;
    }
    awaitable<Result<Version>> version(std::string partition) override {
        if (auto good = check_partition(limits(), partition); !good) co_return good.error();
        const Fault fault = co_await begin(Op::version, false);
        if (const auto no = refusal(fault)) co_return *no;
        if (!open()) co_return closed();
        auto answer = state_->version(partition);
        if (fault == Fault::delay) co_await let_others_run();
        co_return answer;
    }
    awaitable<Result<void>> drop(std::string partition) override {
        if (auto good = check_partition(limits(), partition); !good) co_return good;
        const Fault fault = co_await begin(Op::drop, false);
        if (const auto no = refusal(fault)) co_return *no;
        if (!open()) co_return closed();
        auto answer = state_->drop(partition);
        if (fault == Fault::delay) co_await let_others_run();
        if (fault == Fault::unknown_but_done) co_return lost();
        co_return answer;
    }
    awaitable<Result<std::vector<std::string>>> list(std::string prefix, std::string after,
                                                     std::size_t names_max) override {
        const Fault fault = co_await begin(Op::list, false);
        if (const auto no = refusal(fault)) co_return *no;
        if (!open()) co_return closed();
        auto answer = state_->list(prefix, after, names_max);
        if (fault == Fault::delay) co_await let_others_run();
        co_return answer;
    }

    std::shared_ptr<BlobWriter> new_blob() override {
        return std::make_shared<MemoryBlobWriter>(state_, base::BlobId(ids_.next()));
    }
    awaitable<Result<std::uint64_t>> blob_size(base::BlobId blob) override {
        const Fault fault = co_await begin(Op::blob_size, false);
        if (const auto no = refusal(fault)) co_return *no;
        if (!open()) co_return closed();
        auto answer = state_->blob_size(blob);
        if (fault == Fault::delay) co_await let_others_run();
        co_return answer;
    }
    awaitable<Result<std::string>> blob_read(base::BlobId blob, std::uint64_t offset,
                                             std::size_t length) override {
        const Fault fault = co_await begin(Op::blob_read, false);
        if (const auto no = refusal(fault)) co_return *no;
        if (!open()) co_return closed();
        auto answer = state_->blob_read(blob, offset, length);
        if (fault == Fault::delay) co_await let_others_run();
        co_return answer;
    }
    awaitable<Result<void>> untag(std::vector<Tag> tags) override {
        if (auto good = check_tags(limits(), tags); !good) co_return good;
        const Fault fault = co_await begin(Op::untag, false);
        if (const auto no = refusal(fault)) co_return *no;
        if (!open()) co_return closed();
        auto answer = state_->untag(tags);
        if (fault == Fault::unknown_but_done) co_return lost();
        co_return answer;
    }
    awaitable<Result<std::vector<std::string>>> blob_tags(base::BlobId blob, std::string from,
                                                          std::size_t max) override {
        const Fault fault = co_await begin(Op::blob_tags, false);
        if (const auto no = refusal(fault)) co_return *no;
        if (!open()) co_return closed();
        auto answer = state_->blob_tags(blob, from, max);
        if (fault == Fault::delay) co_await let_others_run();
        co_return answer;
    }
    awaitable<Result<std::vector<BlobInfo>>> blob_list(base::BlobId after, std::size_t max) override {
        const Fault fault = co_await begin(Op::blob_list, false);
        if (const auto no = refusal(fault)) co_return *no;
        if (!open()) co_return closed();
        auto answer = state_->blob_list(after, max);
        if (fault == Fault::delay) co_await let_others_run();
        co_return answer;
    }
    awaitable<Result<void>> blob_remove(base::BlobId blob) override {
        const Fault fault = co_await begin(Op::blob_remove, false);
        if (const auto no = refusal(fault)) co_return *no;
        if (!open()) co_return closed();
        state_->blob_remove(blob);
        if (fault == Fault::delay) co_await let_others_run();
        if (fault == Fault::unknown_but_done) co_return lost();
        co_return Result<void>();
    }

    void publish(std::string topic, std::string payload) override { bus_.publish(topic, payload); }
    std::unique_ptr<Subscription> subscribe(std::string topic, Bus::Handler handler) override {
        return bus_.subscribe(std::move(topic), std::move(handler));
    }

    std::vector<std::pair<std::string, std::uint64_t>> figures() const override {
        return {{"commits", state_->commits()}, {"blobs", state_->blobs()}, {"steps", state_->steps()}};
    }
    void close() override { closed_ = true; }

    void inject(FaultScript script) override { state_->inject(std::move(script)); }
    std::uint64_t steps() const override { return state_->steps(); }
    MemoryImagePtr power_cut(Unsynced unsynced) const override { return state_->power_cut(unsynced); }

private:
    awaitable<Fault> begin(Op op, bool has_expect, bool blobs = false) {
        const Fault fault = state_->next_step(op, has_expect, blobs);
        if (fault == Fault::delay) co_await let_others_run();
        co_return fault;
    }
    bool open() const { return !closed_; }
    static Error closed() { return {Errc::unavailable, "the store is closed"}; }
    static Error lost() { return {Errc::unknown, "the answer was lost"}; }

    base::IdSource& ids_;
    std::shared_ptr<MemoryState> state_;  // shared with blob writers, which may outlive the engine
    Bus bus_;
    std::atomic<bool> closed_{false};
};

}  // namespace

std::unique_ptr<MemoryEngine> make_memory_engine(base::IdSource& ids, MemoryImagePtr image, Limits limits) {
    return std::make_unique<MemoryEngineImpl>(ids, image, limits);
}

}  // namespace store::engine
