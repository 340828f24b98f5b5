#include "store/engine/rocksdb/reader.hpp"

#include <algorithm>
#include <memory>

#include "store/engine/rocksdb/keys.hpp"
#include "store/engine/rocksdb/status.hpp"
#include "store/engine/rocksdb/version_row.hpp"

namespace store::engine::rocks {
namespace {

using rocksdb::Slice;

constexpr std::size_t rows_expected = 1'024;  // room made at once; a scan of no limit may find few

}  // namespace

rocksdb::Status Reader::get_row(rocksdb::ColumnFamilyHandle* family, const std::string& key, Tier tier,
                                bool fill_cache, rocksdb::PinnableSlice& row) const {
    rocksdb::ReadOptions options;
    options.fill_cache = fill_cache;
    if (tier == Tier::cache) options.read_tier = rocksdb::kBlockCacheTier;
    auto status = database_.db().Get(options, family, key, &row);
    // A table file that is not open counts as "found, empty" (TableCache::Get marks that the key may exist).
    if (tier == Tier::cache && status.ok() && row.empty()) status = rocksdb::Status::Incomplete();
    return status;
}

/// MultiGet goes to the disk whatever read_tier says (RocksDB 7.8.3), and a snapshot takes RocksDB's mutex
/// twice: so row by row. Where the database's own number of writes is the same behind it, nothing came
/// between; else the version tells: it never comes back, so the same one means that no commit of the
/// partition did.
Maybe<Rows> Reader::get_cached(const std::string& partition, std::span<const std::string> keys) const {
    const rocksdb::SequenceNumber began = database_.db().GetLatestSequenceNumber();
    const auto before = version(partition, Tier::cache);
    if (!before) return std::nullopt;
    if (!*before) return before->error();
    Rows answer;
    answer.version = **before;
    if (answer.version == 0) return answer;
    answer.rows.reserve(keys.size());
    for (const std::string& key : keys) {
        rocksdb::PinnableSlice value;
        const auto status =
            get_row(database_.of(partition), key_of(partition, key), Tier::cache, true, value);
        if (status.IsIncomplete()) return std::nullopt;
        if (status.ok()) {
            answer.rows.push_back(Row{key, value.ToString()});
        } else if (!status.IsNotFound()) {
            return translate(status, "get");
        }
    }
    if (database_.db().GetLatestSequenceNumber() == began) return answer;
    const auto after = version(partition, Tier::cache);
    if (!after || !*after || **after != answer.version)
        return std::nullopt;  // busy: the pool reads one state of it
    return answer;
}

Maybe<Rows> Reader::get(const std::string& partition, std::span<const std::string> keys, Tier tier) const {
    if (tier == Tier::cache) return get_cached(partition, keys);
    // One MultiGet of one family reads one state of it: rows and version belong together.
    std::vector<std::string> names{version_key(partition)};
    names.reserve(keys.size() + 1);
    for (const std::string& key : keys) names.push_back(key_of(partition, key));
    const std::vector<Slice> slices(names.begin(), names.end());
    std::vector<rocksdb::PinnableSlice> values(slices.size());
    std::vector<rocksdb::Status> statuses(slices.size());
    database_.db().MultiGet(rocksdb::ReadOptions(), database_.of(partition), slices.size(), slices.data(),
                            values.data(), statuses.data());
    for (const auto& status : statuses) {
        if (!status.ok() && !status.IsNotFound()) return translate(status, "get");
    }
    Rows answer;
    if (statuses[0].IsNotFound()) return answer;
    const auto version = parse_version(values[0].ToStringView());
    if (!version) return version.error();
    answer.version = *version;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (statuses[i + 1].ok()) answer.rows.push_back(Row{keys[i], values[i + 1].ToString()});
    }
    return answer;
}

Maybe<Version> Reader::version(const std::string& partition, Tier tier) const {
    rocksdb::PinnableSlice row;
    const auto status = get_row(database_.of(partition), version_key(partition), tier, true, row);
    if (status.IsIncomplete() && tier == Tier::cache) return std::nullopt;
    if (status.IsNotFound()) return Version{0};
    if (!status.ok()) return translate(status, "version");
    return parse_version(row.ToStringView());
}

Result<Rows> Reader::scan(const ScanRange& range) const {
    const std::string start = version_key(range.partition);
    const std::string end =
        range.prefix.empty() ? end_of(range.partition) : after_prefix(key_of(range.partition, range.prefix));
    rocksdb::ReadOptions options;
    const Slice upper(end);
    options.iterate_upper_bound = &upper;
    const std::unique_ptr<rocksdb::Iterator> it(
        database_.db().NewIterator(options, database_.of(range.partition)));

    Rows answer;
    it->Seek(start);
    const bool exists = it->Valid() && it->key() == start;
    if (!it->status().ok()) return translate(it->status(), "scan");
    if (exists) {
        const auto version = parse_version(it->value().ToStringView());
        if (!version) return version.error();
        answer.version = *version;
    }
    if (range.expect != 0 && range.expect != answer.version) return moved;
    if (!exists) return answer;

    // The octet after `after` in key order is 0x00, which no key holds.
    const std::string& from = range.after < range.prefix ? range.prefix : range.after;
    if (from.empty()) {
        it->Next();
    } else {
        it->Seek(key_of(range.partition, from) + (range.after < range.prefix ? "" : std::string(1, '\0')));
    }
    std::size_t octets = 0;
    answer.rows.reserve(std::min(range.rows_max, rows_expected));
    for (; it->Valid(); it->Next()) {
        if (answer.rows.size() == range.rows_max || octets >= limits_.scan_bytes_max) {
            answer.more = true;
            break;
        }
        octets += it->key().size() + it->value().size();
        answer.rows.push_back(Row{std::string(row_of(it->key().ToStringView())), it->value().ToString()});
    }
    if (!it->status().ok()) return translate(it->status(), "scan");
    return answer;
}

rocksdb::Status Reader::names_of(rocksdb::ColumnFamilyHandle* family, const std::string& prefix,
                                 const std::string& after, std::size_t names_max,
                                 std::vector<std::string>& names) const {
    rocksdb::ReadOptions options;
    options.fill_cache = false;
    const std::unique_ptr<rocksdb::Iterator> it(database_.db().NewIterator(options, family));
    it->Seek(after < prefix || after.empty() ? prefix : end_of(after));
    while (it->Valid() && names.size() < names_max) {
        const auto name = partition_of(it->key().ToStringView());
        if (!name.starts_with(prefix)) break;
        names.emplace_back(name);
        it->Seek(end_of(name));
    }
    return it->status();
}

Result<std::vector<std::string>> Reader::list(const std::string& prefix, const std::string& after,
                                              std::size_t names_max) const {
    std::vector<std::string> names, shards;
    auto status = names_of(database_.meta(), prefix, after, names_max, names);
    if (status.ok()) status = names_of(database_.stat(), prefix, after, names_max, shards);
    if (!status.ok()) return translate(status, "list");
    names.insert(names.end(), shards.begin(), shards.end());
    std::ranges::sort(names);
    if (names.size() > names_max) names.resize(names_max);
    return names;
}

}  // namespace store::engine::rocks
