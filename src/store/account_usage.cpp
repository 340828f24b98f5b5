// The account's folders as they are used: opening them, their counters, the quota.
#include <functional>
#include <utility>

#include "store/keys.hpp"
#include "store/live_account.hpp"

namespace store {

const FolderInfo* FolderTree::find(std::string_view name) const {
    std::string canonical;
    if (name.size() >= 5 && (name.front() == 'i' || name.front() == 'I')) {
        canonical = name;
        for (std::size_t i = 0; i < 5; ++i)
            if (canonical[i] >= 'a' && canonical[i] <= 'z')
                canonical[i] = static_cast<char>(canonical[i] - 'a' + 'A');
        if (canonical == "INBOX" || is_below(canonical, "INBOX")) name = canonical;
    }
    const auto at = std::lower_bound(
        folders.begin(), folders.end(), name,
        [](const FolderInfo& info, std::string_view wanted) { return name_before(info.name, wanted); });
    return at == folders.end() || at->name != name ? nullptr : &*at;
}

void FolderTree::index() {
    by_id_.resize(folders.size());
    for (std::size_t i = 0; i < folders.size(); ++i) by_id_[i] = static_cast<std::uint32_t>(i);
    std::sort(by_id_.begin(), by_id_.end(),
              [this](std::uint32_t a, std::uint32_t b) { return folders[a].id < folders[b].id; });
}

const FolderInfo* FolderTree::find(base::FolderId id) const {
    if (by_id_.size() == folders.size()) {
        const auto found = std::lower_bound(
            by_id_.begin(), by_id_.end(), id,
            [this](std::uint32_t at, base::FolderId wanted) { return folders[at].id < wanted; });
        return found == by_id_.end() || folders[*found].id != id ? nullptr : &folders[*found];
    }
    const auto at =
        std::find_if(folders.begin(), folders.end(), [id](const FolderInfo& info) { return info.id == id; });
    return at == folders.end() ? nullptr : &*at;
}

const FolderInfo* FolderTree::find(SpecialUse use) const {
    const auto at = std::find_if(folders.begin(), folders.end(),
                                 [use](const FolderInfo& info) { return info.use == use; });
    return at == folders.end() || use == SpecialUse::none ? nullptr : &*at;
}

const FolderInfo* FolderTree::find_any(base::FolderId id) const {
    if (const FolderInfo* mail = find(id)) return mail;
    const auto at =
        std::find_if(items.begin(), items.end(), [id](const FolderInfo& info) { return info.id == id; });
    return at == items.end() ? nullptr : &*at;
}

const FolderInfo* FolderTree::find_item_folder(std::string_view name) const {
    const auto at = std::find_if(items.begin(), items.end(),
                                 [name](const FolderInfo& info) { return info.name == name; });
    return at == items.end() ? nullptr : &*at;
}

const FolderInfo* FolderTree::first_of(FolderKind kind) const {
    const auto at = std::find_if(items.begin(), items.end(),
                                 [kind](const FolderInfo& info) { return info.kind == kind && info.first; });
    return at == items.end() ? nullptr : &*at;
}

bool FolderTree::has_children(const FolderInfo& folder) const {
    // In order of name the children follow their parent.
    const std::less<const FolderInfo*> before;
    const FolderInfo* const end = folders.data() + folders.size();
    if (!before(&folder, folders.data()) && before(&folder, end)) {
        const FolderInfo* const behind = &folder + 1;
        return behind != end && is_below(behind->name, folder.name);
    }
    const auto next = std::upper_bound(
        folders.begin(), folders.end(), folder.name,
        [](const std::string& wanted, const FolderInfo& info) { return name_before(wanted, info.name); });
    return next != folders.end() && is_below(next->name, folder.name);
}

LiveFolderPtr LiveAccount::live(base::FolderId folder) const {
    const std::lock_guard lock(mutex_);
    const auto known = live_.find(folder);
    return known == live_.end() ? nullptr : known->second.lock();
}

awaitable<Result<FolderPtr>> LiveAccount::open(base::FolderId folder) {
    const auto loaded = co_await load();
    if (!loaded) co_return loaded.error();
    LiveFolderPtr opened;
    {
        const std::lock_guard lock(mutex_);
        const FolderInfo* info = tree_->find_any(folder);
        if (info == nullptr || !info->selectable) co_return Error(Errc::not_found, "no such folder");
        std::weak_ptr<LiveFolder>& known = live_[folder];
        opened = known.lock();
        if (!opened) {
            opened = std::make_shared<LiveFolder>(context_, self(), folder, info->uid_validity);
            known = opened;
            std::erase_if(live_, [](const auto& item) { return item.second.expired(); });
        }
    }
    const auto ready = co_await opened->load();
    if (!ready) co_return ready.error();
    const FolderTreePtr tree = folders();
    const FolderInfo* info = tree->find_any(folder);
    if (info == nullptr || !info->selectable) {  // deleted meanwhile
        opened->mark_deleted();
        co_return Error(Errc::not_found, "no such folder");
    }
    context_.recently_used.touch(opened, opened->weight());
    FolderPtr out = std::move(opened);
    co_return out;
}

awaitable<Result<FolderTotals>> LiveAccount::totals(base::FolderId folder) {
    const auto loaded = co_await load();
    if (!loaded) co_return loaded.error();
    FolderTotals totals;
    {
        const FolderTreePtr tree = folders();
        const FolderInfo* info = tree->find_any(folder);
        if (info == nullptr || !info->selectable) co_return Error(Errc::not_found, "no such folder");
        totals.uid_validity = info->uid_validity;
    }
    if (const LiveFolderPtr open = live(folder); open && open->loaded()) co_return open->snapshot()->totals();
    {
        const std::lock_guard lock(mutex_);
        const auto known = usage_.find(folder.value);
        if (known != usage_.end() && known->second.uid_validity == totals.uid_validity)
            co_return known->second;
    }
    std::string partition = keys::folder(folder);
    std::vector<std::string> wanted{std::string(keys::header)};
    const auto rows = co_await context_.engine.get(std::move(partition), std::move(wanted));
    if (!rows) co_return rows.error();
    if (rows->version == 0) {  // nothing was ever in it: that is remembered too
        const FolderTreePtr now = folders();
        const FolderInfo* still = now->find_any(folder);
        const std::lock_guard lock(mutex_);
        if (still != nullptr && still->uid_validity == totals.uid_validity) set_usage(folder, totals);
        co_return totals;
    }
    std::optional<FolderHeader> header;
    if (!rows->rows.empty()) header = decode_folder_header(rows->rows.front().value);
    if (!header) co_return Error(Errc::corrupt, "the folder is damaged");
    const FolderTreePtr now = folders();
    const FolderInfo* still = now->find_any(folder);
    if (still != nullptr && still->selectable && still->uid_validity == header->totals.uid_validity) {
        const std::lock_guard lock(mutex_);
        set_usage(folder, header->totals);
    }
    co_return header->totals;
}

void LiveAccount::set_usage(base::FolderId folder, const FolderTotals& totals) {
    const auto [known, fresh] = usage_.try_emplace(folder.value);
    FolderTotals& usage = known->second;
    if (!fresh && usage.highest_modseq >= totals.highest_modseq) return;  // what is known is newer
    quota_.bytes += totals.bytes - usage.bytes;
    quota_.messages += std::uint64_t{totals.exists} - usage.exists;
    usage = totals;
}

void LiveAccount::forget_usage(base::FolderId folder) {
    const std::lock_guard lock(mutex_);
    const auto known = usage_.find(folder.value);
    if (known == usage_.end()) return;
    quota_.bytes -= known->second.bytes;
    quota_.messages -= known->second.exists;
    usage_.erase(known);
}

awaitable<Result<void>> LiveAccount::load_usage() {
    const auto loaded = co_await load();
    if (!loaded) co_return loaded;
    {
        const std::lock_guard lock(mutex_);
        if (usage_known_) co_return Result<void>();
    }
    const FolderTreePtr tree = folders();
    std::vector<base::FolderId> all;
    for (const std::vector<FolderInfo>* some : {&tree->folders, &tree->items})
        for (const FolderInfo& info : *some)
            if (info.selectable) all.push_back(info.id);
    for (const base::FolderId folder : all) {
        const auto known = co_await totals(folder);
        if (!known && known.error().is(Errc::not_found)) continue;
        if (!known) co_return known.error();
        const std::lock_guard lock(mutex_);
        const FolderInfo* still = tree_->find_any(folder);
        if (still != nullptr && still->selectable) set_usage(folder, *known);
    }
    const std::lock_guard lock(mutex_);
    usage_known_ = true;
    co_return Result<void>();
}

/// No sum that could overflow: `bytes` may be what a client announced.
bool LiveAccount::fits(std::uint64_t bytes, std::uint64_t messages) const {
    const auto room = [](std::uint64_t most, std::uint64_t used, std::uint64_t reserved, std::uint64_t more) {
        return most == 0 || (used <= most && reserved <= most - used && more <= most - used - reserved);
    };
    return room(quota_.bytes_max, quota_.bytes, reserved_bytes_, bytes) &&
           room(quota_.messages_max, quota_.messages, reserved_messages_, messages);
}

bool LiveAccount::has_room(std::uint64_t bytes, std::uint64_t messages) const {
    const std::lock_guard lock(mutex_);
    return fits(bytes, messages);
}

awaitable<Result<void>> LiveAccount::room_for(std::uint64_t bytes, std::uint64_t messages) {
    const auto known = co_await load_usage();
    if (!known) co_return known;
    if (!has_room(bytes, messages)) co_return Error(Errc::over_quota, "the mailbox is full");
    co_return Result<void>();
}

bool LiveAccount::reserve(std::uint64_t bytes, std::uint64_t messages) {
    const std::lock_guard lock(mutex_);
    if (!fits(bytes, messages)) return false;
    reserved_bytes_ += bytes;
    reserved_messages_ += messages;
    return true;
}

void LiveAccount::release(std::uint64_t bytes, std::uint64_t messages) {
    const std::lock_guard lock(mutex_);
    reserved_bytes_ -= bytes;
    reserved_messages_ -= messages;
}

void LiveAccount::committed(base::FolderId folder, const FolderTotals& totals, Room reserved,
                            std::vector<Notice> happened) {
    {
        const std::lock_guard lock(mutex_);
        reserved_bytes_ -= reserved.bytes;
        reserved_messages_ -= reserved.messages;
        const FolderInfo* info = tree_->find_any(folder);
        if (info != nullptr && info->selectable) set_usage(folder, totals);
    }
    if (happened.empty()) return;
    if (subscribers_.size() == 0) {
        notices_.clear();
        return;
    }
    for (Notice& notice : happened) notices_.add(std::move(notice));
    subscribers_.notify();
}

void LiveAccount::note_annotations(base::FolderId folder, base::AccountId user,
                                   const std::vector<std::string>& entries) {
    if (subscribers_.size() == 0) return;
    for (const std::string& entry : entries)
        notices_.add(Notice{Notice::Kind::annotation, folder, user, entry});
    subscribers_.notify();
}

NoticesRead Account::notices(std::uint64_t, base::AccountId) const { return {}; }
void Account::note_annotations(base::FolderId, base::AccountId, const std::vector<std::string>&) {}

awaitable<Result<Quota>> LiveAccount::quota() {
    const auto loaded = co_await load_usage();
    if (!loaded) co_return loaded.error();
    const std::lock_guard lock(mutex_);
    co_return quota_;
}

awaitable<Result<void>> LiveAccount::set_quota(std::uint64_t bytes_max, std::uint64_t messages_max) {
    Apply apply = [bytes_max, messages_max](AccountDraft& draft) {
        draft.set_quota(bytes_max, messages_max);
        return Error();
    };
    return change(std::move(apply));
}

}  // namespace store
