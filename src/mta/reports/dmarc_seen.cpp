// What a report tells of one message: RFC 9990 section 3.1.
#include "base/text.hpp"
#include "mta/reports/dmarc_ledger.hpp"

namespace mta::reports {
namespace {

using mailauth::DmarcPolicy;
using mailauth::DmarcStatus;

std::string name(DmarcPolicy policy) { return std::string(mailauth::name_of(policy)); }

mailauth::ReportPolicy published(const mailauth::DmarcResult& found) {
    mailauth::ReportPolicy out;
    out.domain = found.policy_domain;
    out.p = name(found.record.policy);
    out.sp = name(found.record.subdomain_policy);
    out.np = name(found.record.nonexistent_policy);
    out.adkim = found.record.strict_dkim ? "s" : "r";
    out.aspf = found.record.strict_spf ? "s" : "r";
    out.fo = found.record.failure_options;
    out.testing = found.record.testing ? "y" : "n";
    return out;
}

/// What was done by policy, and why it is not what the owner asks for.
void set_fate(const SenderVerdict& verdict, mailauth::ReportRecord& out) {
    using Action = SenderVerdict::Action;
    const bool passed = verdict.dmarc.status == DmarcStatus::pass;
    const DmarcPolicy done = verdict.action == Action::refuse ? DmarcPolicy::reject
                             : verdict.action == Action::junk ? DmarcPolicy::quarantine
                                                              : DmarcPolicy::none;
    out.disposition = passed && done == DmarcPolicy::none ? "pass" : name(done);
    if (!passed && verdict.dmarc.record.testing) out.reasons.push_back({"policy_test_mode", ""});
    const DmarcPolicy asked = passed ? DmarcPolicy::none : verdict.dmarc.policy;
    if (done == asked) return;
    const bool sealed = verdict.arc.status == mailauth::ArcStatus::pass && !verdict.arc.sets.empty();
    if (done == DmarcPolicy::none && sealed)
        out.reasons.push_back({"trusted_forwarder", "arc=pass as." + std::to_string(verdict.arc.sets.size()) +
                                                        ".d=" + verdict.arc.sets.back().domain});
    else
        out.reasons.push_back({"local_policy", ""});
}

}  // namespace

std::optional<DmarcSeen> seen_by(const SenderVerdict& verdict, const SenderFacts& facts) {
    const mailauth::DmarcResult& dmarc = verdict.dmarc;
    const bool known = dmarc.status == DmarcStatus::pass || dmarc.status == DmarcStatus::fail;
    if (!known || dmarc.policy_domain.empty() || dmarc.record.aggregate_reports_to.empty())
        return std::nullopt;
    const DmarcLedgerLimits limits;
    const auto bounded = [&limits](std::string_view text) {
        return std::string(text.substr(0, limits.text_bytes));
    };
    DmarcSeen out;
    out.policy = published(dmarc);
    for (const std::string& uri : dmarc.record.aggregate_reports_to)
        if (out.destinations.size() < limits.destinations && uri.size() <= 2 * limits.text_bytes)
            out.destinations.push_back(uri);
    mailauth::ReportRecord& record = out.record;
    record.source_ip = facts.ip;
    record.count = 1;
    record.dkim = dmarc.dkim_aligned ? "pass" : "fail";
    record.spf = dmarc.spf_aligned ? "pass" : "fail";
    set_fate(verdict, record);
    record.header_from = bounded(dmarc.author_domain);
    record.envelope_from = bounded(base::domain_of(facts.mail_from));
    for (const mailauth::DkimResult& one : verdict.dkim) {
        if (record.dkim_results.size() == limits.signatures) break;
        mailauth::ReportDkim dkim;
        dkim.domain = bounded(one.domain);
        dkim.selector = bounded(one.selector);
        dkim.result = std::string(mailauth::name_of(one.status));
        record.dkim_results.push_back(std::move(dkim));
    }
    mailauth::ReportSpf spf;
    spf.domain = bounded(verdict.spf.domain);
    spf.scope = facts.mail_from.empty() ? "helo" : "mfrom";
    spf.result = std::string(mailauth::name_of(verdict.spf.status));
    record.spf_results.push_back(std::move(spf));
    return out;
}

}  // namespace mta::reports
