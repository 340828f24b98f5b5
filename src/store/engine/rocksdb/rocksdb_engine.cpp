#include "store/engine/rocksdb/rocksdb_engine.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "store/engine/bus.hpp"
#include "store/engine/rocksdb/blob_writer.hpp"
#include "store/engine/rocksdb/reader.hpp"
#include "store/engine/rocksdb/status.hpp"
#include "store/engine/validate.hpp"
#include "store/offload.hpp"

namespace store::engine {
namespace {

using namespace rocks;  // NOLINT: this file is the outside of that namespace

Result<void> without_version(const Result<Version>& answer) {
    if (!answer) return answer.error();
    return {};
}

class RocksEngine final : public Engine {
public:
    RocksEngine(std::unique_ptr<Database> database, std::shared_ptr<Service> service, base::IdSource& ids,
                const RocksOptions& options)
        : limits_(options.limits),
          ids_(ids),
          database_(std::move(database)),
          reader_(*database_, limits_),
          service_(std::move(service)) {
        service_->committer = std::make_unique<Committer>(*database_, options, service_->figures);
    }
    RocksEngine(const RocksEngine&) = delete;
    RocksEngine& operator=(const RocksEngine&) = delete;
    ~RocksEngine() override { close(); }

    const Limits& limits() const override { return limits_; }

    awaitable<Result<Version>> commit(Batch batch) override {
        if (auto good = check_batch(limits_, batch); !good) co_return good.error();
        auto job = std::make_unique<Job>(Job::Kind::write);
        job->batch = std::move(batch);
        auto answer = co_await done(std::move(job));
        co_return answer;
    }
    awaitable<Result<Version>> commit(Prelude prelude, Batch batch) override {
        if (auto good = check_commit(limits_, prelude, batch); !good) co_return good.error();
        auto job = std::make_unique<Job>(Job::Kind::write);
        if (auto good = load(*job, std::move(prelude)); !good) co_return good.error();
        job->batch = std::move(batch);
        auto answer = co_await done(std::move(job));
        co_return answer;
    }
    awaitable<Result<void>> apply(Prelude prelude) override {
        if (auto good = check_prelude(limits_, prelude); !good) co_return good;
        auto job = std::make_unique<Job>(Job::Kind::write);
        if (auto good = load(*job, std::move(prelude)); !good) co_return good;
        const auto answer = co_await done(std::move(job));
        co_return without_version(answer);
    }
    awaitable<Result<void>> drop(std::string partition) override {
        if (auto good = check_partition(limits_, partition); !good) co_return good;
        auto job = std::make_unique<Job>(Job::Kind::drop);
        job->partition = std::move(partition);
        const auto answer = co_await done(std::move(job));
        co_return without_version(answer);
    }

    awaitable<Result<Rows>> get(std::string partition, std::vector<std::string> keys) override {
        if (auto good = check_keys(limits_, partition, keys); !good) co_return good.error();
        auto read = [&](Tier tier) { return reader_.get(partition, keys, tier); };
        auto answer = co_await serve<Rows>(read);
        co_return answer;
    }
    awaitable<Result<Rows>> scan(std::string partition, std::string after, std::string prefix,
                                 std::size_t rows_max, Version expect) override {
        if (auto good = check_scan(limits_, partition, after, prefix); !good) co_return good.error();
        ScanRange range;
        range.partition = std::move(partition);
        range.after = std::move(after);
        range.prefix = std::move(prefix);
        range.rows_max = rows_max == 0 ? limits_.scan_rows_max : std::min(rows_max, limits_.scan_rows_max);
        range.expect = expect;
        auto read = [&] { return reader_.scan(range); };
        auto answer = co_await walk<Rows>(read);
        co_return answer;
    }
    awaitable<Result<Version>> version(std::string partition) override {
        if (auto good = check_partition(limits_, partition); !good) co_return good.error();
        auto read = [&](Tier tier) { return reader_.version(partition, tier); };
        auto answer = co_await serve<Version>(read);
        co_return answer;
    }
    awaitable<Result<std::vector<std::string>>> list(std::string prefix, std::string after,
                                                     std::size_t names_max) override {
        using Names = std::vector<std::string>;
        auto read = [&] { return reader_.list(prefix, after, names_max); };
        auto answer = co_await walk<Names>(read);
        co_return answer;
    }

