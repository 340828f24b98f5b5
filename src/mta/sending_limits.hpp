// SendingLimits: how many recipients an account may send to in an hour and in a day, so that a stolen
// password does not cost the server its good name. In memory and bounded; a restart begins anew.
#pragma once
#include <chrono>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "base/clock.hpp"
#include "base/ids.hpp"

namespace mta {

class SendingLimits {
public:
    struct Settings {
        std::uint32_t per_hour = 0;  ///< recipients; 0: no limit
        std::uint32_t per_day = 0;
        std::size_t accounts_max = 100'000;  ///< some 60 octets each
    };
    SendingLimits(Settings settings, const base::Clock& clock) : settings_(settings), clock_(clock) {}

    /// So many recipients more, all of them or none. False: not now.
    bool take(base::AccountId account, std::uint32_t recipients = 1);

private:
    /// The window before and this one: what was in the former counts by how much of it is within the last
    /// hour.
    struct Window {
        std::int64_t number = 0;
        std::uint32_t before = 0, now = 0;
        double used(std::int64_t second, std::int64_t length);
    };
    struct Account {
        Window hour, day;
    };
    void make_room(std::int64_t second);

    const Settings settings_;
    const base::Clock& clock_;
    std::mutex mutex_;
    std::unordered_map<base::AccountId, Account> accounts_;
};

}  // namespace mta
