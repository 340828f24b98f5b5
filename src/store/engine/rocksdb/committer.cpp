#include "store/engine/rocksdb/committer.hpp"

#include <algorithm>
#include <chrono>
#include <sys/resource.h>
#include <unistd.h>

#include "store/engine/rocksdb/blob_writer.hpp"
#include "store/engine/rocksdb/status.hpp"

namespace store::engine::rocks {
namespace {

constexpr std::size_t round_bytes_max = 4U
                                        << 20;  // a bigger round would make all wait for the slowest's octets
constexpr std::size_t versions_max = 32'768;    // of one generation of the cache: about 3 MB

/// A thread that comes back from fdatasync behind busy ones waits a scheduler slice (4 ms measured) in place
/// of the disk's 0.2 ms. Needs CAP_SYS_NICE; without it nothing changes.
void raise_priority() { static_cast<void>(setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), -10)); }

}  // namespace

std::optional<Version> VersionCache::find(const std::string& partition) {
    if (const auto found = recent_.find(partition); found != recent_.end()) return found->second;
    const auto found = older_.find(partition);
    if (found == older_.end()) return std::nullopt;
    const Version version = found->second;
    older_.erase(found);
    set(partition, version);
    return version;
}

void VersionCache::set(const std::string& partition, Version version) {
    if (recent_.size() >= versions_max && !recent_.contains(partition)) {
        older_ = std::move(recent_);
        recent_.clear();
    }
    recent_.insert_or_assign(partition, version);
}

void VersionCache::forget(const std::string& partition) {
    recent_.erase(partition);
    older_.erase(partition);
}

Committer::Committer(Database& database, const RocksOptions& options, Figures& figures)
    : database_(database),
      figures_(figures),
      health_(database, options, figures),
      last_version_(database.db().GetLatestSequenceNumber()),
      thread_([this] { run(); }) {}

void Committer::submit(JobPtr job) {
    bool wake = false;
    {
        const std::lock_guard lock(mutex_);
        if (!stopping_) {
            add(figures_.queue_depth);
            queue_.push_back(std::move(job));
            wake = std::exchange(sleeping_, false);
        }
    }
    if (wake) wake_.notify_one();
    if (job != nullptr && job->done) job->done(closed);
}

void Committer::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        sleeping_ = false;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
}

bool Committer::wait_for_jobs(std::vector<JobPtr>& jobs) {
    jobs.clear();
    std::unique_lock lock(mutex_);
    while (queue_.empty() && !stopping_) {
        sleeping_ = true;
        if (wake_.wait_for(lock, std::chrono::seconds(1)) == std::cv_status::timeout && health_.ailing()) {
            sleeping_ = false;
            break;
        }
    }
    jobs.swap(queue_);
    return !jobs.empty() || !stopping_;
}

void Committer::run() {
    raise_priority();
    std::vector<JobPtr> jobs;
    while (wait_for_jobs(jobs)) {
        health_.tend();
        // Removals first, each in a write of its own without a sync: the round after them makes them durable
        // too, and staging a round need not know of blobs that go in it.
        for (const JobPtr& job : jobs) {
            if (job->kind != Job::Kind::untag && job->kind != Job::Kind::remove) continue;
            if (const auto refused = health_.refusal(Health::Need::removal)) {
                job->outcome = *refused;
            } else {
                job->outcome = job->kind == Job::Kind::untag ? untag(job->tags) : remove(job->blob);
            }
            complete(*job);
        }
        write_in_rounds(jobs);
    }
}

Health::Need Committer::need_of(const Job& job) {
    if (job.kind == Job::Kind::drop) return Health::Need::removal;
    if (job.kind == Job::Kind::chunks)
        return job.chunk_put.empty() ? Health::Need::removal : Health::Need::blobs;
    return job.prelude.blobs.empty() ? Health::Need::rows : Health::Need::blobs;
}

Committer::Round Committer::new_round() const {
    Round round;
    round.last_version = last_version_;
    return round;
}

void Committer::write_in_rounds(std::vector<JobPtr>& jobs) {
    Round round = new_round();
    for (const JobPtr& job : jobs) {
        if (job->kind == Job::Kind::untag || job->kind == Job::Kind::remove) continue;
        const auto refused = health_.refusal(need_of(*job));
        if (refused) add(figures_.refused);
        job->outcome = refused ? Result<Version>(*refused) : stage(*job, round);
        if (!job->outcome) {
            if (job->outcome.error().is(Errc::conflict)) add(figures_.conflicts);
            complete(*job);
            continue;
        }
        round.jobs.push_back(job.get());
        if (round.batch.GetDataSize() < round_bytes_max) continue;
        write_round(round);
        round = new_round();
    }
    write_round(round);
}

void Committer::write_round(Round& round) {
    if (round.jobs.empty()) return;
    rocksdb::WriteOptions how;
    how.sync = round.sync;
    const auto start = std::chrono::steady_clock::now();
    const auto status =
        round.batch.Count() == 0 ? rocksdb::Status::OK() : database_.db().Write(how, &round.batch);
    const auto took = std::chrono::steady_clock::now() - start;
    if (status.ok()) {
        health_.written(round.batch.GetDataSize());
        add(figures_.rounds);
        if (round.sync) {
            using namespace std::chrono;
            add(figures_.syncs);
            add(figures_.sync_us, static_cast<std::uint64_t>(duration_cast<microseconds>(took).count()));
            add(figures_.commits,
                static_cast<std::uint64_t>(std::ranges::count_if(
                    round.jobs, [](const Job* job) { return job->kind == Job::Kind::write; })));
        }
        for (Job* job : round.jobs) {
            for (const auto& writer : job->writers) writer->set_written();
        }
    } else {
        const Error error = health_.failed(status);
        last_version_ = round.last_version;  // none of its versions was seen by anybody
        for (const std::string& partition : round.partitions) versions_.forget(partition);
        for (Job* job : round.jobs) job->outcome = error;
    }
    for (Job* job : round.jobs) complete(*job);
}

void Committer::complete(Job& job) {
    figures_.queue_depth.fetch_sub(1, std::memory_order_relaxed);
    // What the job holds ends here, not on the session's thread; a writer may submit the removal of its
    // chunks.
    job.writers.clear();
    job.prelude = Prelude();
    if (job.done) job.done(std::move(job.outcome));
}

}  // namespace store::engine::rocks
