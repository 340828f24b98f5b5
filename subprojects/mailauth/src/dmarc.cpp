// Discovery and verdict, RFC 9989 sections 4.10 and 5.3. One DmarcRun is one check, in the frame of the
// outermost evaluation.
#include "mailauth/dmarc.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <memory>

#include "mailauth/domain.hpp"

namespace mailauth {

namespace {

struct Found {
    std::string domain;
    DmarcRecord record;
};

/// What a tree walk came by, from the name itself upwards.
struct Walk {
    std::vector<Found> records;
    bool failed = false;  // DNS gave no answer somewhere
};

class DmarcRun {
public:
    explicit DmarcRun(DmarcLimits limits) : limits_(limits) {}
    Evaluation<DmarcResult> check(std::string author_domain, const DmarcRequest* request);
    Evaluation<std::string> organizational_domain(std::string domain);
    bool failed() const { return failed_; }

private:
    struct Lookup {
        bool failed = false;
        bool found = false;
        DmarcRecord record;
    };
    Evaluation<Lookup> policy_at(std::string domain);
    Evaluation<Walk> walk(std::string domain);
    Evaluation<bool> aligned(std::string domain, DmarcResult* result, bool strict);
    Evaluation<bool> weigh_dkim(const std::vector<DkimResult>* results, DmarcResult* verdict);
    Evaluation<bool> exists(std::string domain);

