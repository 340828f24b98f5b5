// The admin operations over a store and a directory in memory, and a session of the admin socket without a
// socket.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

#include "admin/session.hpp"
#include "base/id_source.hpp"
#include "base/log.hpp"
#include "directory/make_directory.hpp"
#include "store/engine/memory/memory_engine.hpp"
#include "support/fake_authenticator.hpp"
#include "support/memory_connection.hpp"

namespace admin {

class AdminTest : public testing::Test {
protected:
    AdminTest() {
        base::log::set_level("", base::log::Level::off);
        services = std::make_shared<const Services>(Services{
            *store, *directory, authenticator, *server, clock, "1.2.3", "mail.example.test", clock.now()});
    }
    ~AdminTest() override { base::log::set_level("", base::log::Level::warn); }

    /// A client that says `octets` in pieces of `cut` (0: at once) and leaves. What it was answered, as it
    /// came.
    std::string talk(std::string_view octets, std::size_t cut = 0) {
        auto pair = support::make_memory_pair(io, {});
        bool ended = false;
        io.restart();
        boost::asio::co_spawn(io, serve(std::move(pair.connection), services, limits),
                              [&](const std::exception_ptr& broken) {
                                  EXPECT_FALSE(broken) << "the session threw";
                                  ended = true;
                              });
        io.poll();
        for (std::size_t at = 0; at < octets.size(); at += cut == 0 ? octets.size() : cut) {
            pair.peer.send(octets.substr(at, cut == 0 ? octets.size() : cut));
            io.restart();
            io.poll();
        }
        closed_by_server = pair.peer.server_closed();
        pair.peer.close();
        io.restart();
        io.run();
        EXPECT_TRUE(ended);
        return pair.peer.received();
    }

    /// The answers to requests, one for each line.
    std::vector<Json> ask(std::string_view octets, std::size_t cut = 0) {
        std::vector<Json> out;
        std::string all = talk(octets, cut);
        for (std::size_t end = all.find('\n'); end != std::string::npos; end = all.find('\n')) {
            out.push_back(Json::parse(all.substr(0, end), nullptr, false));
            EXPECT_TRUE(out.back().is_object()) << all;
            all.erase(0, end + 1);
        }
        EXPECT_EQ(all, "") << "half a line";
        return out;
    }
    /// The answer to one operation.
    Json run(const std::string& operation, const Json& arguments = Json::object()) {
        const Json request = {{"op", operation}, {"args", arguments}};
        const std::vector<Json> answers = ask(request.dump() + "\n");
        EXPECT_EQ(answers.size(), 1U);
        return answers.empty() ? Json() : answers.back();
    }
    Json result(const std::string& operation, const Json& arguments = Json::object()) {
        const Json answer = run(operation, arguments);
        EXPECT_EQ(answer.value("ok", false), true) << operation << ": " << answer.dump();
        return answer.value("result", Json());
    }
    /// "usage: no operation 'x'"
    static std::string fault(const Json& answer) {
        if (answer.value("ok", true)) return "it was done: " + answer.dump();
        return answer["error"].value("code", "") + ": " + answer["error"].value("message", "");
    }
    void add_demo() {
        result("postoffice.add", {{"name", "acme"}});
        result("domain.add", {{"name", "example.test"}, {"postoffice", "acme"}});
        result("account.add", {{"address", "demo@example.test"}, {"password", "secret"}});
    }

    boost::asio::io_context io{1};
    base::ManualClock clock{base::SystemTime(std::chrono::seconds(1'800'000'000))};
    base::IdSource ids{clock};
    std::unique_ptr<store::engine::MemoryEngine> engine = store::engine::make_memory_engine(ids);
    std::unique_ptr<store::Store> store = store::make_store(*engine, clock, store::StoreLimits());
    std::unique_ptr<directory::Directory> directory = directory::make_directory(*engine);
    support::FakeAuthenticator authenticator;
    std::unique_ptr<net::Server> server = net::make_server({});
    AdminLimits limits;
    ServicesPtr services;
    bool closed_by_server = false;
};

}  // namespace admin
