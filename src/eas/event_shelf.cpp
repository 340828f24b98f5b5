#include "eas/event_shelf.hpp"

#include <algorithm>

#include "eas/items/event.hpp"
#include "eas/items/items.hpp"
#include "pim/itip/events.hpp"

namespace eas {

using store::Errc;
using store::Error;
using store::FolderKind;
using store::Result;

awaitable<directory::Turnstile::Pass> EventShelf::turn(base::AccountId account) {
    return turns_[account.value % turns_.size()].enter();
}

/// The Message-ID of its row says whether an event can be the one; what was stored without is read.
awaitable<Result<void>> EventShelf::find_in(store::FolderPtr folder, const std::string* uid,
                                            std::vector<ShelvedEvent>* out) {
    const store::SnapshotPtr now_there = folder->snapshot();
    const std::string name = item_message_id(*uid);
    std::uint32_t last = now_there->size();
    const std::uint32_t end = last > limits_.events_max ? last - limits_.events_max : 0;
    while (last > end) {
        const auto most = static_cast<std::uint32_t>(limits_.details_at_once);
        const std::uint32_t first = last - end > most ? last - most : end;
        std::vector<store::Entry> entries;
        for (std::uint32_t i = first + 1; i <= last; ++i)
            if (const store::Entry* entry = now_there->at(base::SeqNum(i))) entries.push_back(*entry);
        last = first;
        for (std::size_t done = 0; done < entries.size();) {
            const std::vector<store::Entry> rest(entries.begin() + static_cast<std::ptrdiff_t>(done),
                                                 entries.end());
            const auto details = co_await folder->details(rest);
            if (!details) co_return details.error();
            if (details->empty()) co_return Error(Errc::unavailable, "no answer of the folder");
            for (std::size_t i = 0; i < details->size(); ++i) {
                const store::DetailPtr& detail = (*details)[i];
                if (!detail) continue;
                const std::string_view known = message_id_of(*detail);
                if (!known.empty() && known != name) continue;
                auto item = co_await read_stored_item(folder, rest[i], detail, FolderKind::calendar);
                if (!item || event_facts(*item).uid != *uid) continue;
                out->push_back({folder, rest[i], std::move(*item)});
                if (out->size() >= limits_.same_uid_max) co_return Result<void>();
            }
            done += details->size();
        }
    }
    co_return Result<void>();
}

awaitable<Result<std::vector<ShelvedEvent>>> EventShelf::find(store::AccountPtr account, std::string uid) {
    std::vector<ShelvedEvent> out;
    const store::FolderTreePtr tree = account->folders();
    for (const store::FolderInfo& info : tree->items) {
        if (info.kind != FolderKind::calendar) continue;
        if (out.size() >= limits_.same_uid_max) break;
        auto folder = co_await account->open(info.id);
        if (!folder) co_return folder.error();
        const auto found = co_await find_in(std::move(*folder), &uid, &out);
        if (!found) co_return found.error();
    }
    std::ranges::partition(out, [](const ShelvedEvent& one) {
        const pim::Component* event = pim::master_of(one.calendar);
        return event != nullptr && event->find(pim::itip::orphan_property) == nullptr;
    });
    co_return out;
}

awaitable<Result<ShelvedEvent>> EventShelf::add(store::AccountPtr account, pim::Component calendar,
                                                const MailedFiles* mailed) {
    if (account->folders()->first_of(FolderKind::calendar) == nullptr) {
        const auto made = co_await account->make_item_folders();
        if (!made) co_return made.error();
    }
    const store::FolderTreePtr tree = account->folders();
    const store::FolderInfo* info = tree->first_of(FolderKind::calendar);
    if (info == nullptr) co_return Error(Errc::not_found, "no calendar");
    auto folder = co_await account->open(info->id);
    if (!folder) co_return folder.error();
    FileSources files;
    files.mailed = mailed;
    auto incoming = co_await make_stored_item(tools(), FolderKind::calendar, &calendar, &files);
    if (!incoming) co_return incoming.error();
    std::vector<store::Incoming> one;
    one.push_back(std::move(*incoming));
    const auto appended = co_await (*folder)->append(std::move(one));
    if (!appended) co_return appended.error();
    ShelvedEvent out;
    out.folder = std::move(*folder);
    out.entry.uid = appended->uids.front();
    out.calendar = std::move(calendar);
    co_return out;
}

awaitable<Result<void>> EventShelf::replace(const ShelvedEvent* event, const MailedFiles* mailed) {
    FileSources files;
    files.mailed = mailed;
    files.folder = event->folder;
    files.entry = event->entry;
    auto incoming = co_await make_stored_item(tools(), FolderKind::calendar, &event->calendar, &files);
    if (!incoming) co_return incoming.error();
    const auto revised =
        co_await event->folder->revise(event->entry.uid, event->entry.modseq, std::move(*incoming));
    if (!revised) co_return revised.error();
    co_return Result<void>();
}

awaitable<Result<void>> EventShelf::remove(const ShelvedEvent* event) {
    store::UidRanges uids;
    uids.push_back({event->entry.uid, event->entry.uid});
    const auto removed = co_await event->folder->remove(std::move(uids));
    if (!removed) co_return removed.error();
    co_return Result<void>();
}

}  // namespace eas
