// MTA-STS policies as they are fetched and remembered, and TLS reports as they are gathered and sent, with a
// name server and an HTTPS server of our own.
#include <future>
#include <nlohmann/json.hpp>
#include <zlib.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <gtest/gtest.h>

#include "base/base64.hpp"
#include "base/log.hpp"
#include "fake_hop.hpp"
#include "fake_zone.hpp"
#include "mta/smtp_out/mta_sts.hpp"
#include "mta/smtp_out/tls_report_sender.hpp"
#include "mta/smtp_out/tls_reports.hpp"
#include "store/engine/memory/memory_engine.hpp"

namespace smtp_out_test {
namespace {
using namespace mta;
using namespace mta::smtp_out;

/// An HTTPS server that gives one answer to everything and keeps what it was asked.
class Web {
public:
    Web() : tls({"mta-sts.d.test", "reports.test"}), server_(manners()) {}
    FakeHop::Manners manners() {
        FakeHop::Manners out;
        out.instead = [this](Peer& peer) {
            if (!peer.start_tls(tls.context)) return;
            std::string head, line;
            std::size_t length = 0;
            while (!(line = peer.line()).empty()) {
                head += line + "\n";
                if (line.starts_with("Content-Length: "))
                    length = number_in(std::string_view(line).substr(16));
            }
            const std::string body = peer.octets(length);
            std::string reply;
            {
                const std::lock_guard lock(mutex_);
                requests_.push_back(head + "\n" + body);
                reply = answer_;
            }
            peer.send(reply);
        };
        return out;
    }
    void answer(const std::string& status, const std::string& type, const std::string& body) {
        const std::lock_guard lock(mutex_);
        answer_ = "HTTP/1.1 " + status + "\r\nContent-Type: " + type +
                  "\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" +
                  body;
    }
    std::vector<std::string> requests() {
        const std::lock_guard lock(mutex_);
        return requests_;
    }
    std::uint16_t port() const { return server_.port; }

    HopTls tls;

private:
    std::mutex mutex_;
    std::string answer_;
    std::vector<std::string> requests_;
    FakeHop server_;
};

class World {
public:
    World()
        : work_(io_.get_executor()),
          resolver(io_.get_executor(), resolver_settings()),
          client(resolver, client_settings()),
          engine(store::engine::make_memory_engine(ids)),
          rows(*engine),
          sts(resolver, client, clock, rows, {.port = web.port()}) {
        thread_ = std::thread([this] { io_.run(); });
        zone.a("mta-sts.d.test", "127.0.0.1");
        zone.a("reports.test", "127.0.0.1");
    }
    ~World() {
        work_.reset();
        io_.stop();
        thread_.join();
        resolver.stop();
    }
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    template <class T>
    T run(boost::asio::awaitable<T> work) {
        std::promise<T> promise;
        boost::asio::co_spawn(boost::asio::make_strand(io_), std::move(work),
                              [&](std::exception_ptr broken, T value) {
                                  if (broken) {
                                      promise.set_exception(broken);
                                  } else {
                                      promise.set_value(std::move(value));
                                  }
                              });
        return promise.get_future().get();
    }

