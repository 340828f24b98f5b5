#include "pop3/maildrop.hpp"

#include <fmt/format.h>

namespace pop3 {

const store::Entry* Maildrop::find(std::uint32_t number) const {
    if (number == 0 || number > size() || deleted_[number - 1]) return nullptr;
    return view_->at(base::SeqNum(number));
}

bool Maildrop::mark_deleted(std::uint32_t number) {
    const store::Entry* entry = find(number);
    if (entry == nullptr) return false;
    deleted_[number - 1] = true;
    ++deleted_count_;
    deleted_octets_ += entry->size;
    return true;
}

void Maildrop::unmark_all() {
    deleted_.assign(size(), false);
    deleted_count_ = 0;
    deleted_octets_ = 0;
}

void Maildrop::mark_seen(std::uint32_t number) {
    const store::Entry* entry = find(number);
    if (entry != nullptr && !entry->flags.has(store::SystemFlag::seen)) seen_[number - 1] = true;
}

std::string Maildrop::unique_id(const store::Entry& entry) const {
    return fmt::format("{:08x}{:08x}", view_->totals().uid_validity, entry.uid.value);
}

store::UidRanges Maildrop::uids_of(const std::vector<bool>& marks) const {
    store::UidRanges out;
    for (std::uint32_t i = 0; i < marks.size(); ++i) {
        if (marks[i]) store::append_uid(out, view_->at(base::SeqNum(i + 1))->uid);
    }
    return out;
}

}  // namespace pop3
