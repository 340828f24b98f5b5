// Reports about mail: what others report about our domains, and what we report when the operator says so.
#include <algorithm>
#include <array>
#include <map>

#include "admin/operations.hpp"
#include "mailauth/domain.hpp"
#include "mta/reports/received.hpp"
#include "mta/reports/reporting.hpp"

namespace admin {
namespace {

using mta::reports::ReceivedReport;
using mta::reports::ReportKind;

constexpr std::uint64_t day_seconds = 86'400;
constexpr std::size_t reports_looked_at = 20'000;
constexpr std::size_t lines_max = 5'000;  ///< sources or kinds of failure in one answer

Fault none_here() { return {"unavailable", "this server reads no reports"}; }

std::string when(std::int64_t seconds) {
    return iso_time(std::chrono::system_clock::time_point(std::chrono::seconds(seconds)));
}

std::int64_t since(const ServicesPtr& services, const Json& arguments) {
    const std::uint64_t days = std::clamp<std::uint64_t>(number(arguments, "days", 30), 1, 10'000);
    return base::unix_seconds(services->clock.now()) - static_cast<std::int64_t>(days * day_seconds);
}

Json shown(const ReceivedReport& report) {
    return {{"domain", report.domain},     {"organization", report.organization},
            {"contact", report.contact},   {"id", report.id},
            {"begin", when(report.begin)}, {"end", when(report.end)},
            {"pass", report.good},         {"fail", report.bad},
            {"from", report.reporter},     {"proven", report.proven},
            {"came", when(report.came)}};
}

awaitable<Reply> list(ServicesPtr services, Json arguments, ReportKind kind) {
    if (services->received == nullptr) co_return none_here();
    std::string domain = mailauth::to_ascii_domain(text(arguments, "domain"));
    const std::size_t most = std::clamp<std::size_t>(number(arguments, "max", 1'000), 1, reports_looked_at);
    const auto all =
        co_await services->received->list(kind, std::move(domain), since(services, arguments), most);
    if (!all) co_return fault_of(all.error(), "reports");
    Json out = Json::array();
    for (const ReceivedReport& one : *all) out.push_back(shown(one));
    co_return out;
}

/// Lines of several reports that tell of the same, as one.
class Sum {
public:
    void add(const Json& line, std::initializer_list<const char*> names,
             std::initializer_list<const char*> counts) {
        std::string key;
        for (const char* name : names) key += line.value(name, std::string()) + '\n';
        if (!lines_.contains(key) && lines_.size() >= lines_max) return;
        Json& into = lines_[key];
        if (into.is_null()) {
            into = line;
            return;
        }
        for (const char* count : counts)
            into[count] = into.value(count, std::uint64_t{0}) + line.value(count, std::uint64_t{0});
    }
    /// Those with most first.
    Json take(const char* by) {
        std::vector<Json> all;
        for (auto& [key, line] : lines_) all.push_back(std::move(line));
        std::ranges::sort(all, [by](const Json& a, const Json& b) {
            return a.value(by, std::uint64_t{0}) > b.value(by, std::uint64_t{0});
        });
        return all;
    }

private:
    std::map<std::string, Json> lines_;
};

awaitable<Reply> show(ServicesPtr services, Json arguments, ReportKind kind) {
    if (services->received == nullptr) co_return none_here();
    const std::string domain = mailauth::to_ascii_domain(text(arguments, "domain"));
    if (domain.empty()) co_return Fault("invalid", "no domain: " + text(arguments, "domain"));
    Sum lines;
    std::map<std::string, std::uint64_t> reporters;
    std::uint64_t count = 0, good = 0, bad = 0;
    mta::reports::ReceivedReports::Take take = [&](const ReceivedReport& report) {
        ++count;
        good += report.good;
        bad += report.bad;
        if (reporters.contains(report.organization) || reporters.size() < lines_max)
            ++reporters[report.organization];
        for (const Json& line : report.details) {
            if (!line.is_object()) continue;
            if (kind == ReportKind::dmarc)
                lines.add(line, {"ip", "from"},
                          {"messages", "pass", "fail", "dkim", "spf", "quarantined", "rejected"});
            else
                lines.add(line, {"result", "policy", "host", "reason"}, {"sessions"});
        }
    };
    const auto read =
        co_await services->received->each(kind, domain, since(services, arguments), std::move(take));
    if (!read) co_return fault_of(read.error(), domain);
    const bool dmarc = kind == ReportKind::dmarc;
    Json out = {{"domain", domain}, {"reports", count}, {"pass", good}, {"fail", bad}};
    out["reporters"] = reporters;
    out[dmarc ? "sources" : "failures"] = lines.take(dmarc ? "messages" : "sessions");
    co_return out;
}

awaitable<Reply> dmarc_list(ServicesPtr services, Json arguments, CallerPtr) {
    co_return co_await list(std::move(services), std::move(arguments), ReportKind::dmarc);
}
awaitable<Reply> dmarc_show(ServicesPtr services, Json arguments, CallerPtr) {
    co_return co_await show(std::move(services), std::move(arguments), ReportKind::dmarc);
}
awaitable<Reply> tls_list(ServicesPtr services, Json arguments, CallerPtr) {
    co_return co_await list(std::move(services), std::move(arguments), ReportKind::tls);
}
awaitable<Reply> tls_show(ServicesPtr services, Json arguments, CallerPtr) {
    co_return co_await show(std::move(services), std::move(arguments), ReportKind::tls);
}

awaitable<Reply> send(ServicesPtr services, Json, CallerPtr) {
    if (services->reporting == nullptr) co_return Fault("unavailable", "this server sends no reports");
    const mta::reports::Reporting::Sent sent = co_await services->reporting->send_now();
    co_return Json{
        {"dmarc", sent.dmarc}, {"tls", sent.tls}, {"unwanted", sent.unwanted}, {"waiting", sent.waiting}};
}

constexpr std::array table{
    Operation{"dmarc.report.list", "", "domain days max", dmarc_list},
    Operation{"dmarc.report.show", "domain", "days", dmarc_show},
    Operation{"tls.report.list", "", "domain days max", tls_list},
    Operation{"tls.report.show", "domain", "days", tls_show},
    Operation{"reports.send", "", "", send},
};

}  // namespace

std::span<const Operation> report_operations() { return table; }

}  // namespace admin
