// Checker: is this bearer token good, and whose mailbox does it name? By keys (JWT) or by asking the issuer
// (RFC 7662). Keeps keys and answers in memory, bounded; fetches through a Fetcher, so that nothing here
// knows a socket. Thread-safe.
#pragma once
#include <chrono>
#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "auth/token/claims.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"

namespace auth::token {

using boost::asio::awaitable;

struct Request {
    std::string url;
    std::string form;           ///< posted; empty: GET
    std::string authorization;  ///< header's value; empty: none
    std::size_t octets_max = Limits::answer_bytes_max;
};
struct Response {
    unsigned status = 0;  ///< 0: not reached, see error
    std::string body;
    std::string error;
};

/// The world outside. Never throws, and completes in bounded time.
class Fetcher {
public:
    virtual ~Fetcher() = default;
    virtual awaitable<Response> fetch(Request request) = 0;
    /// A file of this machine, off the pool; status 200 when it could be read.
    virtual awaitable<Response> read(std::string path, std::size_t octets_max) = 0;
};

struct Settings {
    Rules rules;
    std::string key_file, key_url;  ///< one of them, or the endpoint
    std::string introspection_url;
    std::string introspection_client;
    base::Secret introspection_secret;
    std::string configuration_url;  ///< told to clients (RFC 7628 section 3.2.2)

    std::chrono::seconds keys_kept{3'600};        ///< then they are fetched again
    std::chrono::seconds keys_stale_max{86'400};  ///< while the issuer does not answer
    std::chrono::seconds answers_kept{300};       ///< of the endpoint: a token revoked is good for so long
    std::size_t answers_max = 16'384;
    std::size_t asking_max = 32;  ///< questions to the endpoint at a time; more are answered `unavailable`

    bool configured() const { return !key_file.empty() || !key_url.empty() || !introspection_url.empty(); }
};

class Answer {
public:
    Answer() = default;  // nothing is known
    explicit Answer(Fault fault) : fault_(fault) {}
    explicit Answer(std::string name) : fault_(Fault::none), name_(std::move(name)) {}
    Fault fault() const { return fault_; }
    const std::string& name() const { return name_; }

private:
    Fault fault_ = Fault::unavailable;
    std::string name_;  ///< of the mailbox, with Fault::none
};

class Checker {
public:
    virtual ~Checker() = default;
    virtual awaitable<Answer> check(base::Secret token) = 0;
};

/// Null: nothing is configured. `fetcher` and the others outlive it.
std::unique_ptr<Checker> make_checker(Settings settings, Fetcher* fetcher, const base::Clock& clock,
                                      base::Random& random);

}  // namespace auth::token
