// Items other than mail in Sync: contacts, tasks, notes, events are read, added and changed here. MS-ASCMD
// section 2.2.3.24.
#include <algorithm>

#include <fmt/format.h>

#include "base/fingerprint.hpp"
#include "eas/items/event_attachments.hpp"
#include "eas/stored_item.hpp"
#include "eas/sync_answer.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

using store::FolderKind;

constexpr std::size_t uid_octets = 16;
// Where an item that a device sends again is looked for: among the last ones of the last day. One request
// adds 200 at most (SyncLimits::commands_max), and others add a few meanwhile.
constexpr std::uint32_t retried_items_max = 250;
constexpr std::int64_t retried_seconds_max = 86'400;

int status_for(const store::Error& error) {
    if (error.is(store::Errc::conflict)) return sync_status::conflict;
    if (error.is(store::Errc::corrupt)) return sync_status::conversion;
    return sync_status_of(error);
}

/// MS-ASAIRS section 2.2.2.8: events have them from 16.0 on.
AttachmentChanges attachments_of(const CollectionAnswer& out, const SyncCommand& command,
                                 std::uint16_t version) {
    if (out.kind != FolderKind::calendar || version < 160) return {};
    return parse_attachments(command.data.child(wbxml::airsyncbase::attachments));
}

std::vector<KnownAttachment> known_by_now(const AttachmentChanges& sent, ItemId id) {
    std::vector<KnownAttachment> out;
    for (const AddedAttachment& one : sent.added)
        out.push_back({one.client_id, write_attachment_id({id, one.name_in_event})});
    return out;
}

}  // namespace

FolderKind Session::kind_of_folder(base::FolderId folder) const {
    const store::FolderTreePtr tree = account_->folders();
    const store::FolderInfo* info = tree->find_any(folder);
    return info == nullptr ? FolderKind::mail : info->kind;
}

bool Session::is_sent_mail(base::FolderId folder) const {
    const store::FolderInfo* sent = account_->own()->folders()->find(store::SpecialUse::sent);
    return sent != nullptr && sent->id == folder;
}

std::int64_t Session::window_of(FolderKind kind, std::uint8_t filter) const {
    if (kind == FolderKind::mail) filter = narrower_filter(filter, held_.mail_filter);
    if (kind == FolderKind::calendar) filter = narrower_filter(filter, held_.calendar_filter);
    const auto window =
        kind == FolderKind::mail ? window_start(filter, now()) : item_window(kind, filter, now());
    return window.value_or(Cursor::no_window);
}

/// Not where a policy bounds how old mail may be: what comes along is older than the device asks for.
bool Session::shows_conversations(bool asked) const { return asked && held_.mail_filter == 0; }

ItemContext Session::item_context(const CollectionAnswer& out) const {
    ItemContext context;
    context.version = version_;
    context.user = identity_.name;
    context.user_name = identity_.name;
    context.now = now();
    context.fresh_uid = services_->random.hex(uid_octets);
    context.ghosts.supported = out.state->supported;
    context.ghosts.all = out.kind == FolderKind::calendar && version_ >= 160;
    return context;
}

ItemView Session::item_view(const ItemOptions& options, ItemId id) const {
    ItemView view;
    view.options = options;
    view.version = version_;
    view.user = identity_.name;
    view.id = id;
    return view;
}

/// \errors not_found
awaitable<store::Result<pim::Component>> Session::fetch_stored(store::FolderPtr folder, base::Uid uid,
                                                               FolderKind kind) {
    const store::SnapshotPtr now_there = folder->snapshot();
    const store::Entry* entry = now_there->find(uid);
    if (entry == nullptr) co_return store::Error(store::Errc::not_found, "no such item");
    const store::Entry found = *entry;
    std::vector<store::Entry> entries{found};
    const auto details = co_await folder->details(std::move(entries));
    if (!details) co_return details.error();
    if (details->empty() || !details->front()) co_return store::Error(store::Errc::not_found, "no such item");
    co_return co_await read_stored_item(folder, found, details->front(), kind);
}

awaitable<store::Result<store::Incoming>> Session::make_item(FolderKind kind, const pim::Component* item,
                                                             const FileSources* files) {
    return make_stored_item(&services_->store, kind, item, now(), files);
}

