// What people have left in folders of others when their accounts are gone: which messages they had seen.
#include <utility>

#include "base/log.hpp"
#include "store/collector.hpp"
#include "store/keys.hpp"

namespace store {

/// One row of each user is looked at, however many he has.
awaitable<void> Collector::sweep_users(base::FolderId folder, base::AccountId owner) {
    const std::string partition = keys::folder(folder);
    std::string after;
    for (;;) {
        const auto rows = co_await context_.engine.scan(partition, after, "u", 1, 0);
        if (!rows || rows->rows.empty()) co_return;
        const auto key = keys::parse_user_page(rows->rows.front().key);
        after = rows->rows.front().key;
        if (!key) continue;                         // check() reports it
        after = keys::user_pages(key->user) + 'g';  // behind all his pages, which go on with hex digits
        const LiveAccountPtr user = context_.find_account(key->user);
        const auto there = co_await user->load();
        if (there || !there.error().is(Errc::not_found)) continue;
        const auto done = co_await forget_user(folder, owner, key->user);
        if (!done && !done.error().is(Errc::not_found))
            base::log::warn("store", "a user's rows were not collected",
                            {{"partition", partition}, {"user", key->user.value}});
    }
}

awaitable<Result<void>> Collector::forget_user(base::FolderId folder, base::AccountId owner,
                                               base::AccountId user) {
    const auto opened = co_await context_.open_folder(owner, folder);
    if (!opened) co_return opened.error();
    const auto live = std::static_pointer_cast<LiveFolder>(*opened);
    const std::string partition = keys::folder(folder);
    for (bool more = true; more;) {
        const std::string prefix = keys::user_pages(user);
        const auto rows = co_await context_.engine.scan(partition, std::string(), prefix, 1'000, 0);
        if (!rows) co_return rows.error();
        if (rows->rows.empty()) break;
        auto change = std::make_shared<MaintainChange>();
        for (const engine::Row& row : rows->rows) change->erase.push_back(row.key);
        co_await live->submit(change);
        if (!change->error.is(Errc::none)) co_return change->error;
        more = rows->more;
    }
    co_return Result<void>();
}

}  // namespace store
