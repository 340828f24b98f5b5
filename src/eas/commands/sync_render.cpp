// What is new in a collection, as elements: adds, changes, deletions. MS-ASCMD section 2.2.3.32.
#include <algorithm>

#include "base/ascii.hpp"
#include "base/log.hpp"
#include "eas/items/meeting_request.hpp"
#include "eas/mail/categories.hpp"
#include "eas/mail/mail_flag.hpp"
#include "eas/stored_item.hpp"
#include "eas/sync_answer.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

namespace tags = wbxml::airsync;

void leave_texts_out(ItemOptions& options) {
    for (BodyPreference& body : options.bodies) body.truncation = 0;
    if (options.part) options.part->truncation = 0;
}

/// Flags that devices are told of, besides read and the flag.
store::FlagSet other_flags(const store::Keywords& keywords) {
    store::FlagSet out = store::SystemFlag::answered;
    for (unsigned i = 0; i < keywords.size(); ++i)
        if (is_category(keywords.name(i)) || base::equals_nocase(keywords.name(i), "$Forwarded"))
            out |= store::FlagSet::keyword(i);
    return out;
}

/// What a device is told of a message that it knows as of the cursor. What it was refused it hears as a
/// whole.
StateChange change_of(const PlanFacts& facts, const Cursor& cursor, base::Uid uid) {
    const auto refused = [uid](const OwnChange& own) {
        return own.uid == uid && own.kind == OwnChange::Kind::refused;
    };
    if (std::ranges::any_of(cursor.own, refused)) return {};
    const store::FlagSet flags = facts.touched.of(uid);
    return {flags.has(store::SystemFlag::seen), flags.has(store::SystemFlag::flagged),
            flags.intersects(other_flags(facts.now_there->keywords()))};
}

/// What the store knows of a plan's items, all at once.
awaitable<store::Result<PlanFacts>> plan_facts(const CollectionAnswer* out, const Plan* plan) {
    const bool is_mail = out->kind == store::FolderKind::mail;
    PlanFacts facts;
    std::vector<store::Entry> entries, noted;
    bool changes = false;
    for (const Step& step : plan->steps) {
        const bool is_change = step.kind == Step::Kind::change;
        if (step.kind == Step::Kind::add || (!is_mail && is_change)) entries.push_back(step.entry);
        if (is_mail && step.entry.has_follow_up) noted.push_back(step.entry);
        changes = changes || (is_mail && is_change);
    }
    std::ranges::sort(entries, {}, &store::Entry::uid);
    const auto twice = std::ranges::unique(entries, {}, &store::Entry::uid);
    entries.erase(twice.begin(), twice.end());
    facts.now_there = out->folder->snapshot();
    while (facts.details.size() < entries.size()) {
        std::vector<store::Entry> rest(entries.begin() + static_cast<std::ptrdiff_t>(facts.details.size()),
                                       entries.end());
        const auto found = co_await out->folder->details(rest);
        if (!found) co_return found.error();
        if (found->empty()) co_return store::Error(store::Errc::unavailable, "no details");
        for (std::size_t i = 0; i < found->size(); ++i) facts.details[rest[i].uid] = (*found)[i];
    }
    auto says = co_await out->folder->follow_ups(std::move(noted));
    if (!says) co_return says.error();
    facts.says = std::move(*says);
    if (!changes) co_return facts;
    auto touched = co_await out->folder->flags_since(out->cursor.done);
    if (!touched) co_return touched.error();
    facts.touched = std::move(*touched);
    co_return facts;
}

}  // namespace

void Session::leave_out(const CollectionAnswer* out, Plan* plan, base::Uid uid,
                        const store::Error& why) const {
    base::log::warn("eas", "an item is left out",
                    {{"user", identity_.name}, {"item", write_item_id({out->id, uid})}, {"why", why.what()}});
    withhold(plan->next, uid);
}

