// Drafts by Sync, from 16.0 on: added, changed, sent. MS-ASCMD sections 2.2.3.7.2 and 2.2.3.24, MS-ASEMAIL
// section 2.2.2.71 (Send).
#include <algorithm>

#include <fmt/format.h>

#include "base/fingerprint.hpp"
#include "base/log.hpp"
#include "eas/mail/addresses.hpp"
#include "eas/mail/body_reader.hpp"
#include "eas/mail/draft.hpp"
#include "eas/mail/outgoing_message.hpp"
#include "eas/stored_item.hpp"
#include "eas/sync_answer.hpp"

namespace eas {
namespace {

constexpr int bad_recipients = 183;  // MS-ASCMD section 2.2.2

/// Of the flags of a draft that is changed, which to its user is the same one. Who changes it wants it back.
constexpr store::FlagSet flags_kept = store::every_flag.without(store::SystemFlag::deleted);

/// Without its text and its files.
Draft draft_of(std::string_view header) {
    const HeaderTexts texts = read_header_texts(header, draft_recipients_max + 1);
    Draft out;
    out.from = texts.from;
    out.to = texts.to;
    out.cc = texts.cc;
    out.bcc = texts.bcc;
    out.subject = texts.subject;
    out.importance = texts.importance;
    out.other_fields = other_fields(header);
    return out;
}

std::vector<std::uint32_t> parts_that_stay(const MessageOctets& message, ItemId id,
                                           const std::vector<std::string>& removed) {
    std::vector<std::uint32_t> out = message.layout().attachments;
    std::erase_if(out, [&](std::uint32_t part) {
        return std::ranges::find(removed, write_part_id({id, part})) != removed.end();
    });
    return out;
}

/// One that is not there any more: nobody will see the flag.
bool is_seen(const store::Snapshot& now_there, base::Uid uid) {
    const store::Entry* entry = now_there.find(uid);
    return entry == nullptr || entry->flags.has(store::SystemFlag::seen);
}

/// Which parts of the message those that the device adds have become.
std::vector<std::uint32_t> added_parts(const DraftChanges& changes, std::string_view message) {
    if (changes.whole || changes.files.added.empty()) return {};
    return parts_of_draft(message, changes.files.added.size());
}

std::vector<KnownAttachment> known_in_draft(const DraftChanges& changes,
                                            const std::vector<std::uint32_t>& parts, ItemId id) {
    std::vector<KnownAttachment> out;
    for (std::size_t i = 0; i < parts.size(); ++i)
        out.push_back({changes.files.added[i].client_id, write_part_id({id, parts[i]})});
    return out;
}

/// Differs where two Adds do not say the same. `secret`: the draft's Message-ID may be seen by those whom it
/// is sent to, and they are not to try out who had a blind copy.
std::uint64_t content_of(const DraftChanges& changes, std::uint64_t secret) {
    std::uint64_t out = base::fingerprint(
        fmt::format("{} {}", static_cast<int>(changes.text_type), changes.importance.value_or(UINT8_MAX)),
        secret);
    for (const auto* text :
         {&changes.to, &changes.cc, &changes.bcc, &changes.subject, &changes.text, &changes.whole})
        out = base::fingerprint(*text ? fmt::format("{}:{}", (*text)->size(), **text) : "-", out);
    for (const AddedAttachment& file : changes.files.added) out = base::fingerprint(file.name_in_event, out);
    return out;
}

std::string fresh_message_id(const Services& services) {
    return fmt::format("<{:x}.{}@{}>", base::unix_milliseconds(services.clock.now()), services.random.hex(8),
                       services.hostname);
}

/// As of when the device knows a draft that it has added, and which may have been flagged in between.
base::ModSeq known_since(const store::Snapshot& now_there, base::Uid uid) {
    const store::Entry* entry = now_there.find(uid);
    const store::FlagSet own =
        store::FlagSet(store::SystemFlag::seen) | store::FlagSet(store::SystemFlag::draft);
    const bool flagged = entry != nullptr && (entry->has_follow_up || entry->flags != own);
    return flagged ? base::ModSeq(entry->modseq.value - 1) : now_there.totals().highest_modseq;
}

/// What becomes of it is told to the device.
void forget_own(Cursor& cursor, base::Uid uid) {
    std::erase_if(cursor.own, [uid](const OwnChange& own) { return own.uid == uid; });
}

}  // namespace

/// What the draft is now, to be changed. `room`: for its files. \errors not_found · limit: it holds more than
/// what can be written · unavailable: there is no room for it now
awaitable<store::Result<Draft>> Session::read_draft(ItemId id, const DraftChanges* changes,
                                                    BodyRoom::Share* room) {
    auto folder = co_await account_->open(id.folder);
    if (!folder) co_return folder.error();
    const store::SnapshotPtr now_there = (*folder)->snapshot();
    const store::Entry* entry = now_there->find(id.uid);
    if (entry == nullptr) co_return store::Error(store::Errc::not_found, "no such draft");
    auto detail = co_await read_detail(*folder, *entry);
    if (!detail) co_return detail.error();
    MessageOctets message(*folder, std::move(*detail));
    const auto opened = co_await message.open();
    if (!opened) co_return opened.error();
    if (message.detail().header_bytes > message.limits().header_bytes_max)
        co_return store::Error(store::Errc::limit, "the header is too long to be changed");
    const auto header = co_await message.header();
    if (!header) co_return header.error();
    Draft out = draft_of(*header);
    out.text_type = message.layout().has_html() ? BodyType::html : BodyType::plain;
    const std::size_t most = message.limits().text_bytes_max;
    auto text = co_await read_text_as(&message, out.text_type, TextRoom{most, most});
    if (!text) co_return text.error();
    if (text->cut) co_return store::Error(store::Errc::limit, "the text is too long to be changed");
    out.text = std::move(text->text);
    const std::vector<std::uint32_t> parts = parts_that_stay(message, id, changes->files.removed);
    const std::uint64_t size = octets_of(message.tree(), parts);
    if (size > limits().message_bytes_max)
        co_return store::Error(store::Errc::limit, "the files are too large to be kept");
    if (!room->take(static_cast<std::size_t>(size)))
        co_return store::Error(store::Errc::unavailable, "no room for a draft's files now");
    for (const std::uint32_t part : parts) {
        auto file = co_await message.whole_part(part);
        if (!file) co_return file.error();
        out.parts.push_back(std::move(*file));
    }
    co_return out;
}

/// The message that a draft becomes. \errors limit: it is more than what can be sent · those of read_draft()
awaitable<store::Result<std::string>> Session::make_draft(std::optional<ItemId> former,
                                                          const DraftChanges* changes, std::string message_id,
                                                          BodyRoom::Share* room) {
    Draft draft;
    draft.from = identity_.name;
    if (former && !changes->whole) {
        auto known = co_await read_draft(*former, changes, room);
        if (!known) co_return known.error();
        const std::string author = known->from.empty() ? draft.from : known->from;
        draft = std::move(*known);
        draft.from = author;
    }
    apply(*changes, draft);
    draft.date = rfc5322_date(now());
    draft.message_id = std::move(message_id);
    std::string out;
    if (changes->whole) {
        MissingFields missing;
        missing.from = "<" + draft.from + ">";
        missing.date = draft.date;
        missing.message_id = draft.message_id;
        out = complete_message(*changes->whole, missing, true);
    } else {
        if (has_too_many_recipients(draft))
            co_return store::Error(store::Errc::limit, "the draft has too many recipients");
        if (draft.text.size() > MailReaderLimits().text_bytes_max)
            co_return store::Error(store::Errc::limit, "the draft's text is too long");
        out = write_draft(draft, services_->random);
    }
    if (out.size() > limits().message_bytes_max)
        co_return store::Error(store::Errc::limit, "the draft is too large");
    co_return out;
}

/// Into the folder, in place of `former` if there is one, whose flags and what they say it keeps. Its uid.
awaitable<store::Result<base::Uid>> Session::keep_draft(store::FolderPtr folder, std::string message,
                                                        std::optional<ItemId> former) {
    const auto writer = services_->store.new_message();
    const auto written = co_await writer->write(message);
    if (!written) co_return written.error();
    auto content = co_await writer->finish();
    if (!content) co_return content.error();
    store::Incoming incoming(std::move(*content));
    incoming.flags.system = store::SystemFlag::draft;
    if (!former || is_seen(*folder->snapshot(), former->uid))
        incoming.flags.system |= store::FlagSet(store::SystemFlag::seen);
    if (former) {
        const auto replaced = co_await folder->replace(former->uid, folder, std::move(incoming), flags_kept);
        if (!replaced) co_return replaced.error();
        if (!replaced->uid) co_return store::Error(store::Errc::not_found, "no such draft");
        co_return replaced->uid;
    }
    std::vector<store::Incoming> one;
    one.push_back(std::move(incoming));
    const auto appended = co_await folder->append(std::move(one));
    if (!appended) co_return appended.error();
    co_return appended->uids.front();
}

/// The same for the same command of the same request.
std::uint64_t Session::sent_mark(const CollectionAnswer& out, const SyncCommand& command) const {
    return base::fingerprint(fmt::format("{} {} {} {} {} {}", identity_.account.value, key_.device,
                                         out.request->id, out.request->key, command.client_id,
                                         command.server_id));
}

/// By an earlier try of a request that comes again.
bool Session::was_sent(const CollectionAnswer& out, const SyncCommand& command) const {
    if (!command.send) return false;
    const bool is_add = command.kind == SyncCommand::Kind::add;
    if (is_add && command.client_id.empty()) return false;
    if (services_->sent.contains(sent_mark(out, command))) return true;
    return (out.repeated || out.state->unsettled) &&
           std::ranges::any_of(out.state->results, [&](const CommandResult& known) {
               return known.kind == static_cast<std::uint8_t>(command.kind) &&
                      known.status == sync_status::ok && known.client_id == command.client_id &&
                      known.server_id == command.server_id;
           });
}

/// A status of Sync.
awaitable<int> Session::send_draft(const CollectionAnswer* out, const SyncCommand* command,
                                   std::string message) {
    Post post = this->post();
    const int sent = co_await post.submit(std::move(message), true);
    if (sent == status::no_recipients) co_return bad_recipients;
    if (sent != status::ok) co_return sync_status::server_error;
    services_->sent.note(sent_mark(*out, *command));
    co_return sync_status::ok;
}

/// The draft of an Add that comes again, and is to be sent now.
awaitable<void> Session::remove_sent(CollectionAnswer* out, std::string of_add) {
    const auto there = co_await find_recent(out, std::move(of_add));
    if (there && !*there) co_return;
    store::Result<void> done;
    if (there) {
        store::UidRanges uids{{*there, *there}};
        const auto removed = co_await out->folder->remove(std::move(uids));
        if (!removed) done = removed.error();
        forget_own(out->cursor, *there);
    } else {
        done = there.error();
    }
    if (!done)
        base::log::warn("eas", "sent, but the draft may still be there",
                        {{"user", identity_.name}, {"why", done.error().what()}});
}

awaitable<CommandResult> Session::run_add(CollectionAnswer* out, const SyncCommand* command) {
    // MS-ASCMD section 2.2.3.7.2: mail cannot be added otherwise.
    if (version_ < 160 || !out->is_drafts || !out->folder)
        co_return command_result(*command, sync_status::conversion);
    const DraftChanges changes = parse_draft(command->data);
    if (changes.files.faulty) co_return command_result(*command, sync_status::conversion);
    const std::string of_add = "<" + uid_of_add(*out, *command) + ".";
    const bool again = out->repeated || out->state->unsettled;
    if (was_sent(*out, *command)) {
        if (again) co_await remove_sent(out, of_add);
        co_return command_result(*command, sync_status::ok);
    }
    const std::uint64_t secret = base::fingerprint(
        command->client_id, base::fingerprint(out->request->key, base::fingerprint(key_.device)));
    std::string message_id =
        fmt::format("{}{:016x}@{}>", of_add, content_of(changes, secret), services_->hostname);
    if (command->send) message_id = fresh_message_id(*services_);
    BodyRoom::Share room;  // what is added is in the request, and that is counted
    auto message = co_await make_draft(std::nullopt, &changes, message_id, &room);
    if (!message) co_return command_result(*command, sync_status_of(message.error()));
    if (command->send) {
        const int sent = co_await send_draft(out, command, std::move(*message));
        if (sent == sync_status::ok && again) co_await remove_sent(out, of_add);
        co_return command_result(*command, sent);
    }
    const auto parts = added_parts(changes, *message);
    const auto there = co_await find_recent(out, of_add);
    if (!there) {
        out->unsettled = there.error().temporary();
        co_return command_result(*command, sync_status_of(there.error()));
    }
    CommandResult result = command_result(*command, sync_status::ok);
    if (*there) {
        result.attachments = known_in_draft(changes, parts, {out->id, *there});
        result.server_id = write_item_id({out->id, *there});
    }
    const CommandResult* known = added_before(*out, *command);
    const bool by_others = known != nullptr && known->server_id != result.server_id;
    if (known != nullptr) result = *known;
    if (by_others || out->recent->contains(message_id))
        co_return co_await add_again(out, command, std::move(result));
    std::optional<ItemId> former;  // as the device has had it when it sent it before
    if (*there) former = ItemId{out->id, *there};
    const auto uid = co_await keep_draft(out->folder, std::move(*message), former);
    if (!uid) {
        const store::Error why = uid.error();
        // Where the draft that the device has had is gone, the next try appends.
        out->unsettled = may_be_made(why) || (former && (why.temporary() || why.is(store::Errc::not_found)));
        if (former && !out->unsettled) forget_own(out->cursor, former->uid);
        co_return command_result(*command, sync_status_of(uid.error()));
    }
    result.attachments = known_in_draft(changes, parts, {out->id, *uid});
    result.server_id = write_item_id({out->id, *uid});
    if (former) forget_own(out->cursor, former->uid);
    const base::ModSeq since = known_since(*out->folder->snapshot(), *uid);
    note_own(out->cursor, {*uid, since, OwnChange::Kind::added}, nullptr);
    co_return result;
}

/// The new draft has another id, since what is stored does not change: the device hears of both by Commands.
awaitable<CommandResult> Session::change_draft(CollectionAnswer* out, const SyncCommand* command, ItemId id,
                                               const DraftChanges* changes) {
    std::string message_id = fresh_message_id(*services_);
    BodyRoom::Share room(services_->bodies, identity_.account);
    auto message = co_await make_draft(id, changes, std::move(message_id), &room);
    if (!message) co_return command_result(*command, sync_status_of(message.error()));
    if (!command->send) {
        const auto parts = added_parts(*changes, *message);
        const auto uid = co_await keep_draft(out->folder, std::move(*message), id);
        if (!uid) co_return command_result(*command, sync_status_of(uid.error()));
        CommandResult result = command_result(*command, sync_status::ok);
        result.attachments = known_in_draft(*changes, parts, {out->id, *uid});
        co_return result;
    }
    const int sent = co_await send_draft(out, command, std::move(*message));
    if (sent != sync_status::ok) co_return command_result(*command, sent);
    store::UidRanges uids{{id.uid, id.uid}};
    const auto removed = co_await out->folder->remove(std::move(uids));
    if (!removed)
        base::log::warn("eas", "sent, but the draft is still there",
                        {{"user", identity_.name}, {"why", removed.error().what()}});
    co_return command_result(*command, sync_status::ok);
}

awaitable<std::optional<DraftThread>> Session::thread_of_draft(store::FolderPtr folder, base::Uid uid) {
    const store::SnapshotPtr now_there = folder->snapshot();
    const store::Entry* known = now_there->find(uid);
    if (known == nullptr) co_return std::nullopt;
    const store::Entry entry = *known;
    auto detail = co_await read_detail(folder, entry);
    if (!detail) co_return std::nullopt;
    MailReaderLimits limits;
    limits.whole_bytes_max = 0;  // the header alone
    MessageOctets message(std::move(folder), std::move(*detail), limits);
    const auto opened = co_await message.open();
    if (!opened) co_return std::nullopt;
    const auto header = co_await message.header();
    if (!header) co_return std::nullopt;
    co_return DraftThread{conversation_of(entry.thread), index_of(entry, *header)};
}

/// MS-ASEMAIL sections 2.2.2.21 and 2.2.2.22: a device hears of the conversation of a draft that it adds.
/// What the store does not tell now is left out: it is no reason to add the draft again.
awaitable<void> Session::find_threads(CollectionAnswer* out) {
    for (const CommandResult& result : out->results) {
        const bool added = result.kind == static_cast<std::uint8_t>(SyncCommand::Kind::add);
        const auto id = parse_item_id(result.server_id);
        if (!added || result.status != sync_status::ok || !id || !out->folder) continue;
        auto thread = co_await thread_of_draft(out->folder, id->uid);
        if (thread) out->threads[result.server_id] = std::move(*thread);
    }
}

}  // namespace eas
