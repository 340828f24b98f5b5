// What tests of filters stand on: a thread that runs coroutines, files, a store in memory, a fake on a port.
#pragma once
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <gtest/gtest.h>

#include "filter/filters.hpp"
#include "store/engine/memory/memory_engine.hpp"
#include "support/certificates.hpp"
#include "unit/mta/smtp_out/fake_hop.hpp"
#include "unit/mta/smtp_out/fake_zone.hpp"

namespace filter_test {
using namespace filter;
using smtp_out_test::FakeZone;
using smtp_out_test::Peer;

/// A filter of the test's own: `serve` has each connection.
class Fake {
public:
    explicit Fake(std::function<void(Peer&)> serve) : hop_(manners(std::move(serve))) {}
    std::uint16_t port() const { return hop_.port; }
    int connections() const { return hop_.connections; }
    Endpoint endpoint() const {
        Endpoint out;
        out.host = "127.0.0.1";
        out.port = hop_.port;
        return out;
    }

private:
    static smtp_out_test::FakeHop::Manners manners(std::function<void(Peer&)> serve) {
        smtp_out_test::FakeHop::Manners out;
        out.instead = std::move(serve);
        return out;
    }
    smtp_out_test::FakeHop hop_;
};

/// A port where nobody listens.
inline Endpoint nobody() {
    const Fake closed([](Peer&) {});
    return closed.endpoint();
}

class Stand {
public:
    Stand() : work_(io.get_executor()), resolver(io.get_executor(), resolver_settings(zone)) {
        thread_ = std::thread([this] { io.run(); });
    }
    ~Stand() {
        work_.reset();
        io.stop();
        thread_.join();
        resolver.stop();
        pool.join();
    }
    Stand(const Stand&) = delete;
    Stand& operator=(const Stand&) = delete;

    template <class T>
    T run(boost::asio::awaitable<T> work) {
        std::promise<T> promise;
        boost::asio::co_spawn(boost::asio::make_strand(io), std::move(work),
                              [&](std::exception_ptr failed, T value) {
                                  if (failed)
                                      promise.set_exception(failed);
                                  else
                                      promise.set_value(std::move(value));
                              });
        return promise.get_future().get();
    }
    void run(boost::asio::awaitable<void> work) {
        std::promise<void> promise;
        boost::asio::co_spawn(boost::asio::make_strand(io), std::move(work), [&](std::exception_ptr failed) {
            if (failed)
                promise.set_exception(failed);
            else
                promise.set_value();
        });
        promise.get_future().get();
    }
    std::string text_of(const MessagePtr& message) {
        std::string out;
        while (out.size() < message->size()) {
            auto piece = run(message->read(out.size(), piece_bytes));
            if (!piece || piece->empty()) return "unreadable";
            out += *piece;
        }
        return out;
    }

    static net::ResolverSettings resolver_settings(const FakeZone& zone) {
        net::ResolverSettings out;
        out.servers = {zone.server()};
        out.answer_max = std::chrono::milliseconds(1'000);
        return out;
    }

    FakeZone zone;
    boost::asio::io_context io;

private:
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    std::thread thread_;

public:
    net::Resolver resolver;
    boost::asio::thread_pool pool{1};
    base::ManualClock clock{base::SystemTime(std::chrono::seconds(1'800'000'000))};
    base::IdSource ids{clock};
    base::SeededRandom random{7};
    std::unique_ptr<store::engine::MemoryEngine> engine = store::engine::make_memory_engine(ids);
};

inline std::shared_ptr<Facts> some_facts() {
    auto out = std::make_shared<Facts>();
    out->host_name = "mx.test";
    out->queue_id = "Q1";
    out->client = net::IpAddress::parse("203.0.113.7");
    out->client_port = 4711;
    out->helo = "client.test";
    out->sender = "sender@client.test";
    out->recipients = {"anna@acme.test", "bert@acme.test"};
    return out;
}

inline const std::string some_message =
    "From: Somebody <sender@client.test>\r\nSubject: hello\r\nMessage-ID: <1@client.test>\r\n\r\nbody\r\n";

}  // namespace filter_test
