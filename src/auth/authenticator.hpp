// Authenticator: who may log in. Holds the SASL mechanisms, the password check off the pool, the login policy
// and the penalties for failures; every protocol asks here and nowhere else.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "auth/token/checker.hpp"
#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"
#include "directory/directory.hpp"

namespace auth {

using boost::asio::awaitable;

/// What the protocol knows of the client.
struct Client {
    std::string protocol;  ///< "imap", "pop3", "submission"
    std::string address;   ///< numeric
    std::string listener;  ///< its name: who may log in may differ
    bool loopback = false;
    bool tls = false;
    /// Comes from a server of ours that leads its users here: may use Policy::relay_secret.
    bool front_end = false;
    /// By HTTP: there is a login in each request, and one whose password is known by now is not worth a line
    /// of the log.
    bool each_request = false;
    std::string certificate_identity;  ///< of a verified client certificate; empty: none (EXTERNAL)
    /// Channel binding data by type ("tls-exporter", "tls-server-end-point"); empty when there is none.
    std::function<std::string(std::string_view type)> channel_binding;
    /// Waits out a penalty; may end early when the session ends. Empty: a timer that stop() ends.
    std::function<awaitable<void>(std::chrono::milliseconds)> pause;
};

/// Who logged in.
struct Identity {
    base::AccountId account;
    std::string name;  ///< as logs and `session list` show it: the mailbox's primary address
    std::string mechanism;
    /// The server that has the mailbox, by its name in the configuration; empty: this one. Who has an account
    /// here all the same is relayed there.
    std::string node;
    bool relayed = false;   ///< a front end has led this user here: not to be led on
    base::Secret password;  ///< as the client sent it, with `node` and where it did; to log in there
};

/// Who logs in by Policy::relay_secret, for somebody else.
constexpr std::string_view relay_user = "barid-relay";

enum class Failure : std::uint8_t {
    credentials,  ///< wrong password or unknown user: the same answer in the same time
    mechanism,    ///< unknown, or not allowed here (plain text without TLS)
    malformed,    ///< bad base64, bad message, cancelled ("*")
    cancelled,
    disabled,   ///< right password, but the mailbox or post office is disabled (RFC 5530 is not told: no
                ///< oracle)
    temporary,  ///< the store or the password queue does not answer now
    too_many,   ///< this source must wait; says so after the delay
};

struct Outcome {
    enum class Kind : std::uint8_t { challenge, success, failure };
    Kind kind = Kind::failure;
    std::string
        challenge;  ///< raw octets to send, with `challenge`; final server data with `success` (may be empty)
    bool has_final_data =
        false;  ///< success carries data (SCRAM): protocols without a place for it send it as a challenge
    Identity identity;
    Failure failure = Failure::credentials;
};

/// One SASL exchange. RFC 4422. Steps are raw octets; the protocol does the base64.
class Exchange {
public:
    virtual ~Exchange() = default;
    /// True: the mechanism speaks first on the client's side; without an initial response send an empty
    /// challenge.
    virtual bool client_first() const = 0;
    /// Failures are delayed by the penalty before this completes.
    virtual awaitable<Outcome> step(std::string response) = 0;
};

/// Who may log in at a listener: mailboxes by an address ("anna@acme.test"), domain ("@acme.test") or post
/// office ("acme"). What denies goes before what allows; an empty `allow` allows everybody.
struct UserRules {
    std::vector<std::string> allow, deny;
    bool permits(const directory::Mailbox& mailbox) const;
};

struct Policy {
    bool plain_text_without_tls_on_loopback = true;
    bool plain_text_without_tls = false;
    bool cram_md5 = false;  ///< needs passwords kept in a form that can be turned back
    bool apop = false;
    bool ntlm = false;     ///< NTLMv2; needs each password's NT hash, which is as good as the password
    bool ntlm_v1 = false;  ///< NTLMv1 too, which can be broken in hours by who listens
    std::uint32_t hashing_threads = 2;  ///< argon2id at a time: 19 MiB and 40 ms each
    /// More answer `temporary`. After a restart everybody comes back at once: at 50 hashes a second the last
    /// of them waits 20 s, well within the time for a login.
    std::uint32_t hashing_queue_max = 1'000;
    std::chrono::seconds verified_cache{300};  ///< a password once verified is known again by a keyed hash
    std::chrono::seconds penalty_first{2}, penalty_max{15};
    std::chrono::seconds penalty_memory{3600};
    std::uint32_t failures_per_hour_max =
        100;  ///< of one source; then it is refused without a look at the password
    std::size_t verified_cache_max = 16'384;
    bool scram =
        true;  ///< an imported user has no SCRAM keys before the first login with the password itself
    std::string hostname = "localhost";  ///< in CRAM-MD5's challenge
    std::uint32_t scram_iterations =
        4096;                ///< stored SCRAM keys: the client's cost too; argon2id guards the rest
    token::Settings tokens;  ///< configured: OAUTHBEARER and XOAUTH2 are offered
    std::map<std::string, UserRules, std::less<>> users_of_listeners;
    /// PLAIN as `relay_user` with it acts for any user, from front ends alone. Empty: nobody does.
    base::Secret relay_secret;
};

class Authenticator {
public:
    virtual ~Authenticator() = default;

    /// Mechanisms offered to this client now, best first: "SCRAM-SHA-256-PLUS" … "PLAIN" "LOGIN".
    virtual std::vector<std::string> mechanisms(const Client& client) const = 0;
    /// True when LOGIN, USER/PASS and PLAIN would be refused for want of TLS (LOGINDISABLED).
    virtual bool plain_text_refused(const Client& client) const = 0;
    /// Null: no such mechanism for this client. `name` in any case.
    virtual std::unique_ptr<Exchange> start(std::string_view name, Client client) = 0;
    /// IMAP LOGIN, POP3 USER/PASS.
    virtual awaitable<Outcome> login(std::string user, base::Secret password, Client client) = 0;
    /// POP3 APOP (RFC 1939 section 7): `timestamp` is the banner's, `digest` 32 hex digits.
    virtual awaitable<Outcome> apop(std::string user, std::string timestamp, std::string digest,
                                    Client client) = 0;
    virtual bool apop_offered() const = 0;

    /// The credentials to keep for a new password: argon2id and SCRAM keys, and the sealed password where the
    /// policy needs it. Hashes off the pool.
    /// \errors invalid (empty, or longer than 1024 octets), unavailable (the queue is full)
    virtual awaitable<directory::Result<directory::Credentials>> make_credentials(base::Secret password) = 0;

    /// For an orderly end of the process: ends the penalties that are being waited out and the hashing, for
    /// which it waits. Whoever asks later hears `temporary`. Thread-safe.
    virtual void stop() {}
};

/// What tests put in place of the world. The authenticator outlives none of it.
struct Environment {
    const base::Clock* clock = &base::Clock::system();
    base::Random* random = &base::Random::system();
    token::Fetcher* fetcher = nullptr;  ///< of keys and answers for bearer tokens; null: none are taken
};

/// Ends before the io_context whose coroutines use it, and after the sessions.
std::unique_ptr<Authenticator> make_authenticator(directory::Directory& directory, Policy policy,
                                                  Environment environment = {});

}  // namespace auth
