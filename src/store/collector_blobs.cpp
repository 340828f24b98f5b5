// The collector's sweep over blobs: those that a crash left unfinished or that nobody needs.
#include <utility>

#include "base/log.hpp"
#include "store/collector.hpp"
#include "store/keys.hpp"
#include "store/search/index_rows.hpp"

namespace store {
namespace {

constexpr std::size_t blobs_a_round = 1'000;
constexpr std::int64_t grace_seconds =
    24 * 3600;  // whoever was about to need it has committed or died by then

}  // namespace

/// Whether the folder's pages, or its work rows, know the message. The folder may be gone.
awaitable<Result<bool>> Collector::references(base::FolderId folder, base::MessageId message) {
    if (known_folder_ != folder) {
        known_messages_.clear();
        known_folder_ = base::FolderId();
        const std::string partition = keys::folder(folder);
        for (const char prefix : {'p', 'g'}) {
            std::string after;
            bool more = true;
            while (more) {
                std::string text(1, prefix);
                const auto rows = co_await context_.engine.scan(partition, after, std::move(text), 0, 0);
                if (!rows) co_return rows.error();
                for (const engine::Row& row : rows->rows) {
                    const auto number = keys::number_in(row.key.substr(0, 13), prefix);
                    if (prefix == 'p') {
                        const auto page =
                            number ? decode_page(static_cast<std::uint32_t>(*number), row.value) : nullptr;
                        if (!page)
                            co_return Error(Errc::corrupt, "a damaged page");  // then nothing is removed
                        for (const Entry& entry : page->entries) known_messages_.insert(entry.id.value);
                    } else {
                        const auto garbage = decode_garbage(row.value);
                        if (!garbage) co_return Error(Errc::corrupt, "a damaged row");
                        for (const MessageRef& gone : garbage->messages)
                            known_messages_.insert(gone.id.value);
                    }
                }
                more = rows->more;
                if (!rows->rows.empty()) after = rows->rows.back().key;
            }
        }
        known_folder_ = folder;
    }
    co_return known_messages_.contains(message.value);
}

/// A tag tells its own age: nobody is about to commit the message that it was made for a day ago.
awaitable<Result<bool>> Collector::tag_is_dead(std::string tag, base::BlobId blob) {
    if (const auto account = search::parse_tag(tag)) {
        std::vector<std::string> wanted{search::segment_key(blob)};
        const auto rows = co_await context_.engine.get(search::partition(*account), std::move(wanted));
        if (!rows) co_return rows.error();
        co_return rows->rows.empty();
    }
    if (const auto queued = keys::parse_queue_tag(tag)) {
        if (age_of(*queued) < grace_seconds) co_return false;
        co_return co_await queue_tag_is_dead(*queued);
    }
    const auto key = keys::parse_tag(tag);
    if (!key) co_return false;  // not ours: somebody else's use of blobs
    const std::uint64_t made = key->link != 0 ? key->link : key->id.value;
    if (age_of(made) < grace_seconds) co_return false;
    const auto needed = co_await references(key->folder, key->id);
    if (!needed) co_return needed;
    co_return !*needed;
}

awaitable<void> Collector::sweep_blobs() {
    if (context_.now() < blobs_.idle_until) co_return;
    known_folder_ = base::FolderId();  // read anew in each round
    const auto blobs = co_await context_.engine.blob_list(blobs_.blob, blobs_a_round);
    if (!blobs) co_return;
    bool done = blobs->size() < blobs_a_round;
    for (const engine::Engine::BlobInfo& blob : *blobs) {
        if (age_of(blob.id.value) < grace_seconds) {
            done = true;  // in order of time: all that follow are younger
            break;
        }
        blobs_.blob = blob.id;
        if (!blob.finished) {
            const auto removed = co_await context_.engine.blob_remove(blob.id);
            if (removed) ++context_.figures.collected_blobs;
            continue;
        }
        const auto tags = co_await context_.engine.blob_tags(blob.id);
        if (!tags) continue;
        std::vector<engine::Tag> dead;
        for (const std::string& tag : *tags) {
            const auto is_dead = co_await tag_is_dead(tag, blob.id);
            if (is_dead && *is_dead) dead.push_back({blob.id, tag});
        }
        if (dead.empty() && !tags->empty()) continue;
        if (dead.size() == tags->size()) ++context_.figures.collected_blobs;
        base::log::info("store", "a leaked blob is collected",
                        {{"blob", blob.id.value}, {"tags", dead.size()}});
        if (tags->empty()) {
            const auto removed = co_await context_.engine.blob_remove(blob.id);
            if (!removed) co_return;
            continue;
        }
        const auto untagged = co_await context_.engine.untag(std::move(dead));
        if (!untagged) co_return;
    }
    if (!done) co_return;
    blobs_.blob = base::BlobId();
    blobs_.idle_until = context_.now() + grace_seconds;
}

}  // namespace store
