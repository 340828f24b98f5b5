// StoreDirectory: reading rows through the caches, and changing them.
#include "directory/store_directory.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "directory/keys.hpp"

namespace directory {

using store::engine::Batch;

namespace {

constexpr int redo_max = 64;  // of one change, when others are faster each time
constexpr Error damaged{Errc::corrupt, "a row of the directory is damaged"};

/// Logs a damaged row once where it was found.
Error report_damage(const std::string& partition, const std::string& key) {
    base::log::error("directory", "damaged row", {{"partition", partition}, {"key", key}});
    return damaged;
}

}  // namespace

bool is_name_claim(std::string_view claim) { return claim.find('@') == std::string_view::npos; }

std::pair<std::string, std::string> place_of(std::string_view office, std::string_view claim) {
    if (is_name_claim(claim)) return {office_list_of(office, claim), row_key('m', claim)};
    const auto address = parse_address(claim);
    const std::string key = address ? lookup_key(*address) : std::string(claim);
    return {shard_of(key), row_key('u', key)};
}

bool owned(const MailboxRecord& record, std::string_view claim) {
    if (!record.active) return false;
    if (is_name_claim(claim)) return record.mailbox.name == claim;
    const auto wanted = parse_address(claim);
    if (!wanted) return false;
    const std::string key = lookup_key(*wanted);
    return std::ranges::any_of(record.mailbox.addresses, [&key](const std::string& address) {
        const auto parsed = parse_address(address);
        return parsed && lookup_key(*parsed) == key;
    });
}

std::vector<std::string> claims_of(const Mailbox& mailbox) {
    std::vector<std::string> claims = mailbox.addresses;
    claims.push_back(mailbox.name);
    return claims;
}

StoreDirectory::StoreDirectory(store::engine::Engine& engine, Options options)
    : engine_(engine),
      options_(std::move(options)),
      sealer_(options_.key_file),
      secrets_(options_.secrets_key_file),
      entries_(*options_.clock, options_.cache_entries_max, options_.cache_age_max),
      owners_(*options_.clock, options_.cache_entries_max, options_.cache_age_max),
      domains_(*options_.clock, options_.cache_entries_max, options_.cache_age_max),
      offices_(*options_.clock, options_.cache_entries_max, options_.cache_age_max),
      groups_(*options_.clock, options_.cache_entries_max, options_.cache_age_max),
      dkim_(*options_.clock, options_.cache_entries_max, options_.cache_age_max) {
    options_.default_domain = canonical_domain(options_.default_domain);
    subscription_ = engine_.subscribe(
        "directory", [this](std::string_view payload, bool missed_some) { heard(payload, missed_some); });
}

void StoreDirectory::heard(std::string_view payload, bool missed_some) {
    if (missed_some || payload.empty()) {
        entries_.clear();
        owners_.clear();
        domains_.clear();
        offices_.clear();
        groups_.clear();
        dkim_.clear();
        return;
    }
    const std::string key(payload.substr(1));
    switch (payload.front()) {
        case 'm':
            entries_.forget(key);
            break;
        case 'u':
            owners_.forget(key);
            break;
        case 'n':
            domains_.forget(key);
            break;
        case 'p':
            offices_.forget(key);
            break;
        case 'g':
            groups_.forget(key);
            break;
        case 'k':
            dkim_.forget(key);
            break;
        default:
            break;
    }
}

void StoreDirectory::changed(char kind, std::string key) {
    std::string payload = kind + std::move(key);
    heard(payload, false);
    engine_.publish("directory", std::move(payload));
}

awaitable<Result<void>> StoreDirectory::change(std::string partition, std::vector<std::string> keys,
                                               Decide decide) {
    for (int attempt = 0; attempt < redo_max; ++attempt) {
        auto rows = co_await engine_.get(partition, keys);
        if (!rows) co_return rows.error();
        auto decided = decide(*rows);
        if (!decided) co_return decided.error();
        if (decided->put.empty() && decided->erase.empty()) co_return Result<void>();
        Batch batch;
        batch.partition = partition;
        batch.expect = rows->version;
        batch.put = std::move(decided->put);
        batch.erase = std::move(decided->erase);
        auto done = co_await engine_.commit(std::move(batch));
        if (done) co_return Result<void>();
        if (!done.error().is(Errc::conflict) && !done.error().is(Errc::unknown)) co_return done.error();
    }
    co_return Error(Errc::unavailable, "the directory is too busy");
}

awaitable<Result<StoreDirectory::EntryPtr>> StoreDirectory::entry(base::AccountId account, From from) {
    const std::string key = account_key('m', account);
    if (from == From::cache) {
        if (auto kept = entries_.find(key)) co_return std::move(*kept);
    }
    const std::uint64_t stamp = entries_.stamp();
    const std::string secret_key = account_key('c', account);
    std::vector<std::string> keys{key, secret_key};
    auto rows = co_await engine_.get(shard_of(account), std::move(keys));
    if (!rows) co_return rows.error();
    auto made = std::make_shared<Entry>();
    bool present = false;
    for (const store::engine::Row& row : rows->rows) {
        if (row.key == key) {
            auto record = decode_mailbox(row.value);
            if (!record) co_return report_damage(shard_of(account), key);
            made->record = std::move(*record);
            present = true;
        } else {
            auto credentials = decode_credentials(row.value);
            if (!credentials) co_return report_damage(shard_of(account), secret_key);
            made->credentials = std::move(*credentials);
        }
    }
    EntryPtr out;
    if (present) out = std::move(made);
    entries_.keep(key, out, stamp);
    co_return out;
}

awaitable<Result<base::AccountId>> StoreDirectory::owner(std::string partition, std::string key,
                                                         std::string text) {
    if (auto kept = owners_.find(text)) co_return *kept;
    const std::uint64_t stamp = owners_.stamp();
    std::vector<std::string> keys{key};
    auto rows = co_await engine_.get(partition, std::move(keys));
    if (!rows) co_return rows.error();
    base::AccountId found;
    if (!rows->rows.empty()) {
        const auto row = decode_account(rows->rows.front().value);
        if (!row) co_return report_damage(partition, key);
        found = row->account;
    }
    owners_.keep(text, found, stamp);
    co_return found;
}

awaitable<Result<StoreDirectory::DomainPtr>> StoreDirectory::domain(std::string name, From from) {
    if (from == From::cache) {
        if (auto kept = domains_.find(name)) co_return std::move(*kept);
    }
    const std::uint64_t stamp = domains_.stamp();
    const std::string partition = shard_of(name);
    const std::string key = row_key('n', name);
    std::vector<std::string> keys{key};
    auto rows = co_await engine_.get(partition, std::move(keys));
    if (!rows) co_return rows.error();
    DomainPtr out;
    if (!rows->rows.empty()) {
        auto found = decode_domain(rows->rows.front().value);
        if (!found) co_return report_damage(partition, key);
        reveal(*found);
        out = std::make_shared<const Domain>(std::move(*found));
    }
    domains_.keep(name, out, stamp);
    co_return out;
}

awaitable<Result<StoreDirectory::OfficePtr>> StoreDirectory::office(std::string name, From from) {
    if (from == From::cache) {
        if (auto kept = offices_.find(name)) co_return std::move(*kept);
    }
    const std::uint64_t stamp = offices_.stamp();
    const std::string key = row_key('p', name);
    std::vector<std::string> keys{key};
    auto rows = co_await engine_.get(offices_partition, std::move(keys));
    if (!rows) co_return rows.error();
    OfficePtr out;
    if (!rows->rows.empty()) {
        auto found = decode_office(rows->rows.front().value);
        if (!found) co_return report_damage(offices_partition, key);
        reveal(*found);
        out = std::make_shared<const PostOffice>(std::move(*found));
    }
    offices_.keep(name, out, stamp);
    co_return out;
}

awaitable<Result<std::uint64_t>> Directory::mend() { co_return 0; }
awaitable<Result<Seals>> Directory::check_seals() { co_return Seals::none; }
awaitable<Result<base::AccountId>> Directory::commons(std::string) {
    co_return Error(Errc::not_found, "no such post office");
}

std::unique_ptr<Directory> make_directory(store::engine::Engine& engine, Options options) {
    return std::make_unique<StoreDirectory>(engine, std::move(options));
}

const store::engine::Row* find_row(const store::engine::Rows& rows, std::string_view key) {
    const auto found =
        std::ranges::find_if(rows.rows, [key](const store::engine::Row& row) { return row.key == key; });
    return found == rows.rows.end() ? nullptr : &*found;
}

}  // namespace directory
