// Delivery status notifications: what became of a message, told to its sender. RFC 3464 in a multipart/report
// (RFC 6522), with UTF-8 as RFC 6533 has it; who wants to know what by RFC 3461.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "mta/connector.hpp"

namespace mta::dsn {

/// RFC 3464 section 2.3.3.
enum class Action : std::uint8_t { failed, delayed, delivered, relayed, expanded };

struct Settings {
    std::string host_name;  ///< Reporting-MTA, and the domain of our own address
    /// A report that returns more than this returns the header alone, whatever RET says: who forges senders
    /// must not make us multiply mail.
    std::uint64_t returned_bytes_max = 50'000;
    std::size_t header_bytes_max = 65'536;  ///< of a returned header: the rest is left out
    bool tell_delays = true;                ///< to senders who have not said what they want to know
};

/// One recipient in a report.
struct Told {
    Recipient recipient;
    Action action = Action::failed;
    Outcome outcome;
    base::SystemTime last_attempt{};
    base::SystemTime retry_until{};  ///< of delays
};

struct Request {
    std::shared_ptr<const Envelope> envelope;  ///< of the message that is reported on
    std::vector<Told> recipients;              ///< those who wants() is true for
    std::shared_ptr<Message> message;          ///< null: it is gone; nothing is returned
};

/// A message for the agent's queue.
struct Report {
    Envelope envelope;  ///< from <>
    Recipient to;
    std::string text;
};

/// Is this recipient's fate to be told? Never to <>; RFC 3461 section 6.2.
bool wants(const Envelope& envelope, const Recipient& recipient, Action action, const Settings& settings);

/// Nothing: nobody to tell. Reads of the message at most what is returned.
boost::asio::awaitable<std::optional<Report>> make_report(Request request, Settings settings,
                                                          base::SystemTime now, base::Random* random);

}  // namespace mta::dsn
