#include "stage.hpp"

#include "base/log.hpp"
#include "directory/make_directory.hpp"
#include "support/stage_tools.hpp"

namespace pop3_test {

using support::number_in;
Stage::Stage(const support::StageOptions& options) : options_(options) {
    base::log::set_level("", base::log::Level::off);
    engine_ = store::engine::make_memory_engine(ids_, image_, store::engine::Limits());
    store_ = store::make_store(*engine_, clock_, store::StoreLimits());
    directory_ = directory::make_directory(*engine_);
    pop3::Limits limits;
    if (options_.contains("delay")) limits.login_delay = std::chrono::seconds(number_in(options_["delay"]));
    if (options_.contains("inuse")) limits.per_user.sessions_max = number_in(options_["inuse"]);
    if (options_.contains("inuse_here")) limits.per_user.per_address_max = number_in(options_["inuse_here"]);
    if (options_.contains("utf8")) limits.refuse_utf8_headers = options_["utf8"] == "strict";
    const base::AccountId demo(1);
    authenticator_.users["demo"] = {demo, "secret", "demo@example.test"};
    authenticator_.users["busy"] = {demo, "secret", "", auth::Failure::temporary};
    authenticator_.users["slow"] = {demo, "secret", "", auth::Failure::too_many};
    authenticator_.apop_on = options_.contains("apop");
    authenticator_.modern = options_.contains("modern");
    authenticator_.users["away"] = {demo, "secret", "away@example.test"};
    authenticator_.users["away"].node = "b1";
    if (options_.contains("relay"))
        relay_ = std::make_unique<support::FakeRelay>(options_["relay"], "back.example has 7 messages");
    services_ = std::make_shared<pop3::Services>(*store_, *directory_, authenticator_, sessions_,
                                                 "mail.example.test", limits, relay_.get());
    run(fill());
}

boost::asio::awaitable<void> Stage::fill() {
    const auto account = co_await store_->create_account(base::AccountId(1));
    if (!account) throw std::runtime_error("no account");
    const auto tree = (*account)->folders();
    const auto inbox = co_await (*account)->open(tree->find("INBOX")->id);
    if (!inbox) throw std::runtime_error("no INBOX");
    inbox_ = *inbox;
    if (options_.contains("empty")) co_return;
    co_await add("Subject: one\r\n\r\nshort\r\n");
    co_await add("Subject: two\r\nX-Dot: x\r\n\r\n.dot\r\n..two dots\r\n.\r\nlast\r\n");
    co_await add("Subject: three\r\n\r\nno end");
    if (options_.contains("bare")) co_await add("Subject: bare\n\nfirst\n.\nlast\n");
    if (options_.contains("utf8")) co_await add("Subject: caf\xC3\xA9\r\n\r\nbody\r\n");
    if (options_.contains("large")) {
        std::string text = "Subject: large\r\n\r\n";
        const std::size_t size = number_in(options_["large"]);
        while (text.size() + 9 <= size) text += ".2345678\r\n";
        co_await add(std::move(text));
    }
}

boost::asio::awaitable<void> Stage::add(std::string text) {
    const std::unique_ptr<store::MessageWriter> writer = store_->new_message();
    const auto written = co_await writer->write(text);
    if (!written) throw std::runtime_error("write failed");
    const auto content = co_await writer->finish();
    std::vector<store::Incoming> messages;
    if (!content) throw std::runtime_error("finish failed");
    messages.emplace_back(*content);
    const auto added = co_await inbox_->append(std::move(messages));
    if (!added) throw std::runtime_error("append failed");
}

boost::asio::awaitable<void> Stage::remove(std::uint32_t uid) {
    store::UidRanges uids;
    store::append_uid(uids, base::Uid(uid));
    const auto removed = co_await inbox_->remove(std::move(uids));
    if (!removed) throw std::runtime_error("remove failed");
}

boost::asio::awaitable<void> Stage::serve(std::unique_ptr<net::Connection> connection) {
    return pop3::serve(std::move(connection), services_);
}

support::MemoryOptions Stage::connection_options(unsigned) { return support::client_of(options_); }

std::string Stage::event(std::string_view text) {
    const auto space = text.find(' ');
    const std::string_view what = text.substr(0, space);
    const std::size_t number = space == std::string_view::npos ? 0 : number_in(text.substr(space + 1));
    const store::SnapshotPtr now = inbox_->snapshot();
    if (what == "exists") {
        return now->size() == number ? "" : "INBOX has " + std::to_string(now->size()) + " messages";
    }
    if (what == "seen") {
        const std::size_t seen = now->size() - now->totals().unseen;
        return seen == number ? "" : std::to_string(seen) + " messages are seen";
    }
    if (what == "expunge") {
        run(remove(static_cast<std::uint32_t>(number)));
        return "";
    }
    if (what == "deliver") {
        run(add("Subject: new\r\n\r\nnew\r\n"));
        return "";
    }
    return "unknown event: " + std::string(text);
}

}  // namespace pop3_test