    std::shared_ptr<BlobWriter> new_blob() override {
        return std::make_shared<RocksBlobWriter>(service_, base::BlobId(ids_.next()));
    }
    awaitable<Result<std::uint64_t>> blob_size(base::BlobId blob) override {
        auto read = [&](Tier tier) { return reader_.blob_size(blob, tier); };
        auto answer = co_await serve<std::uint64_t>(read);
        co_return answer;
    }
    awaitable<Result<std::string>> blob_read(base::BlobId blob, std::uint64_t offset,
                                             std::size_t length) override {
        auto read = [&](Tier tier) { return reader_.blob_read(blob, offset, length, tier); };
        auto answer = co_await serve<std::string>(read);
        co_return answer;
    }
    awaitable<Result<std::vector<std::string>>> blob_tags(base::BlobId blob, std::string from,
                                                          std::size_t max) override {
        auto read = [&] { return reader_.blob_tags(blob, from, max); };
        auto answer = co_await walk<std::vector<std::string>>(read);
        co_return answer;
    }
    awaitable<Result<void>> untag(std::vector<Tag> tags) override {
        if (auto good = check_tags(limits_, tags); !good) co_return good;
        // The committer reads the tags: bring them into the cache first, so that it does not wait for the
        // disk.
        for (const Tag& tag : tags) {
            const auto seen = co_await blob_tags(tag.blob, tag.tag, 2);
            if (!seen && !seen.error().is(Errc::not_found)) co_return seen.error();
        }
        auto job = std::make_unique<Job>(Job::Kind::untag);
        job->tags = std::move(tags);
        const auto answer = co_await done(std::move(job));
        co_return without_version(answer);
    }
    awaitable<Result<std::vector<BlobInfo>>> blob_list(base::BlobId after, std::size_t max) override {
        using Blobs = std::vector<BlobInfo>;
        auto read = [&] { return reader_.blob_list(after, max); };
        auto answer = co_await walk<Blobs>(read);
        co_return answer;
    }
    awaitable<Result<void>> blob_remove(base::BlobId blob) override {
        auto job = std::make_unique<Job>(Job::Kind::remove);
        job->blob = blob;
        const auto answer = co_await done(std::move(job));
        co_return without_version(answer);
    }

    void publish(std::string topic, std::string payload) override { bus_.publish(topic, payload); }
    std::unique_ptr<Subscription> subscribe(std::string topic, Bus::Handler handler) override {
        return bus_.subscribe(std::move(topic), std::move(handler));
    }

    std::vector<std::pair<std::string, std::uint64_t>> figures() const override;
    void close() override;

private:
    /// Answers on the caller's thread when the cache can, else from the read pool.
    template <class T, class Read>
    awaitable<Result<T>> serve(Read read) {
        auto ticket = service_->gate.enter();
        if (!ticket) co_return closed;
        if (auto answer = read(Tier::cache)) {
            add(service_->figures.reads_inline);
            co_return std::move(*answer);
        }
        add(service_->figures.reads_pooled);
        auto work = [read, ticket = std::move(*ticket)] { return *read(Tier::disk); };
        auto answer = co_await offload(service_->pool, std::move(work));
        co_return answer;
    }

    /// Answers from the read pool.
    template <class T, class Read>
    awaitable<Result<T>> walk(Read read) {
        auto ticket = service_->gate.enter();
        if (!ticket) co_return closed;
        add(service_->figures.reads_pooled);
        auto work = [read, ticket = std::move(*ticket)] { return read(); };
        auto answer = co_await offload(service_->pool, std::move(work));
        co_return answer;
    }

