#include "eas/body_room.hpp"

#include <utility>

namespace eas {

BodyRoom::Share& BodyRoom::Share::operator=(Share&& other) noexcept {
    if (this == &other) return *this;
    give_back();
    room_ = std::exchange(other.room_, nullptr);
    account_ = other.account_;
    octets_ = std::exchange(other.octets_, 0);
    counted_ = std::exchange(other.counted_, 0);
    return *this;
}

bool BodyRoom::Share::take(std::size_t octets) {
    if (room_ == nullptr) return false;
    const std::size_t all = octets_ + octets;
    if (all > room_->limits_.uncounted_max) {
        if (!room_->take(account_, all - counted_)) return false;
        counted_ = all;
    }
    octets_ = all;
    return true;
}

void BodyRoom::Share::give_back() {
    if (counted_ != 0) room_->give_back(account_, counted_);
    octets_ = counted_ = 0;
}

bool BodyRoom::take(base::AccountId account, std::size_t octets) {
    const std::lock_guard lock(mutex_);
    if (octets > limits_.octets_max - used_) return false;
    std::size_t& own = by_account_[account.value];
    if (octets > limits_.mailbox_max - own) {
        if (own == 0) by_account_.erase(account.value);
        return false;
    }
    own += octets;
    used_ += octets;
    return true;
}

void BodyRoom::give_back(base::AccountId account, std::size_t octets) {
    const std::lock_guard lock(mutex_);
    used_ -= octets;
    const auto own = by_account_.find(account.value);
    own->second -= octets;
    if (own->second == 0) by_account_.erase(own);
}

std::size_t BodyRoom::used() const {
    const std::lock_guard lock(mutex_);
    return used_;
}

}  // namespace eas
