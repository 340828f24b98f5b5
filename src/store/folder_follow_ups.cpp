// What the flags of a folder's messages say: rows t, read when asked for.
#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "store/keys.hpp"
#include "store/live_folder.hpp"

namespace store {
namespace {

constexpr std::size_t rows_at_once = 512;

}  // namespace

/// A row that is damaged is as if it were not there: the message is flagged, and that is all.
awaitable<Result<std::map<Uid, FollowUpRow>>> LiveFolder::follow_up_rows(std::vector<Entry> entries) {
    std::erase_if(entries, [](const Entry& entry) { return !entry.has_follow_up; });
    std::map<Uid, FollowUpRow> out;
    for (std::size_t at = 0; at < entries.size();) {
        std::vector<std::string> wanted;
        std::map<std::string, Entry> by_key;
        for (; at < entries.size() && wanted.size() < rows_at_once; ++at) {
            wanted.push_back(keys::follow_up(entries[at].uid));
            by_key.emplace(wanted.back(), entries[at]);
        }
        const auto rows = co_await context_.engine.get(partition_, std::move(wanted));
        if (!rows && rows.error().is(Errc::corrupt)) {
            base::log::error("store", "what flags say cannot be read", {{"partition", partition_}});
            continue;
        }
        if (!rows) co_return rows.error();
        for (const engine::Row& row : rows->rows) {
            const Entry& entry = by_key.at(row.key);
            std::optional<FollowUpRow> known = decode_follow_up(row.value);
            if (known) {
                out.emplace(entry.uid, std::move(*known));
            } else if (context_.told_damaged.first_time(entry.id)) {
                base::log::error("store", "what a message's flag says is damaged",
                                 {{"partition", partition_}, {"row", row.key}});
            }
        }
    }
    co_return out;
}

awaitable<Result<std::map<Uid, FollowUp>>> LiveFolder::follow_ups(std::vector<Entry> entries) {
    auto rows = co_await follow_up_rows(std::move(entries));
    if (!rows) co_return rows.error();
    std::map<Uid, FollowUp> out;
    for (auto& [uid, row] : *rows) out.emplace(uid, std::move(row.says));
    co_return out;
}

/// In a round: of messages that are replaced, and leave to the new ones what their flags say.
awaitable<Result<std::map<Uid, FollowUp>>> LiveFolder::load_follow_ups(
    std::vector<std::shared_ptr<FolderChange>> changes) {
    const SnapshotPtr now = snapshot();
    std::vector<Entry> entries;
    for (const auto& change : changes)
        if (const Uid uid = change->leaves_follow_up())
            if (const Entry* entry = now->find(uid)) entries.push_back(*entry);
    if (entries.empty()) co_return std::map<Uid, FollowUp>();
    co_return co_await follow_ups(std::move(entries));
}

/// What goes along with a COPY into a folder whose user may set the flags in `keep`. False: some of it was
/// changed since the entries were taken, and would not be of one moment with them.
awaitable<Result<bool>> LiveFolder::take_follow_ups(CopyInChange* change, FlagSet keep) {
    std::vector<Entry> wanted;
    for (CopyInChange::Item& item : change->items) {
        if (item.entry.has_follow_up && keep.has(SystemFlag::flagged)) wanted.push_back(item.entry);
        item.entry.has_follow_up = false;
    }
    if (wanted.empty()) co_return true;
    auto rows = co_await follow_up_rows(wanted);
    if (!rows) co_return rows.error();
    const SnapshotPtr now = snapshot();
    bool as_it_was = true;
    for (const Entry& entry : wanted) {
        const auto known = rows->find(entry.uid);
        // One that is missing for good is damaged: the entry is as it was then.
        const Entry* its = now->find(entry.uid);
        const bool same = its != nullptr && its->modseq == entry.modseq;
        const bool current = known == rows->end() ? same : known->second.modseq <= entry.modseq;
        as_it_was = as_it_was && current;
        if (known == rows->end() || !current) continue;
        const auto item = std::ranges::lower_bound(
            change->items, entry.uid, {}, [](const CopyInChange::Item& one) { return one.entry.uid; });
        item->entry.has_follow_up = true;
        item->follow_up = std::move(known->second.says);
    }
    co_return as_it_was;
}

}  // namespace store
