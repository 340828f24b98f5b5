// REPLACE: a message comes, another goes (RFC 8508). Within one folder both are one change; from folder to
// folder the new one comes first, with an intent as a MOVE has it.
#include <utility>

#include "store/live_folder.hpp"
#include "store/user_folder.hpp"

namespace store {

/// \errors not_found: a folder is gone · as append()
awaitable<Result<std::shared_ptr<AppendChange>>> LiveFolder::prepare_replacement(MessageRef old,
                                                                                 LiveFolder* target,
                                                                                 Incoming message) {
    std::vector<Incoming> messages;
    messages.push_back(std::move(message));
    auto prepared = co_await target->prepare(std::move(messages), true);
    if (!prepared) co_return prepared;
    AppendChange& change = **prepared;
    if (target->account() == account()) {
        const SnapshotPtr now = snapshot();
        const Entry* entry = now->find(old.uid);
        change.freed_bytes = entry != nullptr ? entry->size : 0;
        change.freed_messages = 1;
    }
    if (target == this) {
        change.replaces = old.uid;
    } else {
        change.intent = MoveIntent{id_, account(), std::vector<MessageRef>(1, old)};
    }
    co_return prepared;
}

awaitable<Result<ReplaceResult>> LiveFolder::replace(Uid old, FolderPtr destination, Incoming message,
                                                     FlagSet keep) {
    LiveFolderPtr target = std::dynamic_pointer_cast<LiveFolder>(destination);
    base::AccountId user;
    if (const auto shared = std::dynamic_pointer_cast<UserFolder>(destination)) {
        target = shared->folder();
        user = shared->user();
    }
    if (!target) co_return Result<ReplaceResult>(Error(Errc::invalid, "no folder of this store"));
    if (target.get() != this && !keep.empty())
        co_return Result<ReplaceResult>(Error(Errc::invalid, "flags are kept within one folder"));
    ReplaceResult result;
    const SnapshotPtr now = snapshot();
    const Entry* entry = now->find(old);
    if (entry == nullptr) co_return Result<ReplaceResult>(std::move(result));
    auto prepared =
        co_await prepare_replacement(MessageRef{old, entry->id}, target.get(), std::move(message));
    if (!prepared) co_return Result<ReplaceResult>(prepared.error());
    const std::shared_ptr<AppendChange> change = *prepared;
    change->user = user;
    change->keep = keep.without(SystemFlag::seen);
    co_await target->submit(change);
    change->holds.clear();
    if (change->nothing_to_replace) co_return Result<ReplaceResult>(std::move(result));
    if (!change->error.is(Errc::none)) co_return Result<ReplaceResult>(change->error);
    result.uid_validity = change->result.uid_validity;
    result.uid = change->result.uids.front();
    result.source_modseq = change->modseq;
    if (target.get() == this) co_return Result<ReplaceResult>(std::move(result));
    result.source_modseq = now->totals().highest_modseq;
    UidRanges gone;
    append_uid(gone, old);
    result.failed = co_await finish_transfer(std::move(gone), target, change->opid, &result.source_modseq);
    // The folder is gone, and the old message with it.
    if (result.failed.is(Errc::not_found)) result.failed = Error();
    co_return Result<ReplaceResult>(std::move(result));
}

awaitable<Result<ModSeq>> LiveFolder::revise(Uid uid, ModSeq expected, Incoming message) {
    const SnapshotPtr now = snapshot();
    const Entry* entry = now->find(uid);
    if (entry == nullptr) co_return Error(Errc::not_found, "no such message");
    std::vector<Incoming> messages;
    messages.push_back(std::move(message));
    auto prepared = co_await prepare(std::move(messages), true);
    if (!prepared) co_return prepared.error();
    const std::shared_ptr<AppendChange> change = *prepared;
    change->revises = uid;
    change->expected = expected;
    change->freed_bytes = entry->size;
    change->freed_messages = 1;
    co_await submit(change);
    change->holds.clear();
    if (!change->error.is(Errc::none)) co_return change->error;
    co_return change->modseq;
}

awaitable<Result<ModSeq>> UserFolder::revise(Uid uid, ModSeq expected, Incoming message) {
    return folder_->revise(uid, expected, std::move(message));
}

}  // namespace store
