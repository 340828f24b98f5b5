#include "mta/reports/reporting.hpp"

#include <algorithm>
#include <charconv>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.hpp"
#include "base/version.hpp"
#include "mta/reports/digest.hpp"

namespace mta::reports {
namespace asio = boost::asio;
namespace {

constexpr std::chrono::seconds flush_interval{1};
constexpr std::int64_t look_interval = 3'600;       // seconds between two looks at what is to be sent
constexpr std::int64_t spread = 4 * 3'600;          // RFC 8460 section 4.1
constexpr std::int64_t quiet_after_midnight = 300;  // what was seen at the last second is written by then
constexpr const char* tls_prefix = "z/tlsrpt.";
constexpr std::size_t row_bytes_max = 900U << 10;

ReportingSettings completed(ReportingSettings settings) {
    if (settings.organization.empty()) settings.organization = settings.host_name;
    if (settings.contact.empty()) settings.contact = "postmaster@" + settings.host_name;
    return settings;
}

std::int64_t moment_of(const std::string& host_name) {
    std::uint32_t number = 0;
    const std::string digest = digest_of(host_name);
    std::from_chars(digest.data(), digest.data() + 8, number, 16);
    return quiet_after_midnight + static_cast<std::int64_t>(number) % spread;
}

store::engine::Patch end_of(const smtp_out::TlsReports::Place& place) {
    store::engine::Patch out;
    out.partition = tls_prefix + day_text(place.first);
    out.erase.push_back("d" + digest_of(place.second));
    return out;
}

}  // namespace

Reporting::Reporting(ReportingParts parts, ReportingSettings settings)
    : parts_(parts),
      settings_(completed(std::move(settings))),
      tls_(parts_.outbound.tls_reports()),
      post_(parts_.agent),
      tls_sender_(parts_.outbound.tls_report_sender(&post_)),
      dmarc_(parts_.engine, parts_.clock),
      after_midnight_(moment_of(settings_.host_name)) {}

awaitable<bool> Reporting::Post::send(std::string from, std::string to, std::string text) {
    std::vector<Agent::OwnMessage> one(1);
    one.front().sender = std::move(from);
    one.front().to = std::move(to);
    one.front().text = std::move(text);
    std::vector<store::engine::Patch> rows{along_};
    const auto sent = co_await agent_.send_own_with(std::move(one), std::move(rows));
    if (!sent) base::log::warn("mta", "a report of ours is not sent", {{"why", sent.error().what()}});
    co_return sent.has_value() && *sent != 0;
}

awaitable<store::Result<void>> Reporting::open() {
    std::string prefix = tls_prefix;
    auto partitions = co_await parts_.engine.list(std::move(prefix), std::string(), 400);
    if (!partitions) co_return partitions.error();
    for (const std::string& partition : *partitions) {
        const std::int64_t day =
            day_of(std::string_view(partition).substr(std::string_view(tls_prefix).size()));
        std::string after;
        for (bool more = day >= 0; more;) {
            auto rows = co_await parts_.engine.scan(partition, after, std::string("d"), 0, 0);
            if (!rows) co_return rows.error();
            for (const store::engine::Row& row : rows->rows) {
                after = row.key;
                if (!tls_.restore(day, row.value))
                    base::log::error("mta", "a damaged row of TLS counts", {{"key", row.key}});
            }
            more = rows->more && !rows->rows.empty();
        }
    }
    co_return store::Result<void>();
}

bool Reporting::something_asked() const {
    const std::lock_guard lock(mutex_);
    return !asked_.empty();
}

void Reporting::answer_all(const Sent& sent) {
    std::vector<std::shared_ptr<Asked>> all;
    {
        const std::lock_guard lock(mutex_);
        all.swap(asked_);
    }
    for (const auto& one : all) {
        one->sent = sent;
        one->done->wake();
    }
}

awaitable<Reporting::Sent> Reporting::send_now() {
    const auto mine = std::make_shared<Asked>();
    {
        const std::lock_guard lock(mutex_);
        asked_.push_back(mine);
    }
    std::shared_ptr<store::Waiter> done = mine->done;
    co_await store::wait_for(std::move(done));
    co_return mine->sent;
}

awaitable<void> Reporting::run(std::stop_token stop) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor);
    std::int64_t next_look = 0;
    while (!stop.stop_requested()) {
        co_await flush();
        const std::int64_t now = base::unix_seconds(parts_.clock.now());
        const bool asked = something_asked();
        const bool time = now >= next_look && now % day_seconds >= after_midnight_;
        if (asked || time) {
            if (time) next_look = now + look_interval;
            Sent sent;
            co_await send(asked, &sent);
            if (asked) answer_all(sent);
        }
        if (stop.stop_requested()) break;
        timer.expires_after(flush_interval);
        boost::system::error_code ignored;
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    answer_all(Sent());
}

awaitable<void> Reporting::flush() {
    const auto written = co_await dmarc_.flush();
    if (!written)
        base::log::warn("mta", "DMARC counts cannot be kept now", {{"why", written.error().what()}});
    co_await flush_tls();
}

