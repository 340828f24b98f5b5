// Merging: segments of about the same size become one, so that there are few; documents of deleted messages
// stay behind.
#include <algorithm>
#include <bit>
#include <utility>

#include "store/search/account_indexer.hpp"

namespace store::search {
namespace {

constexpr std::size_t same_size_max = 4;  // segments of a size: so many make one of the next size
constexpr std::size_t merged_at_once_max = 8;
constexpr std::uint64_t merged_documents_max = 1'000'000;  // of one merge: 24 MiB of ids and ordinals
constexpr std::uint64_t merged_bytes_max = 1ULL << 30;
constexpr std::size_t waiting_max = 512U << 10;
/// Documents whose messages are gone: a quarter of the index, and not a handful.
constexpr bool too_many_gone(std::uint64_t documents, std::uint64_t messages) {
    return documents > messages + messages / 4 + 64;
}

/// Each size is four times the one before.
unsigned size_class(const SegmentRow& row) {
    return (static_cast<unsigned>(std::bit_width(row.bytes >> 14U)) + 1) / 2;
}

}  // namespace

std::vector<SegmentRow> AccountIndexer::to_merge() const {
    std::vector<SegmentRow> rows = manifest_->segments;
    std::ranges::sort(rows, {}, &SegmentRow::bytes);
    std::vector<SegmentRow> out;
    std::uint64_t documents = 0, bytes = 0;
    const auto take = [&](const SegmentRow& row) {
        documents += row.documents;
        bytes += row.bytes;
        if (documents > merged_documents_max || bytes > merged_bytes_max) return false;
        out.push_back(row);
        return true;
    };
    // Of an account too large for one merge the dead go as its segments are merged.
    const bool small =
        manifest_->documents() <= merged_documents_max && manifest_->bytes() <= merged_bytes_max;
    if (small && too_many_gone(manifest_->documents(), messages_)) {
        for (const SegmentRow& row : rows)
            if (!take(row)) break;
        return out;
    }
    // The greatest class that is full, with all that is smaller.
    std::size_t end = 0;
    for (std::size_t i = 0, first = 0; i < rows.size(); ++i) {
        if (size_class(rows[i]) != size_class(rows[first])) first = i;
        if (i + 1 - first >= same_size_max) end = i + 1;
    }
    const std::size_t begin = end > merged_at_once_max ? end - merged_at_once_max : 0;
    for (std::size_t i = begin; i < end; ++i)
        if (!take(rows[i])) break;
    if (out.size() < 2) out.clear();
    return out;
}

awaitable<Result<void>> AccountIndexer::merge_all() {
    for (;;) {
        const std::vector<SegmentRow> rows = to_merge();
        if (rows.empty()) co_return Result<void>();
        const std::uint64_t before = manifest_->documents();
        const std::size_t segments = manifest_->segments.size();
        auto merged = co_await merge(rows);
        if (!merged) co_return merged;
        // Copies in several segments, or messages that somebody still sees: not again and again.
        if (manifest_->documents() == before && manifest_->segments.size() == segments) co_return merged;
    }
}

/// The ids of all messages of the account, ascending.
awaitable<Result<std::vector<std::uint64_t>>> AccountIndexer::living() {
    std::vector<std::uint64_t> out;
    const FolderTreePtr tree = live_->folders();
    for (const FolderInfo& info : tree->folders) {
        if (!info.selectable) continue;
        const auto folder = co_await live_->open(info.id);
        if (!folder && folder.error().is(Errc::not_found)) continue;
        if (!folder) co_return folder.error();
        const SnapshotPtr messages = (*folder)->snapshot();
        for (std::uint64_t first = 1; first <= messages->size(); first += documents_a_breath) {
            const auto last = std::min<std::uint64_t>(first + documents_a_breath - 1, messages->size());
            messages->for_each(SeqNum(static_cast<std::uint32_t>(first)),
                               SeqNum(static_cast<std::uint32_t>(last)),
                               [&](SeqNum, const Entry& entry) { out.push_back(entry.id.value); });
            co_await breathe();
        }
    }
    co_return co_await sorted(std::move(out));
}

awaitable<Result<void>> AccountIndexer::merge(std::vector<SegmentRow> rows) {
    std::uint64_t documents = 0;
    std::vector<trigram::MergeInput> inputs;
    auto streams = std::make_shared<std::vector<BlockStream>>();
    for (const SegmentRow& row : rows) {
        auto ids = co_await documents_of(row);
        if (!ids) co_return ids.error();
        const auto segment = co_await service_.reader().open(row);
        if (!segment) co_return unreadable(row, segment.error());
        documents += row.documents;
        streams->emplace_back(service_.context().engine, *segment);
        inputs.push_back(trigram::MergeInput{segment->directory, std::move(*ids)});
    }
    // Who lives is asked after the index's rows were read: a message that any mark covers is in its folder
    // then, or gone for good. Not for a merge that is small beside the account.
    auto alive = std::make_shared<std::vector<std::uint64_t>>();
    const bool all = documents * 8 < manifest_->documents();
    if (!all) {
        auto ids = co_await living();
        if (!ids) co_return ids.error();
        *alive = std::move(*ids);
    }
    auto from = std::make_shared<std::vector<trigram::MergeInput>>(std::move(inputs));
    auto place = std::make_shared<std::shared_ptr<trigram::Merger>>();
    std::function<void()> work = [from, alive, all, place] {
        *place = std::make_shared<trigram::Merger>(std::move(*from), [&](trigram::DocumentId id) {
            return all || std::ranges::binary_search(*alive, id);
        });
    };
    const bool made = co_await service_.compute(std::move(work));
    if (!made) co_return Error(Errc::unavailable, "the server is stopping");
    alive.reset();
    const std::shared_ptr<trigram::Merger> merger = *place;
    Change change;
    change.gone = std::move(rows);
    if (merger->documents() != 0) {
        change.blob = service_.context().engine.new_blob();
        change.documents = static_cast<std::uint32_t>(merger->documents());
        auto done = co_await run_merger(merger, streams, change.blob);
        if (!done) co_return done;
    }
    service_.figures().merged += change.gone.size();
    co_return co_await commit(std::move(change));
}

awaitable<Result<void>> AccountIndexer::run_merger(std::shared_ptr<trigram::Merger> merger,
                                                   std::shared_ptr<std::vector<BlockStream>> streams,
                                                   std::shared_ptr<engine::BlobWriter> blob) {
    for (;;) {
        auto sound = std::make_shared<bool>();
        std::function<void()> work = [merger, sound] { *sound = merger->run(waiting_max); };
        const bool worked = co_await service_.compute(std::move(work));
        if (!worked) co_return Error(Errc::unavailable, "the server is stopping");
        if (!*sound) co_return unreadable((*streams)[merger->damaged_input()].segment().row, damaged_segment);
        if (merger->done() || merger->output().waiting() >= waiting_max) {
            const std::string octets = merger->output().take();
            const auto written = co_await blob->write(octets);
            if (!written) co_return written;
        }
        if (merger->done()) co_return Result<void>();
        const auto need = merger->need();
        if (!need) continue;
        BlockStream& stream = (*streams)[need->input];
        auto block = co_await stream.block(need->block);
        if (!block) co_return unreadable(stream.segment().row, block.error());
        merger->give(std::move(*block));
    }
}

}  // namespace store::search
