// A stand for the connector: hosts from a table instead of DNS, messages from strings, one delivery at a
// time.
#pragma once
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <gtest/gtest.h>

#include "mta/connector.hpp"
#include "mta/smtp_out/smtp_connector.hpp"

namespace smtp_out_test {
using namespace mta;
using namespace mta::smtp_out;

class TextMessage final : public Message {
public:
    explicit TextMessage(std::string text) : text_(std::move(text)) {}
    std::uint64_t size() const override { return text_.size(); }
    awaitable<store::Result<std::string>> read(std::uint64_t offset, std::size_t length) override {
        if (fail_at && offset + length > *fail_at)
            co_return store::Error(store::Errc::unavailable, "disk on fire");
        co_return text_.substr(offset, length);
    }
    std::optional<std::uint64_t> fail_at;

private:
    std::string text_;
};

class TableFinder final : public HostFinder {
public:
    boost::asio::awaitable<HostPlan> find(std::shared_ptr<const NextHop>, TlsWish wish) override {
        ++asked;
        last_wish = wish;
        co_return plan;
    }
    HostPlan plan;
    int asked = 0;
    TlsWish last_wish = TlsWish::none;
};

inline Host host_at(std::uint16_t port, const std::string& name = "hop.test",
                    const std::vector<std::string>& addresses = {"127.0.0.1"}) {
    Host host;
    host.name = name;
    host.port = port;
    for (const std::string& address : addresses) host.addresses.push_back(*net::IpAddress::parse(address));
    return host;
}

/// Time-outs short enough for tests of silence, long enough for a busy machine.
inline Settings quick_settings() {
    Settings settings;
    settings.host_name = "client.test";
    Timeouts& times = settings.timeouts;
    times.connect = times.tls = std::chrono::milliseconds(3'000);
    times.greeting = times.hello = times.envelope = times.data = times.final = times.block =
        std::chrono::milliseconds(10'000);
    times.idle = std::chrono::milliseconds(2'000);
    times.quit = std::chrono::milliseconds(300);
    times.last_answer = std::chrono::milliseconds(3'000);
    return settings;
}

class Stand {
public:
    explicit Stand(Settings settings = quick_settings()) : work_(io_.get_executor()) {
        Made made = make_smtp_connector(
            {.executor = io_.get_executor(), .finder = finder, .reporter = &reporter}, std::move(settings));
        EXPECT_EQ(made.fault, "");
        connector = std::move(made.connector);
        for (std::thread& thread : threads_) thread = std::thread([this] { io_.run(); });
        next_hop->name = "example.test";
    }
    ~Stand() {
        connector->stop();
        work_.reset();
        for (std::thread& thread : threads_) thread.join();  // ends when nothing is left to do
    }
    Stand(const Stand&) = delete;
    Stand& operator=(const Stand&) = delete;

    Job job(const std::vector<std::string>& recipients,
            const std::string& text = "Subject: hello\r\n\r\nbody\r\n") {
        Job out;
        auto said = std::make_shared<Envelope>(envelope);
        out.envelope = said;
        for (const std::string& address : recipients) {
            Recipient recipient;
            recipient.address = address;
            out.recipients.push_back(recipient);
        }
        out.message = message ? message : std::make_shared<TextMessage>(text);
        out.next_hop = next_hop;
        out.stop = stop.get_token();
        return out;
    }
    std::future<Attempt> start(Job job) {
        auto promise = std::make_shared<std::promise<Attempt>>();
        std::future<Attempt> out = promise->get_future();
        boost::asio::co_spawn(boost::asio::make_strand(io_), connector->deliver(std::move(job)),
                              [promise](std::exception_ptr broken, Attempt attempt) {
                                  if (broken) {
                                      promise->set_exception(broken);
                                  } else {
                                      promise->set_value(std::move(attempt));
                                  }
                              });
        return out;
    }
    Attempt deliver(Job job) { return start(std::move(job)).get(); }
    Attempt deliver(const std::vector<std::string>& recipients,
                    const std::string& text = "Subject: hello\r\n\r\nbody\r\n") {
        return deliver(job(recipients, text));
    }

    struct Reporter final : TlsReporter {
        void saw(const Seen& seen) override {
            const std::lock_guard lock(mutex);
            all.push_back(seen);
        }
        std::mutex mutex;
        std::vector<Seen> all;
    };

private:
    boost::asio::io_context io_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    std::array<std::thread, 2> threads_;

public:
    TableFinder finder;
    Reporter reporter;
    std::unique_ptr<Connector> connector;
    Envelope envelope = [] {
        Envelope out;
        out.sender = "sender@client.test";
        out.queue_id = "Q1";
        return out;
    }();
    std::shared_ptr<NextHop> next_hop = std::make_shared<NextHop>();
    std::shared_ptr<Message> message;
    std::stop_source stop;
};

}  // namespace smtp_out_test
