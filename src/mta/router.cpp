#include "mta/router.hpp"

#include <utility>

#include "base/ascii.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace mta {

Router::Router(directory::Directory& directory, RouteSettings settings, base::Clock& clock)
    : directory_(directory), settings_(std::move(settings)), clock_(clock) {}

bool Router::turn_back(RouteQuestion& question, Resolved& out) const {
    if (!settings_.srs || !base::equals_nocase(base::domain_of(question.recipient), settings_.srs_domain))
        return false;
    const std::chrono::seconds now(base::unix_seconds(clock_.now()));
    const mailauth::SrsAddress back = settings_.srs->reverse(question.recipient, now);
    if (back.status == mailauth::SrsStatus::not_srs) return false;
    std::string address;
    if (back.status == mailauth::SrsStatus::good) address = directory::canonical_address(back.address);
    if (address.empty()) {
        out.code = 550;
        out.status = {5, 1, 1};
        out.words = "This return address is not one of ours, or too old";
        return true;
    }
    question.recipient = std::move(address);
    question.trusted = true;  // its hash is ours: we are asked to give back what we sent on
    return true;
}

std::string Router::forwarded_sender(const std::string& sender) const {
    if (!settings_.srs || sender.empty()) return sender;
    std::string out = settings_.srs->forward(sender, std::chrono::seconds(base::unix_seconds(clock_.now())));
    return out.empty() ? sender : out;
}

awaitable<directory::Result<RouteFacts>> Router::facts(RouteQuestion question) {
    RouteFacts out;
    auto found = co_await directory_.route(question.recipient);
    if (!found) co_return found.error();
    out.found = std::move(*found);
    if (out.found.kind != directory::Route::Kind::foreign) {
        const auto domain = co_await directory_.find_domain(std::string(base::domain_of(question.recipient)));
        if (domain) out.domain = *domain;
        if (!domain && !domain.error().is(directory::Errc::not_found)) co_return domain.error();
        // Mail for a mailbox here needs no more.
        const bool leaves = out.domain && out.domain->delivery != directory::Domain::Delivery::local;
        if (!leaves) co_return out;
    }
    if (question.sender.empty()) co_return out;
    const auto from = co_await directory_.find_domain(std::string(base::domain_of(question.sender)));
    if (!from && !from.error().is(directory::Errc::not_found)) co_return from.error();
    if (!from) co_return out;
    out.from_domain = *from;
    const auto office = co_await directory_.post_office(from->post_office);
    if (office) out.from_office = *office;
    co_return out;
}

awaitable<RouteDecision> Router::route(RouteQuestion question) {
    const auto known = co_await facts(question);
    if (known) co_return decide(question, *known, settings_);
    RouteDecision out;
    out.rule = "directory";
    out.code = 451;
    out.status = {4, 3, 0};
    out.words = "The directory is not available; try again later";
    co_return out;
}

bool Router::reads_reports(const std::string& address) const {
    return !settings_.report_addresses.empty() && settings_.report_addresses.contains(base::lowered(address));
}

// The depth is bounded by expansion_depth_max.
/// `via`: the mailbox that sends its mail on to `address`. What a group or a redirection leads to is the
/// doing of its owner, so it may leave this server whoever the sender is.
awaitable<void> Router::walk(Walk* walk, std::string address, std::string via,  // NOLINT(misc-no-recursion)
                             std::uint32_t depth) {
    if (!walk->seen.insert(base::lowered(address)).second) co_return;  // a loop, or named twice
    RouteQuestion question = walk->question;
    question.recipient = address;
    question.trusted = question.trusted || depth > 0;
    RouteDecision decision = co_await route(std::move(question));
    const bool reads = reads_reports(address);
    if (reads) {
        Target reader;
        reader.address = address;
        reader.hop = reports_hop();
        walk->out.targets.push_back(std::move(reader));
    }
    if (decision.kind == RouteDecision::Kind::refuse) {
        if (reads && decision.code >= 500) co_return;  // nobody else reads it
        // Of several members one that does not exist keeps nobody from his mail; one that cannot be asked
        // does.
        if (depth == 0 || decision.code < 500) {
            walk->out.code = decision.code;
            walk->out.status = decision.status;
            walk->out.words = std::move(decision.words);
        } else {
            base::log::info("mta", "a member is left out", {{"address", address}, {"why", decision.words}});
        }
        co_return;
    }
    Target target;
    target.address = address;
    target.account = decision.account;
    target.hop = decision.hop;
    target.via = via;
    target.own_node = decision.kind == RouteDecision::Kind::relay && decision.rule == "local";
    const bool expands = decision.kind == RouteDecision::Kind::expand;
    if (decision.kind == RouteDecision::Kind::relay) target.account = base::AccountId();
    if (!expands || (decision.account && decision.keep_copy)) walk->out.targets.push_back(std::move(target));
    if (!expands) co_return;
    walk->expansions += decision.members.size();
    if (depth >= settings_.expansion_depth_max || walk->expansions > settings_.expansion_max) {
        walk->out.code = 550;
        walk->out.status = {5, 4, 6};
        walk->out.words = "This address leads to too many others";
        co_return;
    }
    const std::string sends_on = decision.account ? decision.address : via;
    for (const std::string& member : decision.members) co_await this->walk(walk, member, sends_on, depth + 1);
}

awaitable<Resolved> Router::resolve(RouteQuestion question) {
    Walk walk;
    walk.question = std::move(question);
    if (turn_back(walk.question, walk.out) && walk.out.code != 0) co_return std::move(walk.out);
    std::string first = walk.question.recipient;
    co_await this->walk(&walk, std::move(first), std::string(), 0);
    if (walk.out.code == 0 && walk.out.targets.empty()) {
        walk.out.code = 550;
        walk.out.status = {5, 1, 1};
        walk.out.words = "This address leads to no mailbox";
    }
    co_return std::move(walk.out);
}

}  // namespace mta
