// Where mailboxes are: names become accounts and folders, with what this user may do there (RFC 2342, RFC
// 4314).
#include "imap/mailboxes.hpp"

#include <algorithm>

#include "store/folder_names.hpp"

namespace imap {

namespace {

using store::Errc;

constexpr store::Error nowhere{Errc::not_found, "No such mailbox"};

store::Rights rights_in(const store::Account& account, const store::FolderInfo& info, base::AccountId who) {
    return store::rights_of(info.acl.get(), account.id(), who);
}

}  // namespace

awaitable<store::Result<Neighbourhood>> Mailboxes::neighbourhood() { return near_.around(account_->id()); }

/// The account that a name leads to; null: nobody's. `rest` may be no folder of it.
awaitable<store::Result<store::AccountPtr>> Mailboxes::account_of(SpaceName name) {
    if (name.space == Space::personal) co_return account_;
    co_return co_await near_.account_of(account_->id(), std::move(name));
}

/// \errors not_found: there is no such mailbox. What this user may do there is in the answer; ask refusal().
awaitable<store::Result<Place>> Mailboxes::find(std::string mailbox) {
    Place place;
    place.tree = folders();
    const store::FolderInfo* info = place.tree->find(mailbox);
    SpaceName name;
    // A mailbox of his own that is named like a namespace stays reachable.
    if (info == nullptr) name = space_of(mailbox);
    place.account = account_;
    if (info == nullptr && name.space != Space::personal) {
        auto account = co_await account_of(name);
        if (!account) co_return account.error();
        if (*account == nullptr || name.rest.empty()) co_return nowhere;
        place.space = name.space;
        place.account = std::move(*account);
        place.tree = place.account->folders();
        place.prefix = mailbox.substr(0, mailbox.size() - name.rest.size());
        info = place.tree->find(name.rest);
    }
    if (info == nullptr) co_return nowhere;
    place.info = *info;
    place.rights = rights_in(*place.account, *info, account_->id());
    co_return place;
}

/// A mailbox that messages or commands go to. \errors as find(), or why it may not be used
awaitable<Reply> Mailboxes::reach(std::string mailbox, store::Right needed, Place* out) {
    auto place = co_await find(std::move(mailbox));
    if (!place) co_return reply_of(place.error());
    if (!place->rights.has(needed)) co_return refusal(place->rights);
    *out = std::move(*place);
    co_return ok("");
}

awaitable<store::Result<store::FolderPtr>> Mailboxes::open(const Place* place) {
    if (!place->info.selectable) co_return nowhere;
    co_return co_await place->account->open_for(place->info.id, account_->id());
}

/// The folder that messages go to: "i" there (RFC 4314 section 4). One that the client may not see
/// is answered as one that is not there (RFC 4314 section 6).
awaitable<Destination> Mailboxes::open_to_insert(std::string mailbox, Place* place) {
    Destination out;
    auto found = co_await find(std::move(mailbox));
    if (!found) {
        out.reply = reply_of(found.error(), true);
        co_return out;
    }
    *place = std::move(*found);
    if (!place->rights.has(store::Right::insert)) {
        out.reply = insert_refusal(place->rights);
        co_return out;
    }
    auto opened = co_await open(place);
    if (opened) {
        out.folder = std::move(*opened);
    } else {
        out.reply = reply_of(opened.error(), true);
    }
    co_return out;
}

/// Where a new name would be made: "k" in the nearest folder above it that exists (RFC 4314 section 4). At
/// the top of one's own tree one may always. Null: not allowed, or nowhere.
awaitable<store::Result<std::optional<Place>>> Mailboxes::room_for_name(std::string mailbox) {
    const SpaceName name = space_of(mailbox);
    auto account = co_await account_of(name);
    if (!account) co_return account.error();
    std::optional<Place> out;
    if (*account == nullptr || name.rest.empty()) co_return out;
    Place place;
    place.space = name.space;
    place.account = std::move(*account);
    place.tree = place.account->folders();
    place.prefix = mailbox.substr(0, mailbox.size() - name.rest.size());
    place.info.name = name.rest;
    const store::FolderInfo* above = nullptr;
    for (std::size_t slash = name.rest.rfind('/');
         above == nullptr && slash != std::string::npos && slash != 0;
         slash = name.rest.rfind('/', slash - 1))
        above = place.tree->find(std::string_view(name.rest).substr(0, slash));
    if (above != nullptr) {
        place.rights = rights_in(*place.account, *above, account_->id());
    } else if (name.space == Space::personal) {
        place.rights = store::Rights::all();
    }
    if (place.rights.has(store::Right::create)) out = std::move(place);
    co_return out;
}

awaitable<store::Result<std::vector<Neighbour>>> Mailboxes::neighbours() {
    auto around = co_await neighbourhood();
    if (!around) co_return around.error();
    co_return co_await near_.sharers(account_, std::move(*around), sharers_a_turn_);
}

/// His own mailboxes and all that others share with him, as one tree.
awaitable<store::Result<Listing>> Mailboxes::listing() {
    Listing out;
    out.tree = folders();
    const auto around = co_await neighbours();
    if (!around) co_return around.error();
    if (around->empty()) co_return out;
    auto merged = std::make_shared<store::FolderTree>(*out.tree);
    for (const Neighbour& neighbour : *around)
        add_shared(neighbour.account, neighbour.prefix, &*merged, &out);
    if (out.shared.empty()) co_return out;
    const auto in_order = [](const store::FolderInfo& a, const store::FolderInfo& b) {
        return store::name_before(a.name, b.name);
    };
    std::sort(merged->folders.begin(), merged->folders.end(), in_order);
    // RFC 3501 section 6.3.8: levels that are no mailboxes, or none that he may see.
    const std::size_t folders = merged->folders.size();
    for (const std::string& level : out.levels) {
        const auto end = merged->folders.begin() + static_cast<std::ptrdiff_t>(folders);
        store::FolderInfo shown;
        shown.name = level;
        shown.selectable = false;
        if (!std::binary_search(merged->folders.begin(), end, shown, in_order))
            merged->folders.push_back(std::move(shown));
    }
    std::sort(merged->folders.begin(), merged->folders.end(), in_order);
    merged->index();
    out.tree = std::move(merged);
    co_return out;
}

/// The folders of `account` that this user may see, and the levels above them.
void Mailboxes::add_shared(const store::AccountPtr& account, const std::string& prefix,
                           store::FolderTree* tree, Listing* listing) {
    const store::FolderTreePtr theirs = account->folders();
    for (const store::FolderInfo& folder : theirs->folders) {
        const store::Rights rights = rights_in(*account, folder, account_->id());
        if (!rights.has(store::Right::lookup)) continue;
        store::FolderInfo shown = folder;
        shown.use = store::SpecialUse::none;  // special to its owner only
        shown.name = prefix + folder.name;
        if (folders()->find(shown.name) != nullptr) continue;  // his own mailbox has the name: see find()
        listing->shared[shown.id] = Listing::Shared{account, rights};
        for (std::size_t slash = shown.name.rfind('/'); slash != std::string::npos && slash != 0;
             slash = shown.name.rfind('/', slash - 1))
            listing->levels.insert(shown.name.substr(0, slash));
        tree->folders.push_back(std::move(shown));
    }
}

/// After waiting: what may be done there now. Nothing where the mailbox is gone.
store::Rights Mailboxes::rights_now(const Place& place) const {
    const store::FolderTreePtr tree = place.account->folders();
    const store::FolderInfo* info = tree->find(place.info.id);
    return info == nullptr ? store::Rights() : rights_in(*place.account, *info, account_->id());
}

}  // namespace imap
