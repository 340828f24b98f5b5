// BodyRoom: how much of the bodies of requests is in memory at once, of all devices and of one mailbox. A
// message of 50 MiB may come; a hundred of them wait until others are done.
#pragma once
#include <cstddef>
#include <mutex>
#include <unordered_map>

#include "base/ids.hpp"

namespace eas {

/// Thread-safe.
class BodyRoom {
public:
    struct Limits {
        std::size_t octets_max = 512U << 20;
        std::size_t mailbox_max = 160U << 20;   ///< three messages of the largest size
        std::size_t uncounted_max = 64U << 10;  ///< of a request: what nearly all of them are
    };
    BodyRoom() : BodyRoom(Limits()) {}
    explicit BodyRoom(Limits limits) : limits_(limits) {}

    /// Of one request; given back when it goes. Not thread-safe.
    class Share {
    public:
        Share() = default;
        Share(BodyRoom& room, base::AccountId account) : room_(&room), account_(account) {}
        Share(Share&& other) noexcept { *this = std::move(other); }
        Share& operator=(Share&& other) noexcept;
        ~Share() { give_back(); }

        /// So many octets more. False: there is no room for them just now.
        bool take(std::size_t octets);
        void give_back();

    private:
        BodyRoom* room_ = nullptr;
        base::AccountId account_;
        std::size_t octets_ = 0, counted_ = 0;
    };

    std::size_t used() const;

private:
    bool take(base::AccountId account, std::size_t octets);
    void give_back(base::AccountId account, std::size_t octets);

    const Limits limits_;
    mutable std::mutex mutex_;
    std::size_t used_ = 0;
    std::unordered_map<std::uint32_t, std::size_t> by_account_;  // those that have some
};

}  // namespace eas
