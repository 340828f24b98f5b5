#include "eas/guarded_folder.hpp"

namespace eas {
namespace {

using store::Errc;
using store::Result;
using store::Right;

template <class T>
awaitable<Result<T>> answered(store::Error error) {
    co_return error;
}
template <class T>
awaitable<Result<T>> denied() {
    return answered<T>(store::Error(Errc::denied, "not allowed in this folder"));
}
template <class T>
awaitable<Result<T>> hidden() {
    return answered<T>(store::Error(Errc::not_found, "no such folder"));
}

/// Of a message that comes into a folder: RFC 4314 section 4, APPEND.
void keep_flags(store::NamedFlags& flags, store::Rights rights) {
    flags.system = flags.system & rights.flags();
    if (!rights.has(Right::write)) flags.keywords.clear();
}

}  // namespace

/// Null `owner_`: all. Of a folder that is gone none.
store::Rights GuardedFolder::rights() const {
    if (!owner_) return store::Rights::all();
    const store::FolderTreePtr tree = owner_->folders();
    const store::FolderInfo* info = tree->find_any(id());
    if (info == nullptr) return {};
    return store::rights_of(info->acl.get(), owner_->id(), user_);
}

bool GuardedFolder::open_destination(store::FolderPtr& destination, store::FlagSet& keep) {
    const auto guarded = std::dynamic_pointer_cast<GuardedFolder>(destination);
    if (!guarded) return true;
    const store::Rights there = guarded->rights();
    destination = guarded->folder_;
    keep = keep & there.flags();
    return there.has(Right::insert);
}

awaitable<Result<void>> GuardedFolder::room_for(std::uint64_t bytes, std::uint64_t messages) {
    if (!may(Right::insert)) return denied<void>();
    return folder_->room_for(bytes, messages);
}

awaitable<Result<store::AppendResult>> GuardedFolder::append(std::vector<store::Incoming> messages) {
    const store::Rights here = rights();
    if (!here.has(Right::insert)) return denied<store::AppendResult>();
    for (store::Incoming& message : messages) keep_flags(message.flags, here);
    return folder_->append(std::move(messages));
}

awaitable<Result<store::StoreResult>> GuardedFolder::store(store::StoreRequest request) {
    const store::Rights here = rights();
    if (!here.has(Right::read)) co_return store::Error(Errc::not_found, "no such folder");
    const bool all = here.flags().contains(request.flags.system) &&
                     (request.flags.keywords.empty() || here.has(Right::write));
    if (request.change != store::FlagChange::replace) keep_flags(request.flags, here);
    request.allowed = request.allowed & here.flags();
    if (!here.flags().has(store::SystemFlag::flagged)) request.follow_up.reset();
    const bool some = !request.flags.system.empty() || !request.flags.keywords.empty();
    if (all || some) {
        auto done = co_await folder_->store(std::move(request));
        if (all || !done) co_return done;
    }
    co_return store::Error(Errc::denied, "not allowed in this folder");
}

awaitable<Result<store::ExpungeResult>> GuardedFolder::expunge(std::optional<store::UidRanges> only) {
    if (!may(Right::read)) return hidden<store::ExpungeResult>();
    if (!may(Right::expunge)) return denied<store::ExpungeResult>();
    return folder_->expunge(std::move(only));
}

awaitable<Result<store::ExpungeResult>> GuardedFolder::remove(store::UidRanges uids) {
    if (!may(Right::read)) return hidden<store::ExpungeResult>();
    if (!may_remove()) return denied<store::ExpungeResult>();
    return folder_->remove(std::move(uids));
}

awaitable<Result<store::CopyResult>> GuardedFolder::copy_to(store::FolderPtr destination,
                                                            store::UidRanges uids, store::FlagSet keep,
                                                            store::ChangeProgress* progress) {
    if (!may(Right::read)) return hidden<store::CopyResult>();
    if (!open_destination(destination, keep)) return denied<store::CopyResult>();
    return folder_->copy_to(std::move(destination), std::move(uids), keep, progress);
}

/// RFC 6851 section 4: what COPY, STORE of \Deleted and EXPUNGE need.
awaitable<Result<store::CopyResult>> GuardedFolder::move_to(store::FolderPtr destination,
                                                            store::UidRanges uids, store::FlagSet keep,
                                                            store::ChangeProgress* progress) {
    if (!may(Right::read)) return hidden<store::CopyResult>();
    if (!may_remove() || !open_destination(destination, keep)) return denied<store::CopyResult>();
    return folder_->move_to(std::move(destination), std::move(uids), keep, progress);
}

/// What the old one keeps it has: no right is needed to leave flags as they are.
awaitable<Result<store::ReplaceResult>> GuardedFolder::replace(store::Uid old, store::FolderPtr destination,
                                                               store::Incoming message, store::FlagSet keep) {
    if (!may(Right::read)) return hidden<store::ReplaceResult>();
    const auto guarded = std::dynamic_pointer_cast<GuardedFolder>(destination);
    if (guarded) keep_flags(message.flags, guarded->rights());
    store::FlagSet allowed = store::every_flag;
    if (!may_remove() || !open_destination(destination, allowed)) return denied<store::ReplaceResult>();
    return folder_->replace(old, std::move(destination), std::move(message), keep);
}

awaitable<Result<store::ModSeq>> GuardedFolder::revise(store::Uid uid, store::ModSeq expected,
                                                       store::Incoming message) {
    if (!may(Right::read)) return hidden<store::ModSeq>();
    if (!may(Right::write)) return denied<store::ModSeq>();
    return folder_->revise(uid, expected, std::move(message));
}

awaitable<Result<store::VanishedResult>> GuardedFolder::vanished_since(store::ModSeq since,
                                                                       store::SnapshotPtr view) {
    if (!may(Right::read)) return hidden<store::VanishedResult>();
    return folder_->vanished_since(since, std::move(view));
}

awaitable<Result<store::TouchedFlags>> GuardedFolder::flags_since(store::ModSeq since) {
    if (!may(Right::read)) return hidden<store::TouchedFlags>();
    return folder_->flags_since(since);
}

awaitable<Result<store::ModSeq>> GuardedFolder::touch() {
    if (!may(Right::read)) return hidden<store::ModSeq>();
    if (!may(Right::write)) return denied<store::ModSeq>();
    return folder_->touch();
}

awaitable<Result<std::vector<store::DetailPtr>>> GuardedFolder::details(std::vector<store::Entry> entries) {
    if (!may(Right::read)) return hidden<std::vector<store::DetailPtr>>();
    return folder_->details(std::move(entries));
}

awaitable<Result<std::map<store::Uid, store::FollowUp>>> GuardedFolder::follow_ups(
    std::vector<store::Entry> entries) {
    if (!may(Right::read)) return hidden<std::map<store::Uid, store::FollowUp>>();
    return folder_->follow_ups(std::move(entries));
}

awaitable<Result<std::string>> GuardedFolder::read(store::DetailPtr detail, std::uint64_t offset,
                                                   std::size_t length) {
    if (!may(Right::read)) return hidden<std::string>();
    return folder_->read(std::move(detail), offset, length);
}

}  // namespace eas
