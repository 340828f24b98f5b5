#include "mta/smtp_out/smtp_connector.hpp"

#include <algorithm>
#include <exception>

#include "base/log.hpp"
#include "mta/smtp_out/core.hpp"
#include "mta/smtp_out/delivery.hpp"

namespace mta::smtp_out {
namespace {

class SmtpConnector final : public Connector {
public:
    SmtpConnector(const Parts& parts, std::shared_ptr<const Settings> settings, TlsContexts contexts)
        : core_{.executor = parts.executor,
                .settings = settings,
                .contexts = std::move(contexts),
                .finder = parts.finder,
                .reporter = parts.reporter,
                .clock = parts.clock,
                .random = parts.random,
                .destinations = std::make_shared<Turnstile>(),
                .hosts = std::make_shared<Turnstile>(),
                .all = std::make_shared<Turnstile>(),
                .pool = std::make_shared<Pool>(parts.executor, settings->timeouts.idle,
                                               settings->limits.idle_connections),
                .windows = {settings->limits.destination_first, settings->limits.destination_connections},
                .broken_tls = {settings->limits.tls_failure_kept, settings->limits.tls_failures}} {}

    std::string_view name() const override { return "smtp"; }
    awaitable<Attempt> deliver(Job job) override {
        const std::size_t recipients = job.recipients.size();
        const std::string queue_id = job.envelope->queue_id;
        Attempt out;
        try {
            Delivery delivery(core_, std::move(job));
            out = co_await delivery.run();
        } catch (const std::exception& bug) {
            base::log::error("mta", "a delivery ended with an exception",
                             {{"queue_id", queue_id}, {"what", bug.what()}});
            out = broken(recipients);
        }
        co_return out;
    }
    std::size_t room(const NextHop& next_hop) const override {
        const std::size_t window = core_.windows.of(next_hop);
        const std::size_t busy = core_.destinations->busy(next_hop.key());
        return window > busy ? window - busy : 0;
    }
    void stop() override { core_.pool->stop(); }

private:
    static Attempt broken(std::size_t recipients) {
        Attempt out;
        Outcome outcome;
        outcome.status = {4, 3, 0};
        outcome.words = "internal error";
        out.outcomes.assign(recipients, outcome);
        return out;
    }

    Core core_;
};

std::string make_contexts(const Settings& settings, TlsContexts& out) {
    net::TlsClientConfig any, name, dane;
    any.verify = false;
    name.ca_file = settings.ca_file;
    dane.verify = false;
    dane.dane = true;
    for (const auto& [config, context] :
         {std::pair{&any, &out.any}, std::pair{&name, &out.name}, std::pair{&dane, &out.dane}}) {
        net::TlsContext::Made made = net::TlsContext::make_client(*config);
        if (!made.context) return made.fault;
        *context = std::move(made.context);
    }
    return {};
}

}  // namespace

Made make_smtp_connector(Parts parts, Settings settings) {
    Made out;
    TlsContexts contexts;
    out.fault = make_contexts(settings, contexts);
    if (!out.fault.empty()) return out;
    auto shared = std::make_shared<const Settings>(std::move(settings));
    out.connector = std::make_unique<SmtpConnector>(parts, std::move(shared), std::move(contexts));
    return out;
}

}  // namespace mta::smtp_out