    /// Waits until the committer has done the job.
    awaitable<Result<Version>> done(JobPtr job) {
        auto start = [this, job = std::move(job)](Completion<Result<Version>> completion) mutable {
            job->done = std::move(completion);
            service_->committer->submit(std::move(job));
        };
        return await_completion<Result<Version>>(std::move(start));
    }

    Result<void> load(Job& job, Prelude prelude) {
        if (!service_->gate.open()) return closed;
        for (const auto& [writer, tags] : prelude.blobs) {
            auto mine = std::dynamic_pointer_cast<RocksBlobWriter>(writer);
            if (mine == nullptr) return Error(Errc::invalid, "a blob of another engine");
            if (auto good = mine->seal(); !good) return good;
            job.writers.push_back(std::move(mine));
        }
        job.prelude = std::move(prelude);
        return {};
    }

    Limits limits_;
    base::IdSource& ids_;
    std::unique_ptr<Database> database_;
    Reader reader_;
    std::shared_ptr<Service> service_;  // shared with blob writers, which may outlive the engine
    Bus bus_;
};

void RocksEngine::close() {
    if (database_ == nullptr) return;
    service_->committer->stop();
    service_->gate.close();
    service_->pool.join();
    database_.reset();
}

std::vector<std::pair<std::string, std::uint64_t>> RocksEngine::figures() const {
    const Figures& f = service_->figures;
    std::vector<std::pair<std::string, std::uint64_t>> out{
        {"commits", f.commits},
        {"conflicts", f.conflicts},
        {"rounds", f.rounds},
        {"syncs", f.syncs},
        {"sync_us", f.sync_us},
        {"queue_depth", f.queue_depth},
        {"refused", f.refused},
        {"background_errors", f.background_errors},
        {"resumes", f.resumes},
        {"failed", f.failed ? 1U : 0U},
        {"reads_inline", f.reads_inline},
        {"reads_pooled", f.reads_pooled},
        {"blob_bytes_raw", f.blob_bytes_raw},
        {"blob_bytes_stored", f.blob_bytes_stored},
        {"disk_free_bytes", f.disk_free},
    };
    const auto ticket = service_->gate.enter();
    if (!ticket) return out;
    out.emplace_back("cache_bytes", database_->cache().GetUsage());
    out.emplace_back("cache_bytes_max", database_->cache().GetCapacity());
    const auto property = [&](const char* name, const rocksdb::Slice& its) {
        std::uint64_t sum = 0;
        if (database_->db().GetAggregatedIntProperty(its, &sum)) out.emplace_back(name, sum);
    };
    property("memtable_bytes", "rocksdb.cur-size-all-mem-tables");
    property("table_bytes", "rocksdb.total-sst-files-size");
    property("compaction_pending_bytes", "rocksdb.estimate-pending-compaction-bytes");
    if (const auto* counters = database_->statistics()) {
        out.emplace_back("cache_hits", counters->getTickerCount(rocksdb::BLOCK_CACHE_HIT));
        out.emplace_back("cache_misses", counters->getTickerCount(rocksdb::BLOCK_CACHE_MISS));
        out.emplace_back("wal_bytes", counters->getTickerCount(rocksdb::WAL_FILE_BYTES));
        out.emplace_back("stall_us", counters->getTickerCount(rocksdb::STALL_MICROS));
    }
    return out;
}

}  // namespace

Result<std::unique_ptr<Engine>> make_rocksdb_engine(const std::string& path, base::IdSource& ids,
                                                    RocksOptions options) {
    auto service = std::make_shared<Service>(options.read_threads, options.limits.blob_chunk_bytes);
    auto database = Database::open(path, options, service->counters);
    if (!database) return database.error();
    ids.skip_past((*database)->last_blob());
    return std::unique_ptr<Engine>(
        std::make_unique<RocksEngine>(std::move(*database), std::move(service), ids, options));
}

}  // namespace store::engine
