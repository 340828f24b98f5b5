// check_host() of RFC 7208 section 4. One SpfRun is one check: it lives in the frame of the outermost
// evaluation, the inner ones point to it.
#include "mailauth/spf.hpp"

#include <algorithm>
#include <map>

#include "mailauth/domain.hpp"
#include "spf_macro.hpp"
#include "spf_record.hpp"

namespace mailauth {

namespace {

enum class Match : std::uint8_t { no, yes, temperror, permerror };

struct HostResult {
    SpfStatus status = SpfStatus::none;
    std::string mechanism;
    std::string explanation;         // the exp= of the record that decided
    std::string explanation_domain;  // %{d} in it
    std::string problem;
};

/// The address records of one name: yes, no, or what went wrong.
Match match_addresses(const Answer& answer, const IpAddress& ip, unsigned prefix) {
    if (answer.failed()) return Match::temperror;
    const bool hit = std::any_of(answer.addresses.begin(), answer.addresses.end(),
                                 [&](const IpAddress& address) { return ip.in_network(address, prefix); });
    return hit ? Match::yes : Match::no;
}

class SpfRun {
public:
    SpfRun(SpfRequest request, SpfLimits limits) : limits_(limits) {
        values_.ip = request.ip;
        values_.helo = request.helo;
        const bool ascii = std::all_of(request.helo.begin(), request.helo.end(),
                                       [](char c) { return static_cast<unsigned char>(c) < 128; });
        if (!ascii) values_.helo = to_ascii_domain(request.helo);
        values_.receiver = request.receiver.empty() ? "unknown" : request.receiver;
        values_.now = request.now;
    }

    Evaluation<SpfResult> check(std::string local_part, std::string domain, SpfIdentity identity);

private:
    Evaluation<HostResult> check_host(std::string domain);
    Evaluation<HostResult> evaluate(SpfRecord record, std::string domain);
    Evaluation<HostResult> redirect(std::string domain_spec, std::string domain);
    Evaluation<Match> match(SpfTerm term, std::string domain);
    Evaluation<Match> match_include(std::string target);
    Evaluation<Match> match_mx(SpfTerm term, std::string target);
    Evaluation<Match> match_ptr(std::string target);
    Evaluation<bool> load_ptr_names();
    Evaluation<bool> validates(std::string name);
    Evaluation<std::string> validated_name(std::string domain);
    Evaluation<std::optional<std::string>> expand(std::string text, std::string domain);
    Evaluation<std::string> explain(std::string domain_spec, std::string domain);

    bool one_more_term() { return ++result_.dns_terms <= limits_.dns_terms_max; }
    /// False when there were too many void lookups (section 4.6.4).
    bool count_void(const Answer& answer) {
        if (answer.is_void()) ++result_.void_lookups;
        return result_.void_lookups <= limits_.void_lookups_max;
    }
    Match fail(Match how, std::string problem) {
        problem_ = std::move(problem);
        return how;
    }
    DnsType address_type() const { return values_.ip.is_v6() ? DnsType::aaaa : DnsType::a; }

