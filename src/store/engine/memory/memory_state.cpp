#include "store/engine/memory/memory_state.hpp"

#include <algorithm>

namespace store::engine {
namespace {
const Error no_blob{Errc::not_found, "no such blob"};
}

MemoryState::MemoryState(Limits its_limits, const MemoryImagePtr& image) : limits(its_limits) {
    if (image != nullptr) live_ = *image;
    durable_ = live_.blobs;
}

Fault MemoryState::next_step(Op op, bool has_expect, bool blobs) {
    const std::lock_guard lock(script_mutex_);
    const Step step{.number = ++steps_, .op = op, .blobs = blobs};
    return script_ ? effective(script_(step), op, has_expect) : Fault::none;
}

void MemoryState::inject(FaultScript script) {
    const std::lock_guard lock(script_mutex_);
    script_ = std::move(script);
}

std::uint64_t MemoryState::steps() const {
    const std::lock_guard lock(script_mutex_);
    return steps_;
}

Result<void> MemoryState::check(const Prelude& prelude) const {
    for (const Tag& tag : prelude.tags) {
        if (!live_.blobs.contains(tag.blob)) return no_blob;
    }
    for (const auto& [writer, tags] : prelude.blobs) {
        auto* mine = dynamic_cast<MemoryBlobWriter*>(writer.get());
        if (mine == nullptr) return Error(Errc::invalid, "a blob of another engine");
        if (mine->failed()) return Error(Errc::unavailable, "the blob was not written whole");
        if (mine->written && !live_.blobs.contains(writer->id()))
            return no_blob;  // its last tag is gone already
    }
    return {};
}

void MemoryState::do_prelude(const Prelude& prelude) {
    for (const auto& [writer, tags] : prelude.blobs) {
        auto& mine = dynamic_cast<MemoryBlobWriter&>(*writer);
        const base::BlobId id = mine.id();
        if (!mine.written) live_.blobs[id].octets = durable_[id].octets = mine.seal();
        mine.written = true;
        live_.unfinished.erase(id);
        live_.blobs[id].tags.insert(tags.begin(), tags.end());
        durable_[id].tags.insert(tags.begin(), tags.end());
    }
    for (const Tag& tag : prelude.tags) {
        live_.blobs[tag.blob].tags.insert(tag.tag);
        durable_[tag.blob].tags.insert(tag.tag);
    }
    for (const Patch& patch : prelude.patches) {
        if (patch.put.empty() && !live_.partitions.contains(patch.partition)) continue;
        write_rows(patch.partition, patch.put, patch.erase);
    }
}

void MemoryState::write_rows(const std::string& partition, std::span<const Row> put,
                             std::span<const std::string> erase) {
    MemoryPartition& target = live_.partitions[partition];
    for (const std::string& key : erase) target.rows.erase(key);
    for (const Row& row : put) target.rows.insert_or_assign(row.key, row.value);
    target.version = ++live_.last_version;
}

Result<Version> MemoryState::commit(const Prelude& prelude, const Batch& batch) {
    const std::lock_guard lock(mutex_);
    const auto found = live_.partitions.find(batch.partition);
    const Version current = found == live_.partitions.end() ? 0 : found->second.version;
    if (current != batch.expect) return Error(Errc::conflict, "the partition has changed");
    if (auto good = check(prelude); !good) return good.error();
    do_prelude(prelude);
    write_rows(batch.partition, batch.put, batch.erase);
    ++commits_;
    return live_.last_version;
}

Result<void> MemoryState::apply(const Prelude& prelude) {
    const std::lock_guard lock(mutex_);
    if (auto good = check(prelude); !good) return good;
    do_prelude(prelude);
    return {};
}

Result<Rows> MemoryState::get(const std::string& partition, std::span<const std::string> keys) const {
    const std::lock_guard lock(mutex_);
    Rows answer;
    const auto found = live_.partitions.find(partition);
    if (found == live_.partitions.end()) return answer;
    answer.version = found->second.version;
    for (const std::string& key : keys) {
        const auto row = found->second.rows.find(key);
        if (row != found->second.rows.end()) answer.rows.push_back(Row{row->first, row->second});
    }
    return answer;
}

Result<Rows> MemoryState::scan(const Range& range) const {
    const std::lock_guard lock(mutex_);
    Rows answer;
    const auto found = live_.partitions.find(range.partition);
    if (found != live_.partitions.end()) answer.version = found->second.version;
    if (range.expect != 0 && range.expect != answer.version) {
        return Error(Errc::conflict, "the partition has changed");
    }
    if (found == live_.partitions.end()) return answer;
    const auto& rows = found->second.rows;
    auto row = range.after < range.prefix ? rows.lower_bound(range.prefix) : rows.upper_bound(range.after);
    std::size_t octets = 0;
    for (; row != rows.end() && row->first.starts_with(range.prefix); ++row) {
        if (answer.rows.size() == range.rows_max || octets >= limits.scan_bytes_max) {
            answer.more = true;
            break;
        }
        octets += row->first.size() + row->second.size();
        answer.rows.push_back(Row{row->first, row->second});
    }
    return answer;
}

Version MemoryState::version(const std::string& partition) const {
    const std::lock_guard lock(mutex_);
    const auto found = live_.partitions.find(partition);
    return found == live_.partitions.end() ? 0 : found->second.version;
}

Result<void> MemoryState::drop(const std::string& partition) {
    const std::lock_guard lock(mutex_);
    live_.partitions.erase(partition);
    return {};
}

std::vector<std::string> MemoryState::list(const std::string& prefix, const std::string& after,
                                           std::size_t names_max) const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    const auto& all = live_.partitions;
    auto at = after < prefix ? all.lower_bound(prefix) : all.upper_bound(after);
    for (; at != all.end() && at->first.starts_with(prefix) && names.size() < names_max; ++at) {
        names.push_back(at->first);
    }
    return names;
}

std::uint64_t MemoryState::commits() const {
    const std::lock_guard lock(mutex_);
    return commits_;
}

}  // namespace store::engine
