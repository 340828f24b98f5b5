// What a device does to a folder by Sync: deletions, fetches, and which command is done where. MS-ASCMD
// section 2.2.3.32.
#include <algorithm>

#include "eas/items/meeting_request.hpp"
#include "eas/mail/mail_flag.hpp"
#include "eas/sync_answer.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

namespace tags = wbxml::airsync;
using Kind = SyncCommand::Kind;

}  // namespace

const CommandResult* added_before(const CollectionAnswer& answer, const SyncCommand& command) {
    if (!(answer.repeated || answer.state->unsettled) || command.client_id.empty()) return nullptr;
    for (const CommandResult& known : answer.state->results)
        if (known.client_id == command.client_id && known.status == sync_status::ok) return &known;
    return nullptr;
}

CommandResult command_result(const SyncCommand& command, int status) {
    CommandResult out;
    out.kind = static_cast<std::uint8_t>(command.kind);
    out.status = status;
    out.client_id = command.client_id;
    out.server_id = command.server_id;
    return out;
}

int sync_status_of(const store::Error& error) {
    switch (error.code()) {
        case store::Errc::not_found:
            return sync_status::not_found;
        case store::Errc::over_quota:
        case store::Errc::no_space:
            return sync_status::no_space;
        case store::Errc::limit:
            return sync_status::conversion;
        case store::Errc::denied:  // what is here stays: the device hears of it
            return sync_status::conflict;
        default:
            return sync_status::server_error;
    }
}

void settle_deletes(CollectionAnswer& out, const store::UidRanges& uids, const DeletesDone& done) {
    const store::SnapshotPtr now_there = out.folder->snapshot();
    for (CommandResult& result : out.results) {
        const auto id = parse_item_id(result.server_id);
        if (static_cast<Kind>(result.kind) != Kind::remove || !id || result.status != sync_status::ok ||
            !store::contains_uid(uids, id->uid))
            continue;
        if (now_there->find(id->uid) == nullptr) {
            note_own(out.cursor, {id->uid, done.modseq, OwnChange::Kind::removed}, nullptr);
            continue;
        }
        const bool known = !done.failed.is(store::Errc::none);
        result.status = known ? sync_status_of(done.failed) : sync_status::server_error;
        note_dropped(out.cursor, id->uid);
    }
}

awaitable<void> Session::run_commands(CollectionAnswer* out) {
    for (const SyncCommand& command : out->request->commands) {
        const bool is_item = out->kind != store::FolderKind::mail;
        const bool of_instance = command.kind == Kind::remove && out->kind == store::FolderKind::calendar &&
                                 !command.instance.empty();
        if (is_item && (command.kind == Kind::change || of_instance)) {
            CommandResult result = co_await change_item(out, &command);
            out->results.push_back(std::move(result));
        } else if (is_item && command.kind == Kind::add) {
            CommandResult result = co_await add_item(out, &command);
            out->results.push_back(std::move(result));
        } else if (command.kind == Kind::change) {
            CommandResult result = co_await run_change(out, &command);
            out->results.push_back(std::move(result));
        } else if (command.kind == Kind::add) {
            CommandResult result = co_await run_add(out, &command);
            out->results.push_back(std::move(result));
        }
        if (out->unsettled) co_return;
    }
    co_await run_deletes(out);
}

