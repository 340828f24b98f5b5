// SessionRegistry: who is connected. For `barid session list|kick`, limits and the orderly stop.
#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "net/connection.hpp"

namespace net {

/// A row of `barid session list`.
struct SessionInfo {
    base::SessionId id;
    std::string protocol;   ///< "imap", "pop3", "smtp", "submission", "lmtp"
    std::string address;    ///< of the client
    std::string listener;
    bool tls = false;
    std::string tls_version;
    std::string user;       ///< empty before login
    std::string client;     ///< IMAP ID, EHLO name
    std::string folder;     ///< selected
    std::string state;      ///< short: "IDLE", "FETCH", "greeting"
    std::chrono::system_clock::time_point since;
    std::chrono::system_clock::time_point last_command;
};

/// Thread-safe.
class SessionRegistry {
public:
    /// Registers a session for as long as the handle lives.
    class Handle {
    public:
        Handle() = default;
        Handle(SessionRegistry& registry, base::SessionId id) : registry_(&registry), id_(id) {}
        Handle(Handle&& other) noexcept : registry_(std::exchange(other.registry_, nullptr)), id_(other.id_) {}
        Handle& operator=(Handle&& other) noexcept;
        ~Handle();
        base::SessionId id() const { return id_; }
        void set_user(std::string user);
        void set_client(std::string client);
        void set_folder(std::string folder);
        void set_tls(std::string version);
        /// Notes the time too. `state` must be static text: it is stored as a pointer, so that a command costs little.
        void set_state(const char* state);

    private:
        SessionRegistry* registry_ = nullptr;
        base::SessionId id_;
    };

    Handle add(std::string protocol, const PeerInfo& peer, std::shared_ptr<Waker> waker);
    std::vector<SessionInfo> list() const;
    /// Wakes the session with event_kicked. False: no such session.
    bool kick(base::SessionId id);
    /// Kicks all sessions of a user; how many.
    std::size_t kick_user(std::string_view user);
    void wake_all(std::uint32_t events);
    std::size_t count() const;
    std::size_t count_user(std::string_view user) const;

private:
    struct Item {
        SessionInfo info;
        const char* state = "";
        std::shared_ptr<Waker> waker;
    };
    mutable std::mutex mutex_;
    std::map<base::SessionId, Item> items_;
    std::uint64_t next_ = 1;
};

}  // namespace net
