#include "store/engine/rocksdb/blob_writer.hpp"

#include "store/engine/rocksdb/base64_lines.hpp"
#include "store/engine/rocksdb/keys.hpp"
#include "store/engine/rocksdb/status.hpp"
#include "store/offload.hpp"

namespace store::engine::rocks {
namespace {
constexpr std::size_t hand_over_at = 512U << 10;  // stored octets held before they are written
constexpr std::size_t inline_work_max = 128U
                                        << 10;  // octets compressed on the session's thread: about 0.3 ms
constexpr std::size_t cut_chunks_max = 256;     // a blob of more is cut by size alone: the index stays short
}  // namespace

RocksBlobWriter::~RocksBlobWriter() {
    const std::size_t handed_over = index_.chunks.size() - frames_.size();
    if (written() || handed_over == 0) return;
    auto job = std::make_unique<Job>(Job::Kind::chunks);
    for (std::uint32_t n = 0; n < handed_over; ++n) {
        job->chunk_erase.push_back(key_of(blob_name(id_), chunk_row(n)));
    }
    service_->committer->submit(std::move(job));
}

awaitable<Result<void>> RocksBlobWriter::write(std::string_view octets) {
    if (failed_) co_return *failed_;
    if (sealed_) co_return Error(Errc::invalid, "the blob is finished");
    while (!octets.empty()) {
        if (octets.size() > inline_work_max) {
            auto ticket = service_->gate.enter();
            if (!ticket) co_return closed;
            auto work = [this, octets, ticket = std::move(*ticket)] { return absorb(octets); };
            octets = co_await offload(service_->pool, std::move(work));
        } else {
            octets = absorb(octets);
        }
        if (index_.chunks.size() >= blob_chunks_max - 1) failed_ = Error(Errc::limit, "the blob is too big");
        if (failed_) co_return *failed_;
        if (gathered_ < hand_over_at) continue;
        auto handed = co_await hand_over();
        if (!handed) co_return handed;
    }
    co_return Result<void>();
}

/// Takes octets until enough frames have gathered. \returns the rest
std::string_view RocksBlobWriter::absorb(std::string_view octets) {
    const std::size_t whole = service_->chunk_bytes;
    while (!octets.empty() && gathered_ < hand_over_at) {
        if (chunk_.empty() && octets.size() >= whole) {
            size_ += whole;
            add_chunks(octets.substr(0, whole));
            octets.remove_prefix(whole);
            continue;
        }
        const auto part = octets.substr(0, whole - chunk_.size());
        chunk_ += part;
        size_ += part.size();
        octets.remove_prefix(part.size());
        if (chunk_.size() == whole) end_chunk();
    }
    return octets;
}

void RocksBlobWriter::add_chunks(std::string_view raw) {
    while (!raw.empty()) {
        const bool cuts = index_.chunks.size() < cut_chunks_max;
        const std::string_view chunk = raw.substr(0, cuts ? Base64Lines::cut(raw) : raw.size());
        add_chunk(chunk);
        raw.remove_prefix(chunk.size());
    }
}

void RocksBlobWriter::add_chunk(std::string_view raw) {
    Chunk chunk;
    chunk.raw_offset = index_.size;
    chunk.raw_size = static_cast<std::uint32_t>(raw.size());
    frames_.push_back(make_frame(raw, chunk));
    index_.chunks.push_back(chunk);
    index_.size += raw.size();
    gathered_ += chunk.stored_size;
}

void RocksBlobWriter::end_chunk() {
    add_chunks(chunk_);
    chunk_.clear();
}

void RocksBlobWriter::cut() {
    if (!sealed_ && !failed_ && !chunk_.empty()) end_chunk();
}

awaitable<Result<void>> RocksBlobWriter::hand_over() {
    auto job = std::make_unique<Job>(Job::Kind::chunks);
    auto number = static_cast<std::uint32_t>(index_.chunks.size() - frames_.size());
    const std::string name = blob_name(id_);
    for (std::string& frame : frames_) {
        job->chunk_put.emplace_back(key_of(name, chunk_row(number++)), std::move(frame));
    }
    frames_.clear();
    gathered_ = 0;
    auto start = [this, job = std::move(job)](Completion<Result<Version>> done) mutable {
        job->done = std::move(done);
        service_->committer->submit(std::move(job));
    };
    const auto written_ahead = co_await await_completion<Result<Version>>(std::move(start));
    if (written_ahead) co_return Result<void>();
    failed_ = written_ahead.error();
    if (failed_->is(Errc::unknown)) failed_ = Error(Errc::unavailable, "the store cannot write now");
    co_return *failed_;
}

Result<void> RocksBlobWriter::seal() {
    const std::lock_guard lock(seal_mutex_);
    if (failed_) return *failed_;
    if (sealed_) return {};
    if (!chunk_.empty()) end_chunk();
    sealed_ = true;
    index_.holds_frames = frames_.size() == index_.chunks.size() && gathered_ <= inline_bytes_max;
    std::size_t stored = 0;
    for (const Chunk& chunk : index_.chunks) stored += chunk.stored_size;
    if (!index_.holds_frames) {
        auto number = static_cast<std::uint32_t>(index_.chunks.size() - frames_.size());
        for (std::string& frame : frames_) sealed_rows_.push_back(Row{chunk_row(number++), std::move(frame)});
    }
    sealed_rows_.push_back(Row{std::string(index_key), encode_index(index_, frames_)});
    if (index_.holds_frames) frames_.clear();
    chunk_ = std::string();
    add(service_->figures.blob_bytes_raw, size_);
    add(service_->figures.blob_bytes_stored, stored);
    return {};
}

}  // namespace store::engine::rocks
