// Service: mechanisms and policy. The password check is in check.cpp.
#include "auth/service.hpp"

#include <algorithm>
#include <array>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "auth/crypto.hpp"
#include "auth/password.hpp"
#include "auth/prepare.hpp"

namespace auth {
namespace {

PenaltySettings settings_of(const Policy& policy) {
    PenaltySettings settings;
    settings.first = policy.penalty_first;
    settings.max = policy.penalty_max;
    settings.memory = policy.penalty_memory;
    settings.failures_max = policy.failures_per_hour_max;
    return settings;
}

std::string upper(std::string_view name) {
    std::string out(name);
    std::ranges::transform(out, out.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    return out;
}

}  // namespace

Service::Service(directory::Directory& directory, Policy policy, Environment environment)
    : directory_(directory),
      policy_(std::move(policy)),
      environment_(environment),
      fake_secret_(random_octets(*environment.random, 32)),
      penalties_(*environment.clock, *environment.random, settings_of(policy_)),
      verified_(*environment.clock, *environment.random, policy_.verified_cache, policy_.verified_cache_max),
      pool_(policy_.hashing_threads, policy_.hashing_queue_max),
      tokens_(
          token::make_checker(policy_.tokens, environment.fetcher, *environment.clock, *environment.random)) {
    dummy_hash();  // made now: the first unknown user must not take twice as long
}

Service::Channel Service::channel(const Client& client) const {
    Channel out;
    if (!client.tls || !client.channel_binding) return out;
    out.exporter = client.channel_binding("tls-exporter");
    out.server_end_point = client.channel_binding("tls-server-end-point");
    return out;
}

bool Service::plain_text_refused(const Client& client) const {
    if (client.tls || policy_.plain_text_without_tls) return false;
    return !(client.loopback && policy_.plain_text_without_tls_on_loopback);
}

std::vector<std::string> Service::mechanisms(const Client& client) const {
    std::vector<std::string> out;
    if (client.tls && !client.certificate_identity.empty()) out.emplace_back("EXTERNAL");
    if (policy_.scram) {
        if (channel(client).any()) {
            out.emplace_back("SCRAM-SHA-256-PLUS");
            out.emplace_back("SCRAM-SHA-1-PLUS");
        }
        out.emplace_back("SCRAM-SHA-256");
        out.emplace_back("SCRAM-SHA-1");
    }
    if (policy_.cram_md5) out.emplace_back("CRAM-MD5");
    if (policy_.ntlm) out.emplace_back("NTLM");
    if (tokens_ && !plain_text_refused(client)) {
        // A token in plain text is as good as a password: "TLS MUST be used", RFC 7628 section 3.
        out.emplace_back("OAUTHBEARER");
        out.emplace_back("XOAUTH2");
    }
    if (!plain_text_refused(client)) {
        out.emplace_back("PLAIN");
        out.emplace_back("LOGIN");
    }
    return out;
}

std::unique_ptr<sasl::Mechanism> Service::make_mechanism(std::string_view name, const Client& client) {
    if (name == "PLAIN") return sasl::make_plain();
    if (name == "LOGIN") return sasl::make_login();
    if (name == "EXTERNAL") return sasl::make_external(client.certificate_identity);
    if (name == "CRAM-MD5") {
        // RFC 2195 section 2: a message id that was never used before.
        return sasl::make_cram_md5(fmt::format("<{}.{}@{}>", environment_.random->hex(12),
                                               base::unix_seconds(environment_.clock->now()),
                                               policy_.hostname));
    }
    if (name == "NTLM") return sasl::make_ntlm(ntlm_server(client));
    if (name == "OAUTHBEARER" || name == "XOAUTH2") {
        sasl::TokenAdvice advice;
        advice.scope = policy_.tokens.rules.scope;
        advice.configuration = policy_.tokens.configuration_url;
        return name == "XOAUTH2" ? sasl::make_xoauth2(std::move(advice))
                                 : sasl::make_oauthbearer(std::move(advice));
    }
    sasl::Binding binding;
    Channel data = channel(client);
    binding.offered = data.any();
    binding.required = name.ends_with("-PLUS");
    binding.exporter = std::move(data.exporter);
    binding.server_end_point = std::move(data.server_end_point);
    const Digest digest = name.starts_with("SCRAM-SHA-256") ? Digest::sha_256 : Digest::sha_1;
    return sasl::make_scram(digest, std::move(binding), base64(random_octets(*environment_.random, 18)));
}

sasl::NtlmServer Service::ntlm_server(const Client& client) const {
    constexpr std::uint64_t seconds_1601_to_1970 = 11'644'473'600;
    sasl::NtlmServer out;
    out.hostname = policy_.hostname;
    out.name = upper(std::string_view(policy_.hostname).substr(0, policy_.hostname.find('.')));
    out.challenge = random_octets(*environment_.random, 8);
    const auto now = static_cast<std::uint64_t>(base::unix_milliseconds(environment_.clock->now()));
    out.filetime = (now + seconds_1601_to_1970 * 1'000) * 10'000;
    out.end_point = channel(client).server_end_point;
    out.v1 = policy_.ntlm_v1;
    return out;
}

std::unique_ptr<Exchange> Service::start(std::string_view name, Client client) {
    const std::string wanted = upper(name);
    const std::vector<std::string> offered = mechanisms(client);
    if (std::ranges::find(offered, wanted) == offered.end()) return nullptr;
    auto mechanism = make_mechanism(wanted, client);
    Attempt attempt;
    attempt.client = std::move(client);
    attempt.mechanism = wanted;
    return make_exchange(*this, std::move(mechanism), std::move(attempt));
}

awaitable<Outcome> Service::login(std::string user, base::Secret password, Client client) {
    Outcome refused;
    refused.failure = Failure::mechanism;
    if (plain_text_refused(client)) co_return refused;
    Attempt attempt;
    attempt.client = std::move(client);
    attempt.mechanism = "LOGIN";
    attempt.user = std::move(user);
    co_return co_await check_password(std::move(attempt), std::move(password));
}

awaitable<Outcome> Service::apop(std::string user, std::string timestamp, std::string digest, Client client) {
    Outcome refused;
    refused.failure = Failure::mechanism;
    if (!policy_.apop) co_return refused;
    Attempt attempt;
    attempt.client = std::move(client);
    attempt.mechanism = "APOP";
    attempt.user = std::move(user);
    if (is_blocked(attempt.client)) co_return co_await blocked(std::move(attempt));
    Found found = co_await look_up(attempt.user);
    std::string account = penalty_name(found, attempt.user);
    if (found.unavailable)
        co_return co_await refuse(std::move(attempt), std::move(account), Failure::temporary, "store");
    const sasl::Known known_user = known(found, attempt.user, std::nullopt);
    // RFC 1939 section 7: MD5 of the banner's timestamp and the shared secret, in lower-case hex.
    base::Secret text(timestamp.append(known_user.plain.reveal()));
    const bool good = same(hex(hash(Digest::md5, text.reveal())), digest);
    if (!good || !known_user.real || known_user.plain.empty()) {
        co_return co_await refuse(std::move(attempt), std::move(account), Failure::credentials,
                                  "wrong digest");
    }
    co_return co_await admit(std::move(attempt), std::move(*found.login));
}

sasl::Known Service::known(const Found& found, const std::string& user, std::optional<Digest> digest) const {
    sasl::Known out;
    if (!digest) {
        if (!found.login) return out;
        out.plain = found.login->credentials.plain;
        out.nt_hash = found.login->credentials.nt_hash;
        out.real = !out.plain.empty() || !out.nt_hash.empty();
        return out;
    }
    // Made for everybody, so that it takes as long for those who exist.
    out.keys = fake_keys(*digest, fake_secret_.reveal(), user, policy_.scram_iterations);
    if (!found.login) return out;
    const auto& kept = found.login->credentials;
    auto keys = parse_scram_keys(*digest, *digest == Digest::sha_256 ? kept.scram_sha_256 : kept.scram_sha_1);
    if (!keys) return out;
    out.keys = std::move(*keys);
    out.real = true;
    return out;
}

awaitable<void> Service::pause(std::chrono::milliseconds time,
                               std::function<awaitable<void>(std::chrono::milliseconds)> how) {
    if (time <= std::chrono::milliseconds(0)) co_return;
    if (how) {
        co_await how(time);
        co_return;
    }
    const boost::asio::any_io_executor executor = co_await boost::asio::this_coro::executor;
    auto timer = std::make_shared<boost::asio::steady_timer>(executor, time);
    std::list<std::shared_ptr<boost::asio::steady_timer>>::iterator place;
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) co_return;
        place = waiting_.insert(waiting_.end(), timer);
    }
    boost::system::error_code ignored;  // cancelled or not: it is over
    co_await timer->async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
    const std::lock_guard lock(mutex_);
    waiting_.erase(place);
}

void Service::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        for (const auto& timer : waiting_) {
            boost::asio::post(timer->get_executor(), [timer] { timer->cancel(); });
        }
    }
    pool_.stop();
}

std::unique_ptr<Authenticator> make_authenticator(directory::Directory& directory, Policy policy,
                                                  Environment environment) {
    return std::make_unique<Service>(directory, std::move(policy), environment);
}

}  // namespace auth
