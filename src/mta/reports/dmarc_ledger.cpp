#include "mta/reports/dmarc_ledger.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "base/log_broken.hpp"
#include "mta/reports/digest.hpp"
#include "mta/reports/dmarc_rows.hpp"

namespace mta::reports {
namespace {

constexpr const char* partition_prefix = "z/dmarc.";
constexpr std::size_t domain_key_bytes = 33;  // d, half a digest of the domain, half a one of the whole
constexpr std::size_t half_digest = 16;

std::string partition_of(std::int64_t day) { return partition_prefix + day_text(day); }
std::int64_t day_in(std::string_view partition) {
    return day_of(partition.substr(std::string_view(partition_prefix).size()));
}

Json parsed(const std::string& row) {
    Json out = Json::parse(row, nullptr, false);
    return out.is_object() ? out : Json::object();
}

}  // namespace

/// With mutex_.
void DmarcLedger::gather(const Key& key, const std::string& row, const std::string& kind, Kind more) {
    auto at = pending_.find(key);
    if (at == pending_.end()) {
        if (pending_kinds_ >= limits_.pending_kinds)
            return;  // a flood: its reports are the least of our needs
        at = pending_.try_emplace(key).first;
        at->second.row = row;
    }
    Domain& domain = at->second;
    if (const auto known = domain.kinds.find(kind); known != domain.kinds.end()) {
        known->second.count += more.count;
    } else if (domain.kinds.size() >= limits_.kinds_of_domain || pending_kinds_ >= limits_.pending_kinds) {
        domain.left_out += more.count;
    } else {
        domain.kinds.emplace(kind, std::move(more));
        ++pending_kinds_;
    }
}

void DmarcLedger::saw(const DmarcSeen& seen) {
    Json domain = {{"policy", row_of(seen.policy)}, {"to", seen.destinations}};
    // Another policy is another report, since a report tells of one.
    const std::string row = dump(domain);
    Kind kind;
    kind.row = dump(row_of(seen.record));
    kind.count = seen.record.count;
    const std::string kind_key = digest_of(kind.row);
    const Key key(base::unix_seconds(clock_.now()) / day_seconds,
                  digest_of(seen.policy.domain).substr(0, half_digest) + digest_of(row).substr(half_digest));
    const std::lock_guard lock(mutex_);
    gather(key, row, kind_key, std::move(kind));
}

void DmarcLedger::put_back(const Key& key, Domain domain) {
    const std::lock_guard lock(mutex_);
    for (auto& [name, kind] : domain.kinds) gather(key, domain.row, name, std::move(kind));
    if (const auto at = pending_.find(key); at != pending_.end()) at->second.left_out += domain.left_out;
}

awaitable<store::Result<void>> DmarcLedger::flush() {
    store::Result<void> out;
    if (unsettled_) {  // as it was: with another mark it would count twice
        Part again = std::move(*unsettled_);
        unsettled_.reset();
        out = co_await write(std::move(again));
        if (!out) co_return out;
    }
    std::map<Key, Domain> work;
    {
        const std::lock_guard lock(mutex_);
        work.swap(pending_);
        pending_kinds_ = 0;
    }
    for (auto& [key, domain] : work) {
        if (!out) {  // the next second
            put_back(key, std::move(domain));
            continue;
        }
        try {
            Key place = key;
            out = co_await write_in_parts(std::move(place), &domain);
            if (!out) put_back(key, std::move(domain));
        } catch (const std::exception&) {  // its counts are given up, lest it throws for ever; no others
            base::log::broken("mta", "counts for a DMARC report", std::current_exception());
        }
    }
    co_return out;
}

/// Leaves in `domain` what was not begun.
awaitable<store::Result<void>> DmarcLedger::write_in_parts(Key key, Domain* domain) {
    constexpr std::size_t part_bytes = 256U << 10;
    do {
        Part part;
        part.key = key;
        part.mark = ++writes_;
        part.domain.row = domain->row;
        part.domain.left_out = std::exchange(domain->left_out, 0);
        for (std::size_t bytes = 0; bytes < part_bytes && !domain->kinds.empty();) {
            auto kind = domain->kinds.extract(domain->kinds.begin());
            bytes += kind.mapped().row.size() + 256;
            part.domain.kinds.insert(std::move(kind));
        }
        const auto written = co_await write(std::move(part));
        if (!written) co_return written;
    } while (!domain->kinds.empty());
    co_return store::Result<void>();
}

/// Somebody else may have written: then what is there is read again. The mark in the row tells our own write
/// whose answer was lost. What the engine cannot take in any part is given up: it would hold up all others
/// for ever. Other failures: the part is gathered again, or, if it may have been written, kept as it is.
awaitable<store::Result<void>> DmarcLedger::write(Part part) {
    store::Result<void> out;
    for (unsigned tries = 0; tries < 5; ++tries) {
        out = co_await write_once(&part);
        if (out) co_return out;
        const bool conflict = out.error().is(store::Errc::conflict);
        const bool unknown = out.error().is(store::Errc::unknown);
        // A conflict comes behind a look at the mark: it was not there.
        if (conflict || unknown) part.unsure = unknown;
        if (!conflict && !unknown) break;
    }
    if (out.error().is(store::Errc::limit)) {
        base::log::error("mta", "counts for DMARC reports cannot be kept",
                         {{"kinds", part.domain.kinds.size()}, {"why", out.error().what()}});
        co_return store::Result<void>();
    }
    if (part.unsure)
        unsettled_ = std::move(part);
    else
        put_back(part.key, std::move(part.domain));
    co_return out;
}

/// Who sends forged mail invents domains, and who has one invents policies.
awaitable<store::Result<bool>> DmarcLedger::has_room(const Part* part, std::uint64_t domains) {
    if (domains >= limits_.domains_of_day) co_return false;
    const std::string prefix = "d" + part->key.second.substr(0, half_digest);
    auto rows = co_await engine_.scan(partition_of(part->key.first), std::string(), prefix,
                                      limits_.policies_of_domain, 0);
    if (!rows) co_return rows.error();
    co_return rows->rows.size() < limits_.policies_of_domain;
}

awaitable<store::Result<void>> DmarcLedger::write_once(const Part* part) {
    const Domain& domain = part->domain;
    const std::string partition = partition_of(part->key.first), domain_key = "d" + part->key.second;
    std::vector<std::string> wanted{"n", domain_key};
    for (const auto& [name, kind] : domain.kinds) wanted.push_back("r" + part->key.second + name);
    auto rows = co_await engine_.get(partition, std::move(wanted));
    if (!rows) co_return rows.error();
    Json day = Json::object(), head;
    std::map<std::string, std::uint64_t> counts;
    for (const store::engine::Row& row : rows->rows) {
        if (row.key == "n")
            day = parsed(row.value);
        else if (row.key == domain_key)
            head = parsed(row.value);
        else
            counts[row.key.substr(domain_key_bytes)] = number_in(parsed(row.value), "count");
    }
    if (head.is_object() && number_in(head, "mark") == part->mark) co_return store::Result<void>();
    store::engine::Batch batch;
    batch.partition = partition;
    batch.expect = rows->version;
    const auto put = [&batch](std::string key, const Json& value) {
        store::engine::Row row;
        row.key = std::move(key);
        row.value = dump(value);
        batch.put.push_back(std::move(row));
    };
    if (head.is_null()) {
        const std::uint64_t domains = number_in(day, "domains");
        const auto room = co_await has_room(part, domains);
        if (!room) co_return room.error();
        if (!*room) co_return store::Result<void>();
        head = parsed(domain.row);
        head["begin"] =
            std::max(number_in(day, "begin"), static_cast<std::uint64_t>(part->key.first * day_seconds));
        day["domains"] = domains + 1;
        put("n", day);
    }
    std::uint64_t kinds = number_in(head, "kinds"), left_out = number_in(head, "left_out") + domain.left_out;
    for (const auto& [name, kind] : domain.kinds) {
        const auto before = counts.find(name);
        if (before == counts.end() && kinds >= limits_.kinds_of_domain) {
            left_out += kind.count;
            continue;
        }
        kinds += before == counts.end() ? 1 : 0;
        Json record = parsed(kind.row);
        record["count"] = kind.count + (before == counts.end() ? 0 : before->second);
        put("r" + part->key.second + name, record);
    }
    head["kinds"] = kinds;
    head["left_out"] = left_out;
    head["mark"] = part->mark;
    put(domain_key, head);
    auto written = co_await engine_.commit(std::move(batch));
    if (!written) co_return written.error();
    co_return store::Result<void>();
}

awaitable<store::Result<std::vector<DmarcLedger::Place>>> DmarcLedger::due(bool today) {
    const std::int64_t now = base::unix_seconds(clock_.now()) / day_seconds;
    std::string prefix = partition_prefix;
    auto partitions = co_await engine_.list(std::move(prefix), std::string(), 400);
    if (!partitions) co_return partitions.error();
    std::vector<Place> out;
    for (const std::string& partition : *partitions) {
        const std::int64_t day = day_in(partition);
        if (day < 0 || day > now || (day == now && !today)) continue;
        const std::size_t before = out.size();
        std::string after;
        for (bool more = true; more;) {
            auto rows = co_await engine_.scan(partition, after, std::string("d"), 0, 0);
            if (!rows) co_return rows.error();
            for (const store::engine::Row& row : rows->rows) {
                Place place;
                place.partition = partition;
                place.key = after = row.key;
                out.push_back(std::move(place));
            }
            more = rows->more && !rows->rows.empty();
        }
        if (out.size() != before || day == now) continue;
        auto dropped = co_await engine_.drop(partition);  // all of that day have been told
        if (!dropped) co_return dropped.error();
    }
    co_return out;
}

awaitable<store::Result<void>> DmarcLedger::drop_all() {
    std::string prefix = partition_prefix;
    auto partitions = co_await engine_.list(std::move(prefix), std::string(), 400);
    if (!partitions) co_return partitions.error();
    for (const std::string& partition : *partitions) {
        auto dropped = co_await engine_.drop(partition);
        if (!dropped) co_return dropped;
    }
    co_return store::Result<void>();
}

awaitable<store::Result<DmarcDue>> DmarcLedger::look(Place place) {
    std::vector<std::string> wanted{place.key};
    auto head = co_await engine_.get(place.partition, std::move(wanted));
    if (!head) co_return head.error();
    if (head->rows.empty()) co_return store::Error(store::Errc::not_found, "no such report");
    const Json row = Json::parse(head->rows.front().value, nullptr, false);
    if (!row.is_object() || !row.contains("policy"))
        co_return store::Error(store::Errc::corrupt, "a damaged row of DMARC counts");
    DmarcDue out;
    out.partition = place.partition;
    out.key = place.key;
    out.destinations = texts_in(row, "to");
    out.tries = static_cast<std::int64_t>(number_in(row, "tries"));
    if (row.contains("tried")) out.tried = static_cast<std::int64_t>(number_in(row, "tried"));
    out.report.policy = policy_of(row["policy"]);
    const std::int64_t day = out.day = day_in(place.partition);
    const std::int64_t end = std::min((day + 1) * day_seconds - 1, base::unix_seconds(clock_.now()));
    out.report.begin = std::chrono::seconds(number_in(row, "begin"));
    out.report.end = std::chrono::seconds(end);
    out.report.report_id = day_text(day) + "." + std::to_string(out.report.begin.count() % day_seconds) +
                           "." + place.key.substr(1 + half_digest);
    if (const std::uint64_t left_out = number_in(row, "left_out"); left_out != 0)
        out.report.errors.push_back(std::to_string(left_out) +
                                    " messages of further sources are not told of");
    co_return out;
}

awaitable<store::Result<DmarcDue>> DmarcLedger::read(Place place) {
    if (unsettled_ && partition_of(unsettled_->key.first) == place.partition &&
        "d" + unsettled_->key.second == place.key)
        co_return store::Error(store::Errc::unavailable, "what was counted last may not be there yet");
    Place head = place;
    auto found = co_await look(std::move(head));
    if (!found) co_return found;
    DmarcDue& out = *found;
    const std::string prefix = "r" + place.key.substr(1);
    std::string after;
    for (bool more = true; more;) {
        auto rows = co_await engine_.scan(place.partition, after, prefix, 0, 0);
        if (!rows) co_return rows.error();
        for (const store::engine::Row& one : rows->rows) {
            after = one.key;
            out.rows.push_back(one.key);
            const Json record = Json::parse(one.value, nullptr, false);
            if (record.is_object()) out.report.records.push_back(record_of(record));
        }
        more = rows->more && !rows->rows.empty();
    }
    co_return found;
}

store::engine::Patch DmarcLedger::done(const DmarcDue& due) const {
    store::engine::Patch out;
    out.partition = due.partition;
    out.erase = due.rows;
    out.erase.push_back(due.key);
    if (due.partition == partition_of(base::unix_seconds(clock_.now()) / day_seconds)) {
        const Json day = {{"domains", 0}, {"begin", due.report.end.count() + 1}};
        store::engine::Row row;
        row.key = "n";
        row.value = dump(day);
        out.put.push_back(std::move(row));
    }
    return out;
}

awaitable<store::Result<void>> DmarcLedger::put_off(DmarcDue due) {
    std::vector<std::string> wanted{due.key};
    auto head = co_await engine_.get(due.partition, std::move(wanted));
    if (!head) co_return head.error();
    if (head->rows.empty()) co_return store::Result<void>();
    Json row = parsed(head->rows.front().value);
    row["tries"] = due.tries + 1;
    row["tried"] = base::unix_seconds(clock_.now());
    store::engine::Batch batch;
    batch.partition = due.partition;
    batch.expect = head->version;
    store::engine::Row put;
    put.key = due.key;
    put.value = dump(row);
    batch.put.push_back(std::move(put));
    auto written = co_await engine_.commit(std::move(batch));
    if (!written) co_return written.error();
    co_return store::Result<void>();
}

}  // namespace mta::reports
