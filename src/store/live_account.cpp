#include "store/live_account.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "store/keys.hpp"

namespace store {
namespace {

constexpr unsigned attempts_max = 8;

}  // namespace

class LiveAccount::AccountChange final : public Change {
public:
    AccountChange(Apply what, bool of_new_account) : apply(std::move(what)), new_account(of_new_account) {}
    Apply apply;
    bool new_account;
};

LiveAccount::LiveAccount(StoreContext& context, base::AccountId id)
    : context_(context), id_(id), partition_(keys::account(id)) {}

FolderTreePtr LiveAccount::folders() const {
    const std::lock_guard lock(mutex_);
    return tree_;
}

std::map<base::FolderId, std::int64_t> LiveAccount::tombstones() const {
    const std::lock_guard lock(mutex_);
    return tombstones_;
}

void LiveAccount::install(AccountState state, engine::Version version) {
    version_ = version;
    FolderTreePtr tree = state.tree();
    const std::vector<LiveFolderPtr> watched = with_new_rights(state);
    {
        const std::lock_guard lock(mutex_);
        tree_ = std::move(tree);
        tombstones_ = state.tombstones;
        quota_.bytes_max = state.header.bytes_max;
        quota_.messages_max = state.header.messages_max;
    }
    // Also when the clock was set back since they were made: an id is never given twice.
    if (!state.folders.empty()) context_.ids.skip_past(state.folders.rbegin()->first.value);
    if (!state.tombstones.empty()) context_.ids.skip_past(state.tombstones.rbegin()->first.value);
    exists_ = version != 0 && !state.header.removed;
    removed_ = state.header.removed;
    state_ = std::move(state);
    for (const LiveFolderPtr& folder : watched) folder->nudge();
    subscribers_.notify();
}

awaitable<void> LiveAccount::round(std::vector<ChangePtr> changes) {
    std::vector<std::shared_ptr<AccountChange>> mine;
    for (ChangePtr& waiting : changes)
        mine.push_back(std::static_pointer_cast<AccountChange>(std::move(waiting)));
    Error error;
    for (unsigned tries = 0; tries < attempts_max; ++tries) {
        error = co_await attempt(mine);
        if (error.is(Errc::none)) co_return;
        if (!error.is(Errc::conflict)) break;
        ++context_.figures.conflicts;
        stale_ = true;
    }
    if (error.is(Errc::conflict) || error.is(Errc::unknown)) error = Error(Errc::unavailable, "try again");
    for (const auto& waiting : mine)
        if (waiting->error.is(Errc::none)) waiting->error = error;
}

awaitable<Error> LiveAccount::attempt(std::vector<std::shared_ptr<AccountChange>> changes) {
    if (stale_) {
        const auto loaded = co_await reload();
        if (!loaded) co_return loaded.error();
    }
    AccountDraft draft(state_, context_.limits, context_.now(), context_.ids);
    for (const auto& waiting : changes) {
        waiting->error = Error();
        if (!waiting->apply) continue;  // only waits for the account to be read
        if (waiting->new_account) {
            waiting->error =
                version_ != 0 ? Error(Errc::exists, "the account exists") : waiting->apply(draft);
        } else if (!exists_ && !removed_) {
            waiting->error = Error(Errc::not_found, "no such account");
        } else {
            waiting->error = waiting->apply(draft);
        }
    }
    if (draft.clean()) co_return Error();
    const std::uint64_t opid = context_.ids.next();
    engine::Batch batch = draft.finish(opid);
    batch.partition = partition_;
    batch.expect = version_;
    const auto done = co_await context_.engine.commit(std::move(batch));
    if (done) {
        install(draft.take(), *done);
        co_return Error();
    }
    if (!done.error().is(Errc::unknown)) co_return done.error();
    // It may have happened: the header says who wrote it last.
    ++context_.figures.unknown;
    for (unsigned tries = 0; tries < 3; ++tries) {
        stale_ = true;
        const auto loaded = co_await reload();
        if (!loaded) continue;
        if (state_.header.opid == opid) co_return Error();
        co_return Error(Errc::conflict, "");
    }
    co_return Error(Errc::unavailable, "the store does not answer; the change may have been made");
}

awaitable<Result<void>> LiveAccount::reload() {
    for (unsigned tries = 0; tries < attempts_max; ++tries) {
        std::vector<engine::Row> rows;
        engine::Version version = 0;
        bool more = true, moved = false;
        while (more && !moved) {
            const std::string after = rows.empty() ? std::string() : rows.back().key;
            auto some = co_await context_.engine.scan(partition_, after, std::string(), 0, version);
            if (!some && !some.error().is(Errc::conflict)) co_return some.error();
            moved = !some;
            if (moved) break;
            version = some->version;
            more = some->more;
            std::move(some->rows.begin(), some->rows.end(), std::back_inserter(rows));
        }
        if (moved) continue;
        Result<AccountState> state = AccountState();
        if (version != 0) state = AccountState::read(rows);
        if (!state) {
            base::log::error("store", "an account's rows are damaged", {{"partition", partition_}});
            co_return state.error();
        }
        install(std::move(*state), version);
        stale_ = false;
        co_return Result<void>();
    }
    co_return Error(Errc::unavailable, "the account changes too fast to be read");
}

awaitable<Result<void>> LiveAccount::change(Apply apply, bool new_account) {
    auto waiting = std::make_shared<AccountChange>(std::move(apply), new_account);
    co_await submit(waiting);
    if (!waiting->error.is(Errc::none)) co_return waiting->error;
    co_return Result<void>();
}

awaitable<Result<void>> LiveAccount::load() {
    if (stale_) {
        const auto loaded = co_await change(Apply(), false);
        if (!loaded) co_return loaded;
    }
    if (!exists_) co_return Error(Errc::not_found, "no such account");
    co_return Result<void>();
}

awaitable<Result<void>> LiveAccount::create_account() {
    const std::int64_t now = context_.now();
    Apply apply = [now](AccountDraft& draft) {
        static constexpr std::pair<const char*, SpecialUse> first[] = {
            {"INBOX", SpecialUse::inbox}, {"Drafts", SpecialUse::drafts}, {"Sent", SpecialUse::sent},
            {"Trash", SpecialUse::trash}, {"Junk", SpecialUse::junk},     {"Archive", SpecialUse::archive}};
        draft.set_created(now);
        for (const auto& [name, use] : first) {
            const auto made = draft.create(name, use);
            if (!made) return made.error();
            draft.subscribe(name, true);
        }
        return Error();
    };
    return change(std::move(apply), true);
}

awaitable<Result<void>> LiveAccount::mark_removed() {
    Apply apply = [](AccountDraft& draft) {
        draft.mark_removed();
        return Error();
    };
    const auto done = co_await change(std::move(apply));
    if (!done) co_return done;
    std::vector<LiveFolderPtr> open;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [id, folder] : live_)
            if (LiveFolderPtr still = folder.lock()) open.push_back(std::move(still));
    }
    for (const LiveFolderPtr& folder : open) folder->mark_deleted();
    co_return done;
}

