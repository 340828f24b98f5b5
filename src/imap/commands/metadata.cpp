// GETMETADATA, SETMETADATA: RFC 5464; METADATA in LIST: RFC 9590.
#include "store/metadata.hpp"

#include <iterator>

#include "base/log.hpp"
#include "imap/session.hpp"

namespace imap {

namespace {

using store::Right;
using store::Rights;

bool is_private(std::string_view name) { return name.starts_with("/private/"); }

/// RFC 5464 section 4.2.2.
bool is_within(std::string_view name, std::string_view asked, cmd::GetMetadata::Depth depth) {
    using Depth = cmd::GetMetadata::Depth;
    if (name == asked) return true;
    if (depth == Depth::self || name.size() <= asked.size() || !name.starts_with(asked)) return false;
    if (name[asked.size()] != '/') return false;
    return depth == Depth::all || name.find('/', asked.size() + 1) == std::string_view::npos;
}

/// "/private" and "/shared" alone may be asked for with a DEPTH.
bool canonical(std::string& name) {
    for (char& c : name)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return name == "/private" || name == "/shared" ||
           store::canonical_metadata_name(name, store::MetadataLimits());
}

}  // namespace

/// Where entries of the mailbox are kept; a mailbox of "": the server's. A reply: why not.
awaitable<std::optional<Reply>> Session::annotated(std::string mailbox, Annotated* out) {
    if (!mailbox.empty()) {
        auto place = co_await find(std::move(mailbox));
        if (!place) co_return reply_of(place.error());
        if (!may_annotate(place->rights)) co_return refusal(place->rights);
        out->keeper = place->account;
        out->folder = place->info.id;
        out->rights = place->rights;
        out->name = place->name();
        co_return std::nullopt;
    }
    auto around = co_await neighbourhood();
    if (!around) co_return reply_of(around.error());
    out->keeper = around->commons;
    out->rights = Rights(Right::lookup) | Right::read;
    co_return std::nullopt;
}

/// Private entries are kept with who wrote them, shared ones with the mailbox's owner.
awaitable<store::Result<std::map<std::string, std::string>>> Session::annotations(const Annotated* of) {
    store::MetadataPlace place;
    place.folder = of->folder;
    std::map<std::string, std::string> all;
    if (of->keeper) {
        place.owner = of->keeper->id();
        store::Metadata shared(services_.store.engine(), place.owner);
        auto found = co_await shared.read(place);
        if (!found) co_return found.error();
        std::erase_if(*found, [](const auto& entry) { return is_private(entry.first); });
        all = std::move(*found);
    }
    if (!of->folder) place.owner = account_->id();
    store::Metadata own(services_.store.engine(), account_->id());
    auto found = co_await own.read(place);
    if (!found) co_return found.error();
    for (auto& [name, value] : *found)
        if (is_private(name)) all.emplace(name, std::move(value));
    // RFC 5464 section 6.2.2: always there, and read-only.
    if (!of->folder) all["/shared/admin"] = "mailto:postmaster@" + services_.hostname;
    co_return all;
}

awaitable<Reply> Session::handle(cmd::GetMetadata command) {
    Annotated place;
    const auto refused = co_await annotated(std::move(command.mailbox), &place);
    if (refused) co_return *refused;
    for (std::string& name : command.entries)
        if (!canonical(name)) co_return bad("Not the name of an entry");
    const auto all = co_await annotations(&place);
    if (!all) co_return reply_of(all.error());
    std::vector<MetadataEntry> shown;
    std::uint64_t longest = 0;
    std::set<std::string_view> told;
    for (const std::string& asked : command.entries) {
        bool found = false;
        for (const auto& [name, value] : *all) {
            if (!is_within(name, asked, command.depth)) continue;
            found = true;
            if (!told.insert(name).second) continue;
            if (command.size_max && value.size() > *command.size_max) {
                longest = std::max<std::uint64_t>(longest, value.size());
                continue;
            }
            shown.push_back(MetadataEntry{name, value});
        }
        // What was named and is not there is told as NIL, as clients know it from other servers.
        const bool one = command.depth == cmd::GetMetadata::Depth::self;
        if (!found && one && told.insert(asked).second) shown.push_back(MetadataEntry{asked, std::nullopt});
    }
    if (!shown.empty()) write_metadata(out(), place.name, shown, write_mode());
    if (longest != 0) co_return ok("Getmetadata completed", code::metadata_long_entries(longest));
    co_return ok("Getmetadata completed");
}

/// The mailbox gets a new HIGHESTMODSEQ. A level of the hierarchy has none.
awaitable<store::Result<void>> Session::touch(const Annotated* place) {
    const store::FolderTreePtr tree = place->keeper->folders();
    const store::FolderInfo* info = tree->find(place->folder);
    if (info == nullptr || !info->selectable) co_return store::Result<void>();
    const auto folder = co_await place->keeper->open(place->folder);
    if (!folder) co_return folder.error();
    const auto modseq = co_await (*folder)->touch();
    if (!modseq) co_return modseq.error();
    co_return store::Result<void>();
}

/// Tells those who listen (RFC 5465 sections 5.6 and 5.7): of what all see all, of the rest this user's other
/// sessions.
void Session::announce(const Annotated& place, const std::vector<std::string>& entries) {
    std::vector<std::string> shared, own;
    for (const std::string& name : entries) (is_private(name) ? own : shared).push_back(name);
    note_own(place.folder);
    if (!shared.empty()) place.keeper->note_annotations(place.folder, base::AccountId(), shared);
    const store::AccountPtr& keeper = place.folder ? place.keeper : account_;
    if (!own.empty()) keeper->note_annotations(place.folder, account_->id(), own);
}

/// What all see is written by who may write there; of the server by its administrator, whose post office
/// gets the place for it now if it has none. A reply: why not.
awaitable<std::optional<Reply>> Session::may_share(Annotated* place) {
    if (place->folder) {
        if (!place->rights.has(Right::write) || !place->keeper)
            co_return no(code::no_perm, "Permission denied");
        co_return std::nullopt;
    }
    const auto administrator = co_await is_administrator();
    if (!administrator) co_return reply_of(administrator.error());
    if (!*administrator) co_return no(code::no_perm, "Permission denied");
    auto commons = co_await make_commons(true);
    if (!commons) co_return reply_of(commons.error());
    place->keeper = std::move(*commons);
    co_return std::nullopt;
}

/// All or none (RFC 5464 section 4.3). Values of both kinds are in two places; those of the other kind are
/// written only when the first could be.
awaitable<Reply> Session::handle(cmd::SetMetadata command) {
    Annotated place;
    const auto refused = co_await annotated(std::move(command.mailbox), &place);
    if (refused) co_return *refused;
    const store::MetadataLimits limits;
    store::MetadataEntries shared, own;
    for (auto& [name, value] : command.entries) {
        if (!store::canonical_metadata_name(name, limits)) co_return bad("Not the name of an entry");
        if (value && value->size() > limits.value_bytes_max)
            co_return no(code::metadata_max_size(limits.value_bytes_max), "The value is too large");
        if (!place.folder && value && !is_sound_filter(name, *value))
            co_return no(code::cannot, "Not a search criterion");
        // RFC 5464 section 6.2.2: read-only.
        if (!place.folder && name == "/shared/admin") co_return no(code::no_perm, "Permission denied");
        auto& into = is_private(name) ? own : shared;
        into.emplace_back(name, std::move(value));
    }
    if (!shared.empty()) {
        const auto denied = co_await may_share(&place);
        if (denied) co_return *denied;
    }
    if (place.folder) {
        // RFC 7162 section 3.2: before, so that no annotation changes without it.
        const auto told = co_await touch(&place);
        if (!told) co_return reply_of(told.error());
    }
    std::vector<std::string> changed;
    for (const auto& entry : own) changed.push_back(entry.first);
    for (const auto& entry : shared) changed.push_back(entry.first);
    const auto written = co_await annotate(&place, std::move(own), std::move(shared));
    if (!written && written.error().is(store::Errc::limit))
        co_return no(code::metadata_too_many, "Too many annotations");
    if (!written) co_return reply_of(written.error());
    announce(place, changed);
    co_return ok("Setmetadata completed");
}

/// All or none, but for a failure of the store in the middle of two commits.
awaitable<store::Result<void>> Session::annotate(const Annotated* place, store::MetadataEntries own,
                                                 store::MetadataEntries shared) {
    store::MetadataPlace theirs;
    theirs.folder = place->folder;
    if (place->keeper) theirs.owner = place->keeper->id();
    store::MetadataPlace mine = theirs;
    if (!place->folder) mine.owner = account_->id();
    if (place->folder && mine.owner == account_->id()) {
        // His own folder: one place, one commit.
        own.insert(own.end(), std::make_move_iterator(shared.begin()), std::make_move_iterator(shared.end()));
        shared.clear();
    }
    store::Metadata kept(services_.store.engine(), account_->id());
    store::MetadataEntries before;
    if (!own.empty()) {
        if (!shared.empty()) before = co_await kept.former(mine, own);
        const auto done = co_await kept.write(mine, std::move(own));
        if (!done) co_return done;
    }
    if (shared.empty()) co_return store::Result<void>();
    store::Metadata others(services_.store.engine(), theirs.owner);
    const auto done = co_await others.write(theirs, std::move(shared));
    if (done || before.empty()) co_return done;
    const auto undone = co_await kept.write(mine, std::move(before));
    if (!undone) base::log::warn("imap", "a failed SETMETADATA was not undone", {{"user", user_}});
    co_return done;
}

/// RFC 5464 section 4.1: those of INBOX stay there and are copied to what it is renamed to.
awaitable<void> Session::copy_annotations(base::FolderId from, base::FolderId to) {
    store::Metadata kept(services_.store.engine(), account_->id());
    store::MetadataPlace place;
    place.owner = account_->id();
    place.folder = from;
    const auto found = co_await kept.read(place);
    if (!found || found->empty()) co_return;
    store::MetadataEntries entries;
    for (const auto& [name, value] : *found) entries.emplace_back(name, value);
    place.folder = to;
    const auto written = co_await kept.write(place, std::move(entries));
    if (!written) base::log::warn("imap", "annotations were not copied", {{"user", user_}});
}

/// RFC 9590 section 3. False: the store did not answer.
awaitable<bool> Session::list_metadata(const std::vector<std::string>* names, Annotated place) {
    const auto all = co_await annotations(&place);
    if (!all) co_return false;
    std::vector<MetadataEntry> shown;
    for (const std::string& asked : *names) {
        std::string name = asked;
        if (!canonical(name)) continue;
        const auto found = all->find(name);
        if (found == all->end()) {
            shown.push_back(MetadataEntry{asked, std::nullopt});
        } else {
            shown.push_back(MetadataEntry{asked, found->second});
        }
    }
    if (!shown.empty()) write_metadata(out(), place.name, shown, write_mode());
    co_return true;
}

}  // namespace imap
