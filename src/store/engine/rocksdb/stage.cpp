// What a job of the committer puts in the round's WriteBatch. Everything is checked before the first row goes
// in, so that a job that is refused leaves nothing behind.
#include <algorithm>
#include <array>

#include <rocksdb/slice.h>

#include "store/engine/rocksdb/blob_writer.hpp"
#include "store/engine/rocksdb/committer.hpp"
#include "store/engine/rocksdb/keys.hpp"
#include "store/engine/rocksdb/status.hpp"
#include "store/engine/rocksdb/version_row.hpp"

namespace store::engine::rocks {
namespace {

using rocksdb::Slice;

/// A key in the parts it is made of: saves joining them.
class KeyParts {
public:
    KeyParts(const std::string& partition, std::string_view row)
        : slices_{Slice(partition), Slice(&separator, 1), Slice(row)} {}
    rocksdb::SliceParts parts() const { return {slices_.data(), static_cast<int>(slices_.size())}; }

private:
    std::array<Slice, 3> slices_;
};

// A WriteBatch fails only above 4 GiB, or with timestamps, which we do not use; a round is 4 MiB and one job.
void put_row(rocksdb::WriteBatch& batch, rocksdb::ColumnFamilyHandle* family, const std::string& partition,
             std::string_view row, std::string_view value) {
    const KeyParts key(partition, row);
    const Slice octets(value);
    batch.Put(family, key.parts(), rocksdb::SliceParts(&octets, 1)).PermitUncheckedError();
}

}  // namespace

Result<Version> Committer::stage(Job& job, Round& round) {
    switch (job.kind) {
        case Job::Kind::write:
            return stage_write(job, round);
        case Job::Kind::drop:
            return stage_drop(job.partition, round);
        case Job::Kind::chunks:
            for (const auto& [key, value] : job.chunk_put) {
                round.batch.Put(database_.blob(), key, value).PermitUncheckedError();
            }
            for (const auto& key : job.chunk_erase) {
                round.batch.Delete(database_.blob(), key).PermitUncheckedError();
            }
            return Version{0};
        case Job::Kind::untag:
        case Job::Kind::remove:
            break;  // never in a round
    }
    return Version{0};
}

Result<Version> Committer::stage_write(Job& job, Round& round) {
    if (job.batch) {
        const auto current = version_of(job.batch->partition);
        if (!current) return current;
        if (*current != job.batch->expect) return moved;
    }
    if (auto good = check_blobs(job, round); !good) return good.error();
    std::vector<std::pair<const Patch*, bool>> patches;  // and whether it changes anything
    for (const Patch& patch : job.prelude.patches) {
        bool changes = !patch.put.empty();
        if (!changes) {
            const auto current = version_of(patch.partition);
            if (!current) return current;
            changes = *current != 0;
        }
        patches.emplace_back(&patch, changes);
    }

    round.sync = true;
    stage_blobs(job, round);
    for (const auto& [patch, changes] : patches) {
        if (!changes) continue;
        stage_rows(patch->partition, patch->put, patch->erase, round);
        stage_version(patch->partition, round);
    }
    if (!job.batch) return Version{0};
    stage_rows(job.batch->partition, job.batch->put, job.batch->erase, round);
    return stage_version(job.batch->partition, round);
}

Result<Version> Committer::stage_drop(const std::string& partition, Round& round) {
    const auto current = version_of(partition);
    if (!current) return current;
    round.sync =
        true;  // also when there is nothing to do: an earlier drop in this round may not be durable yet
    if (*current == 0) return Version{0};
    round.batch.DeleteRange(database_.of(partition), version_key(partition), end_of(partition))
        .PermitUncheckedError();
    round.partitions.push_back(partition);
    versions_.set(partition, 0);
    return Version{0};
}

Result<void> Committer::check_blobs(const Job& job, const Round& round) {
    const auto must_exist = [&](base::BlobId blob) -> Result<void> {
        if (round.new_blobs.contains(blob.value)) return {};
        const auto exists = blob_exists(blob);
        if (!exists) return exists.error();
        if (!*exists) return no_such_blob;
        return {};
    };
    for (const Tag& tag : job.prelude.tags) {
        if (auto good = must_exist(tag.blob); !good) return good;
    }
    for (const auto& writer : job.writers) {
        // Written by an earlier commit; since then its last tag may have gone, and the blob with it.
        if (!writer->written()) continue;
        if (auto good = must_exist(writer->id()); !good) return good;
    }
    return {};
}

void Committer::stage_blobs(const Job& job, Round& round) {
    const auto stage_tag = [&](const std::string& blob, const std::string& tag) {
        put_row(round.batch, database_.blob(), blob, tag_prefix + tag, std::string_view("\x01", 1));
    };
    for (std::size_t i = 0; i < job.writers.size(); ++i) {
        const RocksBlobWriter& writer = *job.writers[i];
        const std::string name = blob_name(writer.id());
        if (!writer.written() && round.finished.insert(&writer).second) {
            for (const Row& row : writer.sealed_rows()) {
                put_row(round.batch, database_.blob(), name, row.key, row.value);
            }
            round.new_blobs.insert(writer.id().value);
        }
        for (const std::string& tag : job.prelude.blobs[i].second) stage_tag(name, tag);
    }
    for (const Tag& tag : job.prelude.tags) stage_tag(blob_name(tag.blob), tag.tag);
}

void Committer::stage_rows(const std::string& partition, const std::vector<Row>& put,
                           const std::vector<std::string>& erase, Round& round) {
    auto* family = database_.of(partition);
    for (const std::string& key : erase) {
        round.batch.Delete(family, KeyParts(partition, key).parts()).PermitUncheckedError();
    }
    for (const Row& row : put) put_row(round.batch, family, partition, row.key, row.value);
}

Version Committer::stage_version(const std::string& partition, Round& round) {
    const Version version = ++last_version_;
    put_row(round.batch, database_.of(partition), partition, {}, encode_version(version));
    round.partitions.push_back(partition);
    versions_.set(partition, version);
    return version;
}

Result<Version> Committer::version_of(const std::string& partition) {
    if (const auto known = versions_.find(partition)) return *known;
    rocksdb::PinnableSlice row;
    const auto status =
        database_.db().Get(rocksdb::ReadOptions(), database_.of(partition), version_key(partition), &row);
    if (!status.ok() && !status.IsNotFound()) return translate(status, "read version");
    Version version = 0;
    if (status.ok()) {
        const auto parsed = parse_version(row.ToStringView());
        if (!parsed) return parsed;
        version = *parsed;
    }
    versions_.set(partition, version);
    return version;
}

Result<bool> Committer::blob_exists(base::BlobId blob) {
    rocksdb::PinnableSlice row;
    const auto status = database_.db().Get(rocksdb::ReadOptions(), database_.blob(),
                                           key_of(blob_name(blob), index_key), &row);
    if (status.ok()) return true;
    if (status.IsNotFound()) return false;
    return translate(status, "look for a blob");
}

}  // namespace store::engine::rocks
