// Service: the authenticator. Decides which mechanisms a client may use, checks passwords on the hashing
// pool, and answers every kind of failure in the same way and time.
#pragma once
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <boost/asio/steady_timer.hpp>

#include "auth/authenticator.hpp"
#include "auth/hashing_pool.hpp"
#include "auth/penalties.hpp"
#include "auth/sasl/mechanism.hpp"
#include "auth/verified_cache.hpp"

namespace auth {

class Service final : public Authenticator {
public:
    Service(directory::Directory& directory, Policy policy, Environment environment);

    std::vector<std::string> mechanisms(const Client& client) const override;
    bool plain_text_refused(const Client& client) const override;
    std::unique_ptr<Exchange> start(std::string_view name, Client client) override;
    awaitable<Outcome> login(std::string user, base::Secret password, Client client) override;
    awaitable<Outcome> apop(std::string user, std::string timestamp, std::string digest,
                            Client client) override;
    bool apop_offered() const override { return policy_.apop; }
    awaitable<directory::Result<directory::Credentials>> make_credentials(base::Secret password) override;
    void stop() override;

    /// One attempt to log in: for whom, how and from where.
    struct Attempt {
        Client client;
        std::string mechanism;
        std::string user;  ///< as the peer named it; what logs show of failures
        std::string authorization;
        bool known = false;  ///< the password was verified lately
    };
    /// Who was looked up. `login` is empty when there is nobody of that name, or when the store did not
    /// answer.
    struct Found {
        std::optional<directory::Login> login;
        bool unavailable = false;
    };

    // For the exchanges. Each is awaited at once by its caller.
    awaitable<Outcome> check_password(Attempt attempt, base::Secret password);
    awaitable<Outcome> check_relay(Attempt attempt, base::Secret secret);
    awaitable<Found> look_up(std::string user);
    /// For a token that is refused: the outcome to end with once the peer has been told why, with its delay
    /// served. Empty when the exchange is over with `outcome`.
    struct Token {
        Outcome outcome;
        bool tell = false;  ///< the peer is told before the end: RFC 7628 section 3.2.2
    };
    awaitable<Token> check_token(Attempt attempt, base::Secret token);
    /// The peer has proven to be `found`: policy, penalties, log.
    awaitable<Outcome> admit(Attempt attempt, directory::Login found);
    awaitable<Outcome> refuse(Attempt attempt, std::string account, Failure failure, const char* reason);
    awaitable<Outcome> blocked(Attempt attempt);
    bool is_blocked(const Client& client) { return penalties_.blocked(client.address); }
    /// What a mechanism gets for its LookUp.
    sasl::Known known(const Found& found, const std::string& user, std::optional<Digest> digest) const;

private:
    struct Channel {
        std::string exporter, server_end_point;
        bool any() const { return !exporter.empty() || !server_end_point.empty(); }
    };
    Channel channel(const Client& client) const;
    sasl::NtlmServer ntlm_server(const Client& client) const;
    std::unique_ptr<sasl::Mechanism> make_mechanism(std::string_view name, const Client& client);
    awaitable<std::optional<bool>> verify(directory::Credentials credentials,
                                          std::optional<base::AccountId> account, base::Secret password);
    awaitable<void> renew(directory::Login login, base::Secret password);
    awaitable<void> pause(std::chrono::milliseconds time,
                          std::function<awaitable<void>(std::chrono::milliseconds)> how);

    directory::Directory& directory_;
    Policy policy_;
    Environment environment_;
    base::Secret fake_secret_;  // of salts for users who do not exist
    Penalties penalties_;
    VerifiedCache verified_;
    HashingPool pool_;
    const std::unique_ptr<token::Checker> tokens_;  // null: bearer tokens are not taken

    std::mutex mutex_;
    bool stopping_ = false;
    // Shared by the waiting coroutine and stop()'s posted cancel, whichever comes last.
    std::list<std::shared_ptr<boost::asio::steady_timer>> waiting_;
};

/// An exchange that drives `mechanism` and asks `service`.
std::unique_ptr<Exchange> make_exchange(Service& service, std::unique_ptr<sasl::Mechanism> mechanism,
                                        Service::Attempt attempt);

/// How penalties tell accounts apart: by number, or by the name of one that does not exist.
std::string penalty_name(const Service::Found& found, std::string_view user);

}  // namespace auth
