// Post: how a message of a user leaves, whether his device wrote it or the server in his name. It goes the
// way that submission goes.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "eas/outgoing.hpp"
#include "eas/services.hpp"
#include "net/connection.hpp"

namespace eas {

using boost::asio::awaitable;

inline constexpr std::size_t recipients_max = 1'000;  ///< of one mail, as submission has it

/// What post.submit() said: the same message may leave another time.
bool may_leave_later(int status);

class Post {
public:
    /// `services` outlives it. `peer`: the device's connection; the server itself has none.
    Post(const Services& services, store::AccountPtr account, std::string user, net::PeerInfo peer = {});

    /// A message that has no Message-ID gets one of `what`, which is the same when it is sent again: where
    /// nobody knows any more that it has left, who gets it twice sees that it is one.
    void name_after(std::uint64_t what) { named_after_ = what; }
    /// A common status. Nothing is in Sent unless it has left. `is_answer`: the server's, to what somebody
    /// else asks. `said`: what came of it where it has got as far as the way that submission goes.
    awaitable<int> submit(std::string message, bool save_in_sent, bool is_answer = false,
                          Submitted* said = nullptr);
    /// Into the mailbox. `read`: the user knows it, since he wrote it. False: it could not be kept.
    awaitable<bool> append_to(store::SpecialUse use, std::string message, bool read);

    const Services& services() const { return services_; }
    const store::AccountPtr& account() const { return account_; }
    const std::string& user() const { return user_; }
    std::int64_t now() const { return base::unix_seconds(services_.clock.now()); }

private:
    const Services& services_;
    const store::AccountPtr account_;
    const std::string user_;  // the name that he logs in with, an address
    const net::PeerInfo peer_;
    std::optional<std::uint64_t> named_after_;
};

}  // namespace eas
