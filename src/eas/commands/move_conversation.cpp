// ItemOperations: the Move of a conversation, once or always. MS-ASCON sections 2.2.2.7 to 2.2.2.10 and
// 3.2.5.3; what is delivered later: server/conversation_mover.hpp.
#include "base/log.hpp"
#include "eas/session.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

namespace tags = wbxml::itemoperations;

namespace conversation_status {
constexpr int ok = 1, protocol_error = 2, server_error = 3, not_found = 6, bad_ids = 105, not_supported = 156;
}

constexpr std::string_view recipient_cache = "RI";  // no folder here, and never one that takes mail

/// Where messages of a conversation stay. Against MS-ASCON section 2.2.2.8, which moves drafts too: what is
/// being written would be gone from its author. Junk that only names a conversation is none of it.
bool stays(const store::FolderInfo& folder) {
    return !folder.selectable || folder.use == store::SpecialUse::sent ||
           folder.use == store::SpecialUse::drafts || folder.use == store::SpecialUse::junk;
}

store::UidRanges uids_of(const store::Snapshot& snapshot, base::ThreadId conversation) {
    store::UidRanges out;
    snapshot.for_each(base::SeqNum(1), base::SeqNum(snapshot.size()),
                      [&](base::SeqNum, const store::Entry& entry) {
                          if (entry.thread == conversation) out.push_back({entry.uid, entry.uid});
                      });
    return store::normalised(std::move(out));
}

/// Where a conversation is now.
struct ConversationPlaces {
    bool there = false;   ///< anywhere, the target too
    bool failed = false;  ///< a folder could not be looked at
    std::vector<std::pair<store::FolderPtr, store::UidRanges>> moves;
};

awaitable<ConversationPlaces> find_places(store::AccountPtr account, base::ThreadId conversation,
                                          base::FolderId target) {
    ConversationPlaces out;
    const store::FolderTreePtr tree = account->folders();
    for (const store::FolderInfo& info : tree->folders) {
        auto folder = co_await account->open(info.id);
        if (!folder) {
            out.failed = out.failed || (info.selectable && !folder.error().is(store::Errc::not_found));
            continue;
        }
        store::UidRanges uids = uids_of(*(*folder)->snapshot(), conversation);
        out.there = out.there || !uids.empty();
        if (info.id == target || uids.empty() || stays(info)) continue;
        out.moves.emplace_back(std::move(*folder), std::move(uids));
    }
    co_return out;
}

}  // namespace

/// ok, or why messages cannot go there.
int Session::conversation_target(std::string_view text, base::FolderId* out) const {
    if (text == recipient_cache) return conversation_status::bad_ids;
    const auto id = parse_folder_id(text);
    if (!id) return conversation_status::not_found;
    if (*id == outbox_id || is_item_folder(*id) || account_->is_shared(*id))
        return conversation_status::not_supported;
    const store::FolderTreePtr tree = account_->folders();
    const store::FolderInfo* info = tree->find(*id);
    if (info == nullptr) return conversation_status::not_found;
    // MS-ASCON section 3.1.4.6: drafts are written, not moved.
    if (!info->selectable || info->use == store::SpecialUse::drafts)
        return conversation_status::not_supported;
    *out = *id;
    return conversation_status::ok;
}

awaitable<int> Session::move_conversation(base::ThreadId conversation, base::FolderId target, bool always) {
    auto destination = co_await account_->own()->open(target);
    if (!destination) co_return conversation_status::server_error;
    ConversationPlaces places = co_await find_places(account_->own(), conversation, target);
    if (!places.there)
        co_return places.failed ? conversation_status::server_error : conversation_status::not_found;
    if (always) {
        const store::FolderTreePtr tree = account_->folders();
        const store::FolderInfo* inbox = tree->find(store::SpecialUse::inbox);
        // To where mail comes anyway: then nothing needs to be done about it any more.
        std::optional<base::FolderId> to = target;
        if (inbox != nullptr && inbox->id == target) to.reset();
        const auto noted = co_await services_->moved.set(identity_.account, conversation, to, now());
        if (!noted) co_return conversation_status::server_error;
        // What was delivered before that was noted, nobody else moves.
        places = co_await find_places(account_->own(), conversation, target);
    }
    bool failed = places.failed;
    for (auto& [folder, uids] : places.moves) {
        const auto moved = co_await folder->move_to(*destination, std::move(uids));
        const store::Error why = moved ? moved->failed : moved.error();
        if (!why.is(store::Errc::none)) {
            failed = true;
            base::log::warn("eas", "a conversation was not moved",
                            {{"user", identity_.name}, {"why", why.what()}});
        }
    }
    co_return failed ? conversation_status::server_error : conversation_status::ok;
}

awaitable<void> Session::write_moved(wbxml::Encoder* to, wbxml::Element element) {
    const std::string name(element.child(tags::conversation_id).text());
    const std::string target(element.child(tags::dst_fld_id).text());
    const bool always = static_cast<bool>(element.child(tags::options).child(tags::move_always));
    const auto conversation = thread_of(name);
    base::FolderId folder;
    int status = conversation_status::protocol_error;
    if (!name.empty() && !target.empty()) status = conversation_target(target, &folder);
    if (status == conversation_status::ok && !conversation) status = conversation_status::not_found;
    if (status == conversation_status::ok) status = co_await move_conversation(*conversation, folder, always);
    to->open(tags::move);
    to->number(tags::status, status);
    to->opaque(tags::conversation_id, name);
    to->close();
}

}  // namespace eas