awaitable<void> Reporting::flush_tls() {
    const std::vector<smtp_out::TlsReports::Row> rows = tls_.changed();
    for (const smtp_out::TlsReports::Row& row : rows) {
        store::engine::Patch patch = end_of(row.place);
        if (row.json.size() > row_bytes_max) continue;  // the last that was kept stays
        if (!row.json.empty()) {
            store::engine::Row put;
            put.key = patch.erase.front();
            put.value = row.json;
            patch.erase.clear();
            patch.put.push_back(std::move(put));
        }
        store::engine::Prelude prelude;
        prelude.patches.push_back(std::move(patch));
        const auto written = co_await parts_.engine.apply(std::move(prelude));
        if (written) continue;
        base::log::warn("mta", "TLS counts cannot be kept now", {{"why", written.error().what()}});
        tls_.keep_again(rows);
        co_return;
    }
}

awaitable<void> Reporting::send(bool today, Sent* sent) {
    if (settings_.dmarc) co_await send_dmarc(today, sent);
    if (settings_.tls) co_await send_tls(today, sent);
}

awaitable<void> Reporting::send_dmarc(bool today, Sent* sent) {
    auto places = co_await dmarc_.due(today);
    if (!places) {
        base::log::warn("mta", "DMARC counts cannot be read now", {{"why", places.error().what()}});
        co_return;
    }
    for (DmarcLedger::Place& place : *places) co_await send_dmarc_one(std::move(place), sent);
}

awaitable<std::vector<Destination>> Reporting::allowed(std::string domain, std::vector<std::string> uris,
                                                       bool* unsure) {
    std::vector<Destination> out;
    for (const std::string& uri : uris) {
        auto destination = parse_destination(uri);
        if (!destination) continue;
        auto evaluation = mailauth::may_report_to(domain, "mailto:" + destination->address);
        while (const mailauth::Query* query = evaluation.pending()) {
            mailauth::Answer answer = co_await parts_.dns.ask(*query);
            *unsure |= answer.failed();
            evaluation.answer(std::move(answer));
        }
        if (evaluation.take()) out.push_back(std::move(*destination));
    }
    co_return out;
}

awaitable<void> Reporting::send_dmarc_one(DmarcLedger::Place place, Sent* sent) {
    auto due = co_await dmarc_.read(std::move(place));
    if (!due) {
        base::log::error("mta", "a DMARC report cannot be made", {{"why", due.error().what()}});
        co_return;
    }
    mailauth::AggregateReport& report = due->report;
    const std::string domain = report.policy.domain;
    bool unsure = false;
    std::vector<std::string> uris = due->destinations;
    std::vector<Destination> to = co_await allowed(domain, std::move(uris), &unsure);
    if (unsure && due->tries < settings_.tries_max) {
        const auto put_off = co_await dmarc_.put_off(std::move(*due));
        if (!put_off) base::log::warn("mta", "DMARC counts cannot be kept now", {{"domain", domain}});
        ++sent->waiting;
        co_return;
    }
    report.organization = settings_.organization;
    report.email = settings_.contact;
    report.generator = "Barid " + std::string(base::version);
    report.report_id += "@" + settings_.host_name;
    const std::string packed = mailauth::gzip(mailauth::write_aggregate_report(report));
    std::vector<Agent::OwnMessage> mails;
    for (const Destination& one : to) {
        if (packed.size() > one.bytes_max) continue;
        Agent::OwnMessage mail;
        mail.sender = settings_.contact;
        mail.to = one.address;
        mail.text = aggregate_mail(report, packed, settings_.host_name, one.address, parts_.clock.now(),
                                   parts_.random);
        mails.push_back(std::move(mail));
    }
    std::vector<store::engine::Patch> along{dmarc_.done(*due)};
    const auto queued = co_await parts_.agent.send_own_with(std::move(mails), std::move(along));
    if (!queued) {
        base::log::warn("mta", "a DMARC report is not sent",
                        {{"domain", domain}, {"why", queued.error().what()}});
        ++sent->waiting;
        co_return;
    }
    ++(*queued != 0 ? sent->dmarc : sent->unwanted);
    base::log::info(
        "mta", *queued != 0 ? "DMARC report sent" : "nobody may have the DMARC report",
        {{"domain", domain}, {"id", report.report_id}, {"records", std::to_string(report.records.size())}});
}

awaitable<void> Reporting::send_tls(bool today_too, Sent* sent) {
    for (const smtp_out::TlsReports::Place& place : tls_.over(today_too)) {
        auto report = tls_.report(place);
        if (!report) continue;
        post_.along(end_of(place));
        const bool taken = co_await tls_sender_->send(std::move(*report));
        const bool too_old = place.first + settings_.days_max < today();
        if (!taken) base::log::info("mta", "a TLS report found no taker", {{"domain", place.second}});
        ++(taken ? sent->tls : sent->waiting);
        if (taken || too_old) tls_.forget(place);
    }
    co_await flush_tls();
    co_await drop_tls_days();
}

/// Days of which nothing is left.
awaitable<void> Reporting::drop_tls_days() {
    std::string prefix = tls_prefix;
    auto partitions = co_await parts_.engine.list(std::move(prefix), std::string(), 400);
    if (!partitions) co_return;
    for (const std::string& partition : *partitions) {
        const std::int64_t day =
            day_of(std::string_view(partition).substr(std::string_view(tls_prefix).size()));
        if (day >= today()) continue;
        const auto left = co_await parts_.engine.scan(partition, std::string(), std::string(), 1, 0);
        if (!left || !left->rows.empty()) continue;
        const auto dropped = co_await parts_.engine.drop(partition);
        if (!dropped) co_return;
    }
}

}  // namespace mta::reports
