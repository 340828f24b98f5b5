// Reporting: what other domains want to hear from us is kept in the store and sent once a day: how mail of
// theirs fared here (DMARC, RFC 9990), how TLS with their hosts went (RFC 8460).
//
// A report's rows go in the commit that puts its mail into the queue: a crash loses none and sends none
// twice. (One that leaves by HTTPS may come twice then; its id tells.) One loop does it all, so nobody else
// writes these rows.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "mta/agent.hpp"
#include "mta/mail_dns.hpp"
#include "mta/reports/dmarc_ledger.hpp"
#include "mta/reports/report_mail.hpp"
#include "mta/smtp_out/outbound.hpp"
#include "store/waiter.hpp"

namespace mta::reports {

struct ReportingSettings {
    bool dmarc = true, tls = true;
    std::string host_name;
    std::string organization;  ///< empty: host_name
    std::string contact;       ///< empty: its postmaster
    std::uint32_t tries_max = 24;
    std::int64_t days_max = 3;  ///< what nobody took by then is dropped: RFC 8460 section 5.5 has one day
};

struct ReportingParts {
    store::engine::Engine& engine;
    Agent& agent;
    MailDns& dns;
    smtp_out::Outbound& outbound;  ///< what is known of TLS, and who reports it
    base::Clock& clock = base::Clock::system();
    base::Random& random = base::Random::system();
};

class Reporting {
public:
    Reporting(ReportingParts parts, ReportingSettings settings);

    /// Null: nothing is gathered.
    DmarcLedger* dmarc() { return settings_.dmarc ? &dmarc_ : nullptr; }
    /// Brings back what was gathered; before mail is sent.
    awaitable<store::Result<void>> open();
    /// Until `stop`.
    awaitable<void> run(std::stop_token stop);
    /// Writes what has gathered. After run() has ended.
    awaitable<void> flush();

    struct Sent {
        std::size_t dmarc = 0, tls = 0;  ///< domains that were told
        std::size_t unwanted = 0;        ///< that want none, or name nobody that may be told
        std::size_t waiting = 0;         ///< that will be tried again
    };
    /// Everything that has gathered, today's too, for the operator. While run() does.
    awaitable<Sent> send_now();

private:
    /// Mail of ours, with the end of the rows that it tells of.
    class Post final : public smtp_out::ReportMailer {
    public:
        explicit Post(Agent& agent) : agent_(agent) {}
        void along(store::engine::Patch patch) { along_ = std::move(patch); }
        awaitable<bool> send(std::string from, std::string to, std::string text) override;

    private:
        Agent& agent_;
        store::engine::Patch along_;
    };
    struct Asked {
        std::shared_ptr<store::Waiter> done = std::make_shared<store::Waiter>();
        Sent sent;
    };
    awaitable<void> flush_tls();
    awaitable<void> send(bool today, Sent* sent);
    awaitable<void> send_dmarc(bool today, Sent* sent);
    awaitable<void> send_dmarc_one(DmarcLedger::Place place, Sent* sent);
    awaitable<void> send_tls(bool today, Sent* sent);
    awaitable<void> drop_tls_days();
    /// Addresses that may have it. *unsure: a name server did not answer.
    awaitable<std::vector<Destination>> allowed(std::string domain, std::vector<std::string> uris,
                                                bool* unsure);
    void answer_all(const Sent& sent);
    bool something_asked() const;
    std::int64_t today() const { return base::unix_seconds(parts_.clock.now()) / 86'400; }

    const ReportingParts parts_;
    const ReportingSettings settings_;
    smtp_out::TlsReports& tls_;
    Post post_;
    const std::unique_ptr<smtp_out::TlsReportSender> tls_sender_;
    DmarcLedger dmarc_;
    const std::int64_t after_midnight_;  // seconds: not all the world at one time
    mutable std::mutex mutex_;
    std::vector<std::shared_ptr<Asked>> asked_;
};

}  // namespace mta::reports
