// LiveDevices: the devices that have a request under way. Requests of one device take turns, but one that
// waits for news holds no turn; a newer request ends it.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "eas/state/device_store.hpp"
#include "net/connection.hpp"
#include "store/waiter.hpp"

namespace eas {

/// Event of the waker: another request of the device has come.
inline constexpr std::uint32_t event_replaced = 1U << 9;

/// Shared by the requests of one device, which end in any order. Thread-safe.
class LiveDevice : public std::enable_shared_from_this<LiveDevice> {
public:
    /// Held while a request reads, changes and writes the device's rows.
    class Turn {
    public:
        Turn() = default;
        explicit Turn(std::shared_ptr<LiveDevice> device) : device_(std::move(device)) {}
        Turn(Turn&&) = default;
        Turn& operator=(Turn&& other) noexcept {
            end();
            device_ = std::move(other.device_);
            return *this;
        }
        ~Turn() { end(); }
        void end();

    private:
        std::shared_ptr<LiveDevice> device_;
    };
    /// In order of asking.
    awaitable<Turn> take_turn();

    /// A request begins: whoever waits for news is told. Returns its number.
    std::uint64_t begin();
    /// The request of this number waits for news. False: there is a newer one already.
    bool wait_as(std::uint64_t number, std::shared_ptr<net::Waker> waker);
    void stop_waiting(std::uint64_t number);
    bool is_newest(std::uint64_t number) const;

private:
    mutable std::mutex mutex_;
    bool taken_ = false;
    std::vector<std::shared_ptr<store::Waiter>> queue_;  // mostly empty, and then without memory
    std::uint64_t newest_ = 0, waiting_ = 0;
    std::shared_ptr<net::Waker> waker_;
};
using LiveDevicePtr = std::shared_ptr<LiveDevice>;

class LiveDevices {
public:
    LiveDevicePtr find(const DeviceKey& key);
    /// A request of the device that waits for news is answered at once: an operator has a word for it.
    void end_waiting(const DeviceKey& key);
    std::size_t count() const;

private:
    mutable std::mutex mutex_;
    std::map<DeviceKey, std::weak_ptr<LiveDevice>> devices_;
    std::size_t sweep_at_ = 64;
};

}  // namespace eas