/// Of an item to which the device gives none. The same for the same Add of the same request, however often it
/// comes: what came of it is found, also where nothing was kept of the request.
std::string Session::uid_of_add(const CollectionAnswer& out, const SyncCommand& command) const {
    if (command.client_id.empty()) return services_->random.hex(uid_octets);
    const std::string which = fmt::format("{} {} {} {} {}", identity_.account.value, key_.device,
                                          out.request->id, out.request->key, command.client_id);
    const std::uint64_t first = base::fingerprint(which);
    return fmt::format("{:016x}{:016x}", first, base::fingerprint(which, ~first));
}

/// The items that came last. Their rows are read, not their texts.
awaitable<void> Session::note_recent(CollectionAnswer* out) {
    out->recent.emplace();
    const store::SnapshotPtr now_there = out->folder->snapshot();
    std::vector<store::Entry> entries;
    for (std::uint32_t back = 0; back < std::min(retried_items_max, now_there->size()); ++back) {
        const store::Entry* entry = now_there->at(base::SeqNum(now_there->size() - back));
        if (entry == nullptr || entry->save_date < now() - retried_seconds_max) break;
        entries.push_back(*entry);
    }
    while (!entries.empty()) {
        const auto found = co_await out->folder->details(entries);
        if (!found || found->empty()) co_return;
        for (std::size_t i = 0; i < found->size(); ++i) {
            if (!(*found)[i]) continue;
            const std::string_view name = message_id_of(*(*found)[i]);
            if (!name.empty()) out->recent->emplace(name, entries[i].uid);
        }
        entries.erase(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(found->size()));
    }
}

/// An item with the same UID is the same item, whose answer the device never had (of ClientUid MS-ASCAL
/// section 2.2.2.12 says so). 0: there is none.
awaitable<base::Uid> Session::find_retried(CollectionAnswer* out, std::string uid) {
    if (!out->recent) co_await note_recent(out);
    const auto known = out->recent->find(item_message_id(uid));
    if (known == out->recent->end()) co_return base::Uid();
    const base::Uid at = known->second;
    const auto item = co_await fetch_stored(out->folder, at, out->kind);
    if (item && facts_of(out->kind, *item).uid == uid) co_return at;
    co_return base::Uid();
}

awaitable<CommandResult> Session::add_item(CollectionAnswer* out, const SyncCommand* command) {
    if (!out->folder) co_return command_result(*command, sync_status::conversion);
    if (const CommandResult* known = added_before(*out, *command)) co_return *known;
    const AttachmentChanges sent = attachments_of(*out, *command, version_);
    FileSources files;
    files.added = &sent;
    ItemContext context = item_context(*out);
    context.is_new = true;
    context.fresh_uid = uid_of_add(*out, *command);
    context.attachments = &sent;
    pim::Component item = empty_item(out->kind);
    if (sent.faulty || !apply_item(out->kind, command->data, item, context))
        co_return command_result(*command, sync_status::conversion);
    if (!attachments_fit(sent, item)) co_return command_result(*command, status::attachment_too_large);
    if (out->is_others && is_meeting(out->kind, item))
        co_return command_result(*command, sync_status::conversion);
    MeetingChange change = co_await plan_meeting(out->kind, nullptr, &item);
    base::Uid uid;
    const bool with_uid = out->kind == FolderKind::calendar && version_ >= 160;
    const std::string item_uid = facts_of(out->kind, item).uid;
    const bool by_client_uid = with_uid && command->data.child(wbxml::calendar::client_uid);
    if (by_client_uid || item_uid == context.fresh_uid) uid = co_await find_retried(out, item_uid);
    const bool is_found = uid.value != 0;
    if (!uid) {
        auto made = co_await make_item(out->kind, &item, &files);
        if (!made) co_return command_result(*command, status_for(made.error()));
        std::vector<store::Incoming> incoming;
        incoming.push_back(std::move(*made));
        MeetingTeller teller = this->teller();
        co_await teller.owe(&change, out->id, nullptr, nullptr, item_uid);
        const auto appended = co_await out->folder->append(std::move(incoming));
        if (!appended) {
            co_await teller.forget(&change);
            // The device is not to send it again.
            const bool denied = appended.error().is(store::Errc::denied);
            co_return command_result(*command,
                                     denied ? sync_status::conversion : status_for(appended.error()));
        }
        uid = appended->uids.front();
        if (by_client_uid) out->recent->insert_or_assign(item_message_id(item_uid), uid);
        change.folder = out->folder;
        change.uid = uid;
        co_await teller.tell(&change, nullptr, &item);
    }
    const store::SnapshotPtr now_there = out->folder->snapshot();
    if (const store::Entry* entry = now_there->find(uid))
        note_own(out->cursor, {uid, entry->modseq, OwnChange::Kind::added}, nullptr);
    if (is_found) note_refused(out->cursor, uid);  // others may have changed it since: it is told how it is
    CommandResult result = command_result(*command, sync_status::ok);
    result.server_id = write_item_id({out->id, uid});
    if (with_uid) result.uid = item_uid;
    result.attachments = known_by_now(sent, {out->id, uid});
    co_return result;
}

