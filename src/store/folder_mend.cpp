// What is done about a message whose static row is damaged. The row was made from the blob, so it can be made
// again once the blob is known: the row's own fields name it, and the blob's tags prove that. Where the blob
// is not proved the message alone is `damaged`. The prefix is in no other place than the row: one whose
// checksum does not prove it is shown if its length fits, but such a row is neither written back nor copied.
#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "store/keys.hpp"
#include "store/live_folder.hpp"

namespace store {
namespace {

constexpr std::size_t piece_bytes = 256 << 10;  // of a blob that is read again
constexpr std::size_t lone_rows_max = 64;       // of one answer: each is a call of the engine

}  // namespace

/// Row by row, of the first messages.
awaitable<Result<std::vector<DetailPtr>>> LiveFolder::lone_details(std::vector<Entry> entries) {
    std::vector<DetailPtr> out;
    if (entries.size() > lone_rows_max) entries.resize(lone_rows_max);
    for (const Entry& entry : entries) {
        auto found = co_await lone(entry);
        if (!found) co_return found.error();
        out.push_back(std::move(found->detail));
    }
    co_return out;
}

awaitable<Result<LiveFolder::Mended>> LiveFolder::lone(Entry entry) {
    Mended out;
    std::vector<std::string> wanted{keys::message(entry.uid, entry.id)};
    std::string partition = keys::shard(id_, entry.uid);
    auto found = co_await context_.engine.get(std::move(partition), std::move(wanted));
    if (!found && !found.error().is(Errc::corrupt)) co_return found.error();
    if (found && found->rows.empty()) co_return out;
    std::string row;
    if (found) row = std::move(found->rows.front().value);
    out.detail = decode_detail(entry.uid, entry.id, std::move(row));
    out.proved = true;
    if (out.detail == nullptr) out = co_await mend(entry, std::move(row));
    co_return out;
}

/// Rows that may be copied, of the first messages; empty where a message was collected. \errors corrupt: one
/// is damaged
awaitable<Result<std::vector<std::string>>> LiveFolder::proved_rows(std::vector<Entry> entries) {
    std::vector<MessageRef> messages;
    for (const Entry& entry : entries) messages.push_back(MessageRef{entry.uid, entry.id});
    auto rows = co_await static_rows(std::move(messages));
    const bool one_by_one = !rows && rows.error().is(Errc::corrupt);
    if (!rows && !one_by_one) co_return rows.error();
    std::vector<std::string> out(std::min(entries.size(), lone_rows_max));
    if (!one_by_one) out = std::move(*rows);
    for (std::size_t i = 0; i < out.size(); ++i) {
        Mended mended;
        if (one_by_one) {
            auto found = co_await lone(entries[i]);
            if (!found) co_return found.error();
            mended = std::move(*found);
        } else if (static_facts(out[i])) {
            continue;
        } else if (!out[i].empty()) {
            mended = co_await mend(entries[i], std::move(out[i]));
        }
        // Without a row: somebody expunged the message, and it was collected. Else the row is lost.
        const bool gone = mended.detail == nullptr && snapshot()->find(entries[i].uid) == nullptr;
        if (!gone && !mended.proved) co_return Error(Errc::corrupt, "a message is damaged");
        out[i] = gone ? std::string() : mended.detail->row;
    }
    co_return out;
}

/// The message's facts made anew from its blob, and kept where all of them are proved; or a stand-in.
awaitable<LiveFolder::Mended> LiveFolder::mend(Entry entry, std::string row) {
    Mended out;
    Salvage known = salvage(row);
    const bool proved = known.proved();
    auto record = co_await made_anew(entry, std::move(known));
    const bool made = record && record->has_value();
    if (context_.told_damaged.first_time(entry.id))
        base::log::error("store", "a message's row is damaged",
                         {{"partition", partition_},
                          {"uid", entry.uid.value},
                          {"made_anew", made ? "yes" : "no"},
                          {"proved", made && proved ? "yes" : "no"}});
    if (!made) {
        out.detail = stand_in(entry);
        co_return out;
    }
    std::string anew = encode(**record);
    // A row with a good checksum is taken for the truth from then on, so a guess must not become one.
    if (proved) co_await put_back(entry, std::move(row), anew);
    out.detail = decode_detail(entry.uid, entry.id, std::move(anew));
    out.proved = proved;
    co_return out;
}

/// Only in the place of the damaged row: a message that was collected in between stays collected.
awaitable<void> LiveFolder::put_back(Entry entry, std::string damaged, std::string anew) {
    engine::Batch batch;
    batch.partition = keys::shard(id_, entry.uid);
    batch.put.push_back(engine::Row{keys::message(entry.uid, entry.id), std::move(anew)});
    std::vector<std::string> wanted{batch.put.front().key};
    const auto now = co_await context_.engine.get(batch.partition, std::move(wanted));
    if (!now || now->rows.empty() || now->rows.front().value != damaged) co_return;
    batch.expect = now->version;
    const auto kept = co_await context_.engine.commit(std::move(batch));
    // After a conflict the next who reads the message tries again.
    if (!kept && !kept.error().is(Errc::conflict))
        base::log::warn("store", "a row that was made anew was not kept");
}

/// The link of the tag by which this message holds the blob; nothing when the blob is not its own.
awaitable<Result<std::optional<std::uint64_t>>> LiveFolder::link_of(base::MessageId id, Salvage known) {
    using Answer = std::optional<std::uint64_t>;
    const auto tags = co_await context_.engine.blob_tags(known.blob);
    if (!tags) co_return tags.error();
    std::vector<std::uint64_t> links;
    for (const std::string& text : *tags) {
        const auto tag = keys::parse_tag(text);
        if (tag && tag->folder == id_ && tag->id == id) links.push_back(tag->link);
    }
    if (std::find(links.begin(), links.end(), known.link) != links.end()) co_return Answer(known.link);
    // Copies of it in the same folder have links of their own: then it is not told which is whose.
    if (links.size() == 1) co_return Answer(links.front());
    co_return Answer();
}

awaitable<Result<std::optional<StaticRecord>>> LiveFolder::made_anew(Entry entry, Salvage known) {
    using Answer = std::optional<StaticRecord>;
    const auto link = co_await link_of(entry.id, known);
    if (!link) co_return link.error();
    const auto size = co_await context_.engine.blob_size(known.blob);
    if (!size) co_return size.error();
    // The folder's page knows how long the whole is: a prefix of another length is not the prefix.
    if (!*link || known.prefix.size() > entry.size || *size != entry.size - known.prefix.size())
        co_return Answer();
    mime::Indexer indexer;
    for (std::uint64_t at = 0; at < *size;) {
        const auto piece = co_await context_.engine.blob_read(known.blob, at, piece_bytes);
        if (!piece) co_return piece.error();
        if (piece->empty()) co_return Answer();
        indexer.feed(*piece);
        at += piece->size();
    }
    StaticRecord record = describe(indexer.finish(), described_bytes_max(context_.engine.limits()));
    record.blob = known.blob;
    record.link = **link;
    record.prefix = std::move(known.prefix);
    co_return Answer(std::move(record));
}

}  // namespace store
