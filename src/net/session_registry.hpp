// SessionRegistry: who is connected. For `barid session list|kick`, limits and the orderly stop.
#pragma once
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "net/connection.hpp"

namespace net {

/// A row of `barid session list`.
struct SessionInfo {
    base::SessionId id;
    std::string protocol;  ///< "imap", "pop3", "smtp", "submission", "lmtp"
    std::string address;   ///< of the client
    std::string listener;
    bool tls = false;
    std::string tls_version;
    bool compressed = false;
    std::string user;    ///< empty before login
    std::string client;  ///< IMAP ID, EHLO name
    std::string folder;  ///< selected
    std::string node;    ///< the back end that it is relayed to; empty: it is served here
    std::string state;   ///< short: "IDLE", "FETCH", "greeting"
    std::chrono::system_clock::time_point since;
    std::chrono::system_clock::time_point last_command;
};

/// How many sessions one user may have at a time. No limit unless set.
struct UserLimits {
    std::size_t sessions_max = SIZE_MAX;  ///< of all addresses and protocols
    /// From one address (IPv6: one /64), so that a client in a loop leaves room for the user's others.
    std::size_t per_address_max = SIZE_MAX;
};

/// Thread-safe.
class SessionRegistry {
    struct Item {
        SessionInfo info;  // under mutex_, but for what follows
        std::uint64_t address_key = 0;
        std::atomic<const char*> state{""};
        std::atomic<std::chrono::system_clock::time_point> last_command{};
        std::shared_ptr<Waker> waker;
    };

public:
    /// Registers a session for as long as the handle lives.
    class Handle {
    public:
        Handle() = default;
        Handle(Handle&& other) noexcept
            : registry_(std::exchange(other.registry_, nullptr)),
              item_(std::exchange(other.item_, nullptr)) {}
        Handle& operator=(Handle&& other) noexcept;
        ~Handle() { end(); }
        base::SessionId id() const { return item_ == nullptr ? base::SessionId() : item_->info.id; }
        void set_user(std::string user);
        /// set_user() if there is room, else nothing: looked at and taken in one step, so that logins that
        /// come at once cannot all find the same room.
        [[nodiscard]] bool claim_user(std::string user, const UserLimits& limits);
        void set_client(std::string client);
        void set_folder(std::string folder);
        void set_tls(std::string version);
        void set_compressed(bool yes);
        void set_node(std::string node);
        /// Notes the time too. `state` must be static text: it is stored as a pointer, so that a command
        /// costs little.
        void set_state(const char* state);

    private:
        friend SessionRegistry;
        Handle(SessionRegistry& registry, Item& item) : registry_(&registry), item_(&item) {}
        void set(std::string SessionInfo::* field, std::string value);
        void end() noexcept;
        SessionRegistry* registry_ = nullptr;
        Item* item_ = nullptr;
    };

    Handle add(std::string protocol, const PeerInfo& peer, std::shared_ptr<Waker> waker);
    std::vector<SessionInfo> list() const;
    /// Wakes the session with event_kicked. False: no such session.
    bool kick(base::SessionId id);
    /// Kicks all sessions of a user; how many.
    std::size_t kick_user(std::string_view user);
    /// Kicks all sessions from an address, or a network ("192.0.2.0/24"); how many.
    std::size_t kick_address(std::string_view address);
    void wake_all(std::uint32_t events);
    std::size_t count() const;
    std::size_t count_user(std::string_view user) const;

private:
    void remove(base::SessionId id) noexcept;
    void name(Item& item, std::string user);

    mutable std::mutex mutex_;
    std::map<base::SessionId, std::unique_ptr<Item>> items_;
    /// Sessions of a user, and how many of them each address has: asked at every login.
    struct UserSessions {
        std::size_t count = 0;
        std::map<std::uint64_t, std::size_t> by_address;
    };
    std::map<std::string, UserSessions, std::less<>> users_;
    std::uint64_t next_ = 1;
};

}  // namespace net
