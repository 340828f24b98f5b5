// What a device changes of a message by Sync: flags, read, categories, verbs. MS-ASEMAIL section 3.2.5.3.2.
#include <algorithm>

#include "eas/mail/categories.hpp"
#include "eas/mail/layout.hpp"
#include "eas/mail/mail_flag.hpp"
#include "eas/sync_answer.hpp"
#include "eas/syntax/mail_change.hpp"
#include "mime/tree.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

namespace email = wbxml::email;

// What others change at the same moment is not the device's own: once more, as of what it is then.
constexpr unsigned change_tries_max = 4;

/// What a Change sets and takes away.
struct ChangeWishes {
    store::NamedFlags set, clear;
    std::optional<FlagWish> flag;  ///< as it is to be, where it is otherwise

    const store::NamedFlags& half(bool sets) const { return sets ? set : clear; }
    static bool empty(const store::NamedFlags& flags) {
        return flags.system.empty() && flags.keywords.empty();
    }
};

void wish(ChangeWishes& out, store::SystemFlag flag, bool yes) {
    (yes ? out.set : out.clear).system |= store::FlagSet(flag);
}

void wish_categories(ChangeWishes& out, wbxml::Element categories, std::vector<std::string> present) {
    std::vector<std::string> wanted;
    for (const wbxml::Element one : categories) wanted.emplace_back(one.text());
    for (std::string& keyword : present) {
        const auto stays = std::ranges::find(wanted, category_of_keyword(keyword));
        if (stays == wanted.end()) {
            out.clear.keywords.push_back(std::move(keyword));
        } else {
            wanted.erase(stays);
        }
    }
    for (const std::string& name : wanted)
        if (std::string keyword = keyword_of_category(name); store::valid_keyword(keyword))
            out.set.keywords.push_back(std::move(keyword));
}

/// False: what it says is too long.
bool wish_flag(ChangeWishes& out, wbxml::Element flag, const store::Entry& entry,
               const store::FollowUp& known) {
    std::optional<FlagWish> wanted = wish_of(flag, known);
    if (!wanted) return false;
    const bool goes = entry.has_follow_up && wanted->follow_up.empty();
    if (wanted->flagged == entry.flags.has(store::SystemFlag::flagged) && wanted->follow_up == known && !goes)
        return true;
    wish(out, store::SystemFlag::flagged, wanted->flagged);
    out.flag = std::move(wanted);
    return true;
}

/// Whether a message is about a meeting, by its structure alone.
awaitable<bool> is_of_meeting(store::FolderPtr folder, store::Entry entry) {
    const auto detail = co_await read_detail(folder, entry);
    mime::Tree tree;
    const bool read = detail && mime::decode_tree((*detail)->tree, tree);
    co_return read&& lay_out(tree).calendar != mime::no_part;
}

/// Nothing: some of it is too long.
std::optional<ChangeWishes> wishes_of(wbxml::Element data, const store::Entry& entry,
                                      const store::Keywords& keywords, const store::FollowUp& known) {
    ChangeWishes out;
    if (const auto read = data.child(email::read).number()) wish(out, store::SystemFlag::seen, *read != 0);
    if (const wbxml::Element flag = data.child(email::flag))
        if (!wish_flag(out, flag, entry, known)) return std::nullopt;
    if (const auto verb = data.child(wbxml::email2::last_verb_executed).number()) {
        if (*verb == 1 || *verb == 2) wish(out, store::SystemFlag::answered, true);
        if (*verb == 3) out.set.keywords.emplace_back("$Forwarded");
    }
    if (const wbxml::Element categories = data.child(email::categories))
        wish_categories(out, categories, category_keywords(entry, keywords));
    return out;
}

}  // namespace

