// Connector: moves one message from the agent to one destination: another host by SMTP, mailboxes here, and
// later lists and others. The agent decides where a message goes and when; a connector tries once, now, and
// answers what became of each recipient. It keeps no message and remembers no attempt.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "base/secret.hpp"
#include "mta/envelope.hpp"
#include "store/error.hpp"

namespace net {
class TlsContext;
}

namespace mta {

using boost::asio::awaitable;

/// The octets of a message, wherever they are kept. Any thread; several readers at once.
class Message {
public:
    virtual ~Message() = default;
    virtual std::uint64_t size() const = 0;
    /// Octets [offset, offset + length), fewer only at the end. The caller keeps the object until then.
    /// \errors unavailable, corrupt, not_found
    virtual awaitable<store::Result<std::string>> read(std::uint64_t offset, std::size_t length) = 0;
};

/// How a host is to be spoken to. For MX hosts DANE and MTA-STS make it stricter by themselves.
enum class TlsPolicy : std::uint8_t {
    opportunistic,  ///< TLS where it works, whatever the certificate; else plain
    never,
    encrypted,  ///< TLS or nothing, whatever the certificate
    verified,   ///< TLS with a certificate for the host's name, or nothing
};
enum class IpFamilies : std::uint8_t { both, ipv4_only, ipv6_only };

struct Credentials {
    std::string user;
    base::Secret password;
};

/// Where a message goes next, as routing has decided. What is left empty is the connector's own setting.
struct NextHop {
    enum class Kind : std::uint8_t {
        mx,           ///< the MX hosts of `name`
        host,         ///< `name` itself, a host or a numeric address: a smart host
        post_office,  ///< mailboxes here
        reports,      ///< whoever reads reports of others
    };
    Kind kind = Kind::mx;
    std::string name;  ///< lower case, A-labels; "[192.0.2.1]" for an address literal
    std::uint16_t port = 25;
    bool implicit_tls = false;  ///< TLS before the greeting (465)
    TlsPolicy tls = TlsPolicy::opportunistic;
    /// With TlsPolicy::verified: whom the certificate must be of, where that is this host's own matter.
    std::shared_ptr<const net::TlsContext> authority;
    std::string certificate_name;                    ///< instead of `name`
    std::shared_ptr<const Credentials> credentials;  ///< null: no AUTH
    IpFamilies families = IpFamilies::both;
    std::string source_ipv4, source_ipv6;  ///< addresses to connect from
    std::string helo_ipv4, helo_ipv6;
    std::uint32_t connections_max = 0;  ///< to this destination at one time; 0: the connector's setting

    /// One line that is the same for next hops that may share connections and retry times: group by it.
    std::string key() const;
};

/// The one line of mail with reports for us.
std::shared_ptr<const NextHop> reports_hop();

/// Signs a message that had to be changed on its way. One use; the caller keeps what it gives until then.
class Signer {
public:
    virtual ~Signer() = default;
    /// \errors unavailable: it is not to be sent unsigned, so not now
    virtual awaitable<store::Result<void>> header(std::string section) = 0;
    virtual void body(std::string_view octets) = 0;
    /// Fields to be put in front, each with its CRLF; empty: nothing signs it.
    virtual std::string finish() = 0;
};

/// One attempt: recipients of one message that have the same next hop.
struct Job {
    std::shared_ptr<const Envelope> envelope;
    std::vector<Recipient> recipients;  ///< not empty
    std::shared_ptr<Message> message;
    std::shared_ptr<const NextHop> next_hop;
    std::stop_token stop;
    /// For who must change its octets (RFC 6376 section 5.3): the message without the signatures that we put
    /// in front, null where there are none; and who makes them anew, null: nobody does.
    std::shared_ptr<Message> unsigned_message;
    std::shared_ptr<Signer> signer;
};

/// One host that was tried, for the trace.
struct HostTried {
    std::string host, address;
    std::string stage;  ///< "connect", "greeting", "tls", "mail", "rcpt", "data", "end of data" …
    std::uint16_t code = 0;
    std::string words;  ///< what it said, or what went wrong; as in Outcome
    TlsFacts tls;
};

struct Attempt {
    std::vector<Outcome> outcomes;  ///< of Job::recipients, in their order
    std::vector<HostTried> hosts;   ///< in the order tried, those that failed and the last
    /// Nobody there was to be spoken to: whatever else waits for this next hop (key()) need not try before
    /// its time has come too.
    bool destination_down = false;
    /// The remote's or our own wish: not before. 0: the agent's schedule.
    std::chrono::seconds retry_after{0};
};

/// Thread-safe. Outlives the coroutines that are in deliver().
class Connector {
public:
    virtual ~Connector() = default;
    virtual std::string_view name() const = 0;  ///< "smtp", "post office": for traces

    /// Tries once. Always answers, in bounded time, with an outcome for each recipient; nothing is thrown.
    /// A stop asked for by Job::stop ends it soon with the rest deferred (4.3.2); where the whole message
    /// was sent and its answer is due, that is awaited first for a few seconds, since it decides whether
    /// the message exists twice. Runs on the executor of its caller.
    virtual awaitable<Attempt> deliver(Job job) = 0;

    /// How many more deliveries to this next hop would begin at once. More may be begun: they wait for
    /// their turn within deliver(), in order.
    virtual std::size_t room(const NextHop& next_hop) const = 0;

    /// Ends idle connections; called when the process stops, after the last deliver() has ended.
    virtual void stop() = 0;
};

}  // namespace mta
