#include "mta/smtp_out/outbound.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.hpp"
#include "mta/smtp_out/dns_host_finder.hpp"
#include "mta/smtp_out/smtp_connector.hpp"

namespace mta::smtp_out {
namespace asio = boost::asio;
namespace {

constexpr std::chrono::hours report_interval{1};

http::ClientSettings web_settings(const Settings& settings) {
    http::ClientSettings out;
    out.ca_file = settings.ca_file;
    out.request_max = std::chrono::seconds(60);  // RFC 8461 section 3.3
    return out;
}

}  // namespace

struct Outbound::Impl {
    Impl(const OutboundParts& from, const Settings& settings)
        : parts(from),
          host_name(settings.host_name),
          web(parts.resolver, web_settings(settings)),
          sts(parts.resolver, web, parts.clock, StsCache::Settings()),
          finder(parts.resolver, settings.mta_sts ? &sts : nullptr, settings, parts.random),
          reports({settings.host_name, "postmaster@" + settings.host_name, settings.host_name}, parts.clock,
                  parts.random),
          made(make_smtp_connector({.executor = parts.executor,
                                    .finder = finder,
                                    .reporter = &reports,
                                    .clock = parts.clock,
                                    .random = parts.random},
                                   settings)) {}

    OutboundParts parts;
    std::string host_name;
    http::Client web;
    StsCache sts;
    DnsHostFinder finder;
    TlsReports reports;
    Made made;
};

Outbound::Outbound(OutboundParts parts, Settings settings) : impl_(std::make_unique<Impl>(parts, settings)) {}
Outbound::~Outbound() = default;

const std::string& Outbound::fault() const { return impl_->made.fault; }
Connector& Outbound::connector() { return *impl_->made.connector; }

asio::awaitable<void> Outbound::send_tls_reports(ReportMailer* mailer, std::stop_token stop) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    const auto timer = std::make_shared<asio::steady_timer>(executor);
    const auto end = [timer, executor] { asio::post(executor, [timer] { timer->cancel(); }); };
    const std::stop_callback ended(stop, end);
    TlsReportSender sender(impl_->parts.resolver, impl_->web, mailer, "postmaster@" + impl_->host_name,
                           impl_->parts.clock, impl_->parts.random);
    while (!stop.stop_requested()) {
        for (TlsReport& report : impl_->reports.take()) {
            if (stop.stop_requested()) co_return;
            const std::string domain = report.domain;
            const bool sent = co_await sender.send(std::move(report));
            if (!sent) base::log::info("mta", "a TLS report found no taker", {{"domain", domain}});
        }
        if (stop.stop_requested()) co_return;
        timer->expires_after(report_interval);
        boost::system::error_code ignored;  // cancelled: stopped
        co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}

}  // namespace mta::smtp_out
