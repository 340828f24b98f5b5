#include "mta/smtp_out/outbound.hpp"

#include "mta/smtp_out/dns_host_finder.hpp"
#include "mta/smtp_out/smtp_connector.hpp"

namespace mta::smtp_out {
namespace {

http::ClientSettings web_settings(const Settings& settings) {
    http::ClientSettings out;
    out.ca_file = settings.ca_file;
    out.request_max = std::chrono::seconds(60);  // RFC 8461 section 3.3
    return out;
}

StsCache::Settings sts_settings(const Settings& settings) {
    StsCache::Settings out;
    out.port = settings.sts_port;
    return out;
}

}  // namespace

struct Outbound::Impl {
    Impl(const OutboundParts& from, const Settings& settings)
        : parts(from),
          contact(settings.report_contact.empty() ? "postmaster@" + settings.host_name
                                                  : settings.report_contact),
          web(parts.resolver, web_settings(settings)),
          sts_rows(parts.engine),
          sts(parts.resolver, web, parts.clock, sts_rows, sts_settings(settings)),
          asks_sts(settings.mta_sts),
          finder(parts.resolver, asks_sts ? &sts : nullptr, settings, parts.random),
          reports({settings.report_organization.empty() ? settings.host_name : settings.report_organization,
                   contact, settings.host_name},
                  parts.clock),
          made(make_smtp_connector({.executor = parts.executor,
                                    .finder = finder,
                                    .reporter = settings.tls_reports ? &reports : nullptr,
                                    .clock = parts.clock,
                                    .random = parts.random},
                                   settings)) {}

    OutboundParts parts;
    std::string contact;
    http::Client web;
    StsRows sts_rows;
    StsCache sts;
    const bool asks_sts;
    DnsHostFinder finder;
    TlsReports reports;
    Made made;
};

Outbound::Outbound(OutboundParts parts, Settings settings) : impl_(std::make_unique<Impl>(parts, settings)) {}
Outbound::~Outbound() = default;

const std::string& Outbound::fault() const { return impl_->made.fault; }
Connector& Outbound::connector() { return *impl_->made.connector; }

boost::asio::awaitable<bool> Outbound::open() {
    if (!impl_->asks_sts) co_return true;  // what is known waits until it is asked for again
    co_return co_await impl_->sts.open();
}

TlsReports& Outbound::tls_reports() { return impl_->reports; }

std::unique_ptr<TlsReportSender> Outbound::tls_report_sender(ReportMailer* mailer) {
    return std::make_unique<TlsReportSender>(impl_->parts.resolver, impl_->web, mailer, impl_->contact,
                                             impl_->parts.clock, impl_->parts.random);
}

}  // namespace mta::smtp_out
