// StoreDirectory: the rows that lead from addresses and names to a mailbox. See the header for the steps of a
// change, and what a crash between them leaves.
#include <algorithm>

#include "base/log.hpp"
#include "directory/keys.hpp"
#include "directory/store_directory.hpp"

namespace directory {

using store::engine::Row;

namespace {

constexpr Error damaged{Errc::corrupt, "a row of the directory is damaged"};

/// What was claimed as it is cached: names carry '=' and their post office.
std::string cache_text(std::string_view office, std::string_view claim) {
    if (is_name_claim(claim)) return '=' + std::string(claim) + '@' + std::string(office);
    const auto parsed = parse_address(claim);
    return parsed ? lookup_key(*parsed) : std::string(claim);
}

/// An office's list keeps how many names it has in the same partition, so that the number cannot drift.
Row counted(const store::engine::Rows& rows, int step) {
    const Row* const row = find_row(rows, count_key);
    const std::uint64_t count = row != nullptr ? decode_number(row->value).value_or(0) : 0;
    const std::uint64_t next = step < 0 ? count - std::min<std::uint64_t>(count, 1) : count + 1;
    return Row{count_key, encode_number(next)};
}

}  // namespace

awaitable<Result<void>> StoreDirectory::claim_all(base::AccountId account, std::string office,
                                                  std::vector<std::string> claims) {
    for (const std::string& one : claims) {
        auto done = co_await claim(account, office, one);
        if (!done) co_return done;
    }
    co_return Result<void>();
}

/// Step 2: the row leads to `account`, unless another mailbox owns it.
awaitable<Result<void>> StoreDirectory::claim(base::AccountId account, std::string office,
                                              std::string claim) {
    const auto place = place_of(office, claim);
    const std::string key = place.second;
    for (;;) {
        base::AccountId holder;
        bool listed = false;
        Decide decide = [&](const Rows& rows) -> Result<Change> {
            const Row* const row = find_row(rows, key);
            Change put;
            if (row != nullptr) {
                const auto present = decode_account(row->value);
                if (!present) return damaged;
                if (present->account == account) {
                    holder = base::AccountId();
                    return put;
                }
                if (!holder || present->account != holder || !listed) {
                    holder = present->account;
                    return put;
                }
            }
            put.put.push_back(Row{key, encode_account(account, claim)});
            if (row == nullptr && is_name_claim(claim)) put.put.push_back(counted(rows, 1));
            holder = base::AccountId();
            return put;
        };
        std::vector<std::string> keys{key, count_key};
        auto done = co_await change(place.first, keys, decide);
        if (!done) co_return done;
        if (!holder) break;
        auto freed = co_await overtake(holder, claim);
        if (!freed) co_return freed;
        listed = true;
        done = co_await change(place.first, std::move(keys), std::move(decide));
        if (!done) co_return done;
        if (!holder) break;
    }
    changed('u', cache_text(office, claim));
    co_return Result<void>();
}

/// Makes sure that `holder`, to whom a row leads, does not own the claim and cannot come to own it by a
/// change that is under way (or was cut short). \errors exists: it owns it
awaitable<Result<void>> StoreDirectory::overtake(base::AccountId holder, std::string claim) {
    const std::string key = account_key('m', holder);
    const auto wanted = cache_text(std::string_view(), claim);
    Decide decide = [&](const Rows& rows) -> Result<Change> {
        Change put;
        if (rows.rows.empty()) return put;
        auto record = decode_mailbox(rows.rows.front().value);
        if (!record) return damaged;
        if (owned(*record, claim)) {
            return is_name_claim(claim) ? Error(Errc::exists, "the post office has a mailbox of that name")
                                        : Error(Errc::exists, "another mailbox has an address of these");
        }
        const std::size_t struck = std::erase_if(record->pending, [&](const std::string& one) {
            return cache_text(std::string_view(), one) == wanted;
        });
        if (struck != 0) put.put.push_back(Row{key, encode(*record)});
        return put;
    };
    std::vector<std::string> keys{key};
    auto done = co_await change(shard_of(holder), std::move(keys), std::move(decide));
    changed('m', key);
    co_return done;
}

/// Erases the rows that lead to the account for claims that it does not own. Failures leave harmless rows.
awaitable<void> StoreDirectory::release(base::AccountId account, std::string office,
                                        std::vector<std::string> claims) {
    for (const std::string& one : claims) {
        auto done = co_await release_one(account, office, one);
        if (!done) base::log::warn("directory", "left a row for mend()", {{"claim", one}});
    }
}

awaitable<Result<bool>> StoreDirectory::release_one(base::AccountId account, std::string office,
                                                    std::string claim) {
    const auto place = place_of(office, claim);
    const std::string key = place.second;
    bool erased = false;
    Decide decide = [&](const Rows& rows) -> Result<Change> {
        Change erase;
        const Row* const row = find_row(rows, key);
        if (row == nullptr) return erase;
        const auto present = decode_account(row->value);
        if (present && present->account != account) return erase;
        erase.erase.push_back(key);
        if (is_name_claim(claim)) erase.put.push_back(counted(rows, -1));
        erased = true;
        return erase;
    };
    std::vector<std::string> keys{key, count_key};
    auto done = co_await change(place.first, std::move(keys), std::move(decide));
    if (!done) co_return done.error();
    changed('u', cache_text(office, claim));
    co_return erased;
}

}  // namespace directory
