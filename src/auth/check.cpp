// Service: checking a password, and what follows from the answer. Unknown users take the same steps as known
// ones.
#include <algorithm>
#include <utility>

#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "auth/ntlm.hpp"
#include "auth/password.hpp"
#include "auth/prepare.hpp"
#include "auth/service.hpp"
#include "base/ascii.hpp"
#include "base/log.hpp"

namespace auth {

namespace log = base::log;

namespace {

constexpr std::size_t logged_name_max = 128;

std::string display_name(const directory::Mailbox& mailbox) {
    if (!mailbox.addresses.empty()) return mailbox.addresses.front();
    return mailbox.name + '@' + mailbox.post_office;
}

Outcome failure_of(Failure failure) {
    Outcome out;
    out.failure = failure;
    return out;
}

/// Runs on the hashing pool. Whatever the stored hash is, one hash of our own cost is computed for each form
/// of the password, so that neither a missing user nor a cheap imported hash can be told by the clock.
bool verify_forms(const std::string& stored, bool exists, const base::Secret& password) {
    const base::Secret prepared(prepared_or_raw(password.reveal()));
    const bool two_forms = !prepared.equals(password.reveal());
    bool good = false;
    const bool ours = exists && !outdated(stored);
    for (const base::Secret* form : {&password, &prepared}) {
        if (form == &prepared && !two_forms) break;
        if (exists && !stored.empty() && verify_password(stored, *form)) good = true;
        if (!ours && !good) (void)verify_password(dummy_hash(), *form);
    }
    return good;
}

bool may_log_in(const directory::Login& login) {
    return login.mailbox.enabled && login.mailbox.login_allowed && login.post_office_enabled;
}

directory::Credentials credentials_of(const base::Secret& password, const Policy& policy, std::string salt_1,
                                      std::string salt_256) {
    const base::Secret prepared(prepared_or_raw(password.reveal()));
    directory::Credentials out;
    out.password_hash = hash_password(prepared);
    if (policy.scram) {
        const std::uint32_t iterations = std::max(policy.scram_iterations, ScramKeys::iterations_min);
        out.scram_sha_1 = to_string(derive(Digest::sha_1, prepared, std::move(salt_1), iterations));
        out.scram_sha_256 = to_string(derive(Digest::sha_256, prepared, std::move(salt_256), iterations));
    }
    if (policy.cram_md5 || policy.apop) out.plain = password;
    if (policy.ntlm) out.nt_hash = ntlm::nt_hash(password);
    return out;
}

}  // namespace

bool UserRules::permits(const directory::Mailbox& mailbox) const {
    const auto names = [&](const std::string& rule) {
        if (rule.find('@') == std::string::npos) return base::equals_nocase(rule, mailbox.post_office);
        if (!rule.starts_with('@'))
            return base::equals_nocase(rule, mailbox.name + '@' + mailbox.post_office) ||
                   std::ranges::any_of(mailbox.addresses, [&](const std::string& address) {
                       return base::equals_nocase(address, rule);
                   });
        return std::ranges::any_of(mailbox.addresses, [&](const std::string& address) {
            const std::size_t at = address.rfind('@');
            return at != std::string::npos && base::equals_nocase(std::string_view(address).substr(at), rule);
        });
    };
    if (std::ranges::any_of(deny, names)) return false;
    return allow.empty() || std::ranges::any_of(allow, names);
}

std::string penalty_name(const Service::Found& found, std::string_view user) {
    if (found.login) return fmt::format("#{:08x}", found.login->mailbox.account.value);
    return std::string(user.substr(0, logged_name_max));
}

awaitable<Service::Found> Service::look_up(std::string user) {
    Found out;
    auto login = co_await directory_.login(prepared_or_raw(user));
    if (login) {
        out.login = std::move(*login);
    } else {
        out.unavailable = !login.error().is(directory::Errc::not_found);
    }
    co_return out;
}

/// nullopt: the queue is full.
awaitable<std::optional<bool>> Service::verify(directory::Credentials credentials,
                                               std::optional<base::AccountId> account,
                                               base::Secret password) {
    bool good = false;
    std::function<void()> work = [this, &good, &credentials, &password, account] {
        // In a storm of one user's connections the first in the queue pays for all of them.
        const std::string& hash = credentials.password_hash;
        good = (account && verified_.contains(*account, hash, password)) ||
               verify_forms(hash, account.has_value(), password);
    };
    const bool ran = co_await pool_.run(std::move(work));
    if (!ran) co_return std::nullopt;
    co_return good;
}

/// A front end vouches for a user who has proven himself there.
awaitable<Outcome> Service::check_relay(Attempt attempt, base::Secret secret) {
    const bool good = policy_.relay_secret.equals(secret.reveal());
    Found found;
    if (good) {
        attempt.user = std::exchange(attempt.authorization, std::string());
        found = co_await look_up(attempt.user);
    }
    std::string account = penalty_name(found, attempt.user);
    if (!found.login) {
        const Failure why = found.unavailable ? Failure::temporary : Failure::credentials;
        const char* const reason = !good               ? "wrong secret of a front end"
                                   : found.unavailable ? "the store does not answer"
                                                       : "a front end's user is unknown here";
        co_return co_await refuse(std::move(attempt), std::move(account), why, reason);
    }
    Outcome out = co_await admit(std::move(attempt), std::move(*found.login));
    out.identity.relayed = true;
    co_return out;
}

awaitable<Outcome> Service::check_password(Attempt attempt, base::Secret password) {
    if (is_blocked(attempt.client)) co_return co_await blocked(std::move(attempt));
    if (attempt.client.front_end && !policy_.relay_secret.empty() && attempt.user == relay_user &&
        !attempt.authorization.empty()) {
        co_return co_await check_relay(std::move(attempt), std::move(password));
    }
    Found found = co_await look_up(attempt.user);
    std::string account = penalty_name(found, attempt.user);
    if (found.unavailable) {
        co_return co_await refuse(std::move(attempt), std::move(account), Failure::temporary,
                                  "the store does not answer");
    }
    if (password.empty() || password.reveal().size() > PasswordLimits::password_bytes_max) {
        co_return co_await refuse(std::move(attempt), std::move(account), Failure::credentials,
                                  "no possible password");
    }
    directory::Credentials credentials;
    base::AccountId number;
    if (found.login) {
        credentials = found.login->credentials;
        number = found.login->mailbox.account;
    }
    const std::string stored = credentials.password_hash;
    const bool cached = found.login && verified_.contains(number, stored, password);
    if (!cached) {
        const bool exists = found.login.has_value();
        std::optional<base::AccountId> account_if_any;
        if (exists) account_if_any = number;
        const auto good = co_await verify(std::move(credentials), account_if_any, password);
        if (!good) {
            co_return co_await refuse(std::move(attempt), std::move(account), Failure::temporary,
                                      "too many logins at once");
        }
        if (!*good) {
            const char* const reason = exists ? "wrong password" : "unknown user";
            co_return co_await refuse(std::move(attempt), std::move(account), Failure::credentials, reason);
        }
        verified_.add(number, stored, password);
    }
    attempt.known = cached;
    Outcome outcome = co_await admit(std::move(attempt), *found.login);
    if (outcome.kind == Outcome::Kind::success && !outcome.identity.node.empty())
        outcome.identity.password = password;
    if (outcome.kind == Outcome::Kind::success && !cached) {
        co_await renew(std::move(*found.login), std::move(password));
    }
    co_return outcome;
}

awaitable<Service::Token> Service::check_token(Attempt attempt, base::Secret token) {
    Token out;
    if (is_blocked(attempt.client)) {
        out.outcome = co_await blocked(std::move(attempt));
        co_return out;
    }
    const token::Answer answer = co_await tokens_->check(std::move(token));
    // Whose it is is not known of a bad one: what the peer says of itself serves for the log and the penalty.
    attempt.user = answer.fault() == token::Fault::none ? answer.name() : attempt.authorization;
    if (answer.fault() != token::Fault::none) {
        const bool temporary = answer.fault() == token::Fault::unavailable;
        std::string account(std::string_view(attempt.user).substr(0, logged_name_max));
        const Failure why = temporary ? Failure::temporary : Failure::credentials;
        out.outcome = co_await refuse(std::move(attempt), std::move(account), why, text_of(answer.fault()));
        out.tell = !temporary;
        co_return out;
    }
    Found found = co_await look_up(attempt.user);
    if (!found.login) {
        const Failure why = found.unavailable ? Failure::temporary : Failure::credentials;
        std::string account = penalty_name(found, attempt.user);
        out.tell = !found.unavailable;
        out.outcome =
            co_await refuse(std::move(attempt), std::move(account), why, "no mailbox for the token");
        co_return out;
    }
    out.outcome = co_await admit(std::move(attempt), std::move(*found.login));
    out.tell = out.outcome.kind == Outcome::Kind::failure && out.outcome.failure != Failure::temporary;
    co_return out;
}

/// Replaces an imported hash, and makes SCRAM keys and the NT hash where they are missing, now that the
/// password is known.
awaitable<void> Service::renew(directory::Login login, base::Secret password) {
    const auto& kept = login.credentials;
    const bool keys_missing = policy_.scram && (kept.scram_sha_1.empty() || kept.scram_sha_256.empty());
    const bool nt_missing = policy_.ntlm && kept.nt_hash.empty();
    if (!outdated(kept.password_hash) && !keys_missing && !nt_missing) co_return;
    auto made = co_await make_credentials(password);
    if (!made) co_return;  // no time for it now: the next login comes
    const std::string hash = made->password_hash;
    const base::AccountId account = login.mailbox.account;
    auto kept_now = co_await directory_.update_credentials(account, std::move(*made));
    if (!kept_now) {
        log::warn("auth", "cannot renew credentials",
                  {{"account", account.value}, {"error", kept_now.error().what()}});
        co_return;
    }
    verified_.add(account, hash, password);
    log::info("auth", "credentials renewed", {{"account", account.value}});
}

awaitable<Outcome> Service::admit(Attempt attempt, directory::Login found) {
    std::string account = fmt::format("#{:08x}", found.mailbox.account.value);
    if (!attempt.authorization.empty()) {
        // To act as somebody else takes a right that nobody has; another name of the same mailbox is itself.
        Found other = co_await look_up(attempt.authorization);
        if (other.unavailable) {
            co_return co_await refuse(std::move(attempt), std::move(account), Failure::temporary,
                                      "the store does not answer");
        }
        if (!other.login || other.login->mailbox.account != found.mailbox.account) {
            co_return co_await refuse(std::move(attempt), std::move(account), Failure::credentials,
                                      "may not act as another");
        }
    }
    const auto rules = policy_.users_of_listeners.find(attempt.client.listener);
    if (rules != policy_.users_of_listeners.end() && !rules->second.permits(found.mailbox)) {
        // The answer is that of a disabled mailbox, which is that of a wrong password.
        co_return co_await refuse(std::move(attempt), std::move(account), Failure::disabled,
                                  "not let in at this listener");
    }
    if (!may_log_in(found)) {
        co_return co_await refuse(std::move(attempt), std::move(account), Failure::disabled, "disabled");
    }
    const auto wait = penalties_.succeeded(attempt.client.address, account);
    co_await pause(wait, std::move(attempt.client.pause));
    Outcome out;
    out.kind = Outcome::Kind::success;
    out.identity.account = found.mailbox.account;
    out.identity.name = display_name(found.mailbox);
    out.identity.mechanism = attempt.mechanism;
    out.identity.node = std::move(found.node);
    const bool again = attempt.client.each_request && attempt.known;
    const log::Level level = again ? log::Level::debug : log::Level::info;
    if (log::enabled("auth", level))
        log::write(level, "auth", "login",
                   {{"user", out.identity.name},
                    {"ip", attempt.client.address},
                    {"protocol", attempt.client.protocol},
                    {"mechanism", attempt.mechanism},
                    {"tls", attempt.client.tls}});
    co_return out;
}

awaitable<Outcome> Service::refuse(Attempt attempt, std::string account, Failure failure,
                                   const char* reason) {
    const std::string_view user = std::string_view(attempt.user).substr(0, logged_name_max);
    log::warn("auth", "login refused",
              {{"user", user},
               {"ip", attempt.client.address},
               {"protocol", attempt.client.protocol},
               {"mechanism", attempt.mechanism},
               {"reason", reason}});
    if (failure == Failure::credentials || failure == Failure::disabled) {
        const auto wait = penalties_.failed(attempt.client.address, account);
        co_await pause(wait, std::move(attempt.client.pause));
    }
    co_return failure_of(failure);
}

awaitable<Outcome> Service::blocked(Attempt attempt) {
    log::warn("auth", "login refused",
              {{"ip", attempt.client.address},
               {"protocol", attempt.client.protocol},
               {"reason", "too many failures"}});
    (void)penalties_.failed(attempt.client.address, "");
    co_await pause(policy_.penalty_max, std::move(attempt.client.pause));
    co_return failure_of(Failure::too_many);
}

awaitable<directory::Result<directory::Credentials>> Service::make_credentials(base::Secret password) {
    using directory::Errc;
    using directory::Error;
    if (password.empty() || password.reveal().size() > PasswordLimits::password_bytes_max) {
        co_return Error(Errc::invalid, "a password has 1 to 1024 octets");
    }
    directory::Credentials made;
    std::string salt_1 = random_octets(*environment_.random, ScramKeys::salt_bytes);
    std::string salt_256 = random_octets(*environment_.random, ScramKeys::salt_bytes);
    std::function<void()> work = [&] {
        made = credentials_of(password, policy_, std::move(salt_1), std::move(salt_256));
    };
    const bool ran = co_await pool_.run(std::move(work));
    if (!ran) co_return Error(Errc::unavailable, "too many passwords are being hashed");
    if (made.password_hash.empty()) co_return Error(Errc::unavailable, "no memory to hash a password");
    co_return made;
}

}  // namespace auth
