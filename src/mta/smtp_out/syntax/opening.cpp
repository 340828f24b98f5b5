#include "mta/smtp_out/syntax/opening.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/base64.hpp"

namespace mta::smtp_out {
namespace {

constexpr Status no_service{4, 3, 2}, no_encryption{4, 7, 10}, no_login{4, 7, 8}, loop{5, 4, 6};
/// RFC 5321 section 4.5.3.1.4
constexpr std::size_t command_bytes_max = 510;

/// The first word of a greeting: who it says that it is.
std::string_view first_word(const Reply& reply) {
    if (reply.lines.empty()) return {};
    const std::string_view text = reply.lines.front();
    return text.substr(0, text.find(' '));
}

}  // namespace

Opening::Opening(OpeningSettings settings, base::Random& random)
    : settings_(std::move(settings)), random_(random), tls_on_(settings_.tls_on) {}

std::string_view Opening::stage() const {
    switch (phase_) {
        case Phase::greeting:
            return "greeting";
        case Phase::ehlo:
            return "ehlo";
        case Phase::helo:
            return "helo";
        case Phase::starttls:
            return "starttls";
        case Phase::auth:
            return "auth";
        case Phase::over:
            break;
    }
    return "mail";
}

void Opening::fail(Failure failure) {
    failure_ = std::move(failure);
    phase_ = Phase::over;
    step_ = Step::failed;
}

void Opening::ready() {
    phase_ = Phase::over;
    step_ = Step::ready;
}

void Opening::take(const Reply& reply, std::string& out) {
    // RFC 5321 section 3.8: 421 ends the session, in answer to anything.
    if (reply.code == 421) return fail(Failure::of(stage(), reply));
    switch (phase_) {
        case Phase::greeting:
            return take_greeting(reply, out);
        case Phase::ehlo:
        case Phase::helo:
            return take_ehlo(reply, out);
        case Phase::starttls:
            return take_starttls(reply, out);
        case Phase::auth:
            return take_auth(reply, out);
        case Phase::over:
            return fail(Failure::ours("mail", {4, 5, 0}, "an answer to nothing"));
    }
}

bool Opening::is_own(std::string_view name) const {
    return std::ranges::any_of(settings_.own_names,
                               [name](const std::string& own) { return base::equals_nocase(own, name); });
}

void Opening::take_greeting(const Reply& reply, std::string& out) {
    if (!reply.positive()) {
        // RFC 5321 section 3.1: 554 is "no service here", which is no verdict on the message.
        Failure why = Failure::of("greeting", reply);
        if (!reply.status) why.status = no_service;
        return fail(std::move(why).as_deferred());
    }
    if (is_own(first_word(reply)))
        return fail(Failure::ours("greeting", loop, "mail loops back to this host"));
    say_ehlo(out);
}

void Opening::say_ehlo(std::string& out) {
    extensions_ = Extensions();
    out += "EHLO " + settings_.helo + "\r\n";
    phase_ = Phase::ehlo;
    step_ = Step::read;
}

void Opening::take_ehlo(const Reply& reply, std::string& out) {
    if (reply.positive()) {
        if (phase_ == Phase::ehlo) {
            extensions_ = read_extensions(reply);
        } else {
            extensions_ = Extensions();
        }
        return after_hello(out);
    }
    // RFC 5321 section 3.2: an old server does not know EHLO.
    if (phase_ == Phase::ehlo && reply.permanent()) {
        out += "HELO " + settings_.helo + "\r\n";
        phase_ = Phase::helo;
        return;
    }
    Failure why = Failure::of(stage(), reply);
    if (!reply.status) why.status = no_service;
    fail(std::move(why).as_deferred());
}

void Opening::after_hello(std::string& out) {
    using Tls = OpeningSettings::Tls;
    if (!tls_on_ && settings_.tls != Tls::never && !tls_refused_) {
        if (extensions_.start_tls) {
            out += "STARTTLS\r\n";
            phase_ = Phase::starttls;
            return;
        }
        tls_refused_ = true;
        if (settings_.tls == Tls::must)
            return fail(
                Failure::ours("starttls", no_encryption, "TLS is required, but the host does not offer it"));
    }
    if (!tls_on_) extensions_.require_tls = false;  // RFC 8689 section 2: over TLS only
    if (settings_.credentials) return begin_auth(out);
    ready();
}

void Opening::take_starttls(const Reply& reply, std::string& out) {
    if (reply.positive()) {
        step_ = Step::start_tls;
        return;
    }
    tls_refused_ = true;
    if (settings_.tls == OpeningSettings::Tls::must) {
        Failure why = Failure::of("starttls", reply);
        if (!reply.status) why.status = no_encryption;
        return fail(std::move(why).as_deferred());
    }
    after_hello(out);
}

void Opening::tls_started(ChannelBindings bindings, std::string& out) {
    tls_on_ = true;
    bindings_ = std::move(bindings);
    // With TLS before the greeting nothing was said yet; else RFC 3207 section 4.2: all is forgotten.
    if (phase_ == Phase::starttls) say_ehlo(out);
}

void Opening::begin_auth(std::string& out) {
    mechanisms_ = usable_mechanisms(extensions_.auth, tls_on_ || settings_.clear_passwords, bindings_);
    mechanism_ = 0;
    if (mechanisms_.empty()) {
        return fail(Failure::ours("auth", no_login,
                                  extensions_.auth.empty() ? "the host offers no authentication"
                                                           : "no common way of authentication"));
    }
    phase_ = Phase::auth;
    next_mechanism(out);
}

void Opening::next_mechanism(std::string& out) {
    const std::string& name = mechanisms_[mechanism_++];
    const bool plus_offered = std::ranges::any_of(
        extensions_.auth, [](const std::string& offered) { return offered.ends_with("-PLUS"); });
    sasl_ = make_sasl_client(name, settings_.credentials, bindings_, plus_offered, random_);
    cancelled_ = false;
    held_.reset();
    out += "AUTH " + name;
    if (auto first = sasl_->initial()) {
        std::string text = base::base64_encode(first->reveal());
        if (text.empty()) text = "=";
        // RFC 4954 section 4: an initial response must fit into the command's line.
        if (name.size() + text.size() + 6 <= command_bytes_max) {
            out += " " + text;
        } else {
            held_ = std::move(first);
        }
    }
    out += "\r\n";
}

void Opening::take_auth(const Reply& reply, std::string& out) {
    if (reply.code == 334 && !cancelled_) {
        std::optional<base::Secret> answer;
        if (held_) {
            answer = std::move(held_);
            held_.reset();
        } else {
            const auto challenge = base::base64_decode(reply.lines.front());
            // LOGIN's questions are what some server's author wrote, base64 or not.
            const bool login = mechanisms_[mechanism_ - 1] == "LOGIN";
            if (challenge && challenge->size() <= SaslLimits::challenge_bytes_max) {
                answer = sasl_->respond(*challenge);
            } else if (login) {
                answer = sasl_->respond({});
            }
        }
        cancelled_ = !answer;
        out += cancelled_ ? "*" : base::base64_encode(answer->reveal());
        out += "\r\n";
        return;
    }
    if (reply.positive()) {
        if (cancelled_ || !sasl_->complete())
            return fail(Failure::ours("auth", no_login, "the host did not prove that it knows the password"));
        authenticated_ = true;
        return ready();
    }
    if (cancelled_) {
        // Not another mechanism: who fails to prove itself shall not be shown the password.
        return fail(Failure::ours("auth", no_login, "the host's part of the authentication is wrong"));
    }
    // Servers offer what not every account of theirs can do: the next mechanism, unless they ask for time.
    if (!reply.temporary() && mechanism_ < mechanisms_.size() && mechanism_ < mechanisms_tried_max)
        return next_mechanism(out);
    Failure why = Failure::of("auth", reply);
    if (!reply.status) why.status = no_login;
    // A wrong password is the operator's to mend, not the sender's.
    fail(std::move(why).as_deferred());
}

}  // namespace mta::smtp_out
