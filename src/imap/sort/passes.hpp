// Passes: long loops cut into pieces, so that a million messages do not hold up the other sessions of a
// thread.
#pragma once
#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

namespace imap {

/// One pass after another, each over numbers from 0, in pieces.
class Passes {
public:
    /// \param size how many numbers, asked when the pass begins
    void add(std::function<std::size_t()> size, std::function<void(std::size_t)> each) {
        passes_.push_back(Pass{std::move(size), std::move(each)});
    }
    /// True when all is done.
    bool step() {
        if (pass_ == passes_.size()) return true;
        const Pass& pass = passes_[pass_];
        if (at_ == 0) size_ = pass.size();
        const std::size_t until = std::min(size_, at_ + piece);
        for (; at_ < until; ++at_) pass.each(at_);
        if (at_ < size_) return false;
        at_ = 0;
        return ++pass_ == passes_.size();
    }

private:
    // Messages between two looks around: some 0.2 ms.
    static constexpr std::size_t piece = 8'192;
    struct Pass {
        std::function<std::size_t()> size;
        std::function<void(std::size_t)> each;
    };
    std::vector<Pass> passes_;
    std::size_t pass_ = 0, at_ = 0, size_ = 0;
};

}  // namespace imap
