// What people leave behind, and nobody needs any more: which messages they had seen in folders of others,
// what they noted for themselves, what their devices kept.
#include <set>
#include <utility>

#include "base/log.hpp"
#include "store/collector.hpp"
#include "store/keys.hpp"
#include "store/metadata.hpp"
#include "store/threads.hpp"

namespace store {
namespace {

constexpr std::size_t keepers_a_round = 100;

}  // namespace

/// One row of each user is looked at, however many he has.
awaitable<Result<std::set<base::AccountId>>> Collector::users_of(base::FolderId folder) {
    const std::string partition = keys::folder(folder);
    std::set<base::AccountId> out;
    std::string after;
    for (;;) {
        const auto rows = co_await context_.engine.scan(partition, after, "u", 1, 0);
        if (!rows) co_return rows.error();
        if (rows->rows.empty()) co_return out;
        const auto key = keys::parse_user_page(rows->rows.front().key);
        after = rows->rows.front().key;
        if (!key) continue;                         // check() reports it
        after = keys::user_pages(key->user) + 'g';  // behind all his pages, which go on with hex digits
        out.insert(key->user);
    }
}

awaitable<void> Collector::sweep_users(base::FolderId folder, base::AccountId owner) {
    const auto users = co_await users_of(folder);
    if (!users) co_return;
    for (const base::AccountId id : *users) {
        const LiveAccountPtr user = context_.find_account(id);
        const auto there = co_await user->load();
        if (there || !there.error().is(Errc::not_found)) continue;
        const auto done = co_await forget_user(folder, owner, id);
        if (!done && !done.error().is(Errc::not_found))
            base::log::warn("store", "a user's rows were not collected",
                            {{"folder", folder.value}, {"user", id.value}});
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

/// Pages of the messages in which nothing is left and nothing will come: uids are not given twice.
std::set<std::uint32_t> Collector::empty_pages(const LiveFolder& folder,
                                               const std::vector<MessageRef>& messages) {
    const SnapshotPtr now = folder.snapshot();
    std::set<std::uint32_t> out;
    for (const MessageRef& message : messages) {
        const std::uint32_t page = message.uid.value >> 6;
        if (page >= now->totals().uid_next.value >> 6) continue;
        const Entry* next = now->at(now->lower_bound(Uid(page << 6)));
        if (next == nullptr || next->uid.value >> 6 != page) out.insert(page);
    }
    return out;
}

/// What users had seen there goes with it, before the row that says that there is something to collect.
awaitable<Result<void>> Collector::forget_pages(LiveFolderPtr folder, std::set<std::uint32_t> pages) {
    if (pages.empty()) co_return Result<void>();
    const auto users = co_await users_of(folder->id());
    if (!users) co_return users.error();
    for (const base::AccountId user : *users) {
        auto change = std::make_shared<MaintainChange>();
        for (const std::uint32_t page : pages) change->erase.push_back(keys::user_page(user, page));
        co_await folder->submit(change);
        if (!change->error.is(Errc::none)) co_return change->error;
    }
    co_return Result<void>();
}

/// Annotations of folders that are gone. Those of the owner go with the folder; others who wrote about it for
/// themselves are found here.
awaitable<Result<void>> Collector::tidy_annotations(std::string name) {
    const auto keeper = Metadata::keeper_of(name);
    if (!keeper) co_return Result<void>();
    co_return co_await sweep_annotations_of(*keeper);
}

awaitable<Result<void>> Collector::sweep_annotations_of(base::AccountId keeper) {
    Metadata annotations(context_.engine, keeper);
    const LiveAccountPtr account = context_.find_account(keeper);
    const auto there = co_await account->load();
    if (!there && there.error().is(Errc::not_found)) co_return co_await annotations.drop();
    if (!there) co_return there;
    const auto places = co_await annotations.places();
    if (!places) co_return places.error();
    for (const MetadataPlace& place : *places) {
        if (!place.folder) continue;
        const LiveAccountPtr owner = context_.find_account(place.owner);
        const auto known = co_await owner->load();
        if (!known && !known.error().is(Errc::not_found)) co_return known;
        if (known && owner->folders()->find_any(place.folder) != nullptr) continue;
        const auto gone = co_await annotations.forget(place);
        if (!gone) co_return gone;
    }
    co_return Result<void>();
}

/// Rows of devices: theirs alone, and what they share.
awaitable<Result<void>> Collector::forget_devices(base::AccountId account) {
    const std::string shared = keys::devices(account);
    for (bool more = true; more;) {
        const auto names = co_await context_.engine.list(shared + "/", std::string(), keepers_a_round);
        if (!names) co_return names.error();
        for (const std::string& name : *names) {
            const auto dropped = co_await context_.engine.drop(name);
            if (!dropped) co_return dropped;
        }
        more = names->size() == keepers_a_round;
    }
    co_return co_await context_.engine.drop(shared);
}

/// Of accounts that are gone: a device may have written its last row while its account was removed.
awaitable<Result<void>> Collector::tidy_devices(std::string name) {
    const auto keeper = keys::parse_devices(name);
    if (!keeper) co_return Result<void>();
    const bool gone = co_await is_gone(*keeper);
    if (!gone) co_return Result<void>();
    co_return co_await forget_devices(*keeper);
}

/// Those that are over, and of accounts that are gone: an append may have ended while its account was
/// removed.
awaitable<Result<void>> Collector::tidy_threads(std::string name) {
    const auto whose = keys::parse_threads(name);
    if (!whose) co_return Result<void>();
    const bool gone = co_await is_gone(whose->account);
    if (!gone && !Threads::is_over(whose->period, context_.now())) co_return Result<void>();
    co_return co_await context_.engine.drop(std::move(name));
}

awaitable<bool> Collector::is_gone(base::AccountId id) {
    const LiveAccountPtr account = context_.find_account(id);
    const auto there = co_await account->load();
    co_return !there && there.error().is(Errc::not_found);
}

}  // namespace store
