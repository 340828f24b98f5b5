#include "eas/state/live_devices.hpp"

namespace eas {

void LiveDevice::Turn::end() {
    const auto device = std::move(device_);
    if (!device) return;
    std::shared_ptr<store::Waiter> next;
    {
        const std::lock_guard lock(device->mutex_);
        if (device->queue_.empty()) {
            device->taken_ = false;
        } else {
            next = std::move(device->queue_.front());
            device->queue_.erase(device->queue_.begin());
        }
    }
    if (next) next->wake();
}

awaitable<LiveDevice::Turn> LiveDevice::take_turn() {
    std::shared_ptr<store::Waiter> waiter;
    {
        const std::lock_guard lock(mutex_);
        if (taken_) {
            waiter = std::make_shared<store::Waiter>();
            queue_.push_back(waiter);
        }
        taken_ = true;
    }
    if (waiter) co_await store::wait_for(waiter);
    co_return Turn(shared_from_this());
}

std::uint64_t LiveDevice::begin() {
    std::shared_ptr<net::Waker> waker;
    std::uint64_t number = 0;
    {
        const std::lock_guard lock(mutex_);
        number = ++newest_;
        waker = std::move(waker_);
        waker_.reset();
    }
    if (waker) waker->wake(event_replaced);
    return number;
}

bool LiveDevice::wait_as(std::uint64_t number, std::shared_ptr<net::Waker> waker) {
    const std::lock_guard lock(mutex_);
    if (number != newest_) return false;
    waiting_ = number;
    waker_ = std::move(waker);
    return true;
}

void LiveDevice::stop_waiting(std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    if (waiting_ == number) waker_.reset();
}

bool LiveDevice::is_newest(std::uint64_t number) const {
    const std::lock_guard lock(mutex_);
    return number == newest_;
}

LiveDevicePtr LiveDevices::find(const DeviceKey& key) {
    const std::lock_guard lock(mutex_);
    if (devices_.size() >= sweep_at_) {
        std::erase_if(devices_, [](const auto& item) { return item.second.expired(); });
        sweep_at_ = 64 + 2 * devices_.size();
    }
    std::weak_ptr<LiveDevice>& known = devices_[key];
    LiveDevicePtr device = known.lock();
    if (!device) known = device = std::make_shared<LiveDevice>();
    return device;
}

void LiveDevices::end_waiting(const DeviceKey& key) {
    LiveDevicePtr device;
    {
        const std::lock_guard lock(mutex_);
        const auto known = devices_.find(key);
        if (known != devices_.end()) device = known->second.lock();
    }
    if (device) (void)device->begin();  // as a newer request does
}

std::size_t LiveDevices::count() const {
    const std::lock_guard lock(mutex_);
    return devices_.size();
}

}  // namespace eas
