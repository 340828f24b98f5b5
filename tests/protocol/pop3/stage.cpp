#include "stage.hpp"

#include <charconv>

#include <boost/asio/co_spawn.hpp>
#include <openssl/evp.h>

#include "base/log.hpp"
#include "directory/make_directory.hpp"

namespace pop3_test {
namespace {

auth::Outcome success(std::string mechanism) {
    auth::Outcome out;
    out.kind = auth::Outcome::Kind::success;
    out.identity.account = base::AccountId(1);
    out.identity.name = "demo@example.test";
    out.identity.mechanism = std::move(mechanism);
    return out;
}
auth::Outcome failure(auth::Failure why) {
    auth::Outcome out;
    out.failure = why;
    return out;
}
auth::Outcome ask(std::string text) {
    auth::Outcome out;
    out.kind = auth::Outcome::Kind::challenge;
    out.challenge = std::move(text);
    return out;
}
auth::Outcome judge(std::string_view user, std::string_view password, std::string mechanism) {
    if (user == "busy") return failure(auth::Failure::temporary);
    if (user == "slow") return failure(auth::Failure::too_many);
    const bool good = user == "demo" && password == "secret";
    return good ? success(std::move(mechanism)) : failure(auth::Failure::credentials);
}

class FakeExchange final : public auth::Exchange {
public:
    explicit FakeExchange(std::string name) : name_(std::move(name)) {}
    bool client_first() const override { return name_ != "LOGIN"; }
    auth::awaitable<auth::Outcome> step(std::string response) override {
        if (name_ == "LOGIN") {
            ++step_;
            if (step_ == 1) co_return ask("Username:");
            if (step_ == 2) user_ = std::move(response);
            if (step_ == 2) co_return ask("Password:");
            co_return judge(user_, response, name_);
        }
        const auto second = response.find('\0', 1);
        if (response.empty() || response[0] != '\0' || second == std::string::npos) {
            co_return failure(auth::Failure::malformed);
        }
        auth::Outcome out = judge(response.substr(1, second - 1), response.substr(second + 1), name_);
        out.has_final_data = name_ == "X-FINAL" && out.kind == auth::Outcome::Kind::success;
        if (out.has_final_data) out.challenge = "v=proof";
        co_return out;
    }

private:
    std::string name_, user_;
    int step_ = 0;
};

std::string md5_hex(const std::string& text) {
    unsigned char octets[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    EVP_Digest(text.data(), text.size(), octets, &length, EVP_md5(), nullptr);
    std::string out;
    for (unsigned i = 0; i < length; ++i) {
        out += "0123456789abcdef"[octets[i] >> 4];
        out += "0123456789abcdef"[octets[i] & 15U];
    }
    return out;
}

std::size_t number_in(std::string_view text) {
    std::size_t out = 0;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

}  // namespace

std::vector<std::string> FakeAuthenticator::mechanisms(const auth::Client& client) const {
    if (plain_text_refused(client)) return {"X-FINAL"};
    return {"X-FINAL", "PLAIN", "LOGIN"};
}

std::unique_ptr<auth::Exchange> FakeAuthenticator::start(std::string_view name, auth::Client client) {
    for (const std::string& known : mechanisms(client)) {
        if (known == name) return std::make_unique<FakeExchange>(known);
    }
    return nullptr;
}

auth::awaitable<auth::Outcome> FakeAuthenticator::login(std::string user, base::Secret password,
                                                        auth::Client client) {
    if (plain_text_refused(client)) co_return failure(auth::Failure::mechanism);
    co_return judge(user, password.reveal(), "USER");
}

auth::awaitable<auth::Outcome> FakeAuthenticator::apop(std::string user, std::string timestamp,
                                                       std::string digest, auth::Client) {
    const bool good = user == "demo" && digest == md5_hex(timestamp + "secret");
    co_return good ? success("APOP") : failure(auth::Failure::credentials);
}

auth::awaitable<directory::Result<directory::Credentials>> FakeAuthenticator::make_credentials(base::Secret) {
    co_return directory::Error(directory::Errc::invalid, "not here");
}

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
    authenticator_.apop_on = options_.contains("apop");
    services_ = std::make_shared<pop3::Services>(*store_, *directory_, authenticator_, sessions_,
                                                 "mail.example.test", limits);
    finish(fill());
}

void Stage::finish(boost::asio::awaitable<void> work) {
    // Not run(): sessions that wait keep it busy for ever.
    std::exception_ptr broken;
    bool ended = false;
    io.restart();
    boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr e) {
        broken = e;
        ended = true;
    });
    while (!ended) io.run_one();
    io.restart();
    if (broken) std::rethrow_exception(broken);
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

support::MemoryOptions Stage::connection_options(unsigned) {
    support::MemoryOptions options;
    const bool remote = options_.contains("remote");
    options.peer.address = remote ? "192.0.2.7" : "127.0.0.1";
    options.peer.loopback = !remote;
    options.can_start_tls = options_.contains("starttls");
    options.peer.tls = options_.contains("tls");
    return options;
}

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
        finish(remove(static_cast<std::uint32_t>(number)));
        return "";
    }
    if (what == "deliver") {
        finish(add("Subject: new\r\n\r\nnew\r\n"));
        return "";
    }
    return "unknown event: " + std::string(text);
}

}  // namespace pop3_test
