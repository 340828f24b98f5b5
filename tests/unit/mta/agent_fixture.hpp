// The agent over the real store and directory on the in-memory engine, with a connector that does as told.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include "base/log.hpp"
#include "directory/make_directory.hpp"
#include "mta/agent.hpp"
#include "mta/queue_message.hpp"
#include "store/engine/memory/memory_engine.hpp"
#include "store/queue_claim.hpp"
#include "support/run_now.hpp"
#include "support/stored_messages.hpp"

namespace mta {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// Answers each recipient by what stands before its '@': "ok…", "later…", "never…", "down…".
class ToldConnector final : public Connector {
public:
    std::string_view name() const override { return "told"; }
    awaitable<Attempt> deliver(Job job) override {
        ++attempts;
        Attempt out;
        const auto text = co_await job.message->read(0, 1 << 20);
        if (job.unsigned_message) {
            const auto bare = co_await job.unsigned_message->read(0, 1 << 20);
            unsigned_messages.push_back(bare ? *bare : "unreadable");
        }
        for (const Recipient& recipient : job.recipients) {
            Outcome outcome;
            outcome.host = "mx.far.test";
            if (recipient.address.starts_with("ok")) {
                outcome.fate = Fate::relayed;
                outcome.status = {2, 0, 0};
                outcome.code = 250;
                got[recipient.address].push_back(text ? *text : "unreadable");
            } else if (recipient.address.starts_with("never")) {
                outcome.fate = Fate::failed;
                outcome.status = {5, 1, 1};
                outcome.code = 550;
                outcome.words = "no such user";
                outcome.from_remote = true;
            } else {
                outcome.status = {4, 4, 1};
                outcome.words = "not now";
                out.destination_down |= recipient.address.starts_with("down");
            }
            out.outcomes.push_back(std::move(outcome));
        }
        co_return out;
    }
    std::size_t room(const NextHop&) const override { return 5; }
    void stop() override {}

    int attempts = 0;
    std::vector<std::string> unsigned_messages;
    std::map<std::string, std::vector<std::string>> got;
};

class PlainReporter final : public Reporter {
public:
    awaitable<store::Result<std::string>> compose(ReportRequest request) override {
        ++asked;
        const store::Error failed = fails ? fails() : store::Error();
        if (!failed.is(store::Errc::none)) co_return failed;
        std::string out =
            "From: " + from + "\r\nTo: " + request.envelope->sender + "\r\nSubject: report\r\n\r\n";
        for (const ReportLine& line : request.lines)
            out += std::to_string(static_cast<int>(line.action)) + " " + line.recipient.address + " " +
                   line.outcome.status.text() + "\r\n";
        co_return out;
    }

    int asked = 0;
    std::string from = "MAILER-DAEMON";
    std::function<store::Error()> fails;
};

class AgentTest : public testing::Test {
protected:
    AgentTest() {
        base::log::set_level("", base::log::Level::off);
        open(nullptr);
        directory::PostOffice office;
        office.name = "acme";
        EXPECT_TRUE(run(directory->add_post_office(office)));
        directory::Domain domain;
        domain.name = "ours.test";
        domain.post_office = "acme";
        EXPECT_TRUE(run(directory->add_domain(domain)));
        for (const char* name : {"a", "b", "c"}) add_mailbox(name);
    }
    ~AgentTest() override { close(); }

    void open(store::engine::MemoryImagePtr image) {
        engine = store::engine::make_memory_engine(ids, std::move(image));
        store = store::make_store(*engine, clock, store::StoreLimits());
        directory = directory::make_directory(*engine, directory::Options());
        queue = store::make_queue(*engine, ids, clock, queue_limits);
        EXPECT_TRUE(run(queue->open()));
        trace = std::make_unique<Trace>(TraceSettings(), clock);
        router = std::make_unique<Router>(*directory, RouteSettings());
        make_agent();
    }
    void make_agent() {
        agent.reset();
        AgentParts parts{*store, *queue, *router, *trace, &connector, &reporter, nullptr, clock, chance};
        if (change_parts) change_parts(parts);
        agent = std::make_unique<Agent>(parts, settings);
    }
    void close() {
        agent.reset();
        router.reset();
        trace.reset();
        queue.reset();
        directory.reset();
        store.reset();
        if (engine) engine->close();
        engine.reset();
    }
    /// What is on the disk, and a new process over it.
    void crash() {
        auto image = engine->power_cut();
        close();
        open(std::move(image));
    }

    template <class T>
    T run(awaitable<T> work) {
        return support::run_now(std::move(work));
    }
    static awaitable<bool> settled(store::Queue* queue, Agent* agent, const base::ManualClock* clock) {
        const auto executor = co_await asio::this_coro::executor;
        asio::steady_timer timer(executor);
        for (int i = 0; i < 2'000; ++i) {
            timer.expires_after(1ms);
            co_await timer.async_wait(asio::use_awaitable);
            std::uint64_t busy = 0;
            for (const auto& [name, value] : queue->figures()) busy += name == "queue_busy" ? value : 0;
            if (busy == 0 && queue->next_due() > base::unix_milliseconds(clock->now())) break;
        }
        agent->stop();
        co_await agent->stopped();
        co_return true;
    }
    /// Lets the agent do all that is due now; then it is another agent over the same queue.
    void work() {
        asio::io_context io;
        agent->start(io.get_executor());
        bool done = false;
        asio::co_spawn(io, settled(queue.get(), agent.get(), &clock),
                       [&](std::exception_ptr, bool) { done = true; });
        io.run();
        EXPECT_TRUE(done);
        make_agent();
    }

