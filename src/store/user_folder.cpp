#include "store/user_folder.hpp"

namespace store {

SnapshotPtr UserFolder::snapshot() const {
    const LiveFolder::Seen now = folder_->seen_by(user_);
    return view_.see(now.snapshot, now.seen);
}

SubscriptionPtr UserFolder::subscribe(Subscriber& subscriber) {
    return folder_->subscribe_user(user_, subscriber);
}

awaitable<Result<void>> UserFolder::room_for(std::uint64_t bytes, std::uint64_t messages) {
    return folder_->room_for(bytes, messages);
}

awaitable<Result<AppendResult>> UserFolder::append(std::vector<Incoming> messages) {
    return folder_->append_for(user_, std::move(messages));
}

awaitable<Result<StoreResult>> UserFolder::store(StoreRequest request) {
    auto result = co_await folder_->store_for(user_, std::move(request));
    // His view of it: never older than the change.
    if (result) result->snapshot = snapshot();
    co_return result;
}

awaitable<Result<ExpungeResult>> UserFolder::expunge(std::optional<UidRanges> only) {
    return folder_->expunge(std::move(only));
}

awaitable<Result<ExpungeResult>> UserFolder::remove(UidRanges uids) {
    return folder_->remove(std::move(uids));
}

awaitable<Result<CopyResult>> UserFolder::copy_to(FolderPtr destination, UidRanges uids, FlagSet keep,
                                                  ChangeProgress* progress) {
    return folder_->transfer(std::move(destination), std::move(uids),
                             Transfer(false, keep, snapshot(), progress));
}

awaitable<Result<CopyResult>> UserFolder::move_to(FolderPtr destination, UidRanges uids, FlagSet keep,
                                                  ChangeProgress* progress) {
    return folder_->transfer(std::move(destination), std::move(uids),
                             Transfer(true, keep, snapshot(), progress));
}

awaitable<Result<ReplaceResult>> UserFolder::replace(Uid old, FolderPtr destination, Incoming message,
                                                     FlagSet keep) {
    return folder_->replace(old, std::move(destination), std::move(message), keep);
}

awaitable<Result<VanishedResult>> UserFolder::vanished_since(ModSeq since, SnapshotPtr view) {
    return folder_->vanished_since(since, std::move(view));
}

awaitable<Result<TouchedFlags>> UserFolder::flags_since(ModSeq since) { return folder_->flags_since(since); }

awaitable<Result<ModSeq>> UserFolder::touch() { return folder_->touch(); }

awaitable<Result<std::vector<DetailPtr>>> UserFolder::details(std::vector<Entry> entries) {
    return folder_->details(std::move(entries));
}

awaitable<Result<std::map<Uid, FollowUp>>> UserFolder::follow_ups(std::vector<Entry> entries) {
    return folder_->follow_ups(std::move(entries));
}

awaitable<Result<std::string>> UserFolder::read(DetailPtr detail, std::uint64_t offset, std::size_t length) {
    return folder_->read(std::move(detail), offset, length);
}

}  // namespace store
