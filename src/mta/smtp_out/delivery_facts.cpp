// What a delivery says and keeps: targets, options, the trace, reports about TLS, and its answer at the end.
#include <algorithm>

#include "base/utf8.hpp"
#include "mta/smtp_out/delivery.hpp"

namespace mta::smtp_out {
namespace {

constexpr Status stopping{4, 3, 2}, undeliverable{4, 4, 1};
constexpr std::size_t trace_hosts_max = 20;

}  // namespace

Target Delivery::make_target(const Host& host, net::IpAddress address, TlsDemand tls) const {
    const Settings& settings = *core_.settings;
    const NextHop& next_hop = *job_.next_hop;
    const auto first_of = [](const std::string& own, const std::string& general) {
        return own.empty() ? general : own;
    };
    Target target;
    target.host = host.name;
    target.address = address;
    target.port = host.port;
    target.implicit_tls = host.implicit_tls;
    target.tls = tls;
    target.dane = host.dane;
    target.trust = host.trust;
    if (next_hop.kind == NextHop::Kind::host) {
        target.authority = next_hop.authority;
        target.certificate_name = next_hop.certificate_name;
    }
    target.source = address.v6 ? first_of(next_hop.source_ipv6, settings.source_ipv6)
                               : first_of(next_hop.source_ipv4, settings.source_ipv4);
    target.helo = address.v6 ? first_of(next_hop.helo_ipv6, settings.helo_ipv6)
                             : first_of(next_hop.helo_ipv4, settings.helo_ipv4);
    if (target.helo.empty()) target.helo = settings.host_name;
    target.credentials = next_hop.credentials;
    // The operator has said that there is no TLS: then passwords go as they are, as he must have meant.
    target.clear_passwords = next_hop.tls == TlsPolicy::never;
    if (next_hop.kind == NextHop::Kind::mx) {
        target.own_names = settings.own_names;
        target.own_names.push_back(settings.host_name);
    }
    return target;
}

bool Delivery::must_convert(const Extensions& extensions) const {
    const Body body = job_.envelope->body;
    if (body == Body::binary) return !extensions.binary || !extensions.chunking;
    return body == Body::eight_bit && !extensions.eight_bit;
}

/// Internationalised mail may have nothing in it that is, for these recipients.
bool Delivery::may_be_plain(const Extensions& extensions) const {
    return job_.envelope->smtputf8 && !extensions.smtputf8 && base::is_ascii(job_.envelope->sender) &&
           std::ranges::all_of(job_.recipients, [](const Recipient& r) { return base::is_ascii(r.address); });
}

MailOptions Delivery::mail_options(const Extensions& extensions) const {
    MailOptions out;
    out.size = job_.message->size();
    out.body = must_convert(extensions) ? Body::seven_bit : job_.envelope->body;
    out.smtputf8 = job_.envelope->smtputf8;
    if (plan_ && !plan_->eight_bit_header && may_be_plain(extensions)) out.smtputf8 = false;
    out.now = core_.clock.now();
    return out;
}

void Delivery::note_host(const Target& target, const Failure& why, const TlsFacts& tls) {
    last_host_ = target.host;
    last_address_ = target.address == net::IpAddress() ? std::string() : target.address.text();
    last_tls_ = tls;
    if (hosts_.size() >= trace_hosts_max) return;
    HostTried tried;
    tried.host = last_host_;
    tried.address = last_address_;
    tried.stage = why.stage;
    tried.code = why.code;
    tried.words = why.words;
    tried.tls = tls;
    hosts_.push_back(std::move(tried));
}

void Delivery::note_success(const Session& session, const Delivered& delivered) {
    Failure last;
    last.stage = "end of data";
    if (delivered.refusal) {
        last = *delivered.refusal;
    } else {
        for (const auto& outcome : delivered.outcomes) {
            if (!outcome) continue;
            last.code = outcome->code;
            last.words = outcome->words;
            if (outcome->fate == Fate::relayed) break;
        }
    }
    note_host(session.target(), last, session.tls());
}

void Delivery::report_tls(const Host& host, const Session& session, const std::optional<Failure>& failed) {
    if (core_.reporter == nullptr || job_.next_hop->kind != NextHop::Kind::mx) return;
    if (session.target().tls == TlsDemand::never) return;
    if (failed && session.tls_trouble() == TlsTrouble::none && !session.tls().used) return;  // came to no TLS
    TlsReporter::Seen seen;
    seen.domain = job_.next_hop->name;
    seen.host = host;
    seen.address = session.target().address;
    seen.trouble = session.tls_trouble();
    seen.greeting_name = session.extensions().greeting_name;
    seen.words = session.tls_words();
    core_.reporter->saw(seen);
}

void Delivery::report_unusable(const Host& host) {
    if (core_.reporter == nullptr || job_.next_hop->kind != NextHop::Kind::mx) return;
    TlsReporter::Seen seen;
    seen.domain = job_.next_hop->name;
    seen.host = host;
    seen.trouble = host.sts_mismatch ? TlsTrouble::not_in_policy : TlsTrouble::dnssec;
    seen.words = host.unusable->words;
    core_.reporter->saw(seen);
}

Attempt Delivery::finish() {
    Attempt out;
    if (stopped() && !last_) last_ = Failure::ours("stop", stopping, "this server is shutting down");
    if (!last_) last_ = Failure::ours("connect", undeliverable, "no host could be reached");
    // RFC 8689 section 4.2.1: no TLS is for such a message as if there were no host.
    if (job_.envelope->require_tls && !job_.envelope->sender.empty() &&
        (last_->stage == "tls" || last_->stage == "starttls")) {
        last_->fate = Fate::failed;
        last_->status = {5, 7, 10};
    }
    bool all_open = true;
    for (std::optional<Outcome>& outcome : outcomes_) {
        all_open = all_open && !outcome;
        if (outcome) continue;
        outcome.emplace();
        outcome->fate = last_->fate;
        outcome->status = last_->status;
        outcome->code = last_->code;
        outcome->words = last_->words;
        outcome->from_remote = last_->from_remote;
        outcome->host = last_host_;
        outcome->address = last_address_;
        outcome->tls = last_tls_;
    }
    for (std::optional<Outcome>& outcome : outcomes_) out.outcomes.push_back(std::move(*outcome));
    out.hosts = std::move(hosts_);
    out.destination_down =
        all_open && !spoken_ && last_->fate == Fate::deferred && last_->stage != "turn" && !stopped();
    if (job_.envelope->hold_until && all_open && last_->fate == Fate::deferred) {
        const auto left = *job_.envelope->hold_until - core_.clock.now();
        out.retry_after = std::max(std::chrono::ceil<std::chrono::seconds>(left), std::chrono::seconds(0));
    }
    return out;
}

}  // namespace mta::smtp_out
