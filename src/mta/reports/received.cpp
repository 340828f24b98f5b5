#include "mta/reports/received.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "base/ascii.hpp"
#include "base/text.hpp"
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
                 {"proven", report.proven},
                 {"came", report.came}});
}

/// What stands before the JSON: "66f0a1b2 0123456789abcdef ".
struct Head {
    std::size_t octets = 0;  // 0: the row is older than heads
    std::int64_t came = 0;
    std::string reporter;
};
constexpr std::size_t head_bytes = 26;

/// Who shares what one reporter may have: all names below the last two labels, since whoever owns these makes
/// as many as he likes. Below "co.uk" they are several owners, who share then.
std::string reporter_of(const ReceivedReport& report) {
    if (!report.proven) return std::string();
    const std::string domain = base::lowered(base::domain_of(report.reporter));
    const std::size_t last = domain.rfind('.');
    if (last == std::string::npos || last == 0) return domain;
    const std::size_t before = domain.rfind('.', last - 1);
    return before == std::string::npos ? domain : domain.substr(before + 1);
}

std::string head_of(const ReceivedReport& report) {
    const std::string who = reporter_of(report);
    return fmt::format("{:08x} {} ", std::clamp<std::int64_t>(report.came, 0, 0xffffffff),
                       digest_of(who).substr(0, 16));
}

Head head_of(std::string_view row) {
    Head out;
    if (row.size() < head_bytes || row.front() == '{') return out;
    std::uint32_t came = 0;
    std::from_chars(row.data(), row.data() + 8, came, 16);
    out.octets = head_bytes;
    out.came = came;
    out.reporter = row.substr(9, 16);
    return out;
}

ReceivedReport decoded(ReportKind kind, const std::string& row) {
    ReceivedReport out;
    out.kind = kind;
    const Json read = Json::parse(std::string_view(row).substr(head_of(row).octets), nullptr, false);
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
    const auto proven = read.find("proven");
    out.proven = proven == read.end() || *proven != false;  // of rows from before it was asked
    out.came = static_cast<std::int64_t>(number_in(read, "came"));
    return out;
}

/// Domain first, so that those of one lie together; then the end of its time.
std::string domain_prefix(const std::string& domain) { return "r" + digest_of(domain).substr(0, 16); }

std::string key_of(const ReceivedReport& report) {
    const std::int64_t end = std::clamp<std::int64_t>(report.end, 0, 0xffffffff);
    std::string what = report.organization + '\0' + report.contact + '\0' + report.id;
    // Who forges one, or guesses what another one writes, keeps nobody's real one out.
    what += '\0';
    if (report.proven) what += "by " + reporter_of(report);
    return domain_prefix(report.domain) + fmt::format("{:08x}", end) + digest_of(what).substr(0, 24);
}

std::int64_t end_in(std::string_view key) {
    std::int64_t out = 0;
    for (const char c : key.substr(17, 8)) out = out * 16 + (c <= '9' ? c - '0' : c - 'a' + 10);
    return out;
}

/// A row, as sweeping sees it.
struct Old {
    std::int64_t came = 0;
    std::string key, reporter;
    std::size_t octets = 0;
};

Old old_of(ReportKind kind, const store::engine::Row& row) {
    Old out;
    out.key = row.key;
    out.octets = row.key.size() + row.value.size();
    Head head = head_of(std::string_view(row.value));
    if (head.octets == 0) {
        const ReceivedReport report = decoded(kind, row.value);
        head = head_of(std::string_view(head_of(report)));
    }
    out.came = head.came;
    out.reporter = std::move(head.reporter);
    return out;
}

/// Which of them go: what is too old, then of each reporter what he has too much, then of all. Leaves the
/// others.
std::vector<std::string> swept(std::vector<Old>& all, std::int64_t oldest, const ReceivedLimits& limits) {
    std::ranges::sort(all, [](const Old& a, const Old& b) {
        return std::tie(b.came, a.key) < std::tie(a.came, b.key);  // the last ones first
    });
    std::vector<std::string> out;
    std::vector<Old> stay;
    struct Share {
        std::size_t reports = 0, octets = 0;
    };
    std::map<std::string, Share> shares;
    std::size_t octets = 0;
    for (Old& one : all) {
        Share& share = shares[one.reporter];
        const bool room = one.came >= oldest && share.reports < limits.of_reporter_max &&
                          share.octets + one.octets <= limits.octets_of_reporter_max &&
                          stay.size() < limits.reports_max && octets + one.octets <= limits.octets_max;
        if (!room) {
            out.push_back(std::move(one.key));
            continue;
        }
        ++share.reports;
        share.octets += one.octets;
        octets += one.octets;
        stay.push_back(std::move(one));
    }
    all = std::move(stay);
    return out;
}

}  // namespace

awaitable<store::Result<bool>> ReceivedReports::add(ReceivedReport report) {
    report.came = base::unix_seconds(clock_.now());
    // Nobody reports on a time to come.
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
    row.value = head_of(report) + encoded(report);
    const std::size_t octets = row.key.size() + row.value.size();
    patch.put.push_back(std::move(row));
    store::engine::Prelude prelude;
    prelude.patches.push_back(std::move(patch));
    const auto written = co_await engine_.apply(std::move(prelude));
    if (!written) co_return written.error();
    if (!time_to_sweep(report.kind, octets)) co_return true;
    const auto swept = co_await sweep(report.kind);
    if (!swept) co_return swept.error();
    co_return true;
}

/// A tenth more than allowed is: each look reads all of them.
bool ReceivedReports::time_to_sweep(ReportKind kind, std::size_t octets) {
    const std::lock_guard lock(mutex_);
    Kept& kept = kept_[kind == ReportKind::dmarc ? 0 : 1];
    kept.octets += octets;
    return ++kept.count > limits_.reports_max + limits_.reports_max / 10 ||
           kept.octets > limits_.octets_max + limits_.octets_max / 10 ||
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
    std::vector<Old> all;
    std::string after;
    for (bool more = true; more;) {
        auto rows = co_await engine_.scan(partition, after, std::string("r"), 0, 0);
        if (!rows) co_return rows.error();
        for (const store::engine::Row& row : rows->rows) {
            after = row.key;
            all.push_back(old_of(kind, row));
        }
        more = rows->more && !rows->rows.empty();
    }
    const std::int64_t now = base::unix_seconds(clock_.now());
    store::engine::Patch patch;
    patch.partition = partition;
    patch.erase = swept(all, now - limits_.age_max, limits_);
    const std::size_t gone = patch.erase.size();
    if (gone != 0) {
        store::engine::Prelude prelude;
        prelude.patches.push_back(std::move(patch));
        const auto written = co_await engine_.apply(std::move(prelude));
        if (!written) co_return written.error();
    }
    const std::lock_guard lock(mutex_);
    Kept& kept = kept_[kind == ReportKind::dmarc ? 0 : 1];
    kept.count = all.size();
    kept.octets = 0;
    for (const Old& one : all) kept.octets += one.octets;
    kept.next_sweep = now + day_seconds;
    co_return gone;
}

}  // namespace mta::reports
