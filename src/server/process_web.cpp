// Process: what its HTTP listeners and the operator's socket stand on.
#include "base/version.hpp"
#include "eas/services.hpp"
#include "filter/filters.hpp"
#include "mta/reports/received.hpp"
#include "mta/reports/report_reader.hpp"
#include "mta/reports/reporting.hpp"
#include "server/client_settings.hpp"
#include "server/domain_facts.hpp"
#include "server/process.hpp"
#include "server/web_services.hpp"

namespace server {

admin::ServicesPtr Process::admin_services() {
    admin::Services made{*store_,
                         *directory_,
                         *authenticator_,
                         *server_,
                         base::Clock::system(),
                         base::version,
                         settings_.hostname,
                         started_,
                         &*agent_,
                         [this] {
                             auto facts =
                                 domain_facts(settings_.listeners, settings_.sts_policy, settings_.hostname);
                             facts.report_addresses.assign(settings_.routes.report_addresses.begin(),
                                                           settings_.routes.report_addresses.end());
                             return facts;
                         }};
    made.quarantine = &filters_->quarantine();
    made.live_devices = &eas_->live;
    made.received = &*received_;
    made.reporting = &*reporting_;
    made.client_settings = [this](const std::string& who) { return shown_settings(web_parts(), who); };
    made.certificates_reloaded = [this] { load_signers(); };
    return std::make_shared<const admin::Services>(std::move(made));
}

WebParts Process::web_parts() {
    WebParts parts{*directory_,
                   *server_,
                   settings_.hostname,
                   settings_.listeners,
                   settings_.sts_policy,
                   settings_.activesync,
                   eas_,
                   settings_.discovery,
                   &signers_,
                   settings_.metrics_from,
                   nullptr};
    return parts;
}

net::Serve Process::serve_http(const net::ListenerConfig& config, net::ListenerConfig& texts) {
    WebParts parts = web_parts();
    parts.admin = admin_services();
    std::shared_ptr<const http::Services> services = make_web_services(std::move(parts), config.name);
    texts.refusal = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n";
    texts.denial = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    return [services](std::unique_ptr<net::Connection> connection) {
        return http::serve(std::move(connection), services);
    };
}

/// The listeners' certificates, those of web listeners first: profiles are fetched there.
void Process::load_signers() {
    std::vector<discovery::ProfileSigners::Files> files;
    for (const bool web : {true, false}) {
        for (const net::ListenerConfig& listener : settings_.listeners) {
            if ((listener.protocol == "http") != web) continue;
            for (const net::Certificate& one : listener.certificates)
                files.push_back({one.chain_file, one.key_file});
        }
    }
    signers_.load(files);
}

}  // namespace server
