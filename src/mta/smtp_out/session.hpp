// Session: one connection to one host, from connecting to QUIT: the dialogues of syntax/ over net::Client.
//
// Thread: its own strand, on which all coroutines here run. One caller at a time. Owner: the delivery that
// uses it, or the pool while it is idle.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "base/random.hpp"
#include "mta/connector.hpp"
#include "mta/smtp_out/down_convert.hpp"
#include "mta/smtp_out/settings.hpp"
#include "mta/smtp_out/source.hpp"
#include "mta/smtp_out/syntax/opening.hpp"
#include "mta/smtp_out/syntax/transfer.hpp"
#include "mta/smtp_out/target.hpp"
#include "net/client.hpp"

namespace mta::smtp_out {

/// What a session is made for: one address of a host.
struct Target {
    std::string host;
    net::IpAddress address;
    std::uint16_t port = 25;
    bool implicit_tls = false;
    TlsDemand tls = TlsDemand::if_offered;
    std::shared_ptr<const net::DaneCheck> dane;
    std::shared_ptr<const net::TlsContext> authority;  ///< of TlsDemand::name; null: the connector's
    std::string certificate_name;                      ///< empty: host
    TlsFacts::Trust trust = TlsFacts::Trust::none;
    std::string source, helo;
    std::shared_ptr<const Credentials> credentials;
    bool clear_passwords = false;
    std::vector<std::string> own_names;
};

/// TLS contexts of the process, by what they check.
struct TlsContexts {
    std::shared_ptr<const net::TlsContext> any, name, dane;
};

/// What went wrong with TLS, for reports (RFC 8460 section 4.3) and for the choice to go on without.
enum class TlsTrouble : std::uint8_t {
    none,
    not_offered,
    expired,
    other_host,
    not_trusted,
    dnssec,         ///< the host's TLSA records are broken or hidden
    not_in_policy,  ///< of MTA-STS
    handshake,      ///< anything else
};

/// One transaction: what a session needs of the job.
struct Parcel {
    std::shared_ptr<const Envelope> envelope;
    std::vector<const Recipient*> recipients;  ///< of the job, which outlives it
    std::shared_ptr<Message> message;
    TransferSettings settings;
    std::shared_ptr<const SevenBitPlan> convert;  ///< null: as it is
    std::string fields;                           ///< in front of what is converted
    std::stop_token stop;
};

struct Delivered {
    std::vector<std::optional<Outcome>> outcomes;  ///< of Parcel::recipients; nothing: not tried yet
    std::optional<Failure> refusal;
    /// The connection was gone before the server had said anything about this message.
    bool stale = false;
    bool undecided = false;
};

class Session {
public:
    Session(Target target, std::shared_ptr<const Settings> settings, TlsContexts contexts,
            boost::asio::any_io_executor strand, base::Random& random);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// Connects, greets, secures and authenticates. Nothing: MAIL may come.
    boost::asio::awaitable<std::optional<Failure>> open(std::stop_token stop);
    boost::asio::awaitable<Delivered> transfer(Parcel parcel);
    /// QUIT, and waits shortly for its answer.
    boost::asio::awaitable<void> quit();
    /// Nothing has come since the last answer, and the server is still there.
    boost::asio::awaitable<bool> still_good();

    bool reusable() const;
    const Target& target() const { return target_; }
    const Extensions& extensions() const { return extensions_; }
    bool authenticated() const { return authenticated_; }
    const TlsFacts& tls() const { return tls_; }
    TlsTrouble tls_trouble() const { return tls_trouble_; }
    const std::string& tls_words() const { return tls_words_; }
    const boost::asio::any_io_executor& strand() const { return strand_; }

private:
    enum class Heard : std::uint8_t { reply, silence, gone, broken, stopped };
    using SteadyTime = std::chrono::steady_clock::time_point;

    boost::asio::awaitable<std::optional<Failure>> connect(std::stop_token stop);
    boost::asio::awaitable<std::optional<Failure>> converse(Opening* opening);
    boost::asio::awaitable<std::optional<Failure>> secure();
    boost::asio::awaitable<Heard> hear(SteadyTime deadline, bool heed_stop);
    Heard look();
    Failure unheard(Heard heard, std::string_view stage) const;
    std::chrono::milliseconds patience(std::string_view stage) const;

    boost::asio::awaitable<void> run_transfer(Transfer* transfer, Parcel* parcel);
    boost::asio::awaitable<void> take_replies(Transfer* transfer);
    boost::asio::awaitable<void> send_body(Transfer* transfer, Parcel* parcel);
    boost::asio::awaitable<void> send_chunks(Transfer* transfer, Parcel* parcel);
    boost::asio::awaitable<bool> early_reply(Transfer* transfer);
    std::unique_ptr<Source> source_of(const Parcel& parcel) const;

    const Target target_;
    const std::shared_ptr<const Settings> settings_;
    const TlsContexts contexts_;
    const boost::asio::any_io_executor strand_;
    base::Random& random_;
    std::unique_ptr<net::Client> client_;
    ReplyParser parser_;
    Extensions extensions_;
    TlsFacts tls_;
    TlsTrouble tls_trouble_ = TlsTrouble::none;
    std::string tls_words_;
    bool authenticated_ = false, usable_ = false, heard_of_message_ = false;
    std::uint32_t messages_ = 0;
    SteadyTime opened_{};
};

}  // namespace mta::smtp_out