awaitable<Result<void>> LiveAccount::drop_tombstone(base::FolderId folder) {
    Apply apply = [folder](AccountDraft& draft) {
        draft.drop_tombstone(folder);
        return Error();
    };
    return change(std::move(apply));
}

awaitable<Result<FolderInfo>> LiveAccount::create(std::string name, SpecialUse use) {
    return make_folder(std::move(name), use, false);
}

awaitable<Result<FolderInfo>> LiveAccount::make_folder(std::string name, SpecialUse use, bool was_inbox) {
    Result<std::string> canonical = canonical_name(name, context_.limits);
    if (!canonical) co_return canonical.error();
    if (use == SpecialUse::inbox) co_return Error(Errc::invalid, "there is one INBOX only");
    auto made = std::make_shared<base::FolderId>();
    Apply apply = [made, name = *canonical, use, was_inbox](AccountDraft& draft) {
        const auto id = draft.create(name, use);
        if (!id) return id.error();
        if (was_inbox) draft.note_was_inbox(*id);
        *made = *id;
        return Error();
    };
    const auto done = co_await change(std::move(apply));
    if (!done) co_return done.error();
    const FolderTreePtr tree = folders();
    const FolderInfo* info = tree->find(*made);
    if (info == nullptr) co_return Error(Errc::not_found, "the folder was deleted at once");
    co_return *info;
}

