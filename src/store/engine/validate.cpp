#include "store/engine/validate.hpp"

#include <algorithm>

namespace store::engine {
namespace {

constexpr std::size_t row_overhead = 32;  // counted for each row, so that empty ones are not free

Result<void> check_rows(const Limits& limits, std::span<const Row> put, std::span<const std::string> erase) {
    if (put.size() + erase.size() > limits.batch_rows_max)
        return Error(Errc::limit, "too many rows in one batch");
    std::size_t octets = 0;
    for (const Row& row : put) {
        if (auto good = check_key(limits, row.key); !good) return good;
        if (row.value.size() > limits.value_bytes_max) return Error(Errc::limit, "a value is too long");
        octets += row.key.size() + row.value.size() + row_overhead;
    }
    for (const std::string& key : erase) {
        if (auto good = check_key(limits, key); !good) return good;
        octets += key.size() + row_overhead;
    }
    if (octets > limits.batch_bytes_max) return Error(Errc::limit, "the batch is too big");
    return {};
}

Result<void> check_tag(const Limits& limits, std::string_view tag) {
    if (tag.size() + 1 > limits.key_bytes_max) return Error(Errc::limit, "a tag is too long");
    if (!printable(tag)) return Error(Errc::invalid, "a tag is not printable");
    return {};
}

}  // namespace

bool printable(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) { return c >= 0x21 && c <= 0x7E; });
}

Result<void> check_partition(const Limits& limits, std::string_view name) {
    if (name.size() > limits.partition_name_bytes_max)
        return Error(Errc::limit, "a partition's name is too long");
    if (!printable(name)) return Error(Errc::invalid, "a partition's name is not printable");
    return {};
}

Result<void> check_key(const Limits& limits, std::string_view key) {
    if (key.size() > limits.key_bytes_max) return Error(Errc::limit, "a key is too long");
    if (!printable(key)) return Error(Errc::invalid, "a key is not printable");
    return {};
}

Result<void> check_keys(const Limits& limits, std::string_view partition, std::span<const std::string> keys) {
    if (auto good = check_partition(limits, partition); !good) return good;
    for (const std::string& key : keys) {
        if (auto good = check_key(limits, key); !good) return good;
    }
    return {};
}

Result<void> check_scan(const Limits& limits, std::string_view partition, std::string_view after,
                        std::string_view prefix) {
    if (auto good = check_partition(limits, partition); !good) return good;
    for (const std::string_view bound : {after, prefix}) {
        if (bound.empty()) continue;
        if (auto good = check_key(limits, bound); !good) return good;
    }
    return {};
}

Result<void> check_tags(const Limits& limits, std::span<const Tag> tags) {
    for (const Tag& tag : tags) {
        if (auto good = check_tag(limits, tag.tag); !good) return good;
    }
    return {};
}

Result<void> check_batch(const Limits& limits, const Batch& batch) {
    if (auto good = check_partition(limits, batch.partition); !good) return good;
    return check_rows(limits, batch.put, batch.erase);
}

Result<void> check_prelude(const Limits& limits, const Prelude& prelude) {
    for (const Patch& patch : prelude.patches) {
        if (auto good = check_partition(limits, patch.partition); !good) return good;
        if (auto good = check_rows(limits, patch.put, patch.erase); !good) return good;
    }
    for (const auto& [writer, tags] : prelude.blobs) {
        if (writer == nullptr) return Error(Errc::invalid, "a blob is missing");
        for (const std::string& tag : tags) {
            if (auto good = check_tag(limits, tag); !good) return good;
        }
    }
    return check_tags(limits, prelude.tags);
}

Result<void> check_commit(const Limits& limits, const Prelude& prelude, const Batch& batch) {
    if (auto good = check_batch(limits, batch); !good) return good;
    for (const Patch& patch : prelude.patches) {
        if (patch.partition == batch.partition)
            return Error(Errc::invalid, "a patch on the batch's own partition");
    }
    return check_prelude(limits, prelude);
}

}  // namespace store::engine