    SpfLimits limits_;
    MacroValues values_;
    SpfResult result_;
    std::string problem_;  // of the last Match::temperror or permerror
    bool ptr_loaded_ = false;
    std::vector<std::string> ptr_names_;
    std::map<std::string, bool> validated_;
};

/// Section 4.8: the result as a name to ask for; labels go from the left until it fits in 253 octets.
std::string as_query_name(std::string expanded) {
    if (expanded.ends_with('.')) expanded.pop_back();
    while (expanded.size() > 253) {
        const std::size_t dot = expanded.find('.');
        if (dot == std::string::npos) return {};
        expanded.erase(0, dot + 1);
    }
    return to_ascii_domain(expanded);
}

bool takes_current_domain(const SpfTerm& term) { return term.domain_spec.empty(); }

Evaluation<HostResult> SpfRun::check_host(std::string domain) {
    HostResult result;
    if (to_ascii_domain(domain).empty() || label_count(domain) < 2) {  // section 4.3
        result.problem = "the domain is malformed or has one label only";
        co_return result;
    }
    Answer answer = co_await ask(DnsType::txt, domain);
    if (answer.failed()) {  // section 4.4
        result.status = SpfStatus::temperror;
        result.problem = "DNS gives no answer about the policy of " + domain;
        co_return result;
    }
    std::erase_if(answer.texts, [](const std::string& text) { return !is_spf_record(text); });
    if (answer.texts.empty()) {  // section 4.5
        result.problem = domain + " has no SPF record";
        co_return result;
    }
    SpfRecord record;
    if (answer.texts.size() > 1)
        record.fault = "more than one record";
    else if (answer.texts.front().size() > limits_.record_octets_max)
        record.fault = "a record too long";
    else
        record = parse_spf_record(answer.texts.front());
    if (!record.fault.empty()) {
        result.status = SpfStatus::permerror;
        result.problem = "the SPF record of " + domain + " is wrong: " + record.fault;
        co_return result;
    }
    auto evaluation = evaluate(std::move(record), std::move(domain));
    result = co_await evaluation;
    co_return result;
}

Evaluation<HostResult> SpfRun::evaluate(SpfRecord record, std::string domain) {
    HostResult result;
    for (const SpfTerm& term : record.terms) {  // section 4.6.2: left to right, the first match decides
        auto matching = match(term, domain);
        const Match matched = co_await matching;
        if (matched == Match::no) continue;
        result.mechanism = term.text;
        if (matched == Match::yes) {
            result.status = term.qualifier;
            result.explanation = record.explanation;
            result.explanation_domain = domain;
        } else {
            result.status = matched == Match::temperror ? SpfStatus::temperror : SpfStatus::permerror;
            result.problem = problem_;
        }
        co_return result;
    }
    if (!record.redirect.empty()) {
        auto redirected = redirect(record.redirect, domain);
        result = co_await redirected;
        co_return result;
    }
    result.status = SpfStatus::neutral;  // section 4.7
    result.mechanism = "default";
    co_return result;
}

/// Section 6.1. Nothing there is an error; its explanation takes the place of ours.
Evaluation<HostResult> SpfRun::redirect(std::string domain_spec, std::string domain) {
    HostResult result;
    result.status = SpfStatus::permerror;
    if (!one_more_term()) {
        result.problem = "more terms that ask DNS than allowed";
        co_return result;
    }
    auto expansion = expand(std::move(domain_spec), std::move(domain));
    const std::optional<std::string> expanded = co_await expansion;
    std::string target = expanded ? as_query_name(*expanded) : std::string();
    if (target.empty()) {
        result.problem = "redirect to a name that is none";
        co_return result;
    }
    auto inner = check_host(std::move(target));
    result = co_await inner;
    if (result.status == SpfStatus::none) result.status = SpfStatus::permerror;
    co_return result;
}

Evaluation<Match> SpfRun::match(SpfTerm term, std::string domain) {
    switch (term.mechanism) {
        case Mechanism::all:
            co_return Match::yes;
        case Mechanism::ip4:
            co_return values_.ip.in_network(term.network, term.prefix4) ? Match::yes : Match::no;
        case Mechanism::ip6:
            co_return values_.ip.in_network(term.network, term.prefix6) ? Match::yes : Match::no;
        default:
            break;
    }
    if (!one_more_term()) co_return fail(Match::permerror, "more terms that ask DNS than allowed");
    std::string target = domain;
    if (!takes_current_domain(term)) {
        auto expansion = expand(term.domain_spec, std::move(domain));
        const std::optional<std::string> expanded = co_await expansion;
        target = expanded ? as_query_name(*expanded) : std::string();
    }
    if (target.empty()) {  // section 4.8: such a name matches nothing, but one must include something
        if (term.mechanism != Mechanism::include) co_return Match::no;
        co_return fail(Match::permerror, "include of a name that is none");
    }
    if (term.mechanism == Mechanism::include) {
        auto inner = match_include(std::move(target));
        co_return co_await inner;
    }
    if (term.mechanism == Mechanism::mx) {
        auto inner = match_mx(std::move(term), std::move(target));
        co_return co_await inner;
    }
    if (term.mechanism == Mechanism::ptr) {
        auto inner = match_ptr(std::move(target));
        co_return co_await inner;
    }
    const bool exists = term.mechanism == Mechanism::exists;  // section 5.7: always A
    const Answer answer = co_await ask(exists ? DnsType::a : address_type(), target);
    if (!count_void(answer)) co_return fail(Match::permerror, "more void lookups than allowed");
    const unsigned prefix = values_.ip.is_v6() ? term.prefix6 : term.prefix4;
    Match matched = match_addresses(answer, values_.ip, prefix);
    if (exists && matched != Match::temperror) matched = answer.found() ? Match::yes : Match::no;
    if (matched == Match::temperror) co_return fail(matched, "DNS gives no answer about " + target);
    co_return matched;
}

/// The table of section 5.2.
Evaluation<Match> SpfRun::match_include(std::string target) {
    auto inner = check_host(target);
    const HostResult result = co_await inner;
    switch (result.status) {
        case SpfStatus::pass:
            co_return Match::yes;
        case SpfStatus::fail:
        case SpfStatus::softfail:
        case SpfStatus::neutral:
            co_return Match::no;
        case SpfStatus::temperror:
            co_return fail(Match::temperror, result.problem);
        case SpfStatus::permerror:
            co_return fail(Match::permerror, result.problem);
        case SpfStatus::none:
            break;
    }
    co_return fail(Match::permerror, "include: " + result.problem);
}

/// Section 5.4.
Evaluation<Match> SpfRun::match_mx(SpfTerm term, std::string target) {
    Answer hosts = co_await ask(DnsType::mx, target);
    if (hosts.failed()) co_return fail(Match::temperror, "DNS gives no answer about the MX of " + target);
    if (!count_void(hosts)) co_return fail(Match::permerror, "more void lookups than allowed");
    if (hosts.mx.size() > limits_.mx_names_max) {  // section 4.6.4
        co_return fail(Match::permerror, target + " has more MX records than allowed");
    }
    std::sort(hosts.mx.begin(), hosts.mx.end(), [](const MxHost& a, const MxHost& b) {
        return std::pair(a.preference, a.name) < std::pair(b.preference, b.name);
    });
    const unsigned prefix = values_.ip.is_v6() ? term.prefix6 : term.prefix4;
    for (const MxHost& host : hosts.mx) {
        std::string name = to_ascii_domain(host.name);
        if (name.empty()) continue;
        const Answer answer = co_await ask(address_type(), name);
        if (!count_void(answer)) co_return fail(Match::permerror, "more void lookups than allowed");
        const Match matched = match_addresses(answer, values_.ip, prefix);
        if (matched == Match::temperror) co_return fail(matched, "DNS gives no answer about " + name);
        if (matched == Match::yes) co_return matched;
    }
    co_return Match::no;
}

/// Section 5.5. Errors of DNS match nothing.
Evaluation<Match> SpfRun::match_ptr(std::string target) {
    auto loading = load_ptr_names();
    if (!co_await loading) co_return fail(Match::permerror, "more void lookups than allowed");
    for (const std::string& name : ptr_names_) {
        if (!is_within(name, target)) continue;
        auto validation = validates(name);
        if (co_await validation) co_return Match::yes;
        if (result_.void_lookups > limits_.void_lookups_max) {
            co_return fail(Match::permerror, "more void lookups than allowed");
        }
    }
    co_return Match::no;
}

/// Once in a check. False: too many void lookups.
Evaluation<bool> SpfRun::load_ptr_names() {
    if (ptr_loaded_) co_return true;
    ptr_loaded_ = true;
    const Answer answer = co_await ask(DnsType::ptr, values_.ip.reverse_name());
    for (const std::string& found : answer.names) {
        if (ptr_names_.size() == limits_.ptr_names_max) break;
        std::string name = to_ascii_domain(found);
        if (!name.empty()) ptr_names_.push_back(std::move(name));
    }
    co_return count_void(answer);
}

/// The name's addresses hold the client's.
Evaluation<bool> SpfRun::validates(std::string name) {
    const auto known = validated_.find(name);
    if (known != validated_.end()) co_return known->second;
    const Answer answer = co_await ask(address_type(), name);
    (void)count_void(answer);  // whoever asked looks at the count
    const bool valid = match_addresses(answer, values_.ip, values_.ip.bits()) == Match::yes;
    validated_[name] = valid;
    co_return valid;
}

/// Section 7.3, %{p}: the domain itself, else a name below it, else any.
Evaluation<std::string> SpfRun::validated_name(std::string domain) {
    auto loading = load_ptr_names();
    (void)co_await loading;
    const auto rank = [&domain](const std::string& name) {
        if (name == domain) return 0;
        return is_within(name, domain) ? 1 : 2;
    };
    for (int wanted = 0; wanted < 3; ++wanted) {
        for (const std::string& name : ptr_names_) {
            if (rank(name) != wanted) continue;
            auto validation = validates(name);
            if (co_await validation) co_return name;
        }
    }
    co_return std::string("unknown");
}

Evaluation<std::optional<std::string>> SpfRun::expand(std::string text, std::string domain) {
    if (macro_has_letter(text, 'p')) {
        auto validating = validated_name(domain);
        values_.validated = co_await validating;
    }
    values_.domain = domain;
    co_return expand_macros(text, values_, limits_.expanded_octets_max);
}

/// Section 6.2: any fault means no explanation.
Evaluation<std::string> SpfRun::explain(std::string domain_spec, std::string domain) {
    auto naming = expand(std::move(domain_spec), domain);
    const std::optional<std::string> expanded = co_await naming;
    std::string target = expanded ? as_query_name(*expanded) : std::string();
    if (target.empty()) co_return std::string();
    const Answer answer = co_await ask(DnsType::txt, target);
    if (answer.texts.size() != 1) co_return std::string();
    std::string text = answer.texts.front();
    if (!macro_fault(text, MacroUse::explanation).empty()) co_return std::string();
    auto wording = expand(std::move(text), std::move(domain));
    const std::optional<std::string> words = co_await wording;
    // The client's words may have come in by macros: nothing but printable ASCII goes out.
    const bool printable =
        words && std::all_of(words->begin(), words->end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
    co_return printable ? *words : std::string();
}

Evaluation<SpfResult> SpfRun::check(std::string local_part, std::string domain, SpfIdentity identity) {
    result_.identity = identity;
    result_.domain = to_ascii_domain(domain);
    values_.local_part = local_part.empty() ? "postmaster" : local_part;  // section 4.3
    values_.sender_domain = result_.domain;
    auto checking = check_host(result_.domain);
    const HostResult host = co_await checking;
    result_.status = host.status;
    result_.mechanism = host.mechanism;
    result_.problem = host.problem;
    if (host.status == SpfStatus::fail && !host.explanation.empty()) {
        auto explaining = explain(host.explanation, host.explanation_domain);
        result_.explanation = co_await explaining;
    }
    co_return result_;
}

Evaluation<SpfResult> run_check(SpfRequest request, SpfLimits limits, SpfIdentity identity) {
    std::string local_part;
    std::string domain = request.helo;
    const std::size_t at = request.mail_from.rfind('@');
    if (identity == SpfIdentity::mail_from && !request.mail_from.empty()) {
        local_part = at == std::string::npos ? "" : request.mail_from.substr(0, at);
        domain = at == std::string::npos ? request.mail_from : request.mail_from.substr(at + 1);
    }
    SpfRun run(std::move(request), limits);
    auto checking = run.check(std::move(local_part), std::move(domain), identity);
    co_return co_await checking;
}

}  // namespace

std::string_view name_of(SpfStatus status) {
    switch (status) {
        case SpfStatus::none:
            return "none";
        case SpfStatus::neutral:
            return "neutral";
        case SpfStatus::pass:
            return "pass";
        case SpfStatus::fail:
            return "fail";
        case SpfStatus::softfail:
            return "softfail";
        case SpfStatus::temperror:
            return "temperror";
        case SpfStatus::permerror:
            return "permerror";
    }
    return "none";
}

Evaluation<SpfResult> check_spf(SpfRequest request, SpfLimits limits) {
    return run_check(std::move(request), limits, SpfIdentity::mail_from);
}

Evaluation<SpfResult> check_spf_helo(SpfRequest request, SpfLimits limits) {
    return run_check(std::move(request), limits, SpfIdentity::helo);
}

}  // namespace mailauth
