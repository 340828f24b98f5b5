// StepSort: a sort that stops every so often, so that the order of a million messages does not hold up the
// other sessions of a thread. Runs are sorted, then merged from below; O(n log n), stable in nothing: give a
// total order.
#pragma once
#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace imap {

template <class Item, class Less>
class StepSort {
public:
    StepSort(std::vector<Item> items, Less less) : items_(std::move(items)), less_(std::move(less)) {}

    /// Works for a millisecond or so. True when all is sorted.
    bool step() {
        if (sorted_ < items_.size()) {
            const std::size_t end = std::min(sorted_ + run_length, items_.size());
            std::sort(at(sorted_), at(end), less_);
            sorted_ = end;
            return sorted_ == items_.size() && items_.size() <= run_length;
        }
        if (width_ >= items_.size()) return true;
        if (merged_ == 0) buffer_.resize(items_.size());
        for (std::size_t done = 0; done < merge_length && merged_ < items_.size();) done += merge_pair();
        if (merged_ < items_.size()) return false;
        items_.swap(buffer_);
        merged_ = 0;
        width_ *= 2;
        return width_ >= items_.size();
    }
    std::vector<Item> take() { return std::move(items_); }

private:
    static constexpr std::size_t run_length = 4'096, merge_length = 32'768;

    auto at(std::size_t index) { return items_.begin() + static_cast<std::ptrdiff_t>(index); }

    /// The next run and the one behind it, as far as one step goes.
    std::size_t merge_pair() {
        if (!in_pair_) {
            left_ = merged_;
            middle_ = std::min(left_ + width_, items_.size());
            right_ = middle_;
            end_ = std::min(middle_ + width_, items_.size());
            in_pair_ = true;
        }
        const std::size_t from = merged_;
        while (merged_ < end_ && merged_ - from < merge_length) {
            const bool take_left =
                right_ == end_ || (left_ < middle_ && !less_(items_[right_], items_[left_]));
            buffer_[merged_++] = items_[take_left ? left_++ : right_++];
        }
        if (merged_ == end_) in_pair_ = false;
        return merged_ - from;
    }

    std::vector<Item> items_, buffer_;
    Less less_;
    std::size_t sorted_ = 0;          // runs up to here are sorted
    std::size_t width_ = run_length;  // of a run
    std::size_t merged_ = 0;          // of this pass, into buffer_
    bool in_pair_ = false;
    std::size_t left_ = 0, middle_ = 0, right_ = 0, end_ = 0;
};

}  // namespace imap
