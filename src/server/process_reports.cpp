// Process: what other domains are told, and what they tell us.
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "base/log_broken.hpp"
#include "mta/reports/report_reader.hpp"
#include "mta/reports/reporting.hpp"
#include "server/mail_out.hpp"
#include "server/process.hpp"

namespace server {
namespace asio = boost::asio;

/// Behind the agent, which sends them; before anybody is served.
std::string Process::open_reports() {
    mta::reports::ReportingParts parts{*engine_, *agent_, *mail_dns_, mail_out_->outbound()};
    mta::reports::ReportingSettings settings;
    settings.dmarc = settings_.dmarc_reports;
    settings.tls = settings_.tls_reports;
    settings.host_name = settings_.hostname;
    settings.organization = settings_.mail_out.report_organization;
    settings.contact = settings_.mail_out.report_contact;
    reporting_ = std::make_unique<mta::reports::Reporting>(parts, std::move(settings));
    std::string wrong;
    asio::io_context io;
    asio::co_spawn(io, reporting_->open(), [&](std::exception_ptr failed, const store::Result<void>& opened) {
        if (failed || !opened) wrong = "what is to be reported cannot be read";
    });
    std::thread helper([&io] { io.run(); });
    io.run();
    helper.join();
    return wrong;
}

/// The last second's, when nobody is served any more and the store is still open.
void Process::write_reports() {
    asio::io_context io;
    asio::co_spawn(io, reporting_->flush(),
                   [](std::exception_ptr failed) { base::log::broken("server", "reports", failed); });
    io.run();
}

}  // namespace server
