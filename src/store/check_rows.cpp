// check(): the rows of a folder's partition, by themselves and with each other.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "store/check.hpp"
#include "store/checksum.hpp"
#include "store/follow_up.hpp"
#include "store/keys.hpp"
#include "store/user_seen.hpp"

namespace store {
namespace {

/// What the pages say, to be compared with the header.
struct Counted {
    FolderTotals totals;
    std::uint64_t sum = 0;
    void add(const Entry& entry) {
        ++totals.exists;
        totals.bytes += entry.size;
        if (!entry.flags.has(SystemFlag::seen)) ++totals.unseen;
        if (entry.flags.has(SystemFlag::deleted)) {
            ++totals.deleted;
            totals.deleted_bytes += entry.size;
        }
        sum ^= entry_checksum(entry);
    }
};

/// What was found of a partition's rows.
struct Found {
    std::optional<FolderHeader> header;
    Counted counted;
    std::vector<std::uint64_t> logs;
    std::map<Uid, ModSeq> follow_ups;
    std::vector<Entry>& entries;

    bool take_page(std::uint64_t number, std::string_view value) {
        const auto page = decode_page(static_cast<std::uint32_t>(number), value);
        if (!page) return false;
        for (const Entry& entry : page->entries) counted.add(entry);
        entries.insert(entries.end(), page->entries.begin(), page->entries.end());
        return true;
    }
    bool take_follow_up(std::string_view key, std::string_view value) {
        const auto uid = keys::number_in(key, 't');
        const auto row = decode_follow_up(value);
        if (!uid || *uid > 0xFFFFFFFFULL || !row) return false;
        follow_ups.emplace(Uid(static_cast<std::uint32_t>(*uid)), row->modseq);
        return true;
    }
    /// False: it is damaged.
    bool take(const engine::Row& row) {
        if (row.key == keys::header) {
            header = decode_folder_header(row.value);
            return header.has_value();
        }
        if (const auto number = keys::number_in(row.key, 'p')) return take_page(*number, row.value);
        if (const auto modseq = keys::number_in(row.key, 'l')) {
            logs.push_back(*modseq);
            return decode_log(row.value).has_value();
        }
        if (row.key.starts_with('u')) {
            const auto user = keys::parse_user_page(row.key);
            return user && decode_seen_page(user->number, row.value) != nullptr;
        }
        if (row.key.starts_with('t')) return take_follow_up(row.key, row.value);
        if (row.key.starts_with('g')) return decode_garbage(row.value).has_value();
        return row.key.starts_with('m') && decode_move_intent(row.value).has_value();
    }
};

}  // namespace

void Checker::check_rows(const std::string& partition, const std::vector<engine::Row>& rows,
                         base::AccountId account, const FolderRow& row, std::vector<Entry>& entries) {
    Found found{{}, {}, {}, {}, entries};
    for (const engine::Row& item : rows)
        if (!found.take(item)) problem(fmt::format("{}: row {} is damaged", partition, item.key));
    if (!found.header) {
        problem(partition + ": it has no header");
        return;
    }
    const FolderTotals& totals = found.header->totals;
    const Counted& counted = found.counted;
    const auto differ = [&](const char* what, std::uint64_t said, std::uint64_t there) {
        if (said != there)
            problem(fmt::format("{}: the header says {} {}, the pages {}", partition, said, what, there));
    };
    differ("messages", totals.exists, counted.totals.exists);
    differ("unseen", totals.unseen, counted.totals.unseen);
    differ("deleted", totals.deleted, counted.totals.deleted);
    differ("octets", totals.bytes, counted.totals.bytes);
    differ("deleted octets", totals.deleted_bytes, counted.totals.deleted_bytes);
    differ("checksum", found.header->entries_xor, counted.sum);
    differ("account", found.header->account.value, account.value);
    if (totals.uid_validity != row.uid_validity)
        problem(partition + ": UIDVALIDITY is not that of the account's row");
    std::size_t noted = 0;
    for (const Entry& entry : entries) {
        if (entry.uid >= totals.uid_next || entry.modseq > totals.highest_modseq)
            problem(fmt::format("{}: message {} is ahead of the header", partition, entry.uid.value));
        if (!entry.has_follow_up) continue;
        const auto known = found.follow_ups.find(entry.uid);
        const bool sound = known != found.follow_ups.end() && known->second <= entry.modseq;
        if (!sound)
            problem(fmt::format("{}: message {}: what its flag says is lost", partition, entry.uid.value));
        if (known != found.follow_ups.end()) ++noted;
    }
    if (noted != found.follow_ups.size())
        problem(fmt::format("{}: {} flags say something and are not there", partition,
                            found.follow_ups.size() - noted));
    // One log row for each transaction after the floor.
    const std::uint64_t floor = found.header->log_floor.value;
    bool complete = found.logs.size() == totals.highest_modseq.value - floor;
    for (std::size_t i = 0; complete && i < found.logs.size(); ++i) complete = found.logs[i] == floor + 1 + i;
    if (!complete) problem(partition + ": the log has gaps");
}

}  // namespace store
