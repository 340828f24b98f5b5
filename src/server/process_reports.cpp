// Process: what other domains are told, and what they tell us.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "base/log.hpp"
#include "base/log_broken.hpp"
#include "mta/reports/report_reader.hpp"
#include "mta/reports/reporting.hpp"
#include "server/mail_out.hpp"
#include "server/process.hpp"
#include "server/run_now.hpp"

namespace server {
namespace asio = boost::asio;

/// Behind the agent, which sends them; before anybody is served.
std::string Process::open_reports() {
    mta::reports::ReportingParts parts{*engine_, *agent_, *mail_dns_, mail_out_->outbound()};
    mta::reports::ReportingSettings settings;
    settings.dmarc = settings_.dmarc_reports;
    settings.tls = settings_.mail_out.tls_reports;
    settings.host_name = settings_.hostname;
    settings.organization = settings_.mail_out.report_organization;
    settings.contact = settings_.mail_out.report_contact;
    reporting_ = std::make_unique<mta::reports::Reporting>(parts, std::move(settings));
    const auto opened = run_now(*own_io_, reporting_->open());
    if (!opened || !*opened) return "what is to be reported cannot be read";
    for (const std::string& address : settings_.routes.report_addresses) check_report_address(address);
    return {};
}

/// What is not ours never comes here; the domain may be added later.
void Process::check_report_address(const std::string& address) {
    const auto route = run_now(*own_io_, directory_->route(address));
    if (route && *route && (*route)->kind == directory::Route::Kind::foreign)
        base::log::warn("server", "mta.report_addresses: not at a domain of ours, so no report comes there",
                        {{"address", address}});
}

/// The last second's, when nobody is served any more and the store is still open.
void Process::write_reports() {
    own_io_->restart();
    asio::co_spawn(*own_io_, reporting_->flush(),
                   [](std::exception_ptr failed) { base::log::broken("server", "reports", failed); });
    own_io_->run();
}

}  // namespace server
