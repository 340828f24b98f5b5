// What is counted of strangers' mail: kept over power cuts, counted once whatever the engine does, bounded.
#include <set>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "base/log.hpp"
#include "mta/reports/digest.hpp"
#include "mta/reports/dmarc_ledger.hpp"
#include "mta/reports/received.hpp"
#include "store/engine/memory/memory_engine.hpp"

namespace mta::reports {
namespace {

using store::engine::Fault;

template <class T>
T run(awaitable<T> work) {
    std::optional<T> answer;
    std::exception_ptr failure;
    boost::asio::io_context io;
    boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr thrown, T value) {
        failure = thrown;
        answer.emplace(std::move(value));
    });
    io.run();
    if (failure) std::rethrow_exception(failure);
    return std::move(*answer);
}

class LedgerTest : public testing::Test {
protected:
    LedgerTest() {
        base::log::set_level("", base::log::Level::off);
        open(nullptr);
    }
    void open(store::engine::MemoryImagePtr image, DmarcLedgerLimits limits = {}) {
        ledger.reset();
        engine = store::engine::make_memory_engine(ids, std::move(image));
        ledger = std::make_unique<DmarcLedger>(*engine, clock, limits);
    }
    static DmarcSeen seen(const std::string& ip, const std::string& domain = "d.test",
                          const std::string& p = "reject") {
        DmarcSeen out;
        out.policy.domain = domain;
        out.policy.p = p;
        out.destinations = {"mailto:r@d.test"};
        out.record.source_ip = ip;
        out.record.count = 1;
        out.record.disposition = "pass";
        return out;
    }
    std::vector<DmarcDue> all(bool today = false) {
        std::vector<DmarcDue> out;
        auto places = run(ledger->due(today));
        EXPECT_TRUE(places);
        for (auto& place : *places) out.push_back((*run(ledger->read(place))));
        return out;
    }