    base::AccountId add_mailbox(const std::string& name) {
        directory::Mailbox mailbox;
        mailbox.name = name;
        mailbox.post_office = "acme";
        mailbox.addresses = {name + "@ours.test"};
        auto added = run(directory->add_mailbox(mailbox, directory::Credentials()));
        EXPECT_TRUE(added) << added.error().what();
        EXPECT_TRUE(run(store->create_account(added->account)));
        accounts[name] = added->account;
        return added->account;
    }
    static awaitable<store::Result<store::ContentPtr>> write(store::Store* store, std::string text) {
        const auto writer = store->new_message();
        const auto written = co_await writer->write(text);
        if (!written) co_return written.error();
        co_return co_await writer->finish();
    }
    std::string text_of_message(const std::string& subject) {
        return "From: x\r\nSubject: " + subject + "\r\n" + more_fields + "\r\nbody\r\n";
    }
    /// One answer a recipient: "delivered", "queued", "refused"; at RCPT already "550 5.1.1".
    std::vector<std::string> send(const std::string& from, std::vector<std::string> to, bool trusted = true,
                                  std::uint8_t notify = notify_unset, std::vector<std::string> before = {}) {
        Arrival arrival;
        arrival.id = agent->new_id();
        last = arrival.id;
        arrival.envelope.sender = from;
        arrival.envelope.arrived = clock.now();
        arrival.fields = "Received: from test\r\n";
        arrival.delivered_to = std::move(before);
        std::vector<std::string> out;
        for (const std::string& address : to) {
            RouteQuestion question;
            question.sender = from;
            question.recipient = address;
            question.trusted = trusted;
            const Resolved found = run(agent->resolve(question));
            if (found.code != 0) {
                out.push_back(std::to_string(found.code) + " " + found.status.text());
                continue;
            }
            Arrival::To one;
            one.recipient.address = address;
            one.recipient.notify = notify;
            one.targets = found.targets;
            arrival.recipients.push_back(std::move(one));
        }
        if (arrival.recipients.empty()) return out;
        const auto content = run(write(store.get(), text_of_message("s")));
        if (!content) return {"no content"};
        arrival.content = *content;
        if (change) change(arrival);
        for (const Taken& one : run(agent->take(std::move(arrival))))
            out.push_back(one.how == Taken::How::delivered ? "delivered"
                          : one.how == Taken::How::queued  ? "queued"
                                                           : "refused");
        return out;
    }
    std::vector<std::string> folder(const std::string& mailbox, const std::string& name) {
        return run(support::read_folder(store.get(), accounts[mailbox], name));
    }
    std::vector<std::string> inbox(const std::string& name) { return folder(name, "INBOX"); }
    std::vector<std::string> junk(const std::string& name) { return folder(name, "Junk"); }
    /// What the operator does to `last`: the message is no attempt's to take when the commit is done.
    void expect_alone(awaitable<store::Result<void>> action) {
        const std::int64_t soon = base::unix_milliseconds(clock.now()) + 100'000'000;
        unsigned changes = 0;
        queue->on_change([&] {
            if (++changes != 1) return;
            EXPECT_FALSE(store::QueueClaim(*queue, last)) << "somebody has it";
            const auto other = queue->take(soon);  // a report about it
            EXPECT_FALSE(other && other->id == last);
            if (other) queue->give_back(*other);
        });
        EXPECT_TRUE(run(std::move(action)));
        queue->on_change({});
        EXPECT_GT(changes, 1U) << "the commit, and that it is given back";
        EXPECT_TRUE(store::QueueClaim(*queue, last));
    }
    std::size_t queued() { return queue->ids(store::QueueId(), 1000).size(); }
    /// Steps of the trace.
    std::vector<std::string> steps(const std::string& event) {
        std::vector<std::string> out;
        for (const std::string& line : trace->after(0).first)
            if (line.find("\"event\":\"" + event + "\"") != std::string::npos) out.push_back(line);
        return out;
    }
    void expect_sound() {
        const auto report = run(store->check({}));
        ASSERT_TRUE(report);
        EXPECT_EQ(report->problems, std::vector<std::string>());
    }
    using Answers = std::vector<std::string>;

    base::ManualClock clock{base::SystemTime(std::chrono::seconds(1'800'000'000))};
    base::IdSource ids{clock};
    base::SeededRandom chance{1};
    AgentSettings settings;
    store::QueueLimits queue_limits;
    ToldConnector connector;
    PlainReporter reporter;
    std::unique_ptr<store::engine::MemoryEngine> engine;
    std::unique_ptr<store::Store> store;
    std::unique_ptr<directory::Directory> directory;
    std::unique_ptr<store::Queue> queue;
    std::unique_ptr<Trace> trace;
    std::unique_ptr<Router> router;
    std::unique_ptr<Agent> agent;
    std::map<std::string, base::AccountId> accounts;
    store::QueueId last;
    std::function<void(Arrival&)> change;           ///< of what send() sends
    std::function<void(AgentParts&)> change_parts;  ///< of agents that are made
    std::string more_fields;                        ///< in the header of what send() sends
};

}  // namespace mta
