// Commits of an account's index: one batch on x/<account>, with the new segment's blob before it.
#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "store/keys.hpp"
#include "store/search/account_indexer.hpp"

namespace store::search {
namespace {

constexpr std::size_t write_bytes = 512U << 10;

}  // namespace

awaitable<Result<std::shared_ptr<engine::BlobWriter>>> AccountIndexer::write_blob(std::string octets) {
    std::shared_ptr<engine::BlobWriter> blob = service_.context().engine.new_blob();
    for (std::size_t at = 0; at < octets.size(); at += write_bytes) {
        const auto written = co_await blob->write(std::string_view(octets).substr(at, write_bytes));
        if (!written) co_return written.error();
    }
    co_return blob;
}

/// Brings the rows to marks_, last_id_ and `change`.
awaitable<Result<void>> AccountIndexer::commit(Change change) {
    StoreContext& context = service_.context();
    auto next = std::make_shared<Manifest>(*manifest_);
    engine::Batch batch;
    batch.partition = partition(account_);
    batch.expect = manifest_->version;
    next->header.last_id = last_id_;
    next->header.opid = context.ids.next();
    batch.put.push_back({std::string(keys::header), encode(next->header)});
    for (const SegmentRow& row : change.gone) {
        std::erase(next->segments, row);
        batch.erase.push_back(segment_key(row.blob));
    }
    engine::Prelude prelude;
    if (change.blob) {
        SegmentRow row;
        row.blob = change.blob->id();
        row.bytes = change.blob->size();
        row.documents = change.documents;
        next->segments.push_back(row);
        batch.put.push_back({segment_key(row.blob), encode(row)});
        std::vector<std::string> tags{tag(account_)};
        prelude.blobs.emplace_back(change.blob, std::move(tags));
    }
    if (change.forget_marks) marks_.clear();
    for (const auto& [folder, uid] : marks_)
        if (manifest_->mark(folder) != uid) batch.put.push_back({mark_key(folder), encode_mark(uid)});
    for (const auto& [folder, uid] : manifest_->marks)
        if (!marks_.contains(folder)) batch.erase.push_back(mark_key(folder));
    next->marks = marks_;

    const auto version = co_await context.engine.commit(std::move(prelude), std::move(batch));
    if (!version && !version.error().is(Errc::unknown)) co_return version.error();
    if (version) {
        next->version = *version;
    } else {
        // May have happened: the rows say so. Else all is done again from what they say.
        const auto now = co_await service_.manifest(account_);
        if (!now) co_return now.error();
        if ((*now)->header.opid != next->header.opid) co_return Error(Errc::conflict, "");
        next->version = (*now)->version;
    }
    manifest_ = std::move(next);
    service_.remember(account_, manifest_);
    std::vector<engine::Tag> tags;
    for (const SegmentRow& row : change.gone) tags.push_back({row.blob, tag(account_)});
    if (tags.empty()) co_return Result<void>();
    const auto untagged = co_await context.engine.untag(std::move(tags));
    if (!untagged) base::log::debug("search", "blobs of merged segments stay for the collector");
    co_return Result<void>();
}

/// What the other segments have stays; folders are walked again for what they have not.
awaitable<Result<void>> AccountIndexer::drop_damaged(SegmentRow row) {
    base::log::error("search", "a segment is damaged and made anew",
                     {{"account", account_.value}, {"blob", row.blob.value}});
    ++service_.figures().damaged;
    auto loaded = co_await reload();
    if (!loaded) co_return loaded;
    if (std::ranges::find(manifest_->segments, row) == manifest_->segments.end()) co_return Result<void>();
    Change change;
    change.gone.push_back(row);
    change.forget_marks = true;
    co_return co_await commit(std::move(change));
}

}  // namespace store::search
