#include "auth/token/checker.hpp"

#include <algorithm>
#include <deque>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "auth/crypto.hpp"
#include "auth/token/key_source.hpp"
#include "base/log.hpp"

namespace auth::token {
namespace {

class JwtChecker final : public Checker {
public:
    JwtChecker(Settings settings, Fetcher& fetcher, const base::Clock& clock)
        : settings_(std::move(settings)), clock_(clock), source_(settings_, fetcher, clock) {}

    awaitable<Answer> check(base::Secret token) override {
        const Parsed parsed = parse_jwt(token.reveal());
        if (parsed.fault() != Fault::none) co_return Answer(parsed.fault());
        Keys keys = co_await source_.current();
        if (!keys) co_return Answer(Fault::unavailable);
        Fault fault = verify(parsed.jwt(), *keys);
        if (fault != Fault::none) {  // keys are changed from time to time
            const Keys newer = co_await source_.newer(keys);
            if (newer && newer != keys) fault = verify(parsed.jwt(), *newer);
        }
        if (fault != Fault::none) co_return Answer(fault);
        auto claims = parse_claims(parsed.jwt().payload, settings_.rules.name_claim);
        if (!claims) co_return Answer(Fault::malformed);
        fault = token::check(*claims, settings_.rules, clock_.now());
        if (fault != Fault::none) co_return Answer(fault);
        co_return Answer(std::move(claims->name));
    }

private:
    const Settings settings_;
    const base::Clock& clock_;
    KeySource source_;
};

/// application/x-www-form-urlencoded
std::string form_encoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           c == '-' || c == '.' || c == '_' || c == '~';
        if (plain) {
            out += c;
        } else {
            out += '%' + hex(std::string_view(&c, 1));
        }
    }
    return out;
}

class Introspection final : public Checker {
public:
    Introspection(Settings settings, Fetcher& fetcher, const base::Clock& clock, base::Random& random)
        : settings_(std::move(settings)),
          fetcher_(fetcher),
          clock_(clock),
          secret_(random_octets(random, 32)) {}

    awaitable<Answer> check(base::Secret token) override {
        if (token.reveal().size() > Limits::token_bytes_max) co_return Answer(Fault::malformed);
        // Tokens are passwords: what is kept of them is a keyed hash.
        const std::string key = hmac(Digest::sha_256, secret_.reveal(), token.reveal());
        if (auto known = find(key)) co_return Answer(std::move(*known));
        const base::SystemTime began = clock_.now();
        if (!begin(began)) co_return Answer(Fault::unavailable);
        Request request;
        request.url = settings_.introspection_url;
        request.form = "token=" + form_encoded(token.reveal()) + "&token_type_hint=access_token";
        // RFC 6749 section 2.3.1: both are form-encoded first.
        if (!settings_.introspection_client.empty()) {
            request.authorization = "Basic " + base64(form_encoded(settings_.introspection_client) + ':' +
                                                      form_encoded(settings_.introspection_secret.reveal()));
        }
        const Response response = co_await fetcher_.fetch(std::move(request));
        co_return judge(key, response, began);
    }

private:
    struct Kept {
        std::string name;
        base::SystemTime until;
    };

    std::optional<std::string> find(const std::string& key) const {
        const std::lock_guard lock(mutex_);
        const auto known = kept_.find(key);
        if (known == kept_.end() || clock_.now() >= known->second.until) return std::nullopt;
        return known->second.name;
    }

    bool begin(base::SystemTime now) {
        const std::lock_guard lock(mutex_);
        if (asking_ >= settings_.asking_max || backoff_.waits(now)) return false;
        ++asking_;
        return true;
    }

    /// What the endpoint says of the request itself. Anybody may send a token that it does not like: that
    /// must not keep others from being asked for.
    static bool is_about_the_token(unsigned status) {
        return status == 400 || status == 413 || status == 422;
    }

    Answer judge(const std::string& key, const Response& response, base::SystemTime began) {
        const auto claims = response.status == 200 ? parse_claims(response.body, settings_.rules.name_claim)
                                                   : std::optional<Claims>();
        const bool answered = claims && claims->active;
        const base::SystemTime now = clock_.now();
        const std::lock_guard lock(mutex_);
        --asking_;
        if (!answered) {
            if (!is_about_the_token(response.status)) backoff_.failed(began, now);
            std::string wrong = response.error;
            if (response.status != 0)
                wrong = response.status == 200 ? "no introspection response"
                                               : "status " + std::to_string(response.status);
            base::log::warn("auth", "cannot ask for tokens",
                            {{"endpoint", settings_.introspection_url}, {"error", wrong}});
            return Answer(Fault::unavailable);
        }
        backoff_.succeeded();
        if (!*claims->active) return Answer(Fault::inactive);
        const Fault fault = token::check(*claims, settings_.rules, now);
        if (fault != Fault::none) return Answer(fault);
        keep(key, *claims, now);
        return Answer(claims->name);
    }

    void keep(const std::string& key, const Claims& claims, base::SystemTime now) {
        base::SystemTime until = now + settings_.answers_kept;
        if (claims.expires) {
            const auto seconds = std::chrono::seconds(std::min(*claims.expires, far_seconds));
            until = std::min(until, base::SystemTime(seconds));
        }
        if (until <= now || settings_.answers_max == 0) return;
        if (!kept_.insert_or_assign(key, Kept{claims.name, until}).second) return;  // it has its place
        order_.push_back(key);
        while (order_.size() > settings_.answers_max) {
            kept_.erase(order_.front());
            order_.pop_front();
        }
    }

    /// Beyond it system_clock's nanoseconds do not reach.
    static constexpr std::int64_t far_seconds = 9'000'000'000;

    const Settings settings_;
    Fetcher& fetcher_;
    const base::Clock& clock_;
    const base::Secret secret_;
    mutable std::mutex mutex_;
    std::size_t asking_ = 0;
    Backoff backoff_;
    std::unordered_map<std::string, Kept> kept_;
    std::deque<std::string> order_;  // the oldest goes first
};

}  // namespace

std::unique_ptr<Checker> make_checker(Settings settings, Fetcher* fetcher, const base::Clock& clock,
                                      base::Random& random) {
    if (!settings.configured() || fetcher == nullptr) return nullptr;
    if (settings.introspection_url.empty())
        return std::make_unique<JwtChecker>(std::move(settings), *fetcher, clock);
    settings.rules.all_required = false;
    return std::make_unique<Introspection>(std::move(settings), *fetcher, clock, random);
}

}  // namespace auth::token
