// The exchanges of the fake, as short as their RFCs allow.
#include "support/fake_authenticator.hpp"

namespace support {

namespace {

using auth::Outcome;
using boost::asio::awaitable;

Outcome failed(auth::Failure why) {
    Outcome outcome;
    outcome.failure = why;
    return outcome;
}

Outcome challenge(std::string text) {
    Outcome outcome;
    outcome.kind = Outcome::Kind::challenge;
    outcome.challenge = std::move(text);
    return outcome;
}

/// RFC 4616.
class Plain final : public auth::Exchange {
public:
    explicit Plain(const FakeAuthenticator& users) : users_(users) {}
    bool client_first() const override { return true; }
    awaitable<Outcome> step(std::string response) override {
        const std::size_t first = response.find('\0');
        const std::size_t second = first == std::string::npos ? first : response.find('\0', first + 1);
        if (second == std::string::npos) co_return failed(auth::Failure::malformed);
        const std::string user = response.substr(first + 1, second - first - 1);
        co_return users_.check(user, std::string_view(response).substr(second + 1), "PLAIN");
    }

private:
    const FakeAuthenticator& users_;
};

class Login final : public auth::Exchange {
public:
    explicit Login(const FakeAuthenticator& users) : users_(users) {}
    bool client_first() const override { return false; }
    awaitable<Outcome> step(std::string response) override {
        switch (step_++) {
            case 0:
                co_return challenge("Username:");
            case 1:
                user_ = std::move(response);
                co_return challenge("Password:");
            default:
                co_return users_.check(user_, response, "LOGIN");
        }
    }

private:
    const FakeAuthenticator& users_;
    std::string user_;
    int step_ = 0;
};

class Final final : public auth::Exchange {
public:
    explicit Final(const FakeAuthenticator& users) : users_(users) {}
    bool client_first() const override { return true; }
    awaitable<Outcome> step(std::string response) override {
        if (step_++ == 0) co_return challenge("sure?");
        if (response != "yes") co_return failed(auth::Failure::credentials);
        Outcome outcome = users_.check("demo", users_.users.at("demo").password, "TEST-FINAL");
        outcome.challenge = "bye";
        outcome.has_final_data = true;
        co_return outcome;
    }

private:
    const FakeAuthenticator& users_;
    int step_ = 0;
};

}  // namespace

Outcome FakeAuthenticator::check(std::string_view user, std::string_view password,
                                 std::string mechanism) const {
    const auto found = users.find(std::string(user));
    if (found == users.end() || found->second.password != password) return failed(failure);
    Outcome outcome;
    outcome.kind = Outcome::Kind::success;
    outcome.identity = auth::Identity{found->second.account, found->first, std::move(mechanism)};
    return outcome;
}

bool FakeAuthenticator::plain_text_refused(const auth::Client& client) const {
    return !client.tls && !client.loopback;
}

std::vector<std::string> FakeAuthenticator::mechanisms(const auth::Client& client) const {
    if (plain_text_refused(client)) return {"TEST-FINAL"};
    return {"TEST-FINAL", "PLAIN", "LOGIN"};
}

std::unique_ptr<auth::Exchange> FakeAuthenticator::start(std::string_view name, auth::Client client) {
    if (name == "TEST-FINAL") return std::make_unique<Final>(*this);
    if (plain_text_refused(client)) return nullptr;
    if (name == "PLAIN") return std::make_unique<Plain>(*this);
    if (name == "LOGIN") return std::make_unique<Login>(*this);
    return nullptr;
}

awaitable<Outcome> FakeAuthenticator::login(std::string user, base::Secret password, auth::Client client) {
    if (plain_text_refused(client)) co_return failed(auth::Failure::mechanism);
    co_return check(user, password.reveal(), "LOGIN command");
}

awaitable<Outcome> FakeAuthenticator::apop(std::string, std::string, std::string, auth::Client) {
    co_return failed(auth::Failure::mechanism);
}

awaitable<directory::Result<directory::Credentials>> FakeAuthenticator::make_credentials(base::Secret) {
    co_return directory::Error(store::Errc::denied, "the fake makes no credentials");
}

}  // namespace support
