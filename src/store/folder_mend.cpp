// What is done about a message whose static row is damaged. The row was made from the blob, so it can be made
// again once the blob is known: the row's own fields name it, and the blob's tags prove that. What cannot be
// proved is not shown: then the message alone is `damaged`.
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
        std::vector<std::string> wanted{keys::message(entry.uid, entry.id)};
        std::string partition = keys::shard(id_, entry.uid);
        auto found = co_await context_.engine.get(std::move(partition), std::move(wanted));
        if (!found && !found.error().is(Errc::corrupt)) co_return found.error();
        if (found && found->rows.empty()) {
            out.push_back(nullptr);
            continue;
        }
        std::string row;
        if (found) row = std::move(found->rows.front().value);
        DetailPtr detail = decode_detail(entry.uid, entry.id, std::move(row));
        if (detail == nullptr) detail = co_await mend(entry, std::move(row));
        out.push_back(std::move(detail));
    }
    co_return out;
}

/// Never null: the message's facts made anew from its blob, and kept; or a stand-in.
awaitable<DetailPtr> LiveFolder::mend(Entry entry, std::string row) {
    auto record = co_await made_anew(entry, salvage(row));
    const bool mended = record && record->has_value();
    base::log::error(
        "store", "a message's row is damaged",
        {{"partition", partition_}, {"uid", entry.uid.value}, {"made_anew", mended ? "yes" : "no"}});
    if (!mended) co_return stand_in(entry);
    std::string anew = encode(**record);
    const SnapshotPtr now = snapshot();
    if (now->find(entry.uid) != nullptr) {
        engine::Prelude prelude;
        prelude.patches.emplace_back();
        prelude.patches.back().partition = keys::shard(id_, entry.uid);
        prelude.patches.back().put.push_back(engine::Row{keys::message(entry.uid, entry.id), anew});
        const auto kept = co_await context_.engine.apply(std::move(prelude));
        if (!kept) base::log::warn("store", "a row that was made anew was not kept");
    }
    co_return decode_detail(entry.uid, entry.id, std::move(anew));
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