    FakeZone zone;
    Web web;
    base::ManualClock clock{base::SystemTime(std::chrono::seconds(1'795'348'800))};  // 22 Nov 2026
    base::SeededRandom random{5};

private:
    net::ResolverSettings resolver_settings() const {
        net::ResolverSettings out;
        out.servers = {zone.server()};
        return out;
    }
    http::ClientSettings client_settings() const {
        http::ClientSettings out;
        out.ca_file = web.tls.authority.ca_file();
        return out;
    }
    boost::asio::io_context io_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    std::thread thread_;

public:
    net::Resolver resolver;
    http::Client client;
    base::IdSource ids{clock};
    std::unique_ptr<store::engine::MemoryEngine> engine;
    StsRows rows;
    StsCache sts;
};

const std::string policy_text = "version: STSv1\nmode: enforce\nmx: mx.d.test\nmax_age: 86400\n";

TEST(StsCacheTest, FetchedOnceAndKeptForItsTime) {
    World w;
    w.zone.txt("_mta-sts.d.test", "v=STSv1; id=1;");
    w.web.answer("200 OK", "text/plain; charset=utf-8", policy_text);
    for (int i = 0; i < 3; ++i) {
        const auto policy = w.run(w.sts.find("d.test"));
        ASSERT_TRUE(policy);
        EXPECT_TRUE(policy->allows("mx.d.test"));
    }
    ASSERT_EQ(w.web.requests().size(), 1U);
    EXPECT_TRUE(w.web.requests()[0].starts_with("GET /.well-known/mta-sts.txt HTTP/1.1\n"));
    w.clock.advance(std::chrono::hours(25));
    EXPECT_TRUE(w.run(w.sts.find("d.test")));
    EXPECT_EQ(w.web.requests().size(), 2U) << "its time was over";
}

TEST(StsCacheTest, WhatIsNoPolicyIsNone) {
    World w;
    w.zone.txt("_mta-sts.d.test", "v=STSv1; id=1;");
    struct Case {
        const char *status, *type;
        std::string body;
    };
    for (const Case& c :
         {Case{"404 Not Found", "text/plain", policy_text}, Case{"301 Moved", "text/plain", policy_text},
          Case{"200 OK", "text/html", policy_text}, Case{"200 OK", "text/plain", "hello"},
          Case{"200 OK", "text/plain", policy_text + std::string(70'000, '\n')}}) {
        w.web.answer(c.status, c.type, c.body);
        EXPECT_FALSE(w.run(w.sts.find("d.test"))) << c.status << c.type;
        w.clock.advance(std::chrono::minutes(6));
    }
    EXPECT_EQ(w.web.requests().size(), 5U);
    EXPECT_FALSE(w.run(w.sts.find("unknown.test"))) << "no record, no question to a policy host";
    EXPECT_EQ(w.web.requests().size(), 5U);
}

TEST(StsCacheTest, APolicyOutlivesAPolicyHostThatFails) {
    World w;
    w.zone.txt("_mta-sts.d.test", "v=STSv1; id=1;");
    w.web.answer("200 OK", "text/plain", "version: STSv1\nmode: enforce\nmx: mx.d.test\nmax_age: 864000\n");
    ASSERT_TRUE(w.run(w.sts.find("d.test")));
    // Two records are as none (section 3.1); who deletes or hides them does not switch the policy off.
    w.zone.txt("_mta-sts.d.test", "v=STSv1; id=2;");
    w.web.answer("500 Broken", "text/plain", "");
    w.clock.advance(std::chrono::hours(30));
    EXPECT_TRUE(w.run(w.sts.find("d.test")));
    w.clock.advance(std::chrono::hours(240));
    EXPECT_FALSE(w.run(w.sts.find("d.test"))) << "but its own time does";
}

/// What a restart leaves.
struct Restarted {
    explicit Restarted(World& w)
        : world(w), sts(w.resolver, w.client, w.clock, w.rows, {.port = w.web.port()}) {
        EXPECT_TRUE(w.run(sts.open()));
    }
    std::shared_ptr<const StsPolicy> find(std::string domain) {
        return world.run(sts.find(std::move(domain)));
    }
    World& world;
    StsCache sts;
};

TEST(StsCacheTest, ARestartForgetsNothing) {
    World w;
    w.zone.txt("_mta-sts.d.test", "v=STSv1; id=1;");
    w.web.answer("200 OK", "text/plain", "version: STSv1\nmode: enforce\nmx: mx.d.test\nmax_age: 864000\n");
    ASSERT_TRUE(w.run(w.sts.find("d.test")));
    w.zone.txt("_mta-sts.d.test", "hidden");
    w.web.answer("500 Broken", "text/plain", "");
    {
        Restarted again(w);
        const auto policy = again.find("d.test");
        ASSERT_TRUE(policy) << "who hides the record while a server starts does not switch its policy off";
        EXPECT_TRUE(policy->allows("mx.d.test"));
        EXPECT_FALSE(policy->allows("other.test"));
        EXPECT_EQ(policy->text, "version: STSv1\nmode: enforce\nmx: mx.d.test\nmax_age: 864000\n");
    }
    EXPECT_EQ(w.web.requests().size(), 1U);
    w.clock.advance(std::chrono::hours(241));
    Restarted later(w);
    EXPECT_FALSE(later.find("d.test")) << "its own time is over";
    const auto left = w.run(w.rows.load());
    ASSERT_TRUE(left);
    EXPECT_TRUE(left->empty());
}

TEST(StsCacheTest, AClockThatWasWrongDoesNotKeepAPolicyForEver) {
    World w;
    StsKept kept;
    kept.domain = "d.test";
    kept.id = "1";
    kept.text = policy_text;
    kept.fetched = w.clock.now() + std::chrono::hours(24 * 365 * 20);
    kept.until = kept.fetched + std::chrono::hours(24);
    ASSERT_TRUE(w.run(w.rows.write({kept}, {})));
    Restarted again(w);
    EXPECT_TRUE(again.find("d.test"));
    w.clock.advance(std::chrono::hours(25));
    EXPECT_FALSE(again.find("d.test"));
}

TEST(StsCacheTest, RefreshedEachDay) {
    World w;
    w.zone.txt("_mta-sts.d.test", "v=STSv1; id=1;");
    const std::string rest = "mx: mx.d.test\nmax_age: 864000\n";
    w.web.answer("200 OK", "text/plain", "version: STSv1\nmode: testing\n" + rest);
    ASSERT_TRUE(w.run(w.sts.find("d.test")));
    w.web.answer("503 Later", "text/plain", "");
    w.clock.advance(std::chrono::hours(25));
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(w.run(w.sts.find("d.test")));
    EXPECT_EQ(w.web.requests().size(), 2U) << "a policy host that fails is left alone";
    w.clock.advance(std::chrono::minutes(61));
    w.web.answer("200 OK", "text/plain", "version: STSv1\nmode: enforce\n" + rest);
    const auto policy = w.run(w.sts.find("d.test"));
    ASSERT_TRUE(policy);
    EXPECT_EQ(policy->mode, StsPolicy::Mode::enforce) << "the same id, another policy";
    w.clock.advance(std::chrono::hours(239));
    w.zone.txt("_mta-sts.d.test", "hidden");
    EXPECT_TRUE(w.run(w.sts.find("d.test"))) << "its time was counted anew";
}

TEST(StsCacheTest, RemembersSoManyAndNoMore) {
    World w;
    // 300 policies of 60 KiB: the oldest of them go, in memory and in the store, and none that is short.
    const std::string comment = "note: " + std::string(60U << 10, 'x') + "\n";
    StsKept kept;
    kept.id = "1";
    kept.domain = "short.test";
    kept.text = policy_text;
    kept.fetched = w.clock.now() - std::chrono::hours(2);
    kept.until = kept.fetched + std::chrono::hours(24);
    ASSERT_TRUE(w.run(w.rows.write({kept}, {})));
    kept.text += comment;
    for (int i = 0; i < 300; ++i) {
        kept.domain = "d" + std::to_string(i) + ".test";
        kept.fetched = w.clock.now() - std::chrono::hours(1) + std::chrono::seconds(i);
        ASSERT_TRUE(w.run(w.rows.write({kept}, {})));
    }
    Restarted again(w);
    EXPECT_FALSE(again.find("d0.test"));
    EXPECT_TRUE(again.find("d299.test"));
    EXPECT_TRUE(again.find("short.test"));
    const auto left = w.run(w.rows.load());
    ASSERT_TRUE(left);
    EXPECT_EQ(left->size(), (4U << 20) / kept.text.size() + 1);
}

/// Of made-up domains whose policy hosts are not there so many are left alone, and no policy goes for them.
TEST(StsCacheTest, DomainsThatFailPushOutNoPolicies) {
    World w;
    base::log::set_level("", base::log::Level::off);
    w.zone.txt("_mta-sts.d.test", "v=STSv1; id=1;");
    w.web.answer("200 OK", "text/plain", policy_text);
    ASSERT_TRUE(w.run(w.sts.find("d.test")));
    for (int i = 0; i < 2'001; ++i) {
        const std::string domain = "x" + std::to_string(i) + ".test";
        w.zone.txt("_mta-sts." + domain, "v=STSv1; id=1;");
        EXPECT_FALSE(w.run(w.sts.find(domain)));
    }
    base::log::set_level("", base::log::Level::info);
    w.zone.txt("_mta-sts.d.test", "hidden");
    EXPECT_TRUE(w.run(w.sts.find("d.test")));
    EXPECT_EQ(w.run(w.rows.load())->size(), 1U);
}

TEST(StsCacheTest, APolicyOfNoTimeIsNotAskedForWithEachMessage) {
    World w;
    w.zone.txt("_mta-sts.d.test", "v=STSv1; id=1;");
    w.web.answer("200 OK", "text/plain", "version: STSv1\nmode: enforce\nmx: mx.d.test\nmax_age: 0\n");
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(w.run(w.sts.find("d.test")));
    EXPECT_EQ(w.web.requests().size(), 1U);
    EXPECT_TRUE(w.run(w.rows.load())->empty());
    w.clock.advance(std::chrono::minutes(6));
    EXPECT_TRUE(w.run(w.sts.find("d.test")));
    EXPECT_EQ(w.web.requests().size(), 2U);
}

/// What cannot be removed for want of room stays, and the server starts.
TEST(StsCacheTest, AFullDiskIsNoReasonNotToStart) {
    World w;
    StsKept kept;
    kept.id = "1";
    kept.text = policy_text;
    kept.domain = "over.test";
    kept.fetched = w.clock.now() - std::chrono::hours(50);
    kept.until = kept.fetched + std::chrono::hours(24);
    ASSERT_TRUE(w.run(w.rows.write({kept}, {})));
    kept.domain = "d.test";
    kept.until = kept.fetched + std::chrono::hours(74);
    ASSERT_TRUE(w.run(w.rows.write({kept}, {})));
    w.engine->inject([](const store::engine::Step& step) {
        return step.op == store::engine::Op::apply ? store::engine::Fault::no_space
                                                   : store::engine::Fault::none;
    });
    Restarted again(w);
    EXPECT_TRUE(again.find("d.test"));
    EXPECT_FALSE(again.find("over.test"));
}

TEST(StsCacheTest, ADamagedRowIsAsIfItWereNotThere) {
    World w;
    store::engine::Prelude prelude;
    prelude.patches.push_back({.partition = "z/mta-sts", .put = {{"pd.test", "nonsense"}}, .erase = {}});
    ASSERT_TRUE(w.run(w.engine->apply(std::move(prelude))));
    Restarted again(w);
    EXPECT_FALSE(again.find("d.test"));
    const auto rows = w.run(w.engine->scan("z/mta-sts", "", "p", 0, 0));
    ASSERT_TRUE(rows);
    EXPECT_TRUE(rows->rows.empty());
}

TlsReporter::Seen seen(const std::string& domain, TlsTrouble trouble) {
    TlsReporter::Seen out;
    out.domain = domain;
    out.host.name = "mx.d.test";
    out.trouble = trouble;
    out.address = *net::IpAddress::parse("192.0.2.1");
    out.words = trouble == TlsTrouble::none ? "" : "certificate has expired";
    return out;
}

std::string gunzipped(std::string_view octets) {
    z_stream stream{};
    inflateInit2(&stream, 15 + 16);
    std::string out(100'000, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(octets.data()));
    stream.avail_in = static_cast<uInt>(octets.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
    out.resize(stream.total_out);
    inflateEnd(&stream);
    return out;
}

TEST(TlsReportsTest, ADayAsJson) {
    base::ManualClock clock{base::SystemTime(std::chrono::seconds(1'795'348'800))};
    TlsReports reports({"Here", "postmaster@here.test", "mx.here.test"}, clock);
    auto policy = std::make_shared<StsPolicy>(*read_sts_policy(policy_text));
    for (int i = 0; i < 3; ++i) {
        auto good = seen("d.test", TlsTrouble::none), bad = seen("d.test", TlsTrouble::expired);
        good.host.sts = bad.host.sts = policy;
        reports.saw(good);
        reports.saw(bad);
    }
    reports.saw(seen("plain.test", TlsTrouble::not_offered));
    EXPECT_TRUE(reports.over().empty()) << "the day is not over";
    clock.advance(std::chrono::hours(24));
    // What is kept and brought back is the same.
    const auto rows = reports.changed();
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_TRUE(reports.changed().empty());
    TlsReports again({"Here", "postmaster@here.test", "mx.here.test"}, clock);
    for (const auto& row : rows) EXPECT_TRUE(again.restore(row.place.first, row.json));
    EXPECT_FALSE(again.restore(1, "[]"));
    const auto places = reports.over();
    ASSERT_EQ(places.size(), 2U);
    std::vector<TlsReport> all;
    for (const auto& place : places) {
        all.push_back(reports.take(place).value());
        EXPECT_EQ(again.take(place).value().json, all.back().json);
        again.settle(place);
        EXPECT_FALSE(again.take(place));
    }
    const auto gone = again.changed();
    ASSERT_EQ(gone.size(), 2U);
    EXPECT_TRUE(gone[0].json.empty());
    EXPECT_EQ(all[0].filename, "mx.here.test!d.test!1795305600!1795391999");
    const auto json = nlohmann::json::parse(all[0].json);
    EXPECT_EQ(json["organization-name"], "Here");
    EXPECT_EQ(json["date-range"]["start-datetime"], "2026-11-22T00:00:00Z");
    EXPECT_EQ(json["date-range"]["end-datetime"], "2026-11-22T23:59:59Z");
    ASSERT_EQ(json["policies"].size(), 1U);
    const auto& entry = json["policies"][0];
    EXPECT_EQ(entry["policy"]["policy-type"], "sts");
    EXPECT_EQ(entry["policy"]["policy-string"][1], "mode: enforce");
    EXPECT_EQ(entry["policy"]["policy-domain"], "d.test");
    EXPECT_EQ(entry["policy"]["mx-host"][0], "mx.d.test");
    EXPECT_EQ(entry["summary"]["total-successful-session-count"], 3);
    EXPECT_EQ(entry["summary"]["total-failure-session-count"], 3);
    ASSERT_EQ(entry["failure-details"].size(), 1U);
    EXPECT_EQ(entry["failure-details"][0]["result-type"], "certificate-expired");
    EXPECT_EQ(entry["failure-details"][0]["failed-session-count"], 3);
    EXPECT_EQ(entry["failure-details"][0]["receiving-ip"], "192.0.2.1");
    const auto plain = nlohmann::json::parse(all[1].json);
    EXPECT_EQ(plain["policies"][0]["policy"]["policy-type"], "no-policy-found");
    EXPECT_EQ(plain["policies"][0]["failure-details"][0]["result-type"], "starttls-not-supported");
}

TEST(TlsReportsTest, AreBounded) {
    base::ManualClock clock{base::SystemTime(std::chrono::seconds(1'795'348'800))};
    TlsReports reports({"Here", "p@here.test", "mx.here.test"}, clock);
    for (int i = 0; i < 1'000; ++i) {
        auto bad = seen("d.test", TlsTrouble::handshake);
        bad.words = std::to_string(i);
        reports.saw(bad);
    }
    const auto taken = reports.take(reports.over(true).at(0));
    const auto json = nlohmann::json::parse(taken.value().json);
    EXPECT_EQ(json["policies"][0]["failure-details"].size(), TlsReportLimits::failures_kept);
    EXPECT_EQ(json["policies"][0]["summary"]["total-failure-session-count"], 1'000);
}

/// A report takes its counts along; those of one that was not sent come back, and two of a day differ.
TEST(TlsReportsTest, CountsAreToldOnce) {
    base::ManualClock clock{base::SystemTime(std::chrono::seconds(1'795'348'800))};
    TlsReports reports({"Here", "p@here.test", "mx.here.test"}, clock);
    const auto bad = [](const TlsReport& taken) {
        std::uint64_t sum = 0;
        const auto report = nlohmann::json::parse(taken.json);
        for (const auto& policy : report["policies"])
            sum += policy["summary"]["total-failure-session-count"].get<std::uint64_t>();
        return sum;
    };
    for (int i = 0; i < 3; ++i) reports.saw(seen("d.test", TlsTrouble::expired));
    EXPECT_EQ(reports.changed().size(), 1U);
    const auto place = reports.over(true).at(0);
    auto first = reports.take(place);
    ASSERT_TRUE(first);
    reports.saw(seen("d.test", TlsTrouble::expired));
    EXPECT_TRUE(reports.over(true).empty()) << "one at a time";
    EXPECT_FALSE(reports.take(place));
    const std::string id = first->id;
    const auto after_crash = [&](const TlsReports::Row& row) {
        TlsReports restarted({"Here", "p@here.test", "mx.here.test"}, clock);
        EXPECT_TRUE(restarted.restore(row.place.first, row.json));
        return restarted.take(place).value();
    };
    const auto both = reports.changed();
    ASSERT_EQ(both.size(), 1U) << "what came meanwhile is kept too";
    EXPECT_EQ(bad(after_crash(both[0])), 4U) << "with what may have to come back";
    EXPECT_EQ(after_crash(both[0]).id, id);
    EXPECT_EQ(bad(after_crash(reports.left(place))), 1U);
    reports.put_back(place);
    ASSERT_EQ(reports.changed().size(), 1U);
    auto again = reports.take(place);
    ASSERT_TRUE(again);
    EXPECT_EQ(bad(*again), 4U);
    EXPECT_EQ(again->id, id) << "it may have come after all";
    reports.saw(seen("d.test", TlsTrouble::expired));
    reports.settle(place);
    // The next one of that day, after a restart too.
    const auto rows = reports.changed();
    ASSERT_EQ(rows.size(), 1U);
    TlsReports restarted({"Here", "p@here.test", "mx.here.test"}, clock);
    ASSERT_TRUE(restarted.restore(rows[0].place.first, rows[0].json));
    auto second = restarted.take(place);
    ASSERT_TRUE(second);
    EXPECT_EQ(bad(*second), 1U);
    EXPECT_NE(second->id, id);
    EXPECT_NE(second->filename, again->filename);
    restarted.settle(place);
    clock.advance(std::chrono::hours(24));
    EXPECT_TRUE(restarted.over().empty());
    ASSERT_EQ(restarted.changed().size(), 1U) << "nothing is left of a day that is told";
}

TEST(TlsReportsTest, Records) {
    const auto both =
        read_tls_report_record("v=TLSRPTv1; rua=mailto:tls@d.test,https://reports.test/tls?x=1");
    EXPECT_EQ(both.mail, std::vector<std::string>{"tls@d.test"});
    EXPECT_EQ(both.https, std::vector<std::string>{"https://reports.test/tls?x=1"});
    EXPECT_TRUE(read_tls_report_record("v=TLSRPTv2; rua=mailto:a@b").mail.empty());
    EXPECT_TRUE(read_tls_report_record("v=TLSRPTv1 rua=mailto:a@b").mail.empty());
    EXPECT_TRUE(read_tls_report_record("v=TLSRPTv1; rua=mailto:a b@c,http://x/").https.empty());
    EXPECT_TRUE(read_tls_report_record("v=TLSRPTv1; rua=mailto:a b@c").mail.empty());
}

class Mailer final : public ReportMailer {
public:
    boost::asio::awaitable<bool> send(std::string from, std::string to, std::string text) override {
        sent.push_back(from + " " + to + "\n" + text);
        co_return true;
    }
    std::vector<std::string> sent;
};

TEST(TlsReportsTest, SentByHttpsElseByMail) {
    World w;
    Mailer mailer;
    TlsReport report;
    report.domain = "d.test";
    report.id = "1@mx.here.test";
    report.filename = "mx.here.test!d.test!1!2";
    report.json = "{\"report-id\":\"1\"}";
    TlsReportSender sender(w.resolver, w.client, &mailer, "postmaster@here.test", w.clock, w.random);
    w.zone.txt("_smtp._tls.d.test", "v=TLSRPTv1; rua=https://reports.test:" + std::to_string(w.web.port()) +
                                        "/tls,mailto:tls@d.test");
    w.web.answer("201 Created", "text/plain", "");
    EXPECT_TRUE(w.run(sender.send(report)));
    ASSERT_EQ(w.web.requests().size(), 1U);
    const std::string request = w.web.requests()[0];
    EXPECT_NE(request.find("Content-Type: application/tlsrpt+gzip\n"), std::string::npos);
    EXPECT_EQ(gunzipped(request.substr(request.find("\n\n") + 2)), report.json);
    EXPECT_TRUE(mailer.sent.empty());

    w.web.answer("500 No", "text/plain", "");
    EXPECT_TRUE(w.run(sender.send(report)));
    ASSERT_EQ(mailer.sent.size(), 1U);
    const std::string& mail = mailer.sent[0];
    EXPECT_TRUE(mail.starts_with("postmaster@here.test tls@d.test\n"));
    for (const char* line :
         {"TLS-Report-Domain: d.test\r\n", "TLS-Report-Submitter: here.test\r\n", "TLS-Required: No\r\n",
          "Content-Type: multipart/report; report-type=\"tlsrpt\";",
          "Content-Type: application/tlsrpt+gzip\r\n", "filename=\"mx.here.test!d.test!1!2.json.gz\"\r\n"})
        EXPECT_NE(mail.find(line), std::string::npos) << line;
    std::string encoded = mail.substr(mail.find(".json.gz\"\r\n\r\n") + 13);
    encoded = encoded.substr(0, encoded.find("--"));
    std::erase_if(encoded, [](char c) { return c == '\r' || c == '\n'; });
    EXPECT_EQ(gunzipped(*base::base64_decode(encoded)), report.json);
}

TEST(TlsReportsTest, NobodyWantsIt) {
    World w;
    TlsReport report;
    report.domain = "quiet.test";
    TlsReportSender sender(w.resolver, w.client, nullptr, "p@here.test", w.clock, w.random);
    EXPECT_TRUE(w.run(sender.send(report)));
}

}  // namespace
}  // namespace smtp_out_test
