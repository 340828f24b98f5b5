// MailOut: what mail to other hosts needs, made and destroyed in its order: the SMTP connector with DNS and
// policies, who writes delivery reports, and who mails reports about TLS.
#pragma once
#include <memory>
#include <string>

#include "mta/agent.hpp"
#include "mta/dsn/report.hpp"
#include "mta/reporter.hpp"
#include "mta/smtp_out/outbound.hpp"
#include "net/server.hpp"

namespace server {

/// The agent's reporter, by mta::dsn.
class DsnReporter final : public mta::Reporter {
public:
    explicit DsnReporter(mta::dsn::Settings settings) : settings_(std::move(settings)) {}
    mta::awaitable<store::Result<std::string>> compose(mta::ReportRequest request) override;

private:
    const mta::dsn::Settings settings_;
};

class MailOut {
public:
    MailOut(net::Server& server, store::engine::Engine& engine, mta::smtp_out::Settings settings);
    /// Empty, or why no mail can leave.
    const std::string& fault() const { return outbound_.fault(); }
    mta::Connector& connector() { return outbound_.connector(); }
    mta::Reporter& reporter() { return reporter_; }
    mta::smtp_out::Outbound& outbound() { return outbound_; }

private:
    mta::smtp_out::Outbound outbound_;
    DsnReporter reporter_;
};

}  // namespace server