    base::ManualClock clock{base::SystemTime(std::chrono::seconds(1'795'348'800))};  // 2026-11-22 12:00
    base::IdSource ids{clock};
    std::unique_ptr<store::engine::MemoryEngine> engine;
    std::unique_ptr<DmarcLedger> ledger;
};

TEST_F(LedgerTest, ADayIsOneReportOfADomainOverAPowerCut) {
    for (int i = 0; i < 3; ++i) ledger->saw(seen("192.0.2.1"));
    ledger->saw(seen("192.0.2.2"));
    ledger->saw(seen("192.0.2.1", "other.test"));
    ASSERT_TRUE(run(ledger->flush()));
    open(engine->power_cut());
    ledger->saw(seen("192.0.2.1"));
    ASSERT_TRUE(run(ledger->flush()));
    EXPECT_TRUE(all().empty()) << "the day is not over";
    clock.advance(std::chrono::hours(24));
    const auto due = all();
    ASSERT_EQ(due.size(), 2U);
    const DmarcDue& one = due[0].report.policy.domain == "d.test" ? due[0] : due[1];
    EXPECT_EQ(one.report.begin.count(), 1'795'305'600);
    EXPECT_EQ(one.report.end.count(), 1'795'391'999);
    EXPECT_EQ(one.destinations, std::vector<std::string>{"mailto:r@d.test"});
    std::map<std::string, std::uint64_t> counts;
    for (const auto& record : one.report.records) counts[record.source_ip] = record.count;
    EXPECT_EQ(counts, (std::map<std::string, std::uint64_t>{{"192.0.2.1", 4}, {"192.0.2.2", 1}}));
    for (const DmarcDue& sent : due) {
        store::engine::Prelude prelude;
        prelude.patches.push_back(ledger->done(sent));
        ASSERT_TRUE(run(engine->apply(std::move(prelude))));
    }
    EXPECT_TRUE(all().empty());
    EXPECT_TRUE((*run(engine->list("z/dmarc.", "", 10))).empty()) << "the day's partition is gone";
}

TEST_F(LedgerTest, AnotherPolicyIsAnotherReport) {
    ledger->saw(seen("192.0.2.1"));
    ledger->saw(seen("192.0.2.1", "d.test", "none"));
    ASSERT_TRUE(run(ledger->flush()));
    EXPECT_EQ(all(true).size(), 2U);
}

TEST_F(LedgerTest, WhatComesAfterAReportOfTodayIsAnother) {
    ledger->saw(seen("192.0.2.1"));
    ASSERT_TRUE(run(ledger->flush()));
    const auto first = all(true);
    ASSERT_EQ(first.size(), 1U);
    store::engine::Prelude prelude;
    prelude.patches.push_back(ledger->done(first[0]));
    ASSERT_TRUE(run(engine->apply(std::move(prelude))));
    clock.advance(std::chrono::hours(1));
    ledger->saw(seen("192.0.2.1"));
    ASSERT_TRUE(run(ledger->flush()));
    const auto second = all(true);
    ASSERT_EQ(second.size(), 1U);
    EXPECT_EQ(second[0].report.begin, first[0].report.end + std::chrono::seconds(1));
    EXPECT_NE(second[0].report.report_id, first[0].report.report_id);
    EXPECT_EQ(second[0].report.records[0].count, 1U);
}

/// Each step of a flush goes wrong in each way: every message is counted once in the end.
TEST_F(LedgerTest, CountsOnceWhateverTheEngineDoes) {
    for (const Fault fault : {Fault::conflict, Fault::unknown_but_done, Fault::unknown_not_done,
                              Fault::unavailable, Fault::no_space}) {
        for (std::uint64_t step = 1; step <= 4; ++step) {
            open(nullptr);
            ledger->saw(seen("192.0.2.1"));
            ledger->saw(seen("192.0.2.2"));
            ASSERT_TRUE(run(ledger->flush()));
            engine->inject(store::engine::fault_at(engine->steps() + step, fault));
            ledger->saw(seen("192.0.2.1"));
            for (int tries = 0; tries < 3 && !run(ledger->flush()); ++tries) {
            }
            engine->inject({});
            const auto due = all(true);
            ASSERT_EQ(due.size(), 1U);
            std::uint64_t sum = 0;
            for (const auto& record : due[0].report.records) sum += record.count;
            EXPECT_EQ(sum, 3U) << static_cast<int>(fault) << " at " << step;
        }
    }
}

/// Longer than a flush tries: then the same write is tried again, by its mark, before any other.
TEST_F(LedgerTest, CountsOnceHoweverLongAnEndIsUnknown) {
    for (const Fault fault : {Fault::unknown_but_done, Fault::unknown_not_done}) {
        for (std::uint64_t lasts : {1U, 2U, 5U, 10U, 15U}) {
            open(nullptr);
            ledger->saw(seen("192.0.2.1"));
            ASSERT_TRUE(run(ledger->flush()));
            const auto first = std::make_shared<std::uint64_t>(0);  // from the write on
            engine->inject([=](const store::engine::Step& step) {
                if (*first == 0 && step.op == store::engine::Op::commit) *first = step.number;
                return *first != 0 && step.number < *first + lasts ? fault : Fault::none;
            });
            ledger->saw(seen("192.0.2.1"));
            bool settled = static_cast<bool>(run(ledger->flush()));
            ledger->saw(seen("192.0.2.1"));  // of the next second
            for (int tries = 0; tries < 40 && !settled; ++tries)
                settled = static_cast<bool>(run(ledger->flush()));
            ASSERT_TRUE(run(ledger->flush()));
            engine->inject({});
            const auto due = all(true);
            ASSERT_EQ(due.size(), 1U);
            ASSERT_EQ(due[0].report.records.size(), 1U);
            EXPECT_EQ(due[0].report.records[0].count, 3U) << static_cast<int>(fault) << " for " << lasts;
        }
    }
}

/// Whoever owns a domain could say something else in its policy with each message.
TEST_F(LedgerTest, ADomainHasSoManyPoliciesADay) {
    for (int i = 0; i < 20; ++i) ledger->saw(seen("192.0.2.1", "d.test", "p" + std::to_string(i)));
    ledger->saw(seen("192.0.2.1", "other.test"));
    ASSERT_TRUE(run(ledger->flush()));
    EXPECT_EQ(all(true).size(), DmarcLedgerLimits().policies_of_domain + 1);
    ledger->saw(seen("192.0.2.9", "other.test"));
    ASSERT_TRUE(run(ledger->flush()));
    std::size_t records = 0;
    for (const DmarcDue& one : all(true)) records += one.report.records.size();
    EXPECT_EQ(records, DmarcLedgerLimits().policies_of_domain + 2) << "one that is known goes on";
}

TEST_F(LedgerTest, IsBounded) {
    DmarcLedgerLimits limits;
    limits.kinds_of_domain = 10;
    limits.domains_of_day = 3;
    limits.pending_kinds = 40;
    open(nullptr, limits);
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < 50; ++i) ledger->saw(seen("192.0.2." + std::to_string(100 * round + i)));
        ASSERT_TRUE(run(ledger->flush()));
    }
    for (int i = 0; i < 100; ++i) ledger->saw(seen("192.0.2.1", "d" + std::to_string(i) + ".test"));
    ASSERT_TRUE(run(ledger->flush()));
    const auto due = all(true);
    EXPECT_EQ(due.size(), 3U);
    for (const DmarcDue& one : due) {
        if (one.report.policy.domain != "d.test") continue;
        EXPECT_EQ(one.report.records.size(), 10U);
        ASSERT_EQ(one.report.errors.size(), 1U);
        EXPECT_TRUE(one.report.errors[0].starts_with("90 messages")) << one.report.errors[0];
    }
}

TEST_F(LedgerTest, DaysHaveNames) {
    EXPECT_EQ(day_text(1'795'348'800 / day_seconds), "20261122");
    EXPECT_EQ(day_of("20261122"), 1'795'348'800 / day_seconds);
    for (const char* bad : {"", "2026112", "20261322", "2026-1-1", "20260230"})
        EXPECT_EQ(day_of(bad), -1) << bad;
}

TEST_F(LedgerTest, ReceivedReportsAreKeptOnceAndBounded) {
    ReceivedLimits limits;
    limits.reports_max = 5;  // and a tenth more: none
    ReceivedReports reports(*engine, clock, limits);
    ReceivedReport one;
    one.domain = "d.test";
    one.organization = "Org";
    const std::int64_t now = base::unix_seconds(clock.now());
    for (int i = 0; i < 8; ++i) {
        one.id = std::to_string(i);
        one.end = now + i;
        one.good = 2;
        one.reporter = "r@peer" + std::to_string(i) + ".test";
        EXPECT_EQ((*run(reports.add(one))), true);
        if (i >= 5) EXPECT_EQ((*run(reports.add(one))), false);
        clock.advance(std::chrono::minutes(1));
    }
    const auto found = (*run(reports.list(ReportKind::dmarc, "d.test", 0, 100)));
    ASSERT_EQ(found.size(), 5U);
    EXPECT_EQ(found[0].id, "7");
    EXPECT_EQ(found[4].id, "3");
    EXPECT_EQ((*run(reports.list(ReportKind::dmarc, "", now + 6, 100))).size(), 2U);
    EXPECT_EQ((*run(reports.list(ReportKind::dmarc, "", 0, 3))).size(), 3U);
    EXPECT_TRUE((*run(reports.list(ReportKind::dmarc, "e.test", 0, 100))).empty());
    EXPECT_TRUE((*run(reports.list(ReportKind::tls, "", 0, 100))).empty());
    clock.advance(std::chrono::hours(24 * 500));
    EXPECT_EQ((*run(reports.sweep(ReportKind::dmarc))), 5U);
}

/// What came first goes first, whatever time it claims to tell of; and one reporter pushes out nobody else.
TEST_F(LedgerTest, ReceivedReportsGoByWhenTheyCame) {
    ReceivedLimits limits;
    limits.reports_max = 100;
    limits.of_reporter_max = 3;
    ReceivedReports reports(*engine, clock, limits);
    ReceivedReport one;
    one.domain = "d.test";
    const auto add = [&](const std::string& id, const std::string& reporter, std::int64_t end) {
        one.id = id;
        one.reporter = reporter;
        one.end = end;
        EXPECT_TRUE((*run(reports.add(one))));
        clock.advance(std::chrono::minutes(1));
    };
    const auto ids_of = [&] {
        std::set<std::string> out;
        for (const auto& report : (*run(reports.list(ReportKind::dmarc, "", 0, 100)))) out.insert(report.id);
        return out;
    };
    const std::int64_t now = base::unix_seconds(clock.now());
    add("honest", "r@peer.test", now - 86'400);
    for (int i = 0; i < 6; ++i) add("loud" + std::to_string(i), std::to_string(i) + "@LOUD.test", now + 3600);
    add("late", "r@other.test", 0);  // tells of 1970
    EXPECT_EQ((*run(reports.sweep(ReportKind::dmarc))), 3U);
    EXPECT_EQ(ids_of(), (std::set<std::string>{"honest", "late", "loud3", "loud4", "loud5"}));
    limits.octets_max = 600;
    ReceivedReports smaller(*engine, clock, limits);
    EXPECT_GE((*run(smaller.sweep(ReportKind::dmarc))), 2U);
    EXPECT_TRUE(ids_of().contains("late")) << "it came last";
    EXPECT_FALSE(ids_of().contains("honest"));
}

/// Names are cheap, and so are large reports: neither gives a reporter more than his share.
TEST_F(LedgerTest, OneOwnerHasOneShare) {
    ReceivedLimits limits;
    limits.of_reporter_max = 3;
    limits.octets_of_reporter_max = 3'000;
    ReceivedReports reports(*engine, clock, limits);
    ReceivedReport one;
    one.domain = "d.test";
    one.end = base::unix_seconds(clock.now());
    const auto add = [&](const std::string& id, const std::string& reporter) {
        one.id = id;
        one.reporter = reporter;
        EXPECT_EQ((*run(reports.add(one))), true) << reporter;
        clock.advance(std::chrono::minutes(1));
    };
    add("honest", "r@peer.test");
    for (const char* name : {"a", "b", "c", "d", "e"}) add(name, std::string("r@") + name + ".evil.test");
    one.details = Json::array({std::string(1'200, 'x')});
    for (const char* name : {"f", "g", "h"}) add(name, std::string("r@") + name + ".large.test");
    EXPECT_EQ((*run(reports.sweep(ReportKind::dmarc))), 3U);
    std::set<std::string> stay;
    for (const auto& report : (*run(reports.list(ReportKind::dmarc, "", 0, 100)))) stay.insert(report.id);
    EXPECT_EQ(stay, (std::set<std::string>{"honest", "c", "d", "e", "g", "h"}));
}

/// Who proves that he is himself still is nobody else.
TEST_F(LedgerTest, AGuessedReportKeepsNoRealOneOut) {
    ReceivedReports reports(*engine, clock);
    ReceivedReport one;
    one.domain = "d.test";
    one.organization = "Peer";
    one.id = "next";
    one.end = base::unix_seconds(clock.now());
    for (const char* reporter : {"r@evil.test", "r@peer.test"}) {
        one.reporter = reporter;
        EXPECT_EQ((*run(reports.add(one))), true) << reporter;
    }
    one.reporter = "other@mail.Peer.test";
    EXPECT_EQ((*run(reports.add(one))), false) << "it came again";
    EXPECT_EQ((*run(reports.list(ReportKind::dmarc, "", 0, 100))).size(), 2U);
}

/// Anybody can write in anybody's name: that takes nothing of what the real one may have, and hides none of
/// his.
TEST_F(LedgerTest, ForgedReportsPushOutNoRealOnes) {
    ReceivedLimits limits;
    limits.of_reporter_max = 3;
    ReceivedReports reports(*engine, clock, limits);
    ReceivedReport one;
    one.domain = "d.test";
    one.reporter = "r@peer.test";
    one.end = base::unix_seconds(clock.now());
    const auto add = [&](const std::string& id, bool proven) {
        one.id = id;
        one.proven = proven;
        EXPECT_EQ((*run(reports.add(one))), true);
        clock.advance(std::chrono::minutes(1));
    };
    add("same", false);
    for (int i = 0; i < 3; ++i) add(std::to_string(i), true);
    add("same", true);
    for (int i = 0; i < 9; ++i) add("forged" + std::to_string(i), false);
    EXPECT_EQ((*run(reports.sweep(ReportKind::dmarc))), 8U);
    std::set<std::string> real, forged;
    for (const auto& report : (*run(reports.list(ReportKind::dmarc, "", 0, 100))))
        (report.proven ? real : forged).insert(report.id);
    EXPECT_EQ(real, (std::set<std::string>{"1", "2", "same"}));
    EXPECT_EQ(forged, (std::set<std::string>{"forged6", "forged7", "forged8"}));
}

/// What cannot be written because of an error of ours takes nothing else with it.
TEST_F(LedgerTest, AnExceptionCostsOneReportAtMost) {
    for (const char* domain : {"a.test", "b.test", "c.test"}) ledger->saw(seen("192.0.2.1", domain));
    bool thrown = false;
    engine->inject([&thrown](const store::engine::Step& step) -> Fault {
        if (step.op == store::engine::Op::get && !std::exchange(thrown, true))
            throw std::runtime_error("a test's");
        return Fault::none;
    });
    EXPECT_TRUE(run(ledger->flush()));
    EXPECT_TRUE(thrown);
    EXPECT_EQ(all(true).size(), 2U);
}

}  // namespace
}  // namespace mta::reports
