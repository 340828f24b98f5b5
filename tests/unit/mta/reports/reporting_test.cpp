// The loop that sends reports, by a clock that a test sets: once a day by itself, whatever strangers' name
// servers do, and never for ever.
#include "mta/reports/reporting.hpp"

#include <algorithm>
#include <functional>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include "base/log.hpp"
#include "directory/make_directory.hpp"
#include "mta/reports/digest.hpp"
#include "store/engine/memory/memory_engine.hpp"
#include "support/run_now.hpp"

namespace mta::reports {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using store::engine::Fault;

/// Takes `time` for each answer, by the test's clock: yes to everything that is not silent.
class SlowDns final : public MailDns {
public:
    explicit SlowDns(base::ManualClock& clock) : clock_(clock) {}
    awaitable<mailauth::Answer> ask(mailauth::Query query) override {
        ++asked;
        clock_.advance(time);
        if (first_of && first_of(query.name)) clock_.advance(time_of_domain);
        if (on_question) on_question();
        const auto executor = co_await asio::this_coro::executor;
        asio::steady_timer timer(executor);
        for (int i = 0; i < 2'000 && until && !until(); ++i) {
            timer.expires_after(1ms);
            co_await timer.async_wait(asio::use_awaitable);
        }
        mailauth::Answer out;
        out.status = mailauth::DnsStatus::temperror;
        if (silent && silent(query.name)) co_return out;
        out.status = mailauth::DnsStatus::found;
        out.texts = {"v=DMARC1;"};
        co_return out;
    }
    std::chrono::seconds time{0}, time_of_domain{0};
    std::function<bool(const std::string&)> first_of;  ///< it is the first question about a domain
    int asked = 0;
    std::function<bool(const std::string&)> silent;  ///< about this name there is no answer
    std::function<void()> on_question;
    std::function<bool()> until;

private:
    base::ManualClock& clock_;
};

class ReportingTest : public testing::Test {
protected:
    ReportingTest() {
        base::log::set_level("", base::log::Level::off);
        settings.host_name = "mx.ours.test";
        settings.contact = "postmaster@ours.test";
        settings.step = 1ms;
        open();
    }
    ~ReportingTest() override { close(); }

    void open() {
        engine = store::engine::make_memory_engine(ids, std::move(image));
        store = store::make_store(*engine, clock, store::StoreLimits());
        directory = directory::make_directory(*engine, directory::Options());
        queue = store::make_queue(*engine, ids, clock, queue_limits);
        EXPECT_TRUE(run(queue->open()));
        trace = std::make_unique<Trace>(TraceSettings(), clock);
        router = std::make_unique<Router>(*directory, RouteSettings());
        AgentParts parts{*store, *queue, *router, *trace};
        agent = std::make_unique<Agent>(parts, AgentSettings());
        smtp_out::Settings out;
        out.host_name = settings.host_name;
        io = std::make_unique<asio::io_context>();
        resolver = std::make_unique<net::Resolver>(io->get_executor(), net::ResolverSettings());
        smtp_out::OutboundParts outbound_parts{io->get_executor(), *resolver, *engine, clock};
        outbound = std::make_unique<smtp_out::Outbound>(outbound_parts, out);
        ReportingParts reporting_parts{*engine, *agent, dns, *outbound, clock};
        reporting = std::make_unique<Reporting>(reporting_parts, settings);
        EXPECT_TRUE(run(reporting->open()));
    }
    void close() {
        reporting.reset();
        agent.reset();
        outbound.reset();
        resolver.reset();
        io.reset();  // nobody waits in it, and both have strands of it
        router.reset();
        trace.reset();
        queue.reset();
        directory.reset();
        store.reset();
        engine->close();
        engine.reset();
    }
    void again() {
        image = engine->power_cut();
        close();
        open();
    }

