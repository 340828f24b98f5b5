// What an organizer's device changes in his calendar by Sync, the server tells those whom it concerns, from
// 16.0 on: MS-ASCMD section 3.1.5.5, MS-ASCAL section 3.1.4.4. Older devices send such mails themselves.
#include "eas/calendar_owner.hpp"
#include "eas/items/event.hpp"
#include "eas/items/meeting_request.hpp"
#include "eas/sync_answer.hpp"
#include "pim/itip/events.hpp"
#include "pim/itip/write.hpp"

namespace eas {

namespace itip = pim::itip;

awaitable<pim::itip::Owner> Session::owner_of_mailbox() {
    co_return co_await calendar_owner(&services_->directory, identity_.account, identity_.name);
}

/// Before it is kept: what is to be told, and `after` made ready for it. Nothing of what is over.
awaitable<MeetingChange> Session::plan_meeting(store::FolderKind kind, const pim::Component* before,
                                               pim::Component* after) {
    MeetingChange out;
    if (kind != store::FolderKind::calendar) co_return out;
    if (version_ < 160 && before == nullptr) co_return out;
    out.owner = co_await owner_of_mailbox();
    if (version_ < 160) {
        itip::note_taken_off(*before, *after, out.owner);
        co_return out;
    }
    out.notices = itip::organize(before, *after, out.owner);
    if (is_over(*after, now()) && (before == nullptr || is_over(*before, now()))) out.notices.clear();
    co_return out;
}

MeetingTeller Session::teller() const { return MeetingTeller(post()); }

/// An invitation to one occurrence, whose series is in no calendar of the user. To find that out costs a walk
/// over his calendars for each series.
awaitable<bool> Session::asks_to_orphan(const MailItem* item) {
    constexpr std::size_t series_max = 16;  // of one request; of more it is not told
    if (version_ < 160) co_return false;
    std::string uid = asked_occurrence(*item);
    if (uid.empty()) co_return false;
    if (const auto known = orphans_.find(uid); known != orphans_.end()) co_return known->second;
    if (orphans_.size() >= series_max) co_return false;
    const auto events = co_await services_->events.find(account_->own(), uid);
    if (!events) co_return false;
    bool orphan = true;
    for (const ShelvedEvent& one : *events) {
        const pim::Component* event = master_of(one.calendar);
        if (event != nullptr && event->find(itip::orphan_property) == nullptr) orphan = false;
    }
    orphans_.emplace(std::move(uid), orphan);
    co_return orphan;
}

/// Meetings of the user that a Sync takes away, while they are still there; of which others are then told.
awaitable<std::vector<RemovedMeeting>> Session::meetings_to_remove(const CollectionAnswer* out,
                                                                   const store::UidRanges* uids) {
    std::vector<RemovedMeeting> meetings;
    if (out->kind != store::FolderKind::calendar || version_ < 160) co_return meetings;
    // A copy in somebody else's calendar is not the meeting.
    if (out->is_others) co_return meetings;
    const pim::itip::Owner owner = co_await owner_of_mailbox();
    MeetingTeller teller = this->teller();
    std::size_t octets = 0;
    for (const SyncCommand& command : out->request->commands) {
        const auto id = parse_item_id(command.server_id);
        if (command.kind != SyncCommand::Kind::remove || !command.instance.empty() || !id ||
            id->folder != out->id || !store::contains_uid(*uids, id->uid))
            continue;
        const store::SnapshotPtr now_there = out->folder->snapshot();
        const store::Entry* known = now_there->find(id->uid);
        if (known == nullptr) continue;
        const store::Entry entry = *known;
        auto item = co_await fetch_stored(out->folder, id->uid, out->kind);
        if (item) octets += pim::octets_of(*item);
        if (octets > limits().fetched_bytes_max) break;  // more than anybody writes by hand
        if (!item || is_over(*item, now())) continue;
        RemovedMeeting removed;
        removed.event = std::move(*item);
        removed.change.owner = owner;
        removed.change.notices = itip::call_off_all(removed.event, owner);
        if (removed.change.notices.empty()) continue;
        std::string uid = event_facts(removed.event).uid;
        co_await teller.owe(&removed.change, out->id, &entry, &removed.event, std::move(uid));
        meetings.push_back(std::move(removed));
    }
    co_return meetings;
}

/// `failed`: why they are not taken away.
awaitable<void> Session::call_off(std::vector<RemovedMeeting>* meetings, store::Error failed) {
    MeetingTeller teller = this->teller();
    for (RemovedMeeting& one : *meetings) {
        if (failed.is(store::Errc::none)) {
            co_await teller.tell(&one.change, &one.event, nullptr);
        } else {
            co_await teller.give_up(&one.change, failed);
        }
    }
}

}  // namespace eas
