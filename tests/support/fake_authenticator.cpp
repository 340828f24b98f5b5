// The exchanges of the fake, as short as their RFCs allow.
#include "support/fake_authenticator.hpp"

#include <array>

#include <openssl/evp.h>

#include "auth/ntlm.hpp"
#include "auth/sasl/mechanism.hpp"

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

/// RFC 4616; with data at the end where it is X-FINAL.
class Plain final : public auth::Exchange {
public:
    Plain(const FakeAuthenticator& users, bool final_data) : users_(users), final_data_(final_data) {}
    bool client_first() const override { return true; }
    awaitable<Outcome> step(std::string response) override {
        const std::size_t first = response.find('\0');
        const std::size_t second = first == std::string::npos ? first : response.find('\0', first + 1);
        if (second == std::string::npos) co_return failed(auth::Failure::malformed);
        const std::string user = response.substr(first + 1, second - first - 1);
        Outcome outcome = users_.check(user, std::string_view(response).substr(second + 1),
                                       final_data_ ? "X-FINAL" : "PLAIN");
        outcome.has_final_data = final_data_ && outcome.kind == Outcome::Kind::success;
        if (outcome.has_final_data) outcome.challenge = "v=proof";
        co_return outcome;
    }

private:
    const FakeAuthenticator& users_;
    const bool final_data_;
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

/// Drives a mechanism of auth's as its own exchange does, without delays and policy.
class Modern final : public auth::Exchange {
public:
    Modern(const FakeAuthenticator& users, std::string name, std::unique_ptr<auth::sasl::Mechanism> mechanism)
        : users_(users), name_(std::move(name)), mechanism_(std::move(mechanism)) {}
    bool client_first() const override { return mechanism_->client_first(); }

    awaitable<Outcome> step(std::string response) override {
        namespace sasl = auth::sasl;
        if (refused_) co_return failed(users_.failure);  // told of it, the peer has answered: whatever it was
        sasl::Step wanted = mechanism_->step(response);
        if (const auto* const look_up = std::get_if<sasl::LookUp>(&wanted)) {
            user_ = look_up->user;
            const auto found = users_.users.find(user_);
            sasl::Known known;
            known.real = found != users_.users.end();
            if (known.real) known.nt_hash = auth::ntlm::nt_hash(base::Secret(found->second.password));
            wanted = mechanism_->known(std::move(known));
        }
        if (const auto* const token = std::get_if<sasl::CheckToken>(&wanted)) {
            const auto found = users_.users.find(token->authorization);
            if (token->token.reveal() == "good-token" && found != users_.users.end())
                co_return users_.check(found->first, found->second.password, name_);
            refused_ = true;
            wanted = mechanism_->token_refused();
        }
        if (auto* const text = std::get_if<sasl::Challenge>(&wanted))
            co_return challenge(std::move(text->text));
        if (std::holds_alternative<sasl::Proven>(wanted))
            co_return users_.check(user_, users_.users.at(user_).password, name_);
        const auto* const refused = std::get_if<sasl::Refused>(&wanted);
        const bool wrong = refused != nullptr && refused->why == sasl::Refused::Why::credentials;
        co_return failed(wrong ? users_.failure : auth::Failure::malformed);
    }

private:
    const FakeAuthenticator& users_;
    const std::string name_;
    const std::unique_ptr<auth::sasl::Mechanism> mechanism_;
    std::string user_;
    bool refused_ = false;
};

std::unique_ptr<auth::sasl::Mechanism> make_modern(std::string_view name) {
    auth::sasl::TokenAdvice advice;
    advice.scope = "mail";
    advice.configuration = "https://login.example/.well-known/openid-configuration";
    if (name == "OAUTHBEARER") return auth::sasl::make_oauthbearer(std::move(advice));
    if (name == "XOAUTH2") return auth::sasl::make_xoauth2(std::move(advice));
    if (name != "NTLM") return nullptr;
    auth::sasl::NtlmServer server;
    server.name = "MAIL";
    server.hostname = "mail.example.test";
    server.challenge = "8 octets";
    return auth::sasl::make_ntlm(std::move(server));
}

}  // namespace

Outcome FakeAuthenticator::check(std::string_view user, std::string_view password,
                                 std::string mechanism) const {
    const auto found = users.find(std::string(user));
    if (found == users.end()) return failed(failure);
    const User& known = found->second;
    if (known.failure) return failed(*known.failure);
    if (known.password != password) return failed(failure);
    Outcome outcome;
    outcome.kind = Outcome::Kind::success;
    outcome.identity.account = known.account;
    outcome.identity.name = known.name.empty() ? found->first : known.name;
    outcome.identity.mechanism = std::move(mechanism);
    outcome.identity.node = known.node;
    return outcome;
}

bool FakeAuthenticator::plain_text_refused(const auth::Client& client) const {
    return !client.tls && !client.loopback;
}

std::vector<std::string> FakeAuthenticator::mechanisms(const auth::Client& client) const {
    if (plain_text_refused(client)) return {"X-FINAL"};
    if (modern) return {"NTLM", "OAUTHBEARER", "XOAUTH2", "PLAIN", "LOGIN"};
    return {"X-FINAL", "PLAIN", "LOGIN"};
}

std::unique_ptr<auth::Exchange> FakeAuthenticator::start(std::string_view name, auth::Client client) {
    if (name == "X-FINAL") return std::make_unique<Plain>(*this, true);
    if (plain_text_refused(client)) return nullptr;
    if (name == "PLAIN") return std::make_unique<Plain>(*this, false);
    if (name == "LOGIN") return std::make_unique<Login>(*this);
    auto mechanism = modern ? make_modern(name) : nullptr;
    if (mechanism == nullptr) return nullptr;
    return std::make_unique<Modern>(*this, std::string(name), std::move(mechanism));
}

awaitable<Outcome> FakeAuthenticator::login(std::string user, base::Secret password, auth::Client client) {
    if (plain_text_refused(client)) co_return failed(auth::Failure::mechanism);
    co_return check(user, password.reveal(), "LOGIN command");
}

awaitable<Outcome> FakeAuthenticator::apop(std::string user, std::string timestamp, std::string digest,
                                           auth::Client) {
    const auto found = users.find(user);
    const bool good = found != users.end() && digest == md5_hex(timestamp + found->second.password);
    if (!good) co_return failed(failure);
    co_return check(user, found->second.password, "APOP");
}

awaitable<directory::Result<directory::Credentials>> FakeAuthenticator::make_credentials(
    base::Secret password) {
    directory::Credentials made;
    made.password_hash = "{PLAIN}" + std::string(password.reveal());
    co_return made;
}

std::string md5_hex(std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> octets{};
    unsigned length = 0;
    EVP_Digest(text.data(), text.size(), octets.data(), &length, EVP_md5(), nullptr);
    std::string out;
    for (unsigned i = 0; i < length; ++i) {
        out += "0123456789abcdef"[octets[i] >> 4];
        out += "0123456789abcdef"[octets[i] & 15U];
    }
    return out;
}

}  // namespace support
