#include "mta/reports/received.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "mta/reports/digest.hpp"

namespace mta::reports {
namespace {

std::string partition_of(ReportKind kind) {
    return kind == ReportKind::dmarc ? "z/reports.dmarc" : "z/reports.tls";
}

std::string encoded(const ReceivedReport& report) {
    return dump({{"domain", report.domain},
                 {"organization", report.organization},
                 {"contact", report.contact},
                 {"id", report.id},
                 {"begin", report.begin},
                 {"end", report.end},
                 {"good", report.good},
                 {"bad", report.bad},
                 {"details", report.details},
                 {"reporter", report.reporter},
                 {"came", report.came}});
}

ReceivedReport decoded(ReportKind kind, const std::string& row) {
    ReceivedReport out;
    out.kind = kind;
    const Json read = Json::parse(row, nullptr, false);
    if (!read.is_object()) return out;
    out.domain = text_in(read, "domain");
    out.organization = text_in(read, "organization");
    out.contact = text_in(read, "contact");
    out.id = text_in(read, "id");
    out.begin = static_cast<std::int64_t>(number_in(read, "begin"));
    out.end = static_cast<std::int64_t>(number_in(read, "end"));
    out.good = number_in(read, "good");
    out.bad = number_in(read, "bad");
    if (read.contains("details") && read["details"].is_array()) out.details = read["details"];
    out.reporter = text_in(read, "reporter");
    out.came = static_cast<std::int64_t>(number_in(read, "came"));
    return out;
}

/// Domain first, so that those of one lie together; then the end of its time, so that order is age.
std::string domain_prefix(const std::string& domain) { return "r" + digest_of(domain).substr(0, 16); }

std::string key_of(const ReceivedReport& report) {
    const std::int64_t end = std::clamp<std::int64_t>(report.end, 0, 0xffffffff);
    const std::string what = report.organization + '\0' + report.contact + '\0' + report.id;
    return domain_prefix(report.domain) + fmt::format("{:08x}", end) + digest_of(what).substr(0, 24);
}

std::int64_t end_in(std::string_view key) {
    std::int64_t out = 0;
    for (const char c : key.substr(17, 8)) out = out * 16 + (c <= '9' ? c - '0' : c - 'a' + 10);
    return out;
}

}  // namespace

awaitable<store::Result<bool>> ReceivedReports::add(ReceivedReport report) {
    report.came = base::unix_seconds(clock_.now());
    // Order is age: who claims a time to come would outlive all others.
    report.end = std::min(report.end, report.came + 24 * 3600);
    report.begin = std::min(report.begin, report.end);
    const std::string key = key_of(report), partition = partition_of(report.kind);
    std::vector<std::string> keys{key};
    auto known = co_await engine_.get(partition, std::move(keys));
    if (!known) co_return known.error();
    if (!known->rows.empty()) co_return false;
    store::engine::Patch patch;
    patch.partition = partition;
    store::engine::Row row;
    row.key = key;
    row.value = encoded(report);
    patch.put.push_back(std::move(row));
    store::engine::Prelude prelude;
    prelude.patches.push_back(std::move(patch));
    const auto written = co_await engine_.apply(std::move(prelude));
    if (!written) co_return written.error();
    if (!time_to_sweep(report.kind)) co_return true;
    const auto swept = co_await sweep(report.kind);
    if (!swept) co_return swept.error();
    co_return true;
}

bool ReceivedReports::time_to_sweep(ReportKind kind) {
    const std::lock_guard lock(mutex_);
    Kept& kept = kept_[kind == ReportKind::dmarc ? 0 : 1];
    return ++kept.count > limits_.reports_max + limits_.reports_max / 50 ||
           base::unix_seconds(clock_.now()) >= kept.next_sweep;
}

awaitable<store::Result<void>> ReceivedReports::each(ReportKind kind, std::string domain, std::int64_t since,
                                                     Take take) {
    const std::string partition = partition_of(kind);
    const std::string prefix = domain.empty() ? "r" : domain_prefix(domain);
    std::string after;
    for (bool more = true; more;) {
        auto rows = co_await engine_.scan(partition, after, prefix, 0, 0);
        if (!rows) co_return rows.error();
        for (const store::engine::Row& row : rows->rows) {
            after = row.key;
            if (end_in(row.key) >= since) take(decoded(kind, row.value));
        }
        more = rows->more && !rows->rows.empty();
    }
    co_return store::Result<void>();
}

awaitable<store::Result<std::vector<ReceivedReport>>> ReceivedReports::list(ReportKind kind,
                                                                            std::string domain,
                                                                            std::int64_t since,
                                                                            std::size_t most) {
    std::vector<ReceivedReport> out;
    const auto newest = [&out, most] {  // they may come last
        std::ranges::sort(out, [](const ReceivedReport& a, const ReceivedReport& b) {
            return std::tie(b.end, a.id) < std::tie(a.end, b.id);
        });
        if (out.size() > most) out.resize(most);
    };
    Take take = [&](ReceivedReport report) {
        report.details = Json::array();
        out.push_back(std::move(report));
        if (out.size() >= 2 * most + 1'000) newest();
    };
    const auto read = co_await each(kind, std::move(domain), since, std::move(take));
    if (!read) co_return read.error();
    newest();
    co_return out;
}

awaitable<store::Result<std::size_t>> ReceivedReports::sweep(ReportKind kind) {
    const std::string partition = partition_of(kind);
    std::vector<std::pair<std::int64_t, std::string>> all;  // by age
    std::string after;
    for (bool more = true; more;) {
        auto rows = co_await engine_.scan(partition, after, std::string("r"), 0, 0);
        if (!rows) co_return rows.error();
        for (const store::engine::Row& row : rows->rows) {
            after = row.key;
            all.emplace_back(end_in(row.key), row.key);
        }
        more = rows->more && !rows->rows.empty();
    }
    std::ranges::sort(all);
    const std::int64_t oldest = base::unix_seconds(clock_.now()) - limits_.age_max;
    std::size_t gone = 0;
    while (gone < all.size() && (all.size() - gone > limits_.reports_max || all[gone].first < oldest)) ++gone;
    {
        const std::lock_guard lock(mutex_);
        Kept& kept = kept_[kind == ReportKind::dmarc ? 0 : 1];
        kept.count = all.size() - gone;
        kept.next_sweep = base::unix_seconds(clock_.now()) + day_seconds;
    }
    if (gone == 0) co_return gone;
    store::engine::Patch patch;
    patch.partition = partition;
    for (std::size_t i = 0; i < gone; ++i) patch.erase.push_back(all[i].second);
    store::engine::Prelude prelude;
    prelude.patches.push_back(std::move(patch));
    const auto written = co_await engine_.apply(std::move(prelude));
    if (!written) co_return written.error();
    co_return gone;
}

}  // namespace mta::reports