awaitable<CommandResult> Session::change_item(CollectionAnswer* out, const SyncCommand* command) {
    const auto id = parse_item_id(command->server_id);
    if (!id || id->folder != out->id || !out->folder)
        co_return command_result(*command, sync_status::not_found);
    const store::SnapshotPtr before = out->folder->snapshot();
    const store::Entry* entry = before->find(id->uid);
    if (entry == nullptr) co_return command_result(*command, sync_status::not_found);
    // MS-ASCMD section 2.2.3.34, Conflict: unless the device wins, it hears of the other change instead.
    if (out->state->options.conflict != 0 && !knows(out->cursor, *entry))
        co_return command_result(*command, sync_status::conflict);
    const store::Entry former = *entry;
    co_return co_await revise_item(out, command, former);
}

awaitable<CommandResult> Session::revise_item(CollectionAnswer* out, const SyncCommand* command,
                                              store::Entry entry) {
    auto item = co_await fetch_stored(out->folder, entry.uid, out->kind);
    if (!item) co_return command_result(*command, status_for(item.error()));
    const bool is_event = out->kind == FolderKind::calendar;
    const pim::Component before = is_event ? *item : pim::Component();
    const AttachmentChanges sent = attachments_of(*out, *command, version_);
    FileSources files;
    files.added = &sent;
    files.folder = out->folder;
    files.entry = entry;
    ItemContext context = item_context(*out);
    context.attachments = &sent;
    const bool remove = command->kind == SyncCommand::Kind::remove;
    const bool of_instance = is_event && !command->instance.empty();
    const bool fine = of_instance ? apply_occurrence(command->data, command->instance, remove, *item, context)
                                  : apply_item(out->kind, command->data, *item, context);
    if (sent.faulty || !fine) co_return command_result(*command, sync_status::conversion);
    if (!attachments_fit(sent, *item)) co_return command_result(*command, status::attachment_too_large);
    if (out->is_others && (is_meeting(out->kind, before) || is_meeting(out->kind, *item))) {
        note_refused(out->cursor, entry.uid);
        co_return command_result(*command, sync_status::conflict);
    }
    const std::uint64_t copied = attachment_names(before).empty() ? 0 : entry.size;
    if (copied_bytes_ + copied > limits().copied_bytes_max)
        co_return command_result(*command, sync_status::server_error);
    copied_bytes_ += copied;
    MeetingChange change = co_await plan_meeting(out->kind, &before, &*item);
    auto made = co_await make_item(out->kind, &*item, &files);
    if (!made) co_return command_result(*command, status_for(made.error()));
    MeetingTeller teller = this->teller();
    std::string event_uid = facts_of(out->kind, before).uid;
    co_await teller.owe(&change, out->id, &entry, &before, std::move(event_uid));
    const auto revised = co_await out->folder->revise(entry.uid, entry.modseq, std::move(*made));
    if (!revised) {
        co_await teller.forget(&change);
        if (revised.error().is(store::Errc::denied)) note_refused(out->cursor, entry.uid);
        co_return command_result(*command, status_for(revised.error()));
    }
    note_own(out->cursor, {entry.uid, *revised, OwnChange::Kind::flags}, &entry);
    change.folder = out->folder;
    change.uid = entry.uid;
    co_await teller.tell(&change, &before, &*item);
    CommandResult result = command_result(*command, sync_status::ok);
    result.attachments = known_by_now(sent, *parse_item_id(command->server_id));
    co_return result;
}

}  // namespace eas