awaitable<Result<void>> LiveAccount::remove(std::string name) {
    return remove_from(std::move(name), base::FolderId());
}

awaitable<Result<void>> LiveAccount::remove_from(std::string name, base::FolderId root) {
    Result<std::string> canonical = canonical_name(name, context_.limits);
    if (!canonical) co_return Error(Errc::not_found, "no such folder");
    auto gone = std::make_shared<base::FolderId>();
    Apply apply = [gone, root, name = *canonical](AccountDraft& draft) {
        const auto id = draft.remove(name, root);
        if (!id) return id.error();
        *gone = *id;
        return Error();
    };
    const auto done = co_await change(std::move(apply));
    if (!done) co_return done;
    if (const LiveFolderPtr folder = live(*gone)) {
        folder->mark_deleted();
        context_.recently_used.drop(folder.get());
    }
    forget_usage(*gone);
    context_.collect.add(*gone, {id_, context_.now() + context_.limits.collect_after.count()});
    co_return done;
}

awaitable<Result<void>> LiveAccount::rename(std::string from, std::string to) {
    Result<std::string> source = canonical_name(from, context_.limits);
    if (!source) co_return Error(Errc::not_found, "no such folder");
    Result<std::string> target = canonical_name(to, context_.limits);
    if (!target) co_return target.error();
    if (*source == "INBOX") co_return co_await rename_inbox(std::move(*target));
    Apply apply = [from_name = *source, to_name = *target](AccountDraft& draft) {
        const auto done = draft.rename(from_name, to_name);
        return done ? Error() : done.error();
    };
    co_return co_await change(std::move(apply));
}

/// RFC 9051 section 6.3.6: the messages go, INBOX and what is below it stay.
awaitable<Result<void>> LiveAccount::rename_inbox(std::string to) {
    const auto made = co_await make_folder(std::move(to), SpecialUse::none, true);
    if (!made) co_return made.error();
    const FolderTreePtr tree = folders();
    const FolderInfo* inbox = tree->find(SpecialUse::inbox);
    if (inbox == nullptr) co_return Error(Errc::not_found, "no INBOX");
    const base::FolderId inbox_id = inbox->id;
    const auto source = co_await open(inbox_id);
    if (!source) co_return source.error();
    const auto target = co_await open(made->id);
    if (!target) co_return target.error();
    UidRanges all;
    all.push_back(UidRange{Uid(1), Uid(0xFFFFFFFF)});
    const auto moved = co_await (*source)->move_to(*target, std::move(all));
    if (!moved) co_return moved.error();
    if (!moved->failed.is(Errc::none)) co_return moved->failed;
    co_return Result<void>();
}

awaitable<Result<void>> LiveAccount::set_subscribed(std::string name, bool yes) {
    Result<std::string> canonical = canonical_name(name, context_.limits);
    if (!canonical) co_return canonical.error();
    const std::size_t names_max = context_.limits.folders_max;
    Apply apply = [name = *canonical, yes, names_max](AccountDraft& draft) {
        if (yes && draft.state().subscribed.size() >= names_max)
            return Error(Errc::limit, "too many subscriptions");
        draft.subscribe(name, yes);
        return Error();
    };
    co_return co_await change(std::move(apply));
}

}  // namespace store
