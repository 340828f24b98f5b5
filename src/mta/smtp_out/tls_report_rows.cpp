// TlsReports as rows: what has been gathered outlives the process.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json_fields.hpp"
#include "mta/smtp_out/tls_reports.hpp"

namespace mta::smtp_out {

using Json = nlohmann::json;
using base::number_in;
using base::text_in;
using base::texts_in;

std::string TlsReports::row_of(const std::string& domain, const Kept& kept) {
    Json out = {{"domain", domain}, {"begin", kept.begin}, {"policies", Json::array()}};
    for (const auto& [key, policy] : kept.policies) {
        Json one = {{"key", key},
                    {"type", policy.type},
                    {"strings", policy.strings},
                    {"hosts", policy.hosts},
                    {"good", policy.successes},
                    {"bad", policy.failures},
                    {"details", Json::array()}};
        for (const auto& [failed, count] : policy.details)
            one["details"].push_back({{"result", failed.result},
                                      {"host", failed.host},
                                      {"helo", failed.helo},
                                      {"address", failed.address},
                                      {"source", failed.source},
                                      {"reason", failed.reason},
                                      {"count", count}});
        out["policies"].push_back(std::move(one));
    }
    return base::dump(out);
}

/// What is taken out stays in its row, with what came since, until it is known what became of it.
std::vector<TlsReports::Row> TlsReports::changed() {
    std::vector<Row> out;
    const std::lock_guard lock(mutex_);
    for (const Place& place : changed_) {
        Row row;
        row.place = place;
        const auto found = days_.find(place);
        const auto taken = taken_.find(place);
        if (taken != taken_.end()) {
            Kept sum = found != days_.end() ? found->second : Kept{};
            add(sum, taken->second);
            row.json = row_of(place.second, sum);
        } else if (found != days_.end()) {
            row.json = row_of(place.second, found->second);
        }
        out.push_back(std::move(row));
    }
    changed_.clear();
    return out;
}

TlsReports::Row TlsReports::left(const Place& place) {
    Row out;
    out.place = place;
    const std::lock_guard lock(mutex_);
    const auto found = days_.find(place);
    if (found != days_.end() && !is_over_and_told(place, found->second))
        out.json = row_of(place.second, found->second);
    return out;
}

void TlsReports::keep_again(const std::vector<Row>& rows) {
    const std::lock_guard lock(mutex_);
    for (const Row& row : rows) changed_.insert(row.place);
}

bool TlsReports::restore(std::int64_t day, std::string_view json) {
    const Json kept = Json::parse(json, nullptr, false);
    if (!kept.is_object() || !kept.contains("policies") || !kept["policies"].is_array()) return false;
    Kept restored;
    Policies& policies = restored.policies;
    for (const Json& one : kept["policies"]) {
        if (!one.is_object()) return false;
        Policy policy;
        policy.type = text_in(one, "type");
        policy.strings = texts_in(one, "strings");
        policy.hosts = texts_in(one, "hosts");
        policy.successes = number_in(one, "good");
        policy.failures = number_in(one, "bad");
        if (const auto details = one.find("details"); details != one.end() && details->is_array()) {
            for (const Json& detail : *details) {
                if (!detail.is_object()) return false;
                Failed failed;
                failed.result = text_in(detail, "result");
                failed.host = text_in(detail, "host");
                failed.helo = text_in(detail, "helo");
                failed.address = text_in(detail, "address");
                failed.source = text_in(detail, "source");
                failed.reason = text_in(detail, "reason");
                policy.details[std::move(failed)] = number_in(detail, "count");
            }
        }
        policies.emplace(text_in(one, "key"), std::move(policy));
    }
    const std::string domain = text_in(kept, "domain");
    restored.begin = std::max(static_cast<std::int64_t>(number_in(kept, "begin")), day * 86'400);
    const std::lock_guard lock(mutex_);
    if (domain.empty() || days_.size() >= TlsReportLimits::domains) return false;
    days_[Place(day, domain)] = std::move(restored);
    return true;
}

}  // namespace mta::smtp_out
