// Items other than mail in Sync: contacts, tasks, notes, events are read, added and changed here. MS-ASCMD
// section 2.2.3.24.
#include <algorithm>

#include <fmt/format.h>

#include "base/fingerprint.hpp"
#include "base/id_source.hpp"
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

std::vector<KnownAttachment> known_in_event(const AttachmentChanges& sent, ItemId id) {
    std::vector<KnownAttachment> out;
    for (const AddedAttachment& one : sent.added)
        out.push_back({one.client_id, write_attachment_id({id, one.name_in_event})});
    return out;
}

/// Whether somebody has changed what the item is since it was added, to the second: where nothing is known of
/// the request that added it.
bool revised_since_added(const store::Entry& entry) {
    return base::IdSource::time_of(entry.id.value) / 1000 > entry.save_date;
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
    const auto detail = co_await read_detail(folder, found);
    if (!detail) co_return detail.error();
    co_return co_await read_stored_item(folder, found, *detail, kind);
}

awaitable<store::Result<store::Incoming>> Session::make_item(FolderKind kind, const pim::Component* item,
                                                             const FileSources* files) {
    const ItemTools tools{&services_->store, &services_->random, now()};
    return make_stored_item(tools, kind, item, files);
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
awaitable<store::Result<void>> Session::note_recent(CollectionAnswer* out) {
    std::map<std::string, base::Uid> recent;
    const store::SnapshotPtr now_there = out->folder->snapshot();
    std::vector<store::Entry> entries;
    for (std::uint32_t back = 0; back < std::min(retried_items_max, now_there->size()); ++back) {
        const store::Entry* entry = now_there->at(base::SeqNum(now_there->size() - back));
        if (entry == nullptr || entry->save_date < now() - retried_seconds_max) break;
        entries.push_back(*entry);
    }
    while (!entries.empty()) {
        const auto found = co_await out->folder->details(entries);
        if (!found) co_return found.error();
        if (found->empty()) co_return store::Error(store::Errc::unavailable, "no answer of the folder");
        for (std::size_t i = 0; i < found->size(); ++i) {
            if (!(*found)[i]) continue;
            const std::string_view name = message_id_of(*(*found)[i]);
            if (!name.empty()) recent.emplace(name, entries[i].uid);
        }
        entries.erase(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(found->size()));
    }
    out->recent = std::move(recent);
    co_return store::Result<void>();
}

/// 0: no Message-ID of the newest begins like this. \errors what is there cannot be read now
awaitable<store::Result<base::Uid>> Session::find_recent(CollectionAnswer* out, std::string begin) {
    if (!out->recent) {
        const auto noted = co_await note_recent(out);
        if (!noted) co_return noted.error();
    }
    const auto known = out->recent->lower_bound(begin);
    const bool found = known != out->recent->end() && known->first.starts_with(begin);
    co_return found ? known->second : base::Uid();
}

/// An item with the same UID is the same item, whose answer the device never had (of ClientUid MS-ASCAL
/// section 2.2.2.12 says so). 0: there is none. \errors as find_recent()
awaitable<store::Result<base::Uid>> Session::find_retried(CollectionAnswer* out, std::string uid) {
    const auto at = co_await find_recent(out, item_message_id(uid));
    if (!at || !*at) co_return at;
    const auto item = co_await fetch_stored(out->folder, *at, out->kind);
    if (!item && item.error().temporary()) co_return item.error();
    const bool same = item && facts_of(out->kind, *item).uid == uid;
    co_return same ? *at : base::Uid();
}

/// Whether the item is already what the device says. \errors as Folder::read
awaitable<store::Result<bool>> Session::says_the_same(const CollectionAnswer* out, const SyncCommand* command,
                                                      store::Entry entry) {
    const auto item = co_await fetch_stored(out->folder, entry.uid, out->kind);
    if (!item) co_return item.error();
    pim::Component said = *item;
    const ItemContext context = item_context(*out);
    const bool fits = apply_item(out->kind, command->data, said, context);
    co_return !fits || differ_in_stamps_only(*item, said);
}

/// An Add that comes again, whose item is there. What the device has changed of it meanwhile is changed here
/// too. Where somebody else has changed it, his stays, and the device is told of it.
awaitable<CommandResult> Session::add_again(CollectionAnswer* out, const SyncCommand* command,
                                            CommandResult known) {
    const auto id = parse_item_id(known.server_id);
    if (!id) co_return known;
    const store::SnapshotPtr now_there = out->folder->snapshot();
    const store::Entry* found = now_there->find(id->uid);
    const bool noted = has_added(out->cursor, id->uid);
    if (!noted) {
        const base::ModSeq modseq = found == nullptr ? base::ModSeq() : found->modseq;
        note_own(out->cursor, {id->uid, modseq, OwnChange::Kind::added}, nullptr);
    }
    if (found == nullptr) co_return known;  // taken away since: the device is told
    const store::Entry entry = *found;
    const bool by_others = noted ? !knows(out->cursor, entry) : revised_since_added(entry);
    const bool with_files = attachments_of(*out, *command, version_).any();
    if (by_others || with_files || out->kind == FolderKind::mail) {
        note_refused(out->cursor, id->uid);
        co_return known;
    }
    const auto same = co_await says_the_same(out, command, entry);
    if (same && *same) co_return known;
    int status = same ? sync_status::ok : status_for(same.error());
    if (same) {
        const CommandResult revised = co_await revise_item(out, command, entry);
        status = revised.status;
    }
    out->unsettled = status == sync_status::server_error;
    if (status != sync_status::ok && !out->unsettled) note_refused(out->cursor, id->uid);
    co_return known;
}

awaitable<CommandResult> Session::add_item(CollectionAnswer* out, const SyncCommand* command) {
    if (!out->folder) co_return command_result(*command, sync_status::conversion);
    if (const CommandResult* known = added_before(*out, *command)) {
        CommandResult before = *known;
        co_return co_await add_again(out, command, std::move(before));
    }
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
    const std::string item_uid = facts_of(out->kind, item).uid;
    CommandResult result = command_result(*command, sync_status::ok);
    if (out->kind == FolderKind::calendar && version_ >= 160) result.uid = item_uid;
    const auto there = co_await find_retried(out, item_uid);
    if (!there) {
        out->unsettled = there.error().temporary();
        co_return command_result(*command, status_for(there.error()));
    }
    if (*there) {
        result.server_id = write_item_id({out->id, *there});
        result.attachments = known_in_event(sent, {out->id, *there});
        co_return co_await add_again(out, command, std::move(result));
    }
    auto made = co_await make_item(out->kind, &item, &files);
    if (!made) co_return command_result(*command, status_for(made.error()));
    std::vector<store::Incoming> incoming;
    incoming.push_back(std::move(*made));
    MeetingTeller teller = this->teller();
    co_await teller.owe(&change, out->id, nullptr, nullptr, item_uid);
    const auto appended = co_await out->folder->append(std::move(incoming));
    if (!appended) {
        const store::Error why = appended.error();
        out->unsettled = may_be_made(why);
        co_await teller.give_up(&change, why);
        // Of what is denied the device is not to send it again.
        const bool denied = why.is(store::Errc::denied);
        co_return command_result(*command, denied ? sync_status::conversion : status_for(why));
    }
    const base::Uid uid = appended->uids.front();
    out->recent->insert_or_assign(item_message_id(item_uid), uid);
    change.folder = out->folder;
    change.uid = uid;
    co_await teller.tell(&change, nullptr, &item);
    // As it was added, and not as others may have made it since.
    note_own(out->cursor, {uid, appended->modseq, OwnChange::Kind::added}, nullptr);
    result.server_id = write_item_id({out->id, uid});
    result.attachments = known_in_event(sent, {out->id, uid});
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
        const store::Error why = revised.error();
        co_await teller.give_up(&change, why);
        if (why.is(store::Errc::denied)) note_refused(out->cursor, entry.uid);
        co_return command_result(*command, status_for(why));
    }
    note_own(out->cursor, {entry.uid, *revised, OwnChange::Kind::flags}, &entry);
    change.folder = out->folder;
    change.uid = entry.uid;
    co_await teller.tell(&change, &before, &*item);
    CommandResult result = command_result(*command, sync_status::ok);
    result.attachments = known_in_event(sent, {out->id, entry.uid});
    co_return result;
}

}  // namespace eas