/// All deletions at once: to the folder of deleted items, or for good.
awaitable<void> Session::run_deletes(CollectionAnswer* out) {
    store::UidRanges uids;
    for (const SyncCommand& command : out->request->commands) {
        if (command.kind != Kind::remove) continue;
        // One occurrence of a series: that is a change of the series.
        if (out->kind == store::FolderKind::calendar && !command.instance.empty()) continue;
        const auto id = parse_item_id(command.server_id);
        const bool there =
            id && id->folder == out->id && out->folder && out->folder->snapshot()->find(id->uid) != nullptr;
        if (there) uids.push_back({id->uid, id->uid});
        out->results.push_back(command_result(command, there ? sync_status::ok : sync_status::not_found));
    }
    if (uids.empty()) co_return;
    uids = store::normalised(std::move(uids));
    co_await keep_meetings(out, &uids);
    if (uids.empty()) co_return;
    const store::FolderTreePtr tree = account_->folders();
    const store::FolderInfo* trash = tree->find(store::SpecialUse::trash);
    DeletesDone done;
    // Items go for good: the folder of deleted items is one of mail.
    if (out->kind == store::FolderKind::mail && out->request->deletes_as_moves && trash != nullptr &&
        trash->id != out->id) {
        auto destination = co_await account_->open(trash->id);
        if (destination) {
            const auto moved = co_await out->folder->move_to(std::move(*destination), uids);
            done.failed = moved ? moved->failed : moved.error();
            if (moved) done.modseq = moved->source_modseq;
        } else {
            done.failed = destination.error();
        }
    } else {
        std::vector<RemovedMeeting> meetings = co_await meetings_to_remove(out, &uids);
        const auto removed = co_await out->folder->remove(uids);
        if (removed) done.modseq = removed->modseq;
        if (!removed) done.failed = removed.error();
        co_await call_off(&meetings, done.failed);
    }
    settle_deletes(*out, uids, done);
}

/// Fetch: one item, whole as the options say. MS-ASCMD section 2.2.3.67.2.
awaitable<void> Session::run_fetches(CollectionAnswer* out) {
    for (const SyncCommand& command : out->request->commands) {
        if (command.kind != Kind::fetch) continue;
        const auto id = parse_item_id(command.server_id);
        const bool is_mail = out->kind == store::FolderKind::mail;
        const bool there = id && id->folder == out->id && out->folder;
        store::Result<MailItem> item = store::Error(store::Errc::not_found, "no such item");
        store::Result<pim::Component> other = store::Error(store::Errc::not_found, "no such item");
        const std::size_t before = out->fetched.size();
        if (fetched_bytes_ >= limits().fetched_bytes_max) {
            item = store::Error(store::Errc::limit, "the answer is full");
            other = store::Error(store::Errc::limit, "the answer is full");
        } else if (there && is_mail) {
            ItemOptions options = held_options(out->state->options, held_);
            item = co_await fetch_item(out->folder, id->uid, std::move(options));
        } else if (there) {
            other = co_await fetch_stored(out->folder, id->uid, out->kind);
        }
        const bool found = is_mail ? item.has_value() : other.has_value();
        int result = sync_status::ok;
        if (!found) result = sync_status_of(is_mail ? item.error() : other.error());
        wbxml::Encoder to(out->fetched, wbxml::Encoder::Fragment());
        to.open(tags::fetch);
        to.text(tags::server_id, command.server_id);
        to.number(tags::status, result);
        if (found) {
            to.open(tags::application_data);
            if (is_mail) write_mail(to, *item, version_);
            if (!is_mail) write_item(to, out->kind, *other, item_view(out->state->options, *id));
            to.close();
        }
        to.close();
        to.end_fragment();
        fetched_bytes_ += out->fetched.size() - before;
    }
}

/// One message by its uid. \errors not_found
awaitable<store::Result<MailItem>> Session::fetch_item(store::FolderPtr folder, base::Uid uid,
                                                       ItemOptions options) {
    const store::SnapshotPtr now_there = folder->snapshot();
    const store::Entry* entry = now_there->find(uid);
    if (entry == nullptr) co_return store::Error(store::Errc::not_found, "no such item");
    auto detail = co_await read_detail(folder, *entry);
    if (!detail) co_return detail.error();
    const store::FolderTreePtr tree = account_->folders();
    const store::FolderInfo* info = tree->find(folder->id());
    ReadRequest read;
    read.folder = folder;
    read.entry = *entry;
    read.detail = std::move(*detail);
    const auto says = co_await folder->follow_ups(std::vector<store::Entry>(1, *entry));
    if (!says) co_return says.error();
    read.state = state_of(*entry, now_there->keywords(), find_follow_up(*says, uid));
    read.options = std::move(options);
    read.is_draft = info != nullptr && info->use == store::SpecialUse::drafts;
    auto item = co_await read_mail(std::move(read));
    if (!item) co_return item.error();
    const bool orphan = co_await asks_to_orphan(&*item);
    show_meeting(*item, version_, identity_.name, orphan);
    co_return item;
}

}  // namespace eas
