// StoreDirectory::mend(): clears what changes that were cut short have left. Each step takes the turn of a
// change by itself, so that administration goes on meanwhile; a change of another node that is struck here
// fails and is redone.
#include <algorithm>

#include "base/log.hpp"
#include "directory/keys.hpp"
#include "directory/store_directory.hpp"

namespace directory {

using store::engine::Row;

namespace {
constexpr std::size_t page_rows = 1'000;
constexpr Error damaged{Errc::corrupt, "a row of the directory is damaged"};
}  // namespace

awaitable<Result<std::uint64_t>> StoreDirectory::mend() {
    std::uint64_t mended = 0;
    for (std::size_t shard = 0; shard < shards; ++shard) {
        auto some = co_await mend_records(shard_name(shard));
        if (!some) co_return some;
        mended += *some;
    }
    for (std::size_t shard = 0; shard < shards; ++shard) {
        auto some = co_await mend_addresses(shard_name(shard));
        if (!some) co_return some;
        mended += *some;
    }
    auto offices = co_await post_offices();
    if (!offices) co_return offices.error();
    for (const PostOffice& one : *offices) {
        auto some = co_await mend_office(one.name);
        if (!some) co_return some;
        mended += *some;
    }
    if (mended != 0)
        base::log::info("directory", "cleared leftovers of changes that were cut short", {{"rows", mended}});
    co_return mended;
}

/// Mailboxes that were never finished go; pending claims of the others are struck.
awaitable<Result<std::uint64_t>> StoreDirectory::mend_records(std::string shard) {
    const auto pass = co_await changes_.enter();
    std::uint64_t mended = 0;
    std::string after;
    for (;;) {
        auto rows = co_await engine_.scan(shard, after, "m", page_rows, 0);
        if (!rows) co_return rows.error();
        for (const Row& row : rows->rows) {
            const auto record = decode_mailbox(row.value);
            if (!record) co_return damaged;
            if (record->active && record->pending.empty()) continue;
            const base::AccountId account = record->mailbox.account;
            if (record->active) {
                auto struck = co_await announce(account, std::vector<std::string>());
                if (!struck) co_return struck.error();
            } else {
                co_await abandon(account, record->mailbox.post_office, record->pending);
            }
            ++mended;
        }
        if (!rows->more) break;
        after = rows->rows.back().key;
    }
    co_return mended;
}

/// True when the row was erased: it led to a mailbox that does not own the claim.
awaitable<Result<bool>> StoreDirectory::mend_claim(base::AccountId account, std::string office,
                                                   std::string claim) {
    auto holder = co_await entry(account, From::store);
    if (!holder) co_return holder.error();
    if (*holder && owned((*holder)->record, claim)) co_return false;
    auto struck = co_await overtake(account, claim);
    if (!struck) {
        if (struck.error().is(Errc::exists)) co_return false;
        co_return struck.error();
    }
    co_return co_await release_one(account, std::move(office), std::move(claim));
}

awaitable<Result<std::uint64_t>> StoreDirectory::mend_addresses(std::string shard) {
    const auto pass = co_await changes_.enter();
    std::uint64_t mended = 0;
    std::string after;
    for (;;) {
        auto rows = co_await engine_.scan(shard, after, "u", page_rows, 0);
        if (!rows) co_return rows.error();
        for (const Row& row : rows->rows) {
            const auto found = decode_account(row.value);
            if (!found) co_return damaged;
            auto erased = co_await mend_claim(found->account, std::string(), found->text);
            if (!erased) co_return erased.error();
            if (*erased) ++mended;
        }
        if (!rows->more) break;
        after = rows->rows.back().key;
    }
    co_return mended;
}

awaitable<Result<std::uint64_t>> StoreDirectory::mend_list(std::string office, std::string partition) {
    const auto pass = co_await changes_.enter();
    std::uint64_t mended = 0;
    std::string after;
    for (;;) {
        auto rows = co_await engine_.scan(partition, after, "m", page_rows, 0);
        if (!rows) co_return rows.error();
        for (const Row& row : rows->rows) {
            const auto found = decode_account(row.value);
            if (!found) co_return damaged;
            auto erased = co_await mend_claim(found->account, office, found->text);
            if (!erased) co_return erased.error();
            if (*erased) ++mended;
        }
        if (!rows->more) break;
        after = rows->rows.back().key;
    }
    co_return mended;
}

awaitable<Result<std::uint64_t>> StoreDirectory::mend_office(std::string office) {
    std::uint64_t mended = 0;
    for (std::size_t list = 0; list < office_lists; ++list) {
        auto some = co_await mend_list(office, office_list(office, list));
        if (!some) co_return some;
        mended += *some;
    }
    const auto pass = co_await changes_.enter();
    std::string after;
    for (;;) {
        auto rows = co_await engine_.scan(office_domains(office), after, "n", page_rows, 0);
        if (!rows) co_return rows.error();
        for (const Row& row : rows->rows) {
            const auto listed = decode_account(row.value);
            if (!listed) co_return damaged;
            auto present = co_await domain(listed->text, From::store);
            if (!present) co_return present.error();
            if (*present && (*present)->post_office == office) continue;
            auto erased = co_await forget_listed_domain(office, listed->text);
            if (!erased) co_return erased.error();
            ++mended;
        }
        if (!rows->more) break;
        after = rows->rows.back().key;
    }
    co_return mended;
}

}  // namespace directory
