// EHLO, HELO and LHLO: RFC 5321 section 4.1.1.1, RFC 2033 section 4.1.
#include <fmt/format.h>

#include "smtp/session.hpp"
#include "smtp/syntax/trace.hpp"

namespace smtp {

Session::Offers Session::offers() const {
    Offers out;
    if (services_->agent == nullptr || !services_->agent->sends()) return out;
    const bool submission = services_->policy.role == Role::submission;
    const bool inbound = services_->policy.role == Role::inbound;
    // On port 25 from hosts of ours alone: RFC 6710 section 7 has strangers' priorities ignored, and a
    // stranger's deadline (RFC 2852) would only have us write reports to senders that nobody has proven.
    const bool known = submission || (inbound && (is_trusted() || peer().front_end));
    out.by = out.priority = known;
    out.hold = submission;  // RFC 4865 section 3: of submission servers
    // RFC 8689 section 2: under TLS alone; of whomever, since without it no other server could send us such
    // mail.
    out.require_tls = peer().tls && (submission || inbound);
    return out;
}

std::vector<std::string> Session::extensions() const {
    const Limits& limits = services_->limits;
    const Policy& policy = services_->policy;
    std::vector<std::string> lines{"PIPELINING",
                                   fmt::format("SIZE {}", limits.message_bytes_max),
                                   "8BITMIME",
                                   "SMTPUTF8",
                                   "ENHANCEDSTATUSCODES",
                                   "CHUNKING",
                                   "BINARYMIME",
                                   "DSN"};
    if (connection_->can_start_tls() && !peer().tls) lines.emplace_back("STARTTLS");
    if (policy.offer_auth && !identity_ && !tls_missing()) {
        std::string mechanisms;
        for (const auto& name : services_->authenticator.mechanisms(auth_client())) mechanisms += " " + name;
        if (!mechanisms.empty()) lines.push_back("AUTH" + mechanisms);
        if (!mechanisms.empty() && policy.auth_equals_line) lines.push_back("AUTH=" + mechanisms.substr(1));
    }
    const Offers offered = offers();
    if (offered.hold) {
        const auto last = services_->clock.now() + std::chrono::seconds(ParameterLimits::hold_max);
        lines.push_back(fmt::format("FUTURERELEASE {} {}", ParameterLimits::hold_max,
                                    rfc3339_text(base::unix_seconds(last))));
    }
    if (offered.by) lines.emplace_back("DELIVERBY");
    if (offered.priority) lines.emplace_back("MT-PRIORITY");
    if (offered.require_tls) lines.emplace_back("REQUIRETLS");
    std::string bounds = fmt::format("LIMITS RCPTMAX={}", limits.recipients_max);  // RFC 9422 section 4
    if (limits.transactions_max != 0) bounds += fmt::format(" MAILMAX={}", limits.transactions_max);
    lines.push_back(std::move(bounds));
    lines.emplace_back("HELP");
    return lines;
}

awaitable<Session::Next> Session::handle(cmd::Hello hello) {
    reset();  // RFC 5321 section 4.1.4: as RSET does
    hello_ = std::move(hello.name);
    extended_ = hello.kind != cmd::Hello::Kind::helo;
    registered_.set_client(hello_);
    if (!extended_) {
        write_reply(out(), 250, "", services_->hostname);
        co_return Next::go_on;
    }
    const std::vector<std::string> lines = extensions();
    write_line(out(), 250, false, services_->hostname);
    for (std::size_t i = 0; i < lines.size(); ++i) write_line(out(), 250, i + 1 == lines.size(), lines[i]);
    co_return Next::go_on;
}

}  // namespace smtp
