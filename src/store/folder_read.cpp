// What reads a folder's rows: static rows of messages, their octets, and the log.
#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "store/keys.hpp"
#include "store/live_folder.hpp"
#include "store/static_record.hpp"

namespace store {
namespace {

constexpr std::uint32_t run_gap_max = 4;  // uids apart: nearer messages are read as one range
// Rows in memory at once, whatever messages are made of: most have 2 KiB, one of ten thousand parts has a
// MiB.
constexpr std::size_t rows_bytes_max = 2U << 20;
constexpr std::size_t touched_transactions_max = 512;  // of flags_since()
constexpr std::size_t run_rows_first = 64, run_rows_growth = 16, lone_rows_max = 64;

/// Messages [first, last) that are in one shard and near each other.
std::size_t run_end(const std::vector<MessageRef>& messages, std::size_t first, std::size_t rows_max) {
    std::size_t last = first + 1;
    while (last < messages.size() && last - first < rows_max &&
           messages[last].uid.value >> 12 == messages[first].uid.value >> 12 &&
           messages[last].uid.value - messages[last - 1].uid.value <= run_gap_max)
        ++last;
    return last;
}

/// What the log cannot tell any more: all uids that do not exist.
VanishedResult all_vanished(const Snapshot& now) {
    VanishedResult result;
    result.exact = false;
    Uid from(1);
    now.for_each(SeqNum(1), SeqNum(now.size()), [&](SeqNum, const Entry& entry) {
        if (from < entry.uid) result.vanished.push_back({from, Uid(entry.uid.value - 1)});
        from = Uid(entry.uid.value + 1);
    });
    const Uid next = now.totals().uid_next;
    if (from < next) result.vanished.push_back({from, Uid(next.value - 1)});
    return result;
}

}  // namespace

/// Rows of the first messages, in their order; empty where there is none. Of all messages, or of as many as
/// rows_bytes_max holds.
awaitable<Result<std::vector<std::string>>> LiveFolder::static_rows(std::vector<MessageRef> messages) {
    std::vector<std::string> out(messages.size());
    const std::size_t rows_max = context_.engine.limits().scan_rows_max / (run_gap_max + 1);
    std::size_t at = 0, bytes = 0;
    while (at < messages.size() && bytes < rows_bytes_max) {
        const std::size_t first = at;
        const std::size_t end = run_end(messages, at, rows_max);
        if (end - at > 3) {
            const auto done = co_await static_run(messages, at, end, &out);
            if (!done) co_return done.error();
            at = *done;
        } else {
            // Lone messages of one shard: by their keys.
            std::vector<std::string> wanted;
            const std::uint32_t shard = messages[first].uid.value >> 12;
            while (at < messages.size() && messages[at].uid.value >> 12 == shard &&
                   wanted.size() < lone_rows_max) {
                const std::size_t next = run_end(messages, at, rows_max);
                if (next - at > 3) break;
                for (; at < next; ++at) wanted.push_back(keys::message(messages[at].uid, messages[at].id));
            }
            std::string partition = keys::shard(id_, messages[first].uid);
            auto rows = co_await context_.engine.get(std::move(partition), wanted);
            if (!rows) co_return rows.error();
            std::size_t index = 0;  // found rows come in the order asked
            for (engine::Row& row : rows->rows) {
                while (wanted[index] != row.key) ++index;
                out[first + index] = std::move(row.value);
            }
        }
        for (std::size_t i = first; i < at; ++i) bytes += out[i].size();
    }
    out.resize(at);
    co_return out;
}

/// One range of a shard, up to where it gives back: all of it, unless its rows are large. Rows between that
/// nobody asked for are passed over.
awaitable<Result<std::size_t>> LiveFolder::static_run(std::vector<MessageRef> messages, std::size_t first,
                                                      std::size_t last, std::vector<std::string>* out) {
    const std::string partition = keys::shard(id_, messages[first].uid);
    std::string after = keys::before_message(messages[first].uid);
    std::size_t index = first, bytes = 0;
    // A few rows first, to see how large they are.
    for (std::size_t most = run_rows_first; index < last && bytes < rows_bytes_max; most *= run_rows_growth) {
        const std::size_t wanted = std::min(last - index, most);
        auto rows = co_await context_.engine.scan(partition, after, "m", wanted + run_gap_max, 0);
        if (!rows) co_return rows.error();
        for (engine::Row& row : rows->rows) {
            const auto key = keys::parse_message(row.key);
            while (key && index < last && messages[index].uid < key->uid) ++index;
            if (index == last) break;
            bytes += row.value.size();
            if (key && messages[index].uid == key->uid && messages[index].id == key->id)
                (*out)[index++] = std::move(row.value);
        }
        if (!rows->more || rows->rows.empty()) co_return last;
        after = rows->rows.back().key;
    }
    co_return index;
}

awaitable<Result<std::vector<DetailPtr>>> LiveFolder::details(std::vector<Entry> entries) {
    std::vector<MessageRef> messages;
    messages.reserve(entries.size());
    for (const Entry& entry : entries) messages.push_back(MessageRef{entry.uid, entry.id});
    auto rows = co_await static_rows(messages);
    // One row that the disk has lost fails all that are read with it: then each by itself.
    if (!rows && rows.error().is(Errc::corrupt)) co_return co_await lone_details(std::move(entries));
    if (!rows) co_return rows.error();
    std::vector<DetailPtr> out;
    out.reserve(rows->size());
    for (std::size_t i = 0; i < rows->size(); ++i) {
        std::string& row = (*rows)[i];
        if (row.empty()) {
            out.push_back(nullptr);
            continue;
        }
        DetailPtr detail = decode_detail(messages[i].uid, messages[i].id, std::move(row));
        if (detail == nullptr) {
            Mended mended = co_await mend(entries[i], std::move(row));
            detail = std::move(mended.detail);
        }
        out.push_back(std::move(detail));
    }
    co_return out;
}

awaitable<Result<std::string>> LiveFolder::read(DetailPtr detail, std::uint64_t offset, std::size_t length) {
    std::string out;
    if (detail->damaged) co_return Error(Errc::corrupt, "the message is damaged");
    if (offset >= detail->size) co_return out;
    length = static_cast<std::size_t>(std::min<std::uint64_t>(length, detail->size - offset));
    if (offset < detail->prefix.size()) {
        out = detail->prefix.substr(offset, length);
        offset = detail->prefix.size();
        length -= out.size();
    }
    if (length == 0) co_return out;
    auto octets = co_await context_.engine.blob_read(detail->blob, offset - detail->prefix.size(), length);
    if (!octets || out.empty()) co_return octets;
    out += *octets;
    co_return out;
}

awaitable<Result<VanishedResult>> LiveFolder::vanished_since(ModSeq since, SnapshotPtr view) {
    VanishedResult result;
    const SnapshotPtr now = view ? std::move(view) : snapshot();
    if (since < log_floor()) co_return all_vanished(*now);
    UidRanges gone;
    std::string after = keys::log(since);
    const std::uint64_t until = now->totals().highest_modseq.value;
    std::uint64_t expected = since.value;
    for (bool more = expected < until; more;) {
        const auto rows = co_await context_.engine.scan(partition_, after, "l", 0, 0);
        if (!rows) co_return rows.error();
        for (const engine::Row& row : rows->rows) {
            if (expected == until) break;  // what came later is not asked for
            // Each modseq has its row: where one is missing the log was trimmed while it was read.
            if (keys::number_in(row.key, 'l') != ++expected) co_return all_vanished(*now);
            const std::optional<LogRow> log = decode_log(row.value);
            if (!log) {
                base::log::error("store", "a row of a folder's log is damaged",
                                 {{"partition", partition_}, {"row", row.key}});
                co_return all_vanished(*now);
            }
            if (log->op == LogOp::expunge) gone.insert(gone.end(), log->uids.begin(), log->uids.end());
        }
        more = expected < until && rows->more && !rows->rows.empty();
        if (more) after = rows->rows.back().key;
    }
    // Also where no row is left to miss one before it.
    if (expected < until) co_return all_vanished(*now);
    // A log row of very many ranges may hold more than what was expunged: what is there did not vanish.
    for (const UidRange& range : normalised(std::move(gone))) {
        Uid from = range.first;
        const SeqNum first = now->lower_bound(range.first);
        now->for_each(first, SeqNum(now->size()), [&](SeqNum, const Entry& entry) {
            if (entry.uid > range.last) return false;
            if (from < entry.uid) result.vanished.push_back({from, Uid(entry.uid.value - 1)});
            from = Uid(entry.uid.value + 1);
            return true;
        });
        if (from <= range.last) result.vanished.push_back({from, range.last});
    }
    co_return result;
}

FlagSet TouchedFlags::of(Uid uid) const {
    if (!exact) return every_flag;
    FlagSet out;
    for (const Some& change : changes)
        if (contains_uid(change.uids, uid)) out |= change.flags;
    return out;
}

awaitable<Result<TouchedFlags>> LiveFolder::flags_since(ModSeq since) {
    TouchedFlags none;
    none.exact = false;
    if (since < log_floor()) co_return none;
    // One read: who has missed more is told all.
    const auto rows =
        co_await context_.engine.scan(partition_, keys::log(since), "l", touched_transactions_max, 0);
    if (!rows) co_return rows.error();
    if (rows->more) co_return none;
    TouchedFlags out;
    std::uint64_t expected = since.value;
    for (const engine::Row& row : rows->rows) {
        const std::optional<LogRow> log = decode_log(row.value);
        if (keys::number_in(row.key, 'l') != ++expected || !log) co_return none;
        if (log->op != LogOp::flags || log->uids.empty()) continue;
        // What took another's place is new as a whole.
        const FlagSet touched = log->added | log->removed;
        out.changes.push_back({log->uids, touched.empty() ? every_flag : touched});
    }
    co_return out;
}

awaitable<Result<std::vector<engine::Row>>> LiveFolder::work_rows(char prefix, std::size_t rows_max) {
    std::string text(1, prefix);
    auto rows = co_await context_.engine.scan(partition_, std::string(), std::move(text), rows_max, 0);
    if (!rows) co_return rows.error();
    co_return std::move(rows->rows);
}

}  // namespace store