    DmarcLimits limits_;
    std::map<std::string, Lookup> lookups_;  // walks of one message cross each other
    bool failed_ = false;
};

/// The record at a name, when there is exactly one (section 4.10: several are as none).
Evaluation<DmarcRun::Lookup> DmarcRun::policy_at(std::string domain) {
    const auto known = lookups_.find(domain);
    if (known != lookups_.end()) co_return known->second;
    Lookup lookup;
    std::string name = to_ascii_domain("_dmarc." + domain);
    if (name.empty()) co_return lookup;
    const Answer answer = co_await ask(DnsType::txt, name);
    lookup.failed = answer.failed();
    std::size_t count = 0;
    for (const std::string& text : answer.texts) {
        DmarcRecord record = parse_dmarc_record(text);
        if (!record.fault.empty()) continue;
        ++count;
        lookup.record = std::move(record);
    }
    lookup.found = count == 1;
    lookups_[domain] = lookup;
    co_return lookup;
}

/// Section 4.10: the name, then its parents; long names lose all but seven labels after the first step. A
/// record with psd=n or, above the start, psd=y ends it.
Evaluation<Walk> DmarcRun::walk(std::string domain) {
    Walk walk;
    std::string name = domain;
    while (!name.empty()) {
        auto looking = policy_at(name);
        Lookup lookup = co_await looking;
        walk.failed = walk.failed || lookup.failed;
        if (lookup.found) {
            const DmarcRecord::Psd psd = lookup.record.psd;
            walk.records.push_back({name, std::move(lookup.record)});
            if (psd == DmarcRecord::Psd::no || (psd == DmarcRecord::Psd::yes && name != domain)) break;
        }
        std::string_view rest = parent_of(name);
        while (label_count(rest) >= limits_.labels_max) rest = parent_of(rest);
        name = std::string(rest);
    }
    failed_ = failed_ || walk.failed;
    co_return walk;
}

/// Section 4.10.2.
std::string organization_of(const std::string& start, const Walk& walk) {
    for (const Found& found : walk.records) {
        if (found.record.psd == DmarcRecord::Psd::no) return found.domain;
        if (found.record.psd == DmarcRecord::Psd::yes && found.domain != start) {
            std::string_view below = start;  // one label below the public suffix
            while (parent_of(below) != found.domain) below = parent_of(below);
            return std::string(below);
        }
    }
    return walk.records.empty() ? start : walk.records.back().domain;
}

/// Section 4.10.1: the record of the author domain itself, else of its organizational domain, else of the
/// public suffix above that.
const Found* policy_of(const std::string& start, const std::string& organization, const Walk& walk) {
    const auto at = [&walk](const std::string& name) -> const Found* {
        for (const Found& found : walk.records) {
            if (found.domain == name) return &found;
        }
        return nullptr;
    };
    if (const Found* own = at(start)) return own;
    if (const Found* above = at(organization)) return above;
    for (const Found& found : walk.records) {
        if (found.record.psd == DmarcRecord::Psd::yes) return &found;
    }
    return nullptr;
}

Evaluation<std::string> DmarcRun::organizational_domain(std::string domain) {
    auto walking = walk(domain);
    const Walk walked = co_await walking;
    co_return organization_of(domain, walked);
}

/// Section 4.4: the same name, or with relaxed alignment the same organizational domain.
Evaluation<bool> DmarcRun::aligned(std::string domain, DmarcResult* result, bool strict) {
    if (domain == result->author_domain) co_return true;
    // Names without a common end have no common organization: no walk for what strangers sign.
    if (strict || !is_within(domain, result->organizational_domain)) co_return false;
    auto finding = organizational_domain(domain);
    const std::string organization = co_await finding;
    co_return organization == result->organizational_domain;
}

/// Section 3.2.13: neither an address nor a mail exchanger. No answer counts as being there.
Evaluation<bool> DmarcRun::exists(std::string domain) {
    static constexpr std::array types{DnsType::a, DnsType::aaaa, DnsType::mx};
    for (const DnsType type : types) {
        const Answer answer = co_await ask(type, domain);
        if (answer.status == DnsStatus::nxdomain) co_return false;
        if (!answer.is_void()) co_return true;
    }
    co_return false;
}

/// Section 5.3.6's t=: one step less.
DmarcPolicy softened(DmarcPolicy policy, bool testing) {
    if (!testing) return policy;
    return policy == DmarcPolicy::reject ? DmarcPolicy::quarantine : DmarcPolicy::none;
}

/// True: a signature that DNS had no answer for might have spoken for the author.
Evaluation<bool> DmarcRun::weigh_dkim(const std::vector<DkimResult>* results, DmarcResult* verdict) {
    bool undecided = false;
    std::size_t weighed = 0;
    for (const DkimResult& one : *results) {
        const bool passed = one.status == DkimStatus::pass && one.unsigned_octets == 0;
        if (!passed && one.status != DkimStatus::temperror) continue;
        if (one.domain.empty() || ++weighed > limits_.identifiers_max) continue;
        auto aligning = aligned(one.domain, verdict, verdict->record.strict_dkim);
        if (!co_await aligning) continue;
        if (passed)
            verdict->aligned_dkim.push_back(one.domain);
        else
            undecided = true;
    }
    verdict->dkim_aligned = !verdict->aligned_dkim.empty();
    co_return undecided;
}

Evaluation<DmarcResult> DmarcRun::check(std::string author_domain, const DmarcRequest* request) {
    DmarcResult result;
    result.author_domain = author_domain;
    auto walking = walk(author_domain);
    const Walk walked = co_await walking;
    result.organizational_domain = organization_of(author_domain, walked);
    const Found* policy = policy_of(author_domain, result.organizational_domain, walked);
    // What is found is used even if another step had no answer: a name server that is down above the author's
    // own record changes nothing. Without a record nobody knows.
    if (walked.failed && (policy == nullptr || policy->domain != author_domain)) {
        result.status = DmarcStatus::temperror;
        result.reason = "DNS gives no answer about the policy of " + author_domain;
        co_return result;
    }
    if (policy == nullptr) {
        result.reason = author_domain + " has no DMARC record";
        co_return result;
    }
    result.policy_domain = policy->domain;
    result.record = policy->record;
    result.policy = result.record.policy;
    if (result.policy_domain != author_domain) {
        result.policy = result.record.subdomain_policy;
        if (result.record.nonexistent_policy != result.record.subdomain_policy) {
            auto existing = exists(author_domain);
            result.nonexistent = !co_await existing;
            if (result.nonexistent) result.policy = result.record.nonexistent_policy;
        }
    }
    result.policy = softened(result.policy, result.record.testing);

    auto weighing = weigh_dkim(&request->dkim, &result);
    bool undecided = co_await weighing;
    const bool spf_matters =
        request->spf.status == SpfStatus::pass || request->spf.status == SpfStatus::temperror;
    if (spf_matters && !request->spf.domain.empty()) {
        auto aligning = aligned(request->spf.domain, &result, result.record.strict_spf);
        const bool is_aligned = co_await aligning;
        result.spf_aligned = is_aligned && request->spf.status == SpfStatus::pass;
        undecided = undecided || (is_aligned && !result.spf_aligned);
    }
    if (result.spf_aligned || result.dkim_aligned) {
        result.status = DmarcStatus::pass;
    } else if (undecided || failed_) {
        result.status = DmarcStatus::temperror;
        result.reason = "DNS gave no answer that could have made it pass";
    } else {
        result.status = DmarcStatus::fail;
        result.reason = "neither SPF nor DKIM speaks for " + author_domain;
    }
    co_return result;
}

unsigned severity(const DmarcResult& result) {
    switch (result.status) {
        case DmarcStatus::pass:
            return 0;
        case DmarcStatus::none:
            return 1;
        case DmarcStatus::permerror:
            return 2;
        case DmarcStatus::temperror:
            return 3;
        case DmarcStatus::fail:
            return 4 + static_cast<unsigned>(result.policy);
    }
    return 0;
}

}  // namespace

std::string_view name_of(DmarcStatus status) {
    switch (status) {
        case DmarcStatus::none:
            return "none";
        case DmarcStatus::pass:
            return "pass";
        case DmarcStatus::fail:
            return "fail";
        case DmarcStatus::temperror:
            return "temperror";
        case DmarcStatus::permerror:
            return "permerror";
    }
    return "none";
}

Evaluation<DmarcResult> check_dmarc(DmarcRequest request, DmarcLimits limits) {
    DmarcResult worst;
    if (!request.author.fault.empty() || request.author.domains.size() > limits.author_domains_max) {
        worst.status = DmarcStatus::permerror;
        worst.reason = request.author.fault.empty() ? "From names too many domains" : request.author.fault;
        co_return worst;
    }
    for (std::size_t i = 0; i < request.author.domains.size(); ++i) {
        DmarcRun run(limits);
        auto checking = run.check(request.author.domains[i], &request);
        DmarcResult result = co_await checking;
        if (i == 0 || severity(result) > severity(worst)) worst = std::move(result);
    }
    co_return worst;
}

Evaluation<std::string> find_organizational_domain(std::string domain, DmarcLimits limits) {
    DmarcRun run(limits);
    auto finding = run.organizational_domain(to_ascii_domain(domain));
    co_return co_await finding;
}

Evaluation<bool> may_report_to(std::string policy_domain, std::string destination_uri, DmarcLimits limits) {
    const std::size_t colon = destination_uri.find(':');
    const std::size_t at = destination_uri.rfind('@');
    if (colon == std::string::npos || at == std::string::npos || at < colon) co_return false;
    if (!same_text(std::string_view(destination_uri).substr(0, colon), "mailto")) co_return false;
    const std::string_view rest = std::string_view(destination_uri).substr(at + 1);
    const std::string destination = to_mail_domain(rest.substr(0, rest.find('?')));
    const std::string owner = to_ascii_domain(policy_domain);
    if (destination.empty() || owner.empty()) co_return false;
    DmarcRun run(limits);
    auto finding_ours = run.organizational_domain(owner);
    const std::string ours = co_await finding_ours;
    if (is_within(destination, ours)) {
        auto finding_theirs = run.organizational_domain(destination);
        const std::string theirs = co_await finding_theirs;
        if (theirs == ours) co_return true;
    }
    std::string name = to_ascii_domain(owner + "._report._dmarc." + destination);
    if (name.empty()) co_return false;
    const Answer answer = co_await ask(DnsType::txt, name);
    co_return std::any_of(answer.texts.begin(), answer.texts.end(),
                          [](const std::string& text) { return parse_dmarc_record(text).fault.empty(); });
}

}  // namespace mailauth
