#include "mta/reports/reporting.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.hpp"
#include "base/log_broken.hpp"
#include "mta/reports/digest.hpp"

namespace mta::reports {
namespace asio = boost::asio;
namespace {

constexpr std::int64_t look_interval = 600;         // seconds between two looks at what is to be sent
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

std::int64_t tls_day(std::string_view partition) {
    return day_of(partition.substr(std::string_view(tls_prefix).size()));
}

/// What was tried last stands at the end.
template <class Place>
void go_on_behind(std::vector<Place>& places, const std::optional<Place>& last) {
    if (last) std::ranges::rotate(places, std::ranges::upper_bound(places, *last));
}

store::engine::Patch patch_of(smtp_out::TlsReports::Row row) {
    store::engine::Patch out;
    out.partition = tls_prefix + day_text(row.place.first);
    std::string key = "d" + digest_of(row.place.second);
    if (row.json.empty()) {
        out.erase.push_back(std::move(key));
        return out;
    }
    store::engine::Row put;
    put.key = std::move(key);
    put.value = std::move(row.json);
    out.put.push_back(std::move(put));
    return out;
}

}  // namespace

Reporting::Reporting(ReportingParts parts, ReportingSettings settings)
    : parts_(parts),
      settings_(completed(std::move(settings))),
      tls_(parts_.outbound.tls_reports()),
      post_(*this),
      tls_sender_(parts_.outbound.tls_report_sender(&post_)),
      dmarc_(parts_.engine, parts_.clock),
      after_midnight_(moment_of(settings_.host_name)) {}

awaitable<bool> Reporting::Post::send(std::string from, std::string to, std::string text) {
    std::vector<Agent::OwnMessage> one(1);
    one.front().sender = std::move(from);
    one.front().to = std::move(to);
    one.front().text = std::move(text);
    smtp_out::TlsReports& counts = reporting_.tls_;
    // Until it is settled: else keep() could write once more what is told by then.
    const auto turn = co_await reporting_.rows();
    smtp_out::TlsReports::Row left = counts.left(place_);
    if (left.json.size() > row_bytes_max) left.json.clear();  // what is told must not stay
    std::vector<store::engine::Patch> rows{patch_of(std::move(left))};
    reporting_.being_told_ = place_;
    bool taken = false;
    try {
        const auto sent = co_await reporting_.parts_.agent.send_own_with(std::move(one), std::move(rows));
        if (!sent) base::log::warn("mta", "a report of ours is not sent", {{"why", sent.error().what()}});
        taken = sent && *sent != 0;
    } catch (const std::exception&) {
        base::log::broken("mta", "a TLS report's mail", std::current_exception());
    }
    if (taken) counts.settle(place_);
    reporting_.being_told_.reset();
    co_return taken;
}

awaitable<store::Result<void>> Reporting::open() {
    if (!settings_.dmarc) {
        auto dropped = co_await dmarc_.drop_all();
        if (!dropped) co_return dropped;
    }
    std::string prefix = tls_prefix;
    auto partitions = co_await parts_.engine.list(std::move(prefix), std::string(), 400);
    if (!partitions) co_return partitions.error();
    for (const std::string& partition : *partitions) {
        const std::int64_t day = tls_day(partition);
        if (!settings_.tls || day + settings_.days_max < today()) {
            auto dropped = co_await parts_.engine.drop(partition);
            if (!dropped) co_return dropped;
            continue;
        }
        auto restored = co_await restore_tls(partition, day);
        if (!restored) co_return restored;
    }
    co_return store::Result<void>();
}

awaitable<store::Result<void>> Reporting::restore_tls(std::string partition, std::int64_t day) {
    std::string after;
    for (bool more = true; more;) {
        auto rows = co_await parts_.engine.scan(partition, after, std::string("d"), 0, 0);
        if (!rows) co_return rows.error();
        for (const store::engine::Row& row : rows->rows) {
            after = row.key;
            if (!tls_.restore(day, row.value))
                base::log::error("mta", "a damaged row of TLS counts", {{"key", row.key}});
        }
        more = rows->more && !rows->rows.empty();
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

void Reporting::answer_nobody_more() {
    {
        const std::lock_guard lock(mutex_);
        ends_ = true;
    }
    answer_all(Sent());
}

awaitable<Reporting::Sent> Reporting::send_now() {
    const auto mine = std::make_shared<Asked>();
    {
        const std::lock_guard lock(mutex_);
        if (ends_) co_return Sent();
        asked_.push_back(mine);
    }
    std::shared_ptr<store::Waiter> done = mine->done;
    co_await store::wait_for(std::move(done));
    co_return mine->sent;
}

/// False: it is to end.
awaitable<bool> Reporting::pause(std::stop_token stop, std::chrono::milliseconds time) {
    if (stop.stop_requested()) co_return false;
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, time);
    boost::system::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    co_return !stop.stop_requested();
}

/// keep() has them for as long as a write takes.
awaitable<std::unique_ptr<Reporting::Rows>> Reporting::rows() {
    constexpr std::chrono::milliseconds moment{2};
    for (;;) {
        auto turn = std::make_unique<Rows>(rows_busy_);
        if (*turn) co_return turn;
        co_await pause(std::stop_token(), moment);
    }
}

awaitable<void> Reporting::run(std::stop_token stop) {
    {
        const std::lock_guard lock(mutex_);
        ends_ = false;
    }
    // At once: a report that is on its way to a slow host holds up no stop.
    const std::stop_callback at_stop(stop, [this] { answer_nobody_more(); });
    try {
        co_await send_when_due(stop);
    } catch (const std::exception&) {
        base::log::broken("mta", "reports", std::current_exception());
    }
    answer_nobody_more();
}

awaitable<void> Reporting::send_when_due(std::stop_token stop) {
    std::array<Side, 2> sides{{{settings_.dmarc, &Reporting::send_dmarc, "a pass of DMARC reports"},
                               {settings_.tls, &Reporting::send_tls, "a pass of TLS reports"}}};
    for (bool more = true; more; more = co_await pause(stop, settings_.step)) {
        Pass pass;
        pass.asked = something_asked();
        pass.stop = stop;
        for (Side& side : sides) {
            if (side.on) co_await send(&side, &pass);
        }
        if (pass.asked) answer_all(pass.sent);
    }
}

/// Neither takes the other's time. The next pass goes on behind what threw.
awaitable<void> Reporting::send(Side* side, Pass* pass) {
    pass->began = parts_.clock.now();
    const std::int64_t now = base::unix_seconds(pass->began);
    const bool due = now % day_seconds >= after_midnight_ && now >= side->next;
    if (!due && !pass->asked) co_return;
    pass->cut = false;
    try {
        co_await (this->*side->send)(pass);
    } catch (const std::exception&) {
        base::log::broken("mta", side->what, std::current_exception());
    }
    if (due && !pass->cut) side->next = now + look_interval;
}

awaitable<void> Reporting::keep(std::stop_token stop) {
    for (bool more = true; more; more = co_await pause(stop, settings_.step)) {
        try {
            const Rows turn(rows_busy_);
            if (turn) co_await flush();  // else who has them does
        } catch (const std::exception&) {
            base::log::broken("mta", "a write of counts", std::current_exception());
        }
    }
}

bool Reporting::is_over(Pass* pass) const {
    const bool late = parts_.clock.now() - pass->began >= settings_.pass_time_max;
    pass->cut |= late;
    return late || pass->stop.stop_requested();
}

/// A clock that was set back holds up nothing.
bool Reporting::was_tried_lately(std::int64_t tried) const {
    const std::int64_t now = base::unix_seconds(parts_.clock.now());
    return tried <= now && now - tried < settings_.try_interval;
}

awaitable<void> Reporting::flush_if_time() {
    if (std::chrono::steady_clock::now() - flushed_ >= settings_.step) co_await flush();
}

awaitable<void> Reporting::flush() {
    flushed_ = std::chrono::steady_clock::now();
    const auto written = co_await dmarc_.flush();
    if (!written)
        base::log::warn("mta", "DMARC counts cannot be kept now", {{"why", written.error().what()}});
    co_await flush_tls();
}

awaitable<void> Reporting::flush_tls() {
    const std::vector<smtp_out::TlsReports::Row> rows = tls_.changed();
    store::Result<void> done;
    try {
        done = co_await write_tls(&rows);
    } catch (const std::exception&) {
        tls_.keep_again(rows);
        throw;
    }
    if (done) co_return;
    base::log::warn("mta", "TLS counts cannot be kept now", {{"why", done.error().what()}});
    tls_.keep_again(rows);
}

awaitable<store::Result<void>> Reporting::write_tls(const std::vector<smtp_out::TlsReports::Row>* rows) {
    for (const smtp_out::TlsReports::Row& row : *rows) {
        if (row.json.size() > row_bytes_max) continue;  // the last that was kept stays
        if (row.place == being_told_) continue;  // the commit that shutdown left behind says what stays
        store::engine::Prelude prelude;
        prelude.patches.push_back(patch_of(row));
        const auto written = co_await parts_.engine.apply(std::move(prelude));
        if (!written) co_return written;
    }
    co_return store::Result<void>();
}

awaitable<void> Reporting::send_dmarc(Pass* pass) {
    std::vector<DmarcLedger::Place> places;
    {
        const auto turn = co_await rows();
        co_await flush();  // an operator's report has the last second too
        auto due = co_await dmarc_.due(pass->asked);
        if (!due) {
            base::log::warn("mta", "DMARC counts cannot be read now", {{"why", due.error().what()}});
            co_return;
        }
        places = std::move(*due);
    }
    go_on_behind(places, last_dmarc_);
    for (std::size_t i = 0; i < places.size(); ++i) {
        if (is_over(pass)) {
            pass->sent.waiting += places.size() - i;
            co_return;
        }
        last_dmarc_ = places[i];
        co_await send_dmarc_one(std::move(places[i]), pass);
    }
}

void Reporting::forget_tries_but(const std::vector<smtp_out::TlsReports::Place>& places) {
    // In order: over() says so.
    std::erase_if(tls_tried_,
                  [&places](const auto& tried) { return !std::ranges::binary_search(places, tried.first); });
}

awaitable<void> Reporting::send_tls(Pass* pass) {
    std::vector<smtp_out::TlsReports::Place> places = tls_.over(pass->asked);
    forget_tries_but(places);
    go_on_behind(places, last_tls_);
    for (std::size_t i = 0; i < places.size(); ++i) {
        if (is_over(pass)) {
            pass->sent.waiting += places.size() - i;
            co_return;
        }
        const smtp_out::TlsReports::Place& place = places[i];
        const auto tried = tls_tried_.find(place);
        if (!pass->asked && tried != tls_tried_.end() && was_tried_lately(tried->second)) {
            ++pass->sent.waiting;
            continue;
        }
        last_tls_ = place;
        std::optional<smtp_out::TlsReport> taken;
        {
            const auto turn = co_await rows();  // no older row of it is on its way
            co_await flush_if_time();
            taken = tls_.take(place);
        }
        if (!taken) continue;
        tls_tried_[place] = base::unix_seconds(parts_.clock.now());
        post_.about(place);
        bool sent = false;
        try {
            sent = co_await tls_sender_->send(std::move(*taken), pass->stop);
        } catch (const std::exception&) {  // its counts come back
            base::log::broken("mta", "a TLS report", std::current_exception());
        }
        if (!sent) base::log::info("mta", "a TLS report found no taker", {{"domain", place.second}});
        ++(sent ? pass->sent.tls : pass->sent.waiting);
        if (sent || place.first + settings_.days_max < today())
            tls_.settle(place);
        else
            tls_.put_back(place);
    }
    const auto turn = co_await rows();
    co_await flush_tls();
    co_await drop_tls_days();
}

/// Days of which nothing is left.
awaitable<void> Reporting::drop_tls_days() {
    std::string prefix = tls_prefix;
    auto partitions = co_await parts_.engine.list(std::move(prefix), std::string(), 400);
    if (!partitions) co_return;
    for (const std::string& partition : *partitions) {
        if (tls_day(partition) >= today()) continue;
        const auto left = co_await parts_.engine.scan(partition, std::string(), std::string(), 1, 0);
        if (!left || !left->rows.empty()) continue;
        const auto dropped = co_await parts_.engine.drop(partition);
        if (!dropped) co_return;
    }
}

}  // namespace mta::reports