/// One item other than mail. What the device has and nobody can read any more goes from it: it comes again
/// once it changes. False: the store does not answer.
awaitable<bool> Session::render_item(wbxml::Encoder* to, const CollectionAnswer* out, Plan* plan,
                                     const Step* step, store::DetailPtr detail) {
    store::Result<pim::Component> item = store::Error(store::Errc::not_found, "gone");
    if (detail) item = co_await read_stored_item(out->folder, step->entry, detail, out->kind);
    const bool is_new = step->kind == Step::Kind::add;
    if (!item && item.error().temporary()) co_return false;
    if (!item) leave_out(out, plan, step->entry.uid, item.error());
    if (!item && is_new) co_return true;
    to->open(!item ? tags::delete_ : is_new ? tags::add : tags::change);
    to->text(tags::server_id, write_item_id({out->id, step->entry.uid}));
    if (item) {
        to->open(tags::application_data);
        write_item(*to, out->kind, *item, item_view(out->state->options, {out->id, step->entry.uid}));
        to->close();
    }
    to->close();
    co_return true;
}

/// One message. False: the store does not answer.
awaitable<bool> Session::render_mail(wbxml::Encoder* to, CollectionAnswer* out, Plan* plan, const Step* step,
                                     const PlanFacts* facts) {
    const base::Uid uid = step->entry.uid;
    const MailState state =
        state_of(step->entry, facts->now_there->keywords(), find_follow_up(facts->says, uid));
    const bool is_new = step->kind == Step::Kind::add;
    store::Result<MailItem> item = store::Error(store::Errc::not_found, "gone");
    if (is_new) {
        ReadRequest read;
        read.folder = out->folder;
        read.entry = step->entry;
        read.detail = facts->details.at(uid);
        read.state = state;
        read.options = held_options(out->state->options, held_);
        // MS-ASCMD section 2.2.3.36.2: of what comes for its conversation's sake a preview, no text.
        if (store::contains_uid(plan->next.joined, uid)) leave_texts_out(read.options);
        read.is_draft = out->is_drafts;
        if (read.detail) item = co_await read_mail(std::move(read));
        if (!item && item.error().temporary()) co_return false;
        if (!item) leave_out(out, plan, uid, item.error());
        if (!item) co_return true;
        const bool orphan = co_await asks_to_orphan(&*item);
        show_meeting(*item, version_, identity_.name, orphan);
    }
    to->open(is_new ? tags::add : tags::change);
    to->text(tags::server_id, write_item_id({out->id, uid}));
    to->open(tags::application_data);
    if (is_new) write_mail(*to, *item, version_);
    if (!is_new) write_mail_state(*to, state, version_, change_of(*facts, out->cursor, uid));
    to->close();
    to->close();
    co_return true;
}

/// Steps as elements; what cannot be read is left out and noted. False: the store does not answer, and
/// `commands` ends anywhere.
awaitable<bool> Session::render(CollectionAnswer* out, Plan* plan) {
    const bool is_mail = out->kind == store::FolderKind::mail;
    auto facts = co_await plan_facts(out, plan);
    if (!facts) co_return false;
    wbxml::Encoder to(out->commands, wbxml::Encoder::Fragment());
    for (const Step& step : plan->steps) {
        if (step.kind == Step::Kind::remove || step.kind == Step::Kind::soft_delete) {
            to.open(step.kind == Step::Kind::remove ? tags::delete_ : tags::soft_delete);
            to.text(tags::server_id, write_item_id({out->id, step.entry.uid}));
            to.close();
            continue;
        }
        bool rendered = false;
        if (is_mail) {
            rendered = co_await render_mail(&to, out, plan, &step, &*facts);
        } else {
            rendered = co_await render_item(&to, out, plan, &step, facts->details[step.entry.uid]);
        }
        if (!rendered) co_return false;
    }
    to.end_fragment();
    co_return true;
}

}  // namespace eas
