// The checks of the engine contract that are the same for every engine: names, keys, sizes.
#pragma once
#include <span>
#include <string>
#include <string_view>

#include "store/engine/engine.hpp"

namespace store::engine {

/// Octets 0x21–0x7E only; empty is not a name.
bool printable(std::string_view name);

/// \errors invalid: not printable · limit
Result<void> check_partition(const Limits& limits, std::string_view name);
Result<void> check_key(const Limits& limits, std::string_view key);
Result<void> check_keys(const Limits& limits, std::string_view partition, std::span<const std::string> keys);
/// `after` and `prefix` of a scan: empty or a key.
Result<void> check_scan(const Limits& limits, std::string_view partition, std::string_view after,
                        std::string_view prefix);
Result<void> check_batch(const Limits& limits, const Batch& batch);
Result<void> check_prelude(const Limits& limits, const Prelude& prelude);
/// Also that no patch is on the partition of the batch: a weak engine writes the patch first and moves the
/// version.
Result<void> check_commit(const Limits& limits, const Prelude& prelude, const Batch& batch);
Result<void> check_tags(const Limits& limits, std::span<const Tag> tags);

}  // namespace store::engine