awaitable<CommandResult> Session::run_change(CollectionAnswer* out, const SyncCommand* command) {
    const auto id = parse_item_id(command->server_id);
    if (!id || id->folder != out->id || !out->folder)
        co_return command_result(*command, sync_status::not_found);
    if (was_sent(*out, *command)) co_return command_result(*command, sync_status::ok);
    const store::SnapshotPtr before = out->folder->snapshot();
    const store::Entry* entry = before->find(id->uid);
    if (entry == nullptr) co_return command_result(*command, sync_status::not_found);
    if (!is_sound_change(command->data)) co_return command_result(*command, sync_status::conversion);
    const bool has_type = entry->flags.has(store::SystemFlag::flagged) || entry->has_follow_up;
    if (lacks_flag_type(command->data) && !has_type) {
        const bool of_meeting = co_await is_of_meeting(out->folder, *entry);
        if (!of_meeting) co_return command_result(*command, sync_status::conversion);
    }
    const bool is_draft = version_ >= 160 && out->is_drafts;
    DraftChanges changes;
    if (is_draft) changes = parse_draft(command->data);
    if (changes.files.faulty) co_return command_result(*command, sync_status::conversion);
    if (is_draft && command->send) co_return co_await change_draft(out, command, *id, &changes);
    std::optional<int> status;
    for (unsigned tries = 0; tries < change_tries_max && !status; ++tries)
        status = co_await change_mail(out, command, id->uid);
    // The draft that takes its place has the flags that it has now. Those that were refused are no reason to
    // leave the text as it was: the device is told of the new one as a whole.
    const int flags = status.value_or(sync_status::server_error);
    const bool is_there = flags != sync_status::not_found && flags != sync_status::server_error;
    if (changes.any() && is_there) co_return co_await change_draft(out, command, *id, &changes);
    co_return command_result(*command, flags);
}

/// Nothing: somebody else changed it meanwhile, and nothing was done.
awaitable<std::optional<int>> Session::change_mail(CollectionAnswer* out, const SyncCommand* command,
                                                   base::Uid uid) {
    const store::SnapshotPtr was = out->folder->snapshot();
    if (was->find(uid) == nullptr) co_return sync_status::not_found;
    const store::Entry entry = *was->find(uid);
    store::FollowUp known;
    if (entry.has_follow_up && command->data.child(email::flag)) {
        auto says = co_await out->folder->follow_ups(std::vector<store::Entry>(1, entry));
        if (!says) co_return sync_status_of(says.error());
        if (const auto found = says->find(uid); found != says->end()) known = std::move(found->second);
    }
    std::optional<ChangeWishes> wishes = wishes_of(command->data, entry, was->keywords(), known);
    if (!wishes) co_return sync_status::conversion;
    // What one half is refused for is no reason to leave the other undone. That of the flag comes first: it
    // is done to the message as it was read, or not at all.
    int status = sync_status::ok;
    store::Entry former = entry;
    const bool first = !wishes->flag || wishes->flag->flagged;
    for (const bool sets : {first, !first}) {
        if (ChangeWishes::empty(wishes->half(sets))) continue;
        store::StoreRequest request;
        request.uids = {store::UidRange{uid, uid}};
        request.change = sets ? store::FlagChange::add : store::FlagChange::remove;
        request.flags = wishes->half(sets);
        request.unchanged_since = former.modseq;
        if (wishes->flag && wishes->flag->flagged == sets)
            request.follow_up = std::move(wishes->flag->follow_up);
        const auto done = co_await out->folder->store(std::move(request));
        if (done && !done->modified.empty()) co_return std::nullopt;
        if (!done && done.error().is(store::Errc::denied)) note_refused(out->cursor, uid);
        if (!done) status = sync_status_of(done.error());
        if (!done && !done.error().is(store::Errc::denied)) break;
        if (!done || !done->changed) continue;
        // It is the device's own as of its transaction, and no longer where others have changed it since.
        note_own(out->cursor, {uid, done->modseq, OwnChange::Kind::flags}, &former);
        former.modseq = done->modseq;
    }
    co_return status;
}

}  // namespace eas
