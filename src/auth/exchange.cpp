// The exchange: drives a mechanism's steps, and asks the service what the mechanism wants to know.
#include "auth/service.hpp"

namespace auth {
namespace {

class MechanismExchange final : public Exchange {
public:
    MechanismExchange(Service& service, std::unique_ptr<sasl::Mechanism> mechanism, Service::Attempt attempt)
        : service_(service), mechanism_(std::move(mechanism)), attempt_(std::move(attempt)) {}

    bool client_first() const override { return mechanism_->client_first(); }

    awaitable<Outcome> step(std::string response) override {
        if (over_ || response.size() > sasl::Limits::message_bytes_max) {
            over_ = true;
            co_return failed(Failure::malformed);
        }
        const base::Secret wiped(std::move(response));  // it may be a password
        if (refused_) {
            over_ = true;
            co_return std::move(*refused_);  // told of it, the peer has answered: whatever it was
        }
        sasl::Step wanted = mechanism_->step(wiped.reveal());
        if (std::holds_alternative<sasl::LookUp>(wanted)) {
            attempt_.user = std::move(std::get<sasl::LookUp>(wanted).user);
            if (service_.is_blocked(attempt_.client)) {
                over_ = true;
                co_return co_await service_.blocked(attempt_);
            }
            found_ = co_await service_.look_up(attempt_.user);
            if (found_.unavailable) {
                over_ = true;
                co_return co_await service_.refuse(attempt_, std::string(), Failure::temporary,
                                                   "the store does not answer");
            }
            wanted = mechanism_->known(service_.known(found_, attempt_.user, mechanism_->keys_wanted()));
        }
        co_return co_await finish(std::move(wanted));
    }

private:
    static Outcome failed(Failure failure) {
        Outcome out;
        out.failure = failure;
        return out;
    }

    awaitable<Outcome> finish(sasl::Step wanted) {
        if (auto* const challenge = std::get_if<sasl::Challenge>(&wanted)) {
            Outcome out;
            out.kind = Outcome::Kind::challenge;
            out.challenge = std::move(challenge->text);
            co_return out;
        }
        if (auto* const check = std::get_if<sasl::CheckToken>(&wanted)) {
            attempt_.authorization = std::move(check->authorization);
            co_return co_await check_token(std::move(check->token));
        }
        over_ = true;
        if (auto* const check = std::get_if<sasl::CheckPassword>(&wanted)) {
            attempt_.user = std::move(check->user);
            attempt_.authorization = std::move(check->authorization);
            co_return co_await service_.check_password(attempt_, std::move(check->password));
        }
        if (auto* const proven = std::get_if<sasl::Proven>(&wanted)) {
            co_return co_await succeed(std::move(*proven));
        }
        const auto* const refused = std::get_if<sasl::Refused>(&wanted);
        if (refused != nullptr && refused->why == sasl::Refused::Why::credentials) {
            std::string account = penalty_name(found_, attempt_.user);
            const char* const reason = found_.login || attempt_.user.empty() ? "wrong proof" : "unknown user";
            co_return co_await service_.refuse(attempt_, std::move(account), Failure::credentials, reason);
        }
        co_return failed(Failure::malformed);
    }

    /// The delay of a bad token is served before the peer is told: who breaks off then gains nothing.
    awaitable<Outcome> check_token(base::Secret token) {
        Service::Token checked = co_await service_.check_token(attempt_, std::move(token));
        if (!checked.tell) {
            over_ = true;
            co_return std::move(checked.outcome);
        }
        refused_ = std::move(checked.outcome);
        sasl::Step told = mechanism_->token_refused();
        co_return co_await finish(std::move(told));
    }

    awaitable<Outcome> succeed(sasl::Proven proven) {
        attempt_.authorization = std::move(proven.authorization);
        if (!found_.login) {  // EXTERNAL names the user itself
            attempt_.user = std::move(proven.user);
            if (service_.is_blocked(attempt_.client)) co_return co_await service_.blocked(attempt_);
            found_ = co_await service_.look_up(attempt_.user);
            if (!found_.login) {
                const Failure why = found_.unavailable ? Failure::temporary : Failure::credentials;
                co_return co_await service_.refuse(attempt_, attempt_.user, why,
                                                   "no mailbox for the certificate");
            }
        }
        Outcome out = co_await service_.admit(attempt_, *found_.login);
        if (out.kind == Outcome::Kind::success) {
            out.challenge = std::move(proven.final_data);
            out.has_final_data = proven.has_final_data;
        }
        co_return out;
    }

    Service& service_;
    std::unique_ptr<sasl::Mechanism> mechanism_;
    Service::Attempt attempt_;
    Service::Found found_;
    std::optional<Outcome> refused_;
    bool over_ = false;
};

}  // namespace

std::unique_ptr<Exchange> make_exchange(Service& service, std::unique_ptr<sasl::Mechanism> mechanism,
                                        Service::Attempt attempt) {
    return std::make_unique<MechanismExchange>(service, std::move(mechanism), std::move(attempt));
}

}  // namespace auth
