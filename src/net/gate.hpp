// Gate: how many connections a listener has, in all and by client. Thread-safe.
#pragma once
#include <cstdint>
#include <mutex>
#include <unordered_map>

namespace net {

class Gate {
public:
    /// 0 is no limit.
    Gate(std::uint32_t connections_max, std::uint32_t per_client_max)
        : connections_max_(connections_max), per_client_max_(per_client_max) {}

    bool enter();
    void leave();
    /// \p client is IpAddress::limit_key()
    bool enter_client(std::uint64_t client);
    void leave_client(std::uint64_t client);

private:
    const std::uint32_t connections_max_, per_client_max_;
    std::mutex mutex_;
    std::uint32_t connections_ = 0;
    std::unordered_map<std::uint64_t, std::uint32_t> clients_;  // those that have any: at most connections_
};

}  // namespace net
