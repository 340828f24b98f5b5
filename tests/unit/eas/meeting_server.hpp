// A server with one mailbox, anna@example.test: its store, its calendars, and what leaves it.
#pragma once
#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "eas/incoming_meetings.hpp"
#include "eas/meeting_teller.hpp"
#include "eas/meeting_tender.hpp"
#include "support/fake_authenticator.hpp"
#include "unit/directory/fixture.hpp"

namespace eas {

class FakeOutgoing final : public Outgoing {
public:
    boost::asio::awaitable<Submitted> submit(Submission submission) override {
        tried.push_back(std::move(submission));
        if (bugs > 0) {
            --bugs;
            throw base::Bug("in the way that mail goes");
        }
        const std::vector<std::string>& to = tried.back().recipients;
        const bool full = !full_for.empty() && to.front() == full_for;
        if (full) co_return Submitted::full;
        const bool nobodys =
            std::ranges::any_of(to, [this](const std::string& one) { return unknown.contains(one); });
        if (nobodys) co_return Submitted::no_such_user;
        if (answer == Submitted::sent) reached.insert(reached.end(), to.begin(), to.end());
        co_return answer;
    }
    std::string full_for;              ///< mail that names him first cannot leave now
    std::set<std::string> unknown;     ///< nobody has these
    std::vector<std::string> reached;  ///< who has got mail, as often as he has
    int bugs = 0;                      ///< so many submissions break
    std::vector<Submission> tried;
    Submitted answer = Submitted::sent;
};

class MeetingServerTest : public directory::DirectoryTest {
protected:
    void SetUp() override {
        base::log::set_level("eas", base::log::Level::off);
        add_office();
        anna_ = add("anna", {"anna@example.test"});
        store_ = store::make_store(engine(), clock_, store::StoreLimits());
        auto account = directory::run(store_->create_account(anna_));
        ASSERT_TRUE(account);
        account_ = *account;
        start();
    }
    void TearDown() override {
        incoming_.reset();
        services_.reset();
        account_.reset();
        store_.reset();
    }
    /// A server that knows only what is kept.
    void start() {
        services_ = std::make_shared<Services>(*store_, directory(), authenticator_, outgoing_);
        services_->hostname = "mail.example.test";
        ASSERT_TRUE(directory::run(services_->meeting_debts.find()));
    }
    /// It looks at what is delivered from now on.
    void watch(IncomingMeetingsLimits limits = {}) {
        incoming_ = std::make_unique<IncomingMeetings>(*services_, IncomingMeetingsSettings(), limits);
        store::watch_deliveries(*store_, incoming_.get());
    }
    /// A round of who tells what is owed. Whether nothing is any more.
    boost::asio::awaitable<bool> make_good() {
        MeetingTender tender(*services_);
        co_await tender.round();
        co_return services_->meeting_debts.debtors().empty();
    }
    boost::asio::awaitable<bool> deliver(std::string message) {
        const auto writer = store_->new_message();
        const auto written = co_await writer->write(message);
        if (!written) co_return false;
        auto content = co_await writer->finish();
        if (!content) co_return false;
        store::Delivery one{anna_, "INBOX", store::Incoming(std::move(*content))};
        std::vector<store::Delivery> all;
        all.push_back(std::move(one));
        const auto delivered = co_await store_->deliver(std::move(all));
        co_return delivered.size() == 1 && delivered.front().has_value();
    }
    boost::asio::awaitable<std::vector<ShelvedEvent>> events(std::string uid) {
        auto found = co_await services_->events.find(account_, std::move(uid));
        co_return found ? std::move(*found) : std::vector<ShelvedEvent>();
    }

    support::FakeAuthenticator authenticator_;
    FakeOutgoing outgoing_;
    base::AccountId anna_;
    std::unique_ptr<store::Store> store_;
    store::AccountPtr account_;
    std::shared_ptr<Services> services_;
    std::unique_ptr<IncomingMeetings> incoming_;
};

}  // namespace eas
