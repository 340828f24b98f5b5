// CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE: RFC 9051 sections 6.3.4 to 6.3.8, RFC 6154 section 3.
#include <array>

#include "imap/ids.hpp"
#include "imap/session.hpp"

namespace imap {

namespace {

struct UseName {
    std::string_view name;
    store::SpecialUse use;
};
constexpr std::array use_names{
    UseName{"\\Drafts", store::SpecialUse::drafts},       UseName{"\\Sent", store::SpecialUse::sent},
    UseName{"\\Trash", store::SpecialUse::trash},         UseName{"\\Junk", store::SpecialUse::junk},
    UseName{"\\Archive", store::SpecialUse::archive},     UseName{"\\Memos", store::SpecialUse::memos},
    UseName{"\\Scheduled", store::SpecialUse::scheduled}, UseName{"\\Snoozed", store::SpecialUse::snoozed},
};

/// One use for a mailbox; \All, \Flagged and \Important would be views over other mailboxes, which are not
/// offered.
bool parse_use(const std::vector<std::string>& names, store::SpecialUse& use) {
    if (names.empty()) return true;
    if (names.size() > 1) return false;
    for (const UseName& known : use_names) {
        if (known.name != names.front()) continue;
        use = known.use;
        return true;
    }
    return false;
}

/// RFC 9051 section 6.3.4: a delimiter at the end only says that names under it will follow.
void drop_delimiter(std::string& name) {
    if (name.size() > 1 && name.back() == '/') name.pop_back();
}

}  // namespace

awaitable<Reply> Session::handle(cmd::Create create) {
    drop_delimiter(create.mailbox);
    store::SpecialUse use = store::SpecialUse::none;
    if (!parse_use(create.use, use)) co_return no(code::use_attr, "This special use cannot be given");
    // Apple's clients try it to learn about hierarchies, and then show two inboxes (imap.md quirk 5).
    constexpr std::array<std::string_view, 2> inboxes{"INBOX/INBOX", "INBOX.INBOX"};
    for (const std::string_view refused : inboxes) {
        const bool same = std::ranges::equal(create.mailbox, refused, [](char a, char b) {
            return (a >= 'a' && a <= 'z' ? static_cast<char>(a - 32) : a) == b;
        });
        if (same) co_return no(code::cannot, "INBOX cannot be inside INBOX");
    }
    const SpaceName named = space_of(create.mailbox);
    if (named.space != Space::personal && use != store::SpecialUse::none)
        co_return no(code::use_attr, "Only mailboxes of one's own have a special use");
    auto room = co_await room_for_name(std::move(create.mailbox));
    if (!room) co_return reply_of(room.error());
    if (!*room) co_return no(code::no_perm, "Permission denied");
    const auto created = co_await (*room)->account->create((*room)->info.name, use);
    if (!created) {
        if (use != store::SpecialUse::none && created.error().is(store::Errc::denied))
            co_return no(code::use_attr, "Another mailbox has this special use");
        co_return reply_of(created.error());
    }
    note_own((*room)->name());
    co_return ok("Create completed", code::mailbox_id(folder_id_text(created->id)));
}

awaitable<Reply> Session::handle(cmd::Delete remove) {
    Place place;
    Reply refused = co_await reach(std::move(remove.mailbox), store::Right::remove_folder, &place);
    if (refused.condition != Condition::ok) co_return refused;
    // RFC 9051 section 6.3.5: a level that only holds its children cannot go before them.
    if (!place.info.selectable && place.tree->has_children(place.info))
        co_return no(code::has_children, "Mailbox has inferior names");
    const base::FolderId id = place.info.id;
    const auto removed = co_await place.account->remove(place.info.name);
    if (!removed) co_return reply_of(removed.error());
    note_own(place.name());
    if (selected_ && selected_->folder->id() == id) {
        deselect();
        write_condition(out(), "*", Condition::ok, code::closed, "Selected mailbox was deleted");
    }
    co_return ok("Delete completed");
}

awaitable<Reply> Session::handle(cmd::Rename rename) {
    drop_delimiter(rename.to);
    Place from;
    Reply refused = co_await reach(std::move(rename.from), store::Right::remove_folder, &from);
    if (refused.condition != Condition::ok) co_return refused;
    auto room = co_await room_for_name(std::move(rename.to));
    if (!room) co_return reply_of(room.error());
    if (!*room) co_return no(code::no_perm, "Permission denied");
    const Place& to = **room;
    if (to.account->id() != from.account->id())
        co_return no(code::cannot, "Mailboxes cannot go from one owner to another");
    // What RENAME of INBOX means (RFC 9051 section 6.3.6) is its owner's to want.
    if (from.info.use == store::SpecialUse::inbox && from.space != Space::personal)
        co_return no(code::cannot, "This mailbox cannot be renamed");
    const auto renamed = co_await from.account->rename(from.info.name, to.info.name);
    if (!renamed) co_return reply_of(renamed.error());
    if (from.info.use == store::SpecialUse::inbox) {
        const store::FolderTreePtr tree = from.account->folders();
        const store::FolderInfo* made = tree->find(to.info.name);
        if (made != nullptr) co_await copy_annotations(from.info.id, made->id);
    }
    note_own(from.name());
    note_own(to.name());
    if (selected_ && selected_->account == from.account) {
        const store::FolderTreePtr tree = from.account->folders();
        const store::FolderInfo* info = tree->find(selected_->folder->id());
        if (info != nullptr && from.prefix + info->name != selected_->name) {
            selected_->name = from.prefix + info->name;
            registration_.set_folder(selected_->name);
        }
    }
    co_return ok("Rename completed");
}

awaitable<Reply> Session::handle(cmd::Subscribe subscribe) {
    drop_delimiter(subscribe.mailbox);
    Place place;
    std::string mailbox = subscribe.mailbox;
    const Reply refused = co_await reach(std::move(subscribe.mailbox), store::Right::lookup, &place);
    if (refused.condition != Condition::ok) co_return refused;
    note_own(mailbox);
    const auto done = co_await account_->set_subscribed(std::move(mailbox), true);
    if (!done) co_return reply_of(done.error());
    co_return ok("Subscribe completed");
}

/// Of any name: a mailbox that is gone stays subscribed until the client says otherwise (RFC 9051
/// section 6.3.7).
awaitable<Reply> Session::handle(cmd::Unsubscribe unsubscribe) {
    drop_delimiter(unsubscribe.mailbox);
    note_own(unsubscribe.mailbox);
    const auto done = co_await account_->set_subscribed(std::move(unsubscribe.mailbox), false);
    if (!done) co_return reply_of(done.error());
    co_return ok("Unsubscribe completed");
}

}  // namespace imap
