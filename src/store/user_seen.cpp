#include "store/user_seen.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "store/keys.hpp"
#include "store/wire.hpp"

namespace store {
namespace {

constexpr std::uint8_t format_seen = 0x16;

template <class Items>
auto by_number(Items& items, std::uint32_t number) {
    return std::lower_bound(items.begin(), items.end(), number,
                            [](const auto& item, std::uint32_t wanted) { return item->number < wanted; });
}

/// Null where there is none.
template <class Item>
std::shared_ptr<const Item> find_in(const std::vector<std::shared_ptr<const Item>>& items,
                                    std::uint32_t number) {
    const auto at = by_number(items, number);
    return at == items.end() || (*at)->number != number ? nullptr : *at;
}

PagePtr seen_by(const PagePtr& from, const SeenPage* seen) {
    std::shared_ptr<Page> made;
    for (std::size_t i = 0; i < from->entries.size(); ++i) {
        const Entry& entry = from->entries[i];
        const unsigned place = entry.uid.value & 63U;
        FlagSet flags = entry.flags.without(SystemFlag::seen);
        ModSeq modseq = entry.modseq;
        if (seen != nullptr) {
            if ((seen->seen >> place & 1U) != 0) flags |= SystemFlag::seen;
            modseq = std::max(modseq, seen->modseq[place]);
        }
        if (flags == entry.flags && modseq == entry.modseq) continue;
        if (!made) made = std::make_shared<Page>(*from);
        made->entries[i].flags = flags;
        made->entries[i].modseq = modseq;
    }
    if (!made) return from;
    sum_up(*made);
    return made;
}

}  // namespace

/// One octet for each message that he changed, with its place and a modseq.
std::string encode(const SeenPage& page) {
    WireWriter out(format_seen, 256);
    out.u64(page.seen);
    std::uint64_t changed = 0;
    for (unsigned place = 0; place < 64; ++place)
        if (page.modseq[place]) changed |= std::uint64_t{1} << place;
    out.u64(changed);
    for (const ModSeq modseq : page.modseq)
        if (modseq) out.varint(modseq.value);
    return std::move(out).seal();
}

std::shared_ptr<SeenPage> decode_seen_page(std::uint32_t number, std::string_view value) {
    WireReader in(value, format_seen);
    auto page = std::make_shared<SeenPage>();
    page->number = number;
    page->seen = in.u64();
    const std::uint64_t changed = in.u64();
    for (unsigned place = 0; place < 64; ++place) {
        if ((changed >> place & 1U) == 0) continue;
        page->modseq[place] = ModSeq(in.varint());
        if (!page->modseq[place]) return nullptr;
    }
    // Nothing is seen without somebody having said so.
    if (!in.done() || (page->seen & ~changed) != 0) return nullptr;
    return page;
}

const SeenPage* UserSeen::find(std::uint32_t page) const {
    const auto group = by_number(groups, page >> 6);
    if (group == groups.end() || (*group)->number != page >> 6) return nullptr;
    const auto at = by_number((*group)->pages, page);
    return at == (*group)->pages.end() || (*at)->number != page ? nullptr : at->get();
}

bool UserSeen::seen(Uid uid) const {
    const SeenPage* page = find(uid.value >> 6);
    return page != nullptr && (page->seen >> (uid.value & 63U) & 1U) != 0;
}

ModSeq UserSeen::modseq(Uid uid) const {
    const SeenPage* page = find(uid.value >> 6);
    return page == nullptr ? ModSeq() : page->modseq[uid.value & 63U];
}

std::shared_ptr<SeenGroup> UserSeenDraft::own_group(std::uint32_t number) {
    const auto mine = by_number(owned_, number);
    if (mine != owned_.end() && (*mine)->number == number) return *mine;
    const auto at = by_number(state_.groups, number);
    std::shared_ptr<SeenGroup> made;
    if (at != state_.groups.end() && (*at)->number == number) {
        made = std::make_shared<SeenGroup>(**at);
        *at = made;
    } else {
        made = std::make_shared<SeenGroup>();
        made->number = number;
        state_.groups.insert(at, made);
    }
    owned_.insert(mine, made);
    return made;
}

SeenPage& UserSeenDraft::own_page(std::uint32_t number) {
    const auto mine = by_number(dirty_, number);
    if (mine != dirty_.end() && (*mine)->number == number) return **mine;
    const std::shared_ptr<SeenGroup> group = own_group(number >> 6);
    const auto at = by_number(group->pages, number);
    std::shared_ptr<SeenPage> made;
    if (at != group->pages.end() && (*at)->number == number) {
        made = std::make_shared<SeenPage>(**at);
        *at = made;
    } else {
        made = std::make_shared<SeenPage>();
        made->number = number;
        group->pages.insert(at, made);
    }
    return **dirty_.insert(mine, made);
}

bool UserSeenDraft::set(Uid uid, bool seen, ModSeq modseq) {
    if (state_.seen(uid) == seen) return false;
    SeenPage& page = own_page(uid.value >> 6);
    page.seen ^= std::uint64_t{1} << (uid.value & 63U);
    page.modseq[uid.value & 63U] = modseq;
    return true;
}

void UserSeenDraft::put(std::shared_ptr<SeenPage> page) {
    const std::shared_ptr<SeenGroup> group = own_group(page->number >> 6);
    group->pages.insert(by_number(group->pages, page->number), std::move(page));
}

std::vector<engine::Row> UserSeenDraft::rows(base::AccountId user) const {
    std::vector<engine::Row> out;
    for (const auto& page : dirty_)
        out.push_back(engine::Row{keys::user_page(user, page->number), encode(*page)});
    return out;
}

UserView::Made UserView::make(const PageGroupPtr& from, const SeenGroupPtr& seen, const Made* before) {
    Made out{from, nullptr, seen, 0};
    auto made = std::make_shared<PageGroup>();
    made->number = from->number;
    made->count = from->count;
    for (const PagePtr& page : from->pages) {
        const SeenPagePtr mine = seen ? find_in(seen->pages, page->number) : nullptr;
        PagePtr same;
        if (before != nullptr) {
            // Pages of a group and of what was made of it stand at the same places.
            const auto at = by_number(before->from->pages, page->number);
            if (at != before->from->pages.end() && *at == page &&
                (before->seen ? find_in(before->seen->pages, page->number) : nullptr) == mine)
                same = before->made->pages[static_cast<std::size_t>(at - before->from->pages.begin())];
        }
        const PagePtr shown = same ? std::move(same) : seen_by(page, mine.get());
        made->modseq_max = std::max(made->modseq_max, shown->modseq_max);
        out.unseen += shown->unseen;
        made->pages.push_back(shown);
    }
    made->unseen = out.unseen;
    out.made = made->pages == from->pages ? from : std::move(made);
    return out;
}

SnapshotPtr UserView::see(const SnapshotPtr& folder, const UserSeenPtr& seen) {
    const std::lock_guard lock(mutex_);
    if (made_ && folder == folder_ && seen == seen_) return made_;
    std::vector<Made> groups;
    groups.reserve(folder->groups().size());
    std::vector<PageGroupPtr> pages;
    pages.reserve(folder->groups().size());
    FolderTotals totals = folder->totals();
    totals.unseen = 0;
    auto before = groups_.begin();
    for (const PageGroupPtr& from : folder->groups()) {
        const SeenGroupPtr mine = find_in(seen->groups, from->number);
        while (before != groups_.end() && before->from->number < from->number) ++before;
        const bool known = before != groups_.end() && before->from->number == from->number;
        if (known && before->from == from && before->seen == mine) {
            groups.push_back(std::move(*before++));
        } else {
            groups.push_back(make(from, mine, known ? &*before : nullptr));
        }
        totals.unseen += groups.back().unseen;
        pages.push_back(groups.back().made);
    }
    groups_ = std::move(groups);
    folder_ = folder;
    seen_ = seen;
    made_ = std::make_shared<const Snapshot>(totals, folder->shared_keywords(), std::move(pages));
    return made_;
}

}  // namespace store
