#include "store/notices.hpp"

#include <utility>

namespace store {

std::uint64_t Notices::mark() const {
    const std::lock_guard lock(mutex_);
    return last_;
}

void Notices::add(Notice notice) {
    const std::lock_guard lock(mutex_);
    Key key(notice.folder, notice.kind, notice.user, std::move(notice.entry));
    const auto [at, fresh] = known_.try_emplace(std::move(key));
    if (!fresh) in_order_.erase(at->second.last);
    at->second.before = at->second.last;
    at->second.last = ++last_;
    in_order_.emplace_hint(in_order_.end(), last_, at);
    if (known_.size() <= kept_max) return;
    const auto oldest = in_order_.begin();
    floor_ = oldest->first;
    known_.erase(oldest->second);
    in_order_.erase(oldest);
}

void Notices::clear() {
    const std::lock_guard lock(mutex_);
    floor_ = last_;
    in_order_.clear();
    known_.clear();
}

NoticesRead Notices::since(std::uint64_t mark, base::AccountId user) const {
    NoticesRead out;
    const std::lock_guard lock(mutex_);
    out.mark = last_;
    out.lost = mark < floor_;
    for (auto at = in_order_.upper_bound(mark); at != in_order_.end(); ++at) {
        const auto& [key, times] = *at->second;
        const auto& [folder, kind, whose, entry] = key;
        if (whose && whose != user) continue;
        out.notices.push_back(Notice{kind, folder, whose, entry, times.before <= mark});
    }
    return out;
}

}  // namespace store
