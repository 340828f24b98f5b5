#include "mta/smtp_out/tls_reports.hpp"

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/ascii.hpp"
#include "mta/smtp_out/mta_sts.hpp"
#include "mta/smtp_out/syntax/commands.hpp"

namespace mta::smtp_out {
namespace {

constexpr std::int64_t day_seconds = 86'400;

/// RFC 8460 section 4.3.
std::string_view result_type(const TlsReporter::Seen& seen) {
    const bool sts = seen.host.sts != nullptr, dane = seen.host.dane != nullptr;
    switch (seen.trouble) {
        case TlsTrouble::none:
            return {};
        case TlsTrouble::not_offered:
            return "starttls-not-supported";
        case TlsTrouble::expired:
            return "certificate-expired";
        case TlsTrouble::other_host:
            return "certificate-host-mismatch";
        case TlsTrouble::not_trusted:
            return dane ? "tlsa-invalid" : "certificate-not-trusted";
        case TlsTrouble::dnssec:
            return "dnssec-invalid";
        case TlsTrouble::not_in_policy:
            return sts ? "validation-failure" : "sts-policy-invalid";
        case TlsTrouble::handshake:
            break;
    }
    return "validation-failure";
}

std::string iso_date(std::int64_t seconds) {
    const std::time_t time = seconds;
    std::tm utc{};
    ::gmtime_r(&time, &utc);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", utc.tm_year + 1900, utc.tm_mon + 1,
                       utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> out;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        text.remove_prefix(std::min(text.size(), end + 1));
        if (!line.empty()) out.push_back(printable(line, 998));
    }
    return out;
}

}  // namespace

TlsReports::Policy TlsReports::policy_of(const Seen& seen, std::string* key) {
    Policy out;
    if (seen.host.dane || seen.trouble == TlsTrouble::dnssec) {
        out.type = "tlsa";
        *key = "tlsa " + seen.host.name;
        out.hosts = {seen.host.name};
        if (seen.host.dane) {
            for (const net::TlsaRecord& record : seen.host.dane->records) {
                std::string hex;
                for (const char c : record.data) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
                out.strings.push_back(fmt::format("_{}._tcp.{}. IN TLSA {} {} {} {}", seen.host.port,
                                                  seen.host.name, record.usage, record.selector,
                                                  record.matching, hex));
            }
        }
    } else if (seen.host.sts) {
        out.type = "sts";
        out.strings = lines_of(seen.host.sts->text);
        out.hosts = seen.host.sts->mx;
        *key = "sts " + seen.host.sts->text;
    } else {
        out.type = "no-policy-found";
        *key = "none";
    }
    return out;
}

void TlsReports::saw(const Seen& seen) {
    const Day day = today();
    std::string key;
    Policy fresh = policy_of(seen, &key);
    const std::string_view result = result_type(seen);
    const std::lock_guard lock(mutex_);
    const std::pair<Day, std::string> place(day, seen.domain);
    if (!days_.contains(place) && days_.size() >= TlsReportLimits::domains) return;
    Policies& policies = days_.try_emplace(place, Kept{day * day_seconds, {}}).first->second.policies;
    changed_.insert(place);
    if (!policies.contains(key) && policies.size() >= TlsReportLimits::policies) return;
    Policy& policy = policies.try_emplace(key, std::move(fresh)).first->second;
    if (result.empty()) {
        ++policy.successes;
        return;
    }
    ++policy.failures;
    Failed failed;
    failed.result = result;
    failed.host = seen.host.name;
    failed.helo = seen.greeting_name;
    if (seen.address != net::IpAddress()) failed.address = seen.address.text();
    if (seen.source != net::IpAddress()) failed.source = seen.source.text();
    failed.reason = seen.words;
    if (policy.details.contains(failed) || policy.details.size() < TlsReportLimits::failures_kept)
        ++policy.details[std::move(failed)];
}

