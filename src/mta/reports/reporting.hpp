// Reporting: what other domains want to hear from us is kept in the store and sent once a day: how mail of
// theirs fared here (DMARC, RFC 9990), how TLS with their hosts went (RFC 8460).
//
// A report's rows go in the commit that puts its mail into the queue: a crash loses none and sends none
// twice. (One that leaves by HTTPS may come twice then; its id tells.)
//
// keep() writes what has gathered, by its own clock; run() asks strangers' name servers and may take long.
// Where both write rows of one day they take turns, never across a question to anybody.
#pragma once
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
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
    std::int64_t try_interval = 3'600;  ///< seconds: what was tried in this time is not tried again
    std::int64_t days_max = 3;  ///< what nobody took by then is dropped: RFC 8460 section 5.5 has one day
    std::chrono::milliseconds step{1'000};  ///< between two writes, and two looks at the clock
    /// Then a domain's name servers are asked no further question: it is tried again.
    std::chrono::seconds domain_time_max{20};
    /// Then a pass ends, so that what an operator asks for and the next day get their turn; the next one, at
    /// once, goes on where it ended.
    std::chrono::seconds pass_time_max{600};
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
    /// Sends what is due, until `stop`.
    awaitable<void> run(std::stop_token stop);
    /// Writes what has gathered, until `stop`.
    awaitable<void> keep(std::stop_token stop);
    /// The last of it: after run() and keep(), whether or not they came to their ends.
    awaitable<void> flush();

    struct Sent {
        std::size_t dmarc = 0, tls = 0;  ///< domains that were told
        std::size_t unwanted = 0;        ///< that want none, or name nobody that may be told
        std::size_t waiting = 0;         ///< that will be tried again
    };
    /// Everything that has gathered, today's too, for the operator. While run() does; nothing once that is to
    /// end.
    awaitable<Sent> send_now();

private:
    /// Mail of ours: in its commit what it tells goes out of its row.
    class Post final : public smtp_out::ReportMailer {
    public:
        explicit Post(Reporting& reporting) : reporting_(reporting) {}
        void about(smtp_out::TlsReports::Place place) { place_ = std::move(place); }
        awaitable<bool> send(std::string from, std::string to, std::string text) override;

    private:
        Reporting& reporting_;
        smtp_out::TlsReports::Place place_;
    };
    struct Asked {
        std::shared_ptr<store::Waiter> done = std::make_shared<store::Waiter>();
        Sent sent;
    };
    /// One round of sending.
    struct Pass {
        bool asked = false;  ///< by an operator: today's too, and what was tried lately
        std::stop_token stop;
        base::SystemTime began{};
        bool cut = false;  ///< its time was over before its work
        Sent sent;
    };
    /// One of the two that is told of.
    struct Side {
        bool on;
        awaitable<void> (Reporting::*send)(Pass* pass);
        const char* what;
        std::int64_t next = 0;  ///< look for what is to be sent
    };
    /// Held by who writes rows of days. Nobody waits in it: a frame that shutdown leaves behind wakes no one.
    class Rows {
    public:
        explicit Rows(std::atomic<bool>& busy) : busy_(busy), ours_(!busy.exchange(true)) {}
        ~Rows() {
            if (ours_) busy_ = false;
        }
        Rows(const Rows&) = delete;
        Rows& operator=(const Rows&) = delete;
        explicit operator bool() const { return ours_; }

    private:
        std::atomic<bool>& busy_;
        const bool ours_;
    };
    awaitable<std::unique_ptr<Rows>> rows();
    /// By who has rows(): then what keep() cannot write meanwhile is as late as ever.
    awaitable<void> flush_if_time();
    awaitable<void> flush_tls();
    awaitable<store::Result<void>> write_tls(const std::vector<smtp_out::TlsReports::Row>* rows);
    awaitable<bool> pause(std::stop_token stop, std::chrono::milliseconds time);
    awaitable<void> send(Side* side, Pass* pass);
    bool is_over(Pass* pass) const;
    bool was_tried_lately(std::int64_t tried) const;
    void forget_tries_but(const std::vector<smtp_out::TlsReports::Place>& places);
    awaitable<void> send_dmarc(Pass* pass);
    awaitable<void> send_dmarc_one(DmarcLedger::Place place, Pass* pass);
    awaitable<store::Result<std::size_t>> queue_dmarc(DmarcDue* due, std::vector<Destination> to);
    awaitable<void> put_off(DmarcDue due, Pass* pass);
    bool is_enough(const DmarcDue& due) const;
    awaitable<void> send_tls(Pass* pass);
    awaitable<store::Result<void>> restore_tls(std::string partition, std::int64_t day);
    awaitable<void> drop_tls_days();
    /// Addresses that may have it. *unsure: a name server did not answer, or not in time.
    awaitable<std::vector<Destination>> allowed(const DmarcDue* due, bool* unsure, std::stop_token stop);
    awaitable<void> send_when_due(std::stop_token stop);
    void answer_all(const Sent& sent);
    void answer_nobody_more();
    bool something_asked() const;
    std::int64_t today() const { return base::unix_seconds(parts_.clock.now()) / 86'400; }

    const ReportingParts parts_;
    const ReportingSettings settings_;
    smtp_out::TlsReports& tls_;
    Post post_;
    const std::unique_ptr<smtp_out::TlsReportSender> tls_sender_;
    DmarcLedger dmarc_;
    std::atomic<bool> rows_busy_{false};            // of days: keep() or run() writes them
    std::optional<DmarcLedger::Place> last_dmarc_;  // that was tried: the next pass begins behind it
    std::optional<smtp_out::TlsReports::Place> last_tls_;
    std::map<smtp_out::TlsReports::Place, std::int64_t> tls_tried_;  // when, seconds since 1970
    std::chrono::steady_clock::time_point flushed_{};                // when last; of who has rows()
    std::optional<smtp_out::TlsReports::Place> being_told_;          // in a commit now; of who has rows()
    const std::int64_t after_midnight_;                              // seconds: not all the world at one time
    mutable std::mutex mutex_;
    std::vector<std::shared_ptr<Asked>> asked_;
    bool ends_ = false;  // run() answers nobody any more
};

}  // namespace mta::reports
