#include "eas/state/sent_marks.hpp"

namespace eas {

void SentMarks::note(std::uint64_t mark) {
    const std::lock_guard lock(mutex_);
    if (!marks_.insert(mark).second) return;
    order_.push_back(mark);
    if (order_.size() <= marks_max) return;
    marks_.erase(order_.front());
    order_.pop_front();
}

bool SentMarks::contains(std::uint64_t mark) const {
    const std::lock_guard lock(mutex_);
    return marks_.contains(mark);
}

}  // namespace eas