std::string TlsReports::json_of(const TlsReport& report, std::int64_t begin, std::int64_t end,
                                const Policies& policies) const {
    using Json = nlohmann::ordered_json;
    Json out;
    out["organization-name"] = identity_.organization;
    out["date-range"] = {{"start-datetime", iso_date(begin)}, {"end-datetime", iso_date(end)}};
    out["contact-info"] = identity_.contact;
    out["report-id"] = report.id;
    out["policies"] = Json::array();
    for (const auto& [key, policy] : policies) {
        Json described;
        described["policy-type"] = policy.type;
        if (!policy.strings.empty()) described["policy-string"] = policy.strings;
        described["policy-domain"] = report.domain;
        if (!policy.hosts.empty()) described["mx-host"] = policy.hosts;
        Json entry;
        entry["policy"] = std::move(described);
        entry["summary"] = {{"total-successful-session-count", policy.successes},
                            {"total-failure-session-count", policy.failures}};
        for (const auto& [failed, count] : policy.details) {
            Json detail;
            detail["result-type"] = failed.result;
            if (!failed.source.empty()) detail["sending-mta-ip"] = failed.source;
            detail["receiving-mx-hostname"] = failed.host;
            if (!failed.helo.empty()) detail["receiving-mx-helo"] = failed.helo;
            if (!failed.address.empty()) detail["receiving-ip"] = failed.address;
            detail["failed-session-count"] = count;
            if (!failed.reason.empty()) detail["failure-reason-code"] = failed.reason;
            entry["failure-details"].push_back(std::move(detail));
        }
        out["policies"].push_back(std::move(entry));
    }
    return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

TlsReports::Day TlsReports::today() const { return base::unix_seconds(clock_.now()) / day_seconds; }

std::vector<TlsReports::Place> TlsReports::over(bool all) {
    const Day now = today();
    std::vector<Place> out;
    const std::lock_guard lock(mutex_);
    for (auto at = days_.begin(); at != days_.end();) {
        const auto& [place, kept] = *at;
        if (!kept.policies.empty()) {
            if ((all || place.first < now) && !taken_.contains(place)) out.push_back(place);
        } else if (place.first < now && !taken_.contains(place)) {
            changed_.insert(place);  // it was kept for its beginning alone
            at = days_.erase(at);
            continue;
        }
        ++at;
    }
    return out;
}

std::optional<TlsReport> TlsReports::take(const Place& place) {
    const auto& [day, domain] = place;
    const std::int64_t now = base::unix_seconds(clock_.now());
    const std::lock_guard lock(mutex_);
    const auto found = days_.find(place);
    if (found == days_.end() || found->second.policies.empty() || taken_.contains(place)) return std::nullopt;
    const Kept& kept = taken_.emplace(place, std::move(found->second)).first->second;
    TlsReport out;
    const std::int64_t begin = kept.begin;
    const std::int64_t end = std::max(begin, std::min((day + 1) * day_seconds - 1, now));
    found->second = Kept{end + 1, {}};
    out.day = day;
    out.domain = domain;
    out.id = fmt::format("{}.{}.{}@{}", iso_date(day * day_seconds).substr(0, 10), begin - day * day_seconds,
                         domain, identity_.host_name);
    out.filename = fmt::format("{}!{}!{}!{}", identity_.host_name, domain, begin, end);
    out.json = json_of(out, begin, end, kept.policies);
    return out;
}

void TlsReports::add(Kept& sum, const Kept& earlier) {
    sum.begin = earlier.begin;
    for (const auto& [key, policy] : earlier.policies) {
        const auto known = sum.policies.find(key);
        if (known == sum.policies.end()) {
            if (sum.policies.size() < TlsReportLimits::policies) sum.policies.emplace(key, policy);
            continue;
        }
        Policy& both = known->second;
        both.successes += policy.successes;
        both.failures += policy.failures;
        for (const auto& [failed, count] : policy.details)
            if (both.details.contains(failed) || both.details.size() < TlsReportLimits::failures_kept)
                both.details[failed] += count;
    }
}

void TlsReports::put_back(const Place& place) {
    const std::lock_guard lock(mutex_);
    const auto earlier = taken_.extract(place);
    if (!earlier) return;
    changed_.insert(place);
    add(days_[place], earlier.mapped());
}

bool TlsReports::is_over_and_told(const Place& place, const Kept& kept) const {
    return kept.policies.empty() && place.first < today();
}

void TlsReports::settle(const Place& place) {
    const std::lock_guard lock(mutex_);
    taken_.erase(place);
    changed_.insert(place);
    const auto found = days_.find(place);
    if (found != days_.end() && is_over_and_told(place, found->second)) days_.erase(found);
}

ReportAddresses read_tls_report_record(std::string_view text) {
    ReportAddresses out;
    if (!text.starts_with("v=TLSRPTv1")) return out;
    std::string_view rest = text.substr(10);
    if (rest.find_first_not_of(" \t") == std::string_view::npos || rest[rest.find_first_not_of(" \t")] != ';')
        return out;
    const std::size_t rua = rest.find("rua=");
    if (rua == std::string_view::npos) return out;
    rest = rest.substr(rua + 4);
    rest = rest.substr(0, rest.find(';'));
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(','), rest.size());
        std::string_view uri = rest.substr(0, end);
        rest.remove_prefix(std::min(rest.size(), end + 1));
        while (uri.starts_with(' ')) uri.remove_prefix(1);
        while (uri.ends_with(' ')) uri.remove_suffix(1);
        if (out.mail.size() + out.https.size() >= ReportAddresses::most) break;
        if (uri.size() > 7 && base::equals_nocase(uri.substr(0, 7), "mailto:")) {
            const std::string_view address = uri.substr(7, uri.find_first_of("?!") - 7);
            if (safe_address(address) && address.find('@') != std::string_view::npos)
                out.mail.emplace_back(address);
        } else if (uri.size() > 8 && base::equals_nocase(uri.substr(0, 8), "https://")) {
            out.https.emplace_back(uri);
        }
    }
    return out;
}

}  // namespace mta::smtp_out
