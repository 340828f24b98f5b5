// TlsReportSender: sends finished TLS reports to whom the domains name: by HTTPS, or by mail. RFC 8460
// section 5.
#pragma once
#include <stop_token>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "http/client.hpp"
#include "mta/smtp_out/tls_reports.hpp"
#include "net/resolver.hpp"

namespace mta::smtp_out {

/// Whoever puts a message of our own into the queue. Thread-safe.
class ReportMailer {
public:
    virtual ~ReportMailer() = default;
    /// False: it was not taken. The message is to be signed like all of ours (RFC 8460 section 3).
    virtual boost::asio::awaitable<bool> send(std::string from, std::string to, std::string text) = 0;
};

/// What it refers to outlives it.
class TlsReportSender {
public:
    TlsReportSender(net::Resolver& resolver, http::Client& client, ReportMailer* mailer, std::string from,
                    base::Clock& clock, base::Random& random)
        : resolver_(resolver),
          client_(client),
          mailer_(mailer),
          from_(std::move(from)),
          clock_(clock),
          random_(random) {}

    /// True: somebody has it, or nobody wants it. After `stop` no further target is begun.
    boost::asio::awaitable<bool> send(TlsReport report, std::stop_token stop = {});

private:
    static constexpr std::chrono::seconds https_max{60};  ///< then no further target is begun
    net::Resolver& resolver_;
    http::Client& client_;
    ReportMailer* mailer_;
    const std::string from_;
    base::Clock& clock_;
    base::Random& random_;
};

/// RFC 1952, for reports.
std::string gzipped(std::string_view octets);
/// The mail of RFC 8460 section 5.3.
std::string tls_report_mail(const TlsReport& report, const std::string& from, const std::string& to,
                            base::SystemTime now, base::Random& random);

}  // namespace mta::smtp_out
