#include "trigram/merge.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "trigram/builder.hpp"

namespace trigram {
namespace {

constexpr Ordinal gone = std::numeric_limits<Ordinal>::max();

}  // namespace

/// One input: where it stands and what its ordinals become.
class Merger::Cursor {
public:
    Cursor(std::shared_ptr<const Directory> directory, std::vector<Ordinal> now)
        : directory_(std::move(directory)), now_(std::move(now)) {}

    bool needs_block() const { return !reader_ && next_block_ < directory_->term_blocks(); }
    bool at_end() const { return !reader_ && next_block_ >= directory_->term_blocks(); }
    BlockRef block() const { return directory_->term_block(next_block_); }
    void give(std::string block) {
        block_ = std::make_unique<std::string>(std::move(block));
        reader_.emplace(*block_, directory_->documents());
        ++next_block_;
    }
    /// To the next term; needs_block() or at_end() when there is none in the block. False: damaged.
    bool next() {
        if (reader_->next()) return true;
        const bool sound = !reader_->damaged();
        reader_.reset();
        return sound;
    }
    bool has_term() const { return reader_.has_value(); }
    const std::string& term() const { return reader_->term(); }
    /// Appends the ordinals of those that stay, as they are numbered now. `old` is scratch.
    bool read(Ordinals& old, Ordinals& out) const {
        old.clear();
        if (!reader_->read(old)) return false;
        for (const Ordinal ordinal : old)
            if (now_[ordinal] != gone) out.push_back(now_[ordinal]);
        return true;
    }

private:
    std::shared_ptr<const Directory> directory_;
    std::vector<Ordinal> now_;
    std::unique_ptr<std::string> block_;  // the reader points into it
    std::optional<TermReader> reader_;
    std::size_t next_block_ = 0;
};

Merger::Merger(std::vector<MergeInput> inputs, const std::function<bool(DocumentId)>& alive) {
    std::vector<DocumentId> all;
    for (const MergeInput& input : inputs)
        std::ranges::copy_if(input.documents, std::back_inserter(all), alive);
    std::ranges::sort(all);
    const auto repeated = std::ranges::unique(all);
    all.erase(repeated.begin(), repeated.end());
    documents_ = all.size();
    word_count_min_ = word_count_min(all.size());
    for (MergeInput& input : inputs) {
        std::vector<Ordinal> now(input.directory->documents(), gone);
        auto at = all.begin();
        for (std::size_t i = 0; i < input.documents.size() && i < now.size(); ++i) {
            at = std::lower_bound(at, all.end(), input.documents[i]);
            if (at != all.end() && *at == input.documents[i]) now[i] = static_cast<Ordinal>(at - all.begin());
        }
        cursors_.emplace_back(std::move(input.directory), std::move(now));
    }
    writer_ = std::make_unique<SegmentWriter>(all);
    for (std::size_t i = 0; i < cursors_.size() && !needed_; ++i)
        if (cursors_[i].needs_block()) needed_ = i;
}
Merger::~Merger() = default;
Merger::Merger(Merger&&) noexcept = default;

std::optional<Merger::Need> Merger::need() const {
    if (!needed_) return std::nullopt;
    return Need{*needed_, cursors_[*needed_].block()};
}

void Merger::give(std::string block) { cursors_[*needed_].give(std::move(block)); }

bool Merger::run(std::size_t waiting_max) {
    const auto later = [this](std::size_t a, std::size_t b) {
        return cursors_[b].term() < cursors_[a].term();
    };
    const auto advance = [&](std::size_t i) {
        if (!cursors_[i].next()) {
            damaged_ = i;
            return false;
        }
        if (cursors_[i].has_term()) {
            heap_.push_back(i);
            std::ranges::push_heap(heap_, later);
        }
        return true;
    };
    if (needed_ && cursors_[*needed_].needs_block()) return true;  // not given yet
    if (needed_) {
        const std::size_t given = *std::exchange(needed_, std::nullopt);
        if (!advance(given)) return false;
    }
    for (;;) {
        for (std::size_t i = 0; i < cursors_.size(); ++i) {
            if (!cursors_[i].needs_block()) continue;
            needed_ = i;
            return true;
        }
        if (heap_.empty()) {
            writer_->finish();
            done_ = true;
            return true;
        }
        if (writer_->waiting() >= waiting_max) return true;
        if (!merge_term()) return false;
    }
}

/// All inputs that have the least term.
bool Merger::merge_term() {
    const auto later = [this](std::size_t a, std::size_t b) {
        return cursors_[b].term() < cursors_[a].term();
    };
    term_ = cursors_[heap_.front()].term();
    ordinals_.clear();
    std::size_t parts = 0;
    std::vector<std::size_t> moved;
    while (!heap_.empty() && cursors_[heap_.front()].term() == term_) {
        std::ranges::pop_heap(heap_, later);
        const std::size_t input = heap_.back();
        heap_.pop_back();
        moved.push_back(input);
        ++parts;
        if (!cursors_[input].read(some_, ordinals_)) {
            damaged_ = input;
            return false;
        }
    }
    if (parts > 1) {
        std::ranges::sort(ordinals_);
        const auto repeated = std::ranges::unique(ordinals_);
        ordinals_.erase(repeated.begin(), repeated.end());
    }
    if (!is_word_term(term_) || ordinals_.size() >= word_count_min_) writer_->add(term_, ordinals_);
    for (const std::size_t input : moved) {
        if (!cursors_[input].next()) {
            damaged_ = input;
            return false;
        }
        if (!cursors_[input].has_term()) continue;
        heap_.push_back(input);
        std::ranges::push_heap(heap_, later);
    }
    return true;
}

}  // namespace trigram