    template <class T>
    T run(awaitable<T> work) {
        return support::run_now(std::move(work));
    }
    static awaitable<void> watch(std::function<bool()> enough, std::stop_source stop) {
        const auto executor = co_await asio::this_coro::executor;
        asio::steady_timer timer(executor);
        for (int i = 0; i < 2'000 && !enough(); ++i) {
            timer.expires_after(1ms);
            co_await timer.async_wait(asio::use_awaitable);
        }
        stop.request_stop();
    }
    /// Both loops, until `enough`. \return it came to that
    bool run_until(std::function<bool()> enough) {
        std::stop_source stop;
        asio::io_context own;
        const auto thrown = [](std::exception_ptr error) { EXPECT_FALSE(error); };
        asio::co_spawn(own, reporting->run(stop.get_token()), thrown);
        asio::co_spawn(own, reporting->keep(stop.get_token()), thrown);
        asio::co_spawn(own, watch(enough, stop), thrown);
        own.run();
        return enough();
    }
    void saw(const std::string& domain, const std::string& to, const std::string& ip = "192.0.2.1") {
        DmarcSeen seen;
        seen.policy.domain = domain;
        seen.policy.p = "reject";
        seen.destinations = {"mailto:" + to};
        seen.record.source_ip = ip;
        seen.record.count = 1;
        reporting->dmarc()->saw(seen);
    }
    std::vector<std::string> queued_for() {
        std::vector<std::string> out;
        for (const store::QueueId id : queue->ids(store::QueueId(), 1'000)) {
            const auto message = run(queue->read(id));
            for (const auto& recipient : message->recipients) out.push_back(recipient.address);
        }
        return out;
    }
    std::size_t partitions(const std::string& prefix) { return (*run(engine->list(prefix, "", 100))).size(); }
    /// Of DMARC rows that are on the disk.
    std::size_t rows(std::int64_t day) {
        return (*run(engine->scan("z/dmarc." + day_text(day), "", "r", 0, 0))).rows.size();
    }
    /// Of each report, in order.
    std::vector<std::int64_t> tries() {
        std::vector<std::int64_t> out;
        DmarcLedger reader(*engine, clock);
        const auto places = run(reader.due(true));
        for (const DmarcLedger::Place& place : *places) out.push_back(run(reader.look(place))->tries);
        return out;
    }
    /// Such labels of ten domains of .test, in the order of their reports.
    static std::vector<std::string> ten() {
        std::vector<std::string> out;
        for (int i = 0; i < 10; ++i) out.push_back("d" + std::to_string(i));
        std::ranges::sort(out, {}, [](const std::string& label) { return digest_of(label + ".test"); });
        return out;
    }
    static std::size_t place_in(const std::vector<std::string>& labels, const std::string& name) {
        const auto found = std::ranges::find_if(labels, [&name](const std::string& label) {
            return name.find(label + ".test") != std::string::npos;
        });
        return static_cast<std::size_t>(found - labels.begin());
    }
    /// Of passes of a minute, whatever is asked about each domain.
    void three_a_pass() {
        dns.time_of_domain = 25s;
        dns.first_of = [labels = ten(), last = std::size_t(99)](const std::string& name) mutable {
            const std::size_t place = place_in(labels, name);
            return place < labels.size() && std::exchange(last, place) != place;
        };
    }
    std::int64_t today() const { return base::unix_seconds(clock.now()) / day_seconds; }
    Reporting::Sent send_now() {
        Reporting::Sent sent;
        bool done = false;
        std::stop_source stop;
        asio::io_context own;
        asio::co_spawn(own, reporting->run(stop.get_token()), [](std::exception_ptr) {});
        asio::co_spawn(own, reporting->send_now(), [&](std::exception_ptr, Reporting::Sent what) {
            sent = what;
            done = true;
            stop.request_stop();
        });
        own.run();
        EXPECT_TRUE(done);
        return sent;
    }

    base::ManualClock clock{base::SystemTime(std::chrono::seconds(1'795'348'800))};  // 2026-11-22 12:00
    base::IdSource ids{clock};
    store::engine::MemoryImagePtr image;
    store::QueueLimits queue_limits;
    ReportingSettings settings;
    SlowDns dns{clock};
    std::unique_ptr<store::engine::MemoryEngine> engine;
    std::unique_ptr<store::Store> store;
    std::unique_ptr<directory::Directory> directory;
    std::unique_ptr<store::Queue> queue;
    std::unique_ptr<Trace> trace;
    std::unique_ptr<Router> router;
    std::unique_ptr<Agent> agent;
    std::unique_ptr<asio::io_context> io;
    std::unique_ptr<net::Resolver> resolver;
    std::unique_ptr<smtp_out::Outbound> outbound;
    std::unique_ptr<Reporting> reporting;
};

TEST_F(ReportingTest, ADaysReportGoesByItselfOnTheNextDay) {
    saw("d.test", "r@d.test");
    ASSERT_TRUE(run_until([&] { return rows(today()) == 1; })) << "written by its own clock";
    EXPECT_TRUE(queued_for().empty()) << "the day is not over";
    clock.advance(12h + 1min);
    int looks = 0;
    run_until([&] { return ++looks == 20; });
    EXPECT_TRUE(queued_for().empty()) << "not all the world at midnight";
    clock.advance(4h + 5min);
    ASSERT_TRUE(run_until([&] { return !queued_for().empty(); }));
    EXPECT_EQ(queued_for(), std::vector<std::string>{"r@d.test"});
    again();
    clock.advance(2h);
    looks = 0;
    run_until([&] { return ++looks == 20; });
    EXPECT_EQ(queued_for().size(), 1U) << "once";
}

/// Strangers' name servers decide neither when counts are written nor how long a pass takes.
TEST_F(ReportingTest, SlowNameServersHoldUpNobody) {
    settings.domain_time_max = 1h;
    settings.pass_time_max = 60s;
    again();
    const std::int64_t day = today();
    for (int i = 0; i < 10; ++i) saw("d" + std::to_string(i) + ".test", "r@far.test");
    ASSERT_TRUE(run_until([&] { return rows(day) == 10; }));
    clock.advance(24h);
    dns.time = 25s;
    dns.on_question = [&] {
        if (dns.asked == 1) saw("now.test", "r@now.test");
    };
    bool written = false;  // while a name server does not answer
    dns.until = [&] {
        written |= rows(today()) == 1;
        return written;
    };
    ASSERT_TRUE(run_until([&] { return queued_for().size() == 10; }))
        << "passes that are cut short follow each other";
    EXPECT_TRUE(written);
}

/// However often a pass is cut short, and whatever is asked for again at once.
TEST_F(ReportingTest, TheFirstThatFailHoldUpNobody) {
    settings.domain_time_max = 1h;
    settings.pass_time_max = 60s;
    settings.step = 20ms;
    again();
    const std::vector<std::string> labels = ten();
    for (const std::string& label : labels) saw(label + ".test", "r@far.test");
    ASSERT_TRUE(run_until([&] { return rows(today()) == 10; }));
    three_a_pass();
    dns.silent = [&](const std::string& name) { return place_in(labels, name) < 3; };
    EXPECT_EQ(send_now().dmarc, 0U);
    EXPECT_EQ(tries(), (std::vector<std::int64_t>{1, 1, 1, 0, 0, 0, 0, 0, 0, 0}));
    EXPECT_EQ(send_now().dmarc, 3U);
    EXPECT_EQ(send_now().dmarc, 3U);
    EXPECT_EQ(send_now().dmarc, 1U) << "the tenth";
    EXPECT_EQ(tries(), (std::vector<std::int64_t>{2, 2, 1}));
}

TEST_F(ReportingTest, TriesAreAnHourApart) {
    settings.domain_time_max = 1h;
    settings.pass_time_max = 60s;
    again();
    const std::vector<std::string> labels = ten();
    for (const std::string& label : labels) saw(label + ".test", "r@far.test");
    ASSERT_TRUE(run_until([&] { return rows(today()) == 10; }));
    clock.advance(24h);
    three_a_pass();
    dns.silent = [](const std::string&) { return true; };
    const auto all = [&](std::int64_t count) { return tries() == std::vector<std::int64_t>(10, count); };
    ASSERT_TRUE(run_until([&] { return all(1); })) << "passes that are cut short follow each other";
    int looks = 0;
    run_until([&] {
        clock.advance(1min);
        return ++looks == 40;
    });
    EXPECT_TRUE(all(1));
    again();  // a restart is no reason either
    looks = 0;
    run_until([&] { return ++looks == 20; });
    EXPECT_TRUE(all(1));
    clock.advance(1h);
    EXPECT_TRUE(run_until([&] { return all(2); }));
}

/// Without keep(), as if it never found the rows free.
TEST_F(ReportingTest, APassWritesWhatIsCountedMeanwhile) {
    for (const std::string& label : ten()) saw(label + ".test", "r@far.test");
    ASSERT_TRUE(run_until([&] { return rows(today()) == 10; }));
    dns.on_question = [&] {
        if (dns.asked == 1) saw("now.test", "r@now.test");
    };
    int waits = 0;
    dns.until = [&] { return ++waits % 5 == 0; };  // longer than a step
    EXPECT_EQ(send_now().dmarc, 10U);
    EXPECT_EQ(rows(today()), 1U);
}

/// A pass that throws is a bug: it is logged, who asked has an answer, and the next pass comes.
TEST_F(ReportingTest, AnExceptionEndsNothing) {
    saw("d.test", "r@d.test");
    saw("other.test", "r@far.test");
    ASSERT_TRUE(run_until([&] { return rows(today()) == 2; }));
    dns.on_question = [&] {
        if (dns.asked == 1) throw std::runtime_error("of the test");
    };
    send_now();
    EXPECT_GE(dns.asked, 1) << "it was thrown, and there was an answer";
    send_now();
    EXPECT_EQ(queued_for().size(), 2U);
}

TEST_F(ReportingTest, WhoAsksAtTheEndIsAnswered) {
    saw("d.test", "r@far.test");
    ASSERT_TRUE(run_until([&] { return rows(today()) == 1; }));
    EXPECT_EQ(run(reporting->send_now()).dmarc, 0U) << "nobody will do it";
    std::stop_source stop;
    asio::io_context own;
    bool answered = false, before = false;
    dns.until = [&] {
        stop.request_stop();
        return std::exchange(before, answered);  // while a name server does not answer
    };
    asio::co_spawn(own, reporting->run(stop.get_token()), [](std::exception_ptr) {});
    asio::co_spawn(own, reporting->send_now(), [&](std::exception_ptr, Reporting::Sent) { answered = true; });
    own.run();
    EXPECT_TRUE(before) << "a stop waits for no name server";
}

TEST_F(ReportingTest, ADomainHasSoMuchTime) {
    settings.domain_time_max = 20s;
    again();
    saw("d.test", "r@far.test");
    ASSERT_TRUE(run_until([&] { return rows(today()) == 1; }));
    dns.time = 25s;
    EXPECT_EQ(send_now().waiting, 1U);
    EXPECT_EQ(dns.asked, 1);
    EXPECT_EQ(rows(today()), 1U);
    dns.time = 1s;
    EXPECT_EQ(send_now().dmarc, 1U);
    EXPECT_EQ(rows(today()), 0U);
}

TEST_F(ReportingTest, APassEndsWhenItIsToStop) {
    for (int i = 0; i < 10; ++i) saw("d" + std::to_string(i) + ".test", "r@far.test");
    ASSERT_TRUE(run_until([&] { return rows(today()) == 10; }));
    clock.advance(24h);
    std::stop_source stop;
    dns.on_question = [&] { stop.request_stop(); };
    asio::io_context own;
    bool ended = false;
    asio::co_spawn(own, reporting->run(stop.get_token()), [&](std::exception_ptr) { ended = true; });
    own.run();
    EXPECT_TRUE(ended);
    EXPECT_EQ(dns.asked, 1);
    EXPECT_TRUE(queued_for().empty());
    EXPECT_EQ(rows(today() - 1), 10U) << "nothing is lost";
}

TEST_F(ReportingTest, WhatCanNeverBeQueuedIsGivenUp) {
    settings.tries_max = 2;
    queue_limits.recipients_max = 0;  // nothing fits
    again();
    saw("d.test", "r@d.test");
    ASSERT_TRUE(run_until([&] { return rows(today()) == 1; }));
    EXPECT_EQ(send_now().waiting, 1U);
    EXPECT_EQ(send_now().waiting, 1U);
    EXPECT_EQ(rows(today()), 1U);
    EXPECT_EQ(send_now().unwanted, 1U);
    EXPECT_EQ(rows(today()), 0U);
    saw("d.test", "r@d.test");
    ASSERT_TRUE(run_until([&] { return rows(today()) == 1; }));
    const std::int64_t day = today();
    clock.advance(24h * 5);
    EXPECT_TRUE(run_until([&] { return rows(day) == 0; })) << "nobody waits for a report of last week";
}

/// Nobody was asked who may have it: that is not the same as nobody.
TEST_F(ReportingTest, WhatCannotBeLookedAtWaits) {
    saw("d.test", "r@d.test");
    ASSERT_TRUE(run_until([&] { return rows(today()) == 1; }));
    bool failed = false;
    engine->inject([&](const store::engine::Step& step) {
        if (failed || step.op != store::engine::Op::get) return Fault::none;
        failed = true;
        return Fault::unavailable;
    });
    const Reporting::Sent sent = send_now();
    EXPECT_TRUE(failed);
    EXPECT_EQ(sent.waiting, 1U);
    EXPECT_EQ(sent.unwanted, 0U);
    EXPECT_EQ(rows(today()), 1U);
    EXPECT_EQ(send_now().dmarc, 1U);
    EXPECT_EQ(queued_for(), std::vector<std::string>{"r@d.test"});
}

TEST_F(ReportingTest, WhatIsSwitchedOffIsForgotten) {
    saw("d.test", "r@d.test");
    ASSERT_TRUE(run_until([&] { return rows(today()) == 1; }));
    const auto tls_row = [&](std::int64_t day) {
        store::engine::Patch patch;
        patch.partition = "z/tlsrpt." + day_text(day);
        store::engine::Row row;
        row.key = "d" + digest_of("far.test");
        row.value = R"({"domain":"far.test","policies":[{"key":"none","type":"no-policy-found","good":1}]})";
        patch.put.push_back(std::move(row));
        store::engine::Prelude prelude;
        prelude.patches.push_back(std::move(patch));
        ASSERT_TRUE(run(engine->apply(std::move(prelude))));
    };
    tls_row(today());
    tls_row(today() - 2);
    tls_row(today() - 9);
    again();
    EXPECT_EQ(partitions("z/tlsrpt."), 2U) << "what is too old is dropped";
    EXPECT_EQ(outbound->tls_reports().over(true).size(), 2U);
    settings.tls = settings.dmarc = false;
    again();
    EXPECT_EQ(partitions("z/tlsrpt."), 0U);
    EXPECT_EQ(partitions("z/dmarc."), 0U);
    EXPECT_TRUE(outbound->tls_reports().over(true).empty());
    EXPECT_EQ(reporting->dmarc(), nullptr);
}

}  // namespace
}  // namespace mta::reports
