#include "server/mail_out.hpp"

#include <utility>

#include "base/log.hpp"

namespace server {
namespace {

mta::dsn::Settings report_settings(const mta::smtp_out::Settings& settings) {
    mta::dsn::Settings out;
    out.host_name = settings.host_name;
    return out;
}

mta::smtp_out::OutboundParts parts_of(net::Server& server, store::engine::Engine& engine) {
    return mta::smtp_out::OutboundParts{server.executor(), server.resolver(), engine};
}

mta::dsn::Action action_of(mta::ReportLine::Action action) {
    switch (action) {
        case mta::ReportLine::Action::failed:
            return mta::dsn::Action::failed;
        case mta::ReportLine::Action::delayed:
            return mta::dsn::Action::delayed;
        case mta::ReportLine::Action::delivered:
            return mta::dsn::Action::delivered;
        case mta::ReportLine::Action::relayed:
            return mta::dsn::Action::relayed;
        case mta::ReportLine::Action::expanded:
            break;
    }
    return mta::dsn::Action::expanded;
}

}  // namespace

mta::awaitable<store::Result<std::string>> DsnReporter::compose(mta::ReportRequest request) {
    mta::dsn::Request wanted;
    wanted.envelope = std::move(request.envelope);
    wanted.message = std::move(request.message);
    for (mta::ReportLine& line : request.lines) {
        mta::dsn::Told told;
        told.recipient = std::move(line.recipient);
        told.action = action_of(line.action);
        told.outcome = std::move(line.outcome);
        told.last_attempt = line.last_attempt;
        if (line.retry_until) told.retry_until = *line.retry_until;
        wanted.recipients.push_back(std::move(told));
    }
    auto report = co_await mta::dsn::make_report(std::move(wanted), settings_, base::Clock::system().now(),
                                                 &base::Random::system());
    if (!report) co_return store::Error(store::Errc::invalid, "nobody is to be told");
    co_return std::move(report->text);
}

MailOut::MailOut(net::Server& server, store::engine::Engine& engine, mta::smtp_out::Settings settings)
    : outbound_(parts_of(server, engine), settings), reporter_(report_settings(settings)) {}

}  // namespace server
