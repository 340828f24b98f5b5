// One collection of a Sync: its key, the device's commands, what is new. MS-ASCMD section 2.2.3.29.
#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/fingerprint.hpp"
#include "base/log.hpp"
#include "eas/sync_answer.hpp"

namespace eas {
namespace {

using Kind = SyncCommand::Kind;

/// Of the commands: the request that comes again is the same octets.
std::uint64_t hash_of(const SyncCollection& request, std::string_view body) {
    return request.commands.empty() ? 0 : base::fingerprint(request.id, base::fingerprint(body));
}

std::size_t window_after_repeats(std::size_t window, std::uint8_t repeats) {
    return std::max<std::size_t>(1, window >> std::min<unsigned>(repeats, 9));
}

/// Done, and told of by an answer that the device never had: of Adds and of what was sent.
bool is_result_of(const CommandResult& result, const SyncCommand& command) {
    if (result.status != sync_status::ok || result.kind != static_cast<std::uint8_t>(command.kind))
        return false;
    return command.kind == Kind::add ? !command.client_id.empty() && result.client_id == command.client_id
                                     : command.send && result.server_id == command.server_id;
}

/// What tries before this one have done of the same request, and this one has not come to.
void keep_done(const SyncCollection& request, std::vector<CommandResult>& results,
               std::vector<CommandResult> before) {
    for (const SyncCommand& command : request.commands) {
        const auto is_its = [&command](const CommandResult& one) { return is_result_of(one, command); };
        const auto known = std::ranges::find_if(before, is_its);
        if (known == before.end() || std::ranges::any_of(results, is_its)) continue;
        results.push_back(*known);
    }
}

}  // namespace

/// Which folder it is, and where the device stands in it; or why not.
awaitable<void> Session::open_collection(CollectionAnswer* out) {
    const SyncCollection& request = *out->request;
    out->status = request.status;
    if (out->failed()) co_return;
    const auto id = parse_folder_id(request.id);
    const auto key = parse_sync_key(request.key);
    if (!rows_.hierarchy) {
        out->status = sync_status::hierarchy_changed;
        co_return;
    }
    const store::FolderTreePtr tree = account_->folders();
    const store::FolderInfo* info = id ? tree->find_any(*id) : nullptr;
    const bool outbox = id == outbox_id;
    if (!outbox && info == nullptr) {
        const bool was_there = id && std::ranges::any_of(rows_.hierarchy->now, [&](const KnownFolder& known) {
                                   return known.id == *id;
                               });
        out->status = was_there ? sync_status::hierarchy_changed : sync_status::not_found;
        co_return;
    }
    out->id = *id;
    out->virtual_folder = outbox || !info->selectable;
    if (info != nullptr) out->kind = info->kind;
    if (request.conversations && out->kind != store::FolderKind::mail) {
        out->status = sync_status::protocol_error;  // MS-ASCMD section 2.2.3.36.2
        co_return;
    }
    if (request.options && !has_filter(out->kind, request.options->filter)) {
        out->status = sync_status::protocol_error;
        co_return;
    }
    out->is_drafts = info != nullptr && info->use == store::SpecialUse::drafts;
    if (!key) {
        out->status = sync_status::invalid_key;
        co_return;
    }
    const auto known = rows_.collections.find(*id);
    if (key->is_zero()) {
        if (out->kind == store::FolderKind::notes && request.supported) {
            out->status = sync_status::protocol_error;  // MS-ASNOTE section 3.2.5.3
            co_return;
        }
        Collection fresh;
        fresh.supported = request.supported;
        fresh.key.epoch = static_cast<std::uint32_t>(services_->random.number() | 1U);
        out->state = &(rows_.collections[*id] = std::move(fresh));
        out->is_new = true;
    } else {
        if (known == rows_.collections.end() || known->second.key.epoch != key->epoch) {
            out->status = sync_status::invalid_key;
            co_return;
        }
        out->state = &known->second;
        const std::uint32_t last = out->state->key.counter;
        out->repeated = key->counter + 1 == last;
        if (key->counter != last && !out->repeated) {
            out->status = sync_status::invalid_key;
            co_return;
        }
        out->base = out->repeated ? out->state->before : out->state->now;
    }
    if (out->virtual_folder) co_return;
    auto folder = co_await account_->open(*id);
    if (!folder) {
        out->status = folder.error().is(store::Errc::not_found) ? sync_status::hierarchy_changed
                                                                : sync_status::server_error;
        co_return;
    }
    out->folder = std::move(*folder);
    out->is_others = account_->is_of_others(*out->folder);
}

awaitable<CollectionAnswer> Session::sync_collection(const SyncCollection* request, std::size_t window) {
    CollectionAnswer out;
    out.request = request;
    co_await open_collection(&out);
    if (out.failed()) co_return out;
    Collection& state = *out.state;
    bool changed = out.is_new;
    if (request->options && state.options != *request->options) {
        state.options = *request->options;
        changed = true;
    }
    if (state.deletes_as_moves != request->deletes_as_moves || state.window != request->window)
        changed = true;
    if (request->conversations.value_or(state.conversations) != state.conversations) changed = true;
    state.conversations = request->conversations.value_or(state.conversations);
    state.deletes_as_moves = request->deletes_as_moves;
    state.window = request->window;

    const std::uint64_t hash = hash_of(*request, body_);
    if (out.repeated) {
        state.repeats = static_cast<std::uint8_t>(std::min(state.repeats + 1, 255));
        changed = true;
        window = window_after_repeats(window, state.repeats);
    }
    out.cursor = out.base;
    if (!request->commands.empty() && !out.is_new) {
        out.ran_commands = true;
        if (out.repeated && hash == state.commands_hash) {
            out.results = state.results;  // done already: the same is said
        } else {
            co_await run_commands(&out);
        }
        if (out.unsettled) {
            leave_unsettled(&out);
            co_return out;
        }
        if (out.is_drafts && version_ >= 160) co_await find_threads(&out);
        co_await run_fetches(&out);
    }
    changed |= std::exchange(state.unsettled, false);
    out.base = out.cursor;  // with the device's own changes
    const bool wants_changes = request->get_changes.value_or(true) && !out.is_new;
    if (wants_changes && !out.virtual_folder) co_await tell_changes(&out, window);
    if (out.failed()) co_return out;

    const bool advances = out.talks();
    if (advances) {
        const std::uint32_t last = state.key.counter;
        state.before = std::move(out.base);
        state.now = out.cursor;
        if (!out.repeated) {
            state.key.counter = last + 1;
            state.repeats = 0;
        }
        state.commands_hash = out.ran_commands ? hash : 0;
        state.results = out.results;
    }
    out.key = write_sync_key(state.key);
    if (advances || changed) changes_.collections.push_back(out.id);
    co_return out;
}

/// The store did not say what became of a command: the device sends all of them again, and an Add finds what
/// it has brought. What is known of them is kept, but not as if the device had it: it has got no ids.
void Session::leave_unsettled(CollectionAnswer* out) {
    Collection& state = *out->state;
    out->status = sync_status::server_error;
    std::erase_if(out->cursor.own, [out](const OwnChange& own) {
        return own.kind == OwnChange::Kind::added && !has_added(out->base, own.uid);
    });
    (out->repeated ? state.before : state.now) = std::move(out->cursor);
    std::vector<CommandResult> before = std::exchange(state.results, std::move(out->results));
    if (out->repeated || state.unsettled) keep_done(*out->request, state.results, std::move(before));
    state.commands_hash = 0;
    state.unsettled = true;
    changes_.collections.push_back(out->id);
    base::log::info("eas", "a device is asked to send its changes again",
                    {{"user", identity_.name}, {"device", key_.device}, {"folder", out->id.value}});
}

awaitable<store::Result<Plan>> Session::next_plan(CollectionAnswer* out, std::size_t steps) {
    const store::SnapshotPtr now_there = out->folder->snapshot();
    store::UidRanges vanished;
    if (needs_vanished(out->cursor, *now_there)) {
        auto found = co_await out->folder->vanished_since(out->cursor.done, now_there);
        if (!found) co_return found.error();
        vanished = std::move(found->vanished);
        // The log does not reach back, and these are all that do not exist: fewer words say it by a new
        // start.
        if (!found->exact && store::count_uids(vanished) > limits().deletes_unknown_max) {
            out->status = sync_status::invalid_key;
            co_return Plan();
        }
    }
    PlanRequest request;
    request.now = now_there.get();
    request.vanished = &vanished;
    request.window = window_of(out->kind, out->state->options.filter);
    request.dated = out->kind != store::FolderKind::mail;
    request.conversations = shows_conversations(out->state->conversations);
    request.steps_max = steps;
    request.bytes_max = limits().step_bytes_max;
    Plan plan = plan_changes(out->cursor, request);
    // Their details are asked for by entries of this snapshot; keywords have their names there.
    co_return plan;
}

awaitable<void> Session::tell_changes(CollectionAnswer* out, std::size_t window) {
    const std::uint8_t repeats = out->state->repeats;
    const auto executor = co_await boost::asio::this_coro::executor;
    if (window == 0) {  // there is no room left: it is only told whether to come again
        const auto plan = co_await next_plan(out, 1);
        out->more = plan && !out->failed() && plan->count != 0;
        co_return;
    }
    for (;;) {
        const std::size_t steps = std::min(limits().steps_at_once, window - out->told);
        if (steps == 0) break;
        auto plan = co_await next_plan(out, steps);
        if (!plan) co_return break_off(out);
        if (out->failed()) co_return;
        // An item that a device asks for again and again is one that it cannot take: it is left out, so that
        // the rest comes.
        if (out->repeated && repeats > limits().repeats_max && out->told == 0 && !plan->steps.empty() &&
            plan->steps.front().kind == Step::Kind::add) {
            const base::Uid uid = plan->steps.front().entry.uid;
            base::log::warn("eas", "a device does not get past an item: left out",
                            {{"user", identity_.name}, {"device", key_.device}, {"uid", uid.value}});
            withhold(plan->next, uid);
            plan->steps.erase(plan->steps.begin());
            plan->count -= 1;
        }
        const std::size_t octets_before = out->commands.size();
        const bool rendered = co_await render(out, &*plan);
        if (!rendered) {
            out->commands.resize(octets_before);
            co_return break_off(out);
        }
        out->more = plan->more;
        out->told += plan->count;
        out->cursor = std::move(plan->next);
        const bool full = out->commands.size() >= limits().answer_bytes || is_late();
        if (!out->more || full) break;
        co_await boost::asio::post(executor, boost::asio::use_awaitable);  // others get their turn
    }
}

/// The store gives no more just now. What has been done and told stands: the device asks for the rest.
void Session::break_off(CollectionAnswer* out) {
    if (out->ran_commands || out->told != 0) {
        out->more = true;
    } else {
        out->status = sync_status::server_error;
    }
}

}  // namespace eas
