// TicketKeys: what session tickets are sealed with (RFC 5077, RFC 8446 section 4.6.1): nothing is kept for a
// session that may be resumed. A key seals for twelve hours and opens for twelve more; each protocol has keys
// of its own.
#pragma once
#include <array>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

struct ssl_ctx_st;

namespace net {

/// Thread-safe.
class TicketKeys {
public:
    static constexpr std::chrono::hours key_life{12};

    struct Key {
        std::array<unsigned char, 16> name{};
        std::array<unsigned char, 32> cipher{};
        std::array<unsigned char, 32> mac{};
        std::chrono::steady_clock::time_point made;
        ~Key();
    };
    struct Found {
        Key key;
        bool old = false;  ///< opens, but the client should get a ticket of the newest key
    };

    TicketKeys();
    /// The key to seal with; makes a new one when its time has come.
    Key newest(std::chrono::steady_clock::time_point now);
    std::optional<Found> find(std::string_view name, std::chrono::steady_clock::time_point now);

    /// `keys` must live as long as the context.
    static void install(ssl_ctx_st* ctx, TicketKeys* keys);

private:
    void rotate(std::chrono::steady_clock::time_point now);
    std::mutex mutex_;
    Key newest_;
    std::optional<Key> previous_;
};

}  // namespace net
