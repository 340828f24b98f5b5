// Outbound: the connector to other hosts with all that belongs to it: DNS, policies, reports about TLS. For
// the place where the process is put together.
#pragma once
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "mta/connector.hpp"
#include "mta/smtp_out/settings.hpp"
#include "mta/smtp_out/tls_report_sender.hpp"
#include "net/resolver.hpp"
#include "store/engine/engine.hpp"

namespace mta::smtp_out {

struct OutboundParts {
    boost::asio::any_io_executor executor;  ///< of the pool of threads
    net::Resolver& resolver;
    store::engine::Engine& engine;  ///< where MTA-STS policies outlive the process
    base::Clock& clock = base::Clock::system();
    base::Random& random = base::Random::system();
};

class Outbound {
public:
    Outbound(OutboundParts parts, Settings settings);
    ~Outbound();
    Outbound(const Outbound&) = delete;
    Outbound& operator=(const Outbound&) = delete;

    /// Why there is no connector (authorities that cannot be read); empty: all is well.
    const std::string& fault() const;
    /// Reads what the last process knew; before anything is sent. What cannot be read is in the log.
    boost::asio::awaitable<bool> open();
    Connector& connector();
    /// What is known of TLS with other hosts, and who sends it to them. `mailer` null: by HTTPS alone.
    TlsReports& tls_reports();
    std::unique_ptr<TlsReportSender> tls_report_sender(ReportMailer* mailer);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace mta::smtp_out
