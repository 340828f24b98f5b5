// A message comes in: mailboxes here have it before the answer, what goes elsewhere is in the queue.
#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "base/ascii.hpp"
#include "base/log.hpp"
#include "mta/agent_state.hpp"
#include "mta/post_office.hpp"

namespace mta {
namespace {

/// Recipients of one entry differ in address alone; what a mailbox sends on carries its name, and comes
/// apart.
struct Entry {
    std::string via;
    std::string sender;
    bool sent_on = false;
    std::vector<store::QueueRecipient> recipients;
    std::vector<store::QueueProgress> progress;
};

bool in_circle(const Arrival& arrival, std::string_view name) {
    return std::ranges::any_of(arrival.delivered_to, [name](const std::string& before) {
        return base::equals_nocase(before, name);
    });
}

/// RFC 3461 section 5.2.7: of an address that stands for others the sender hears that it does, not who they
/// are and when each has it.
std::uint8_t without_success(std::uint8_t notify) {
    if ((notify & notify_success) == 0) return notify;
    const auto left = static_cast<std::uint8_t>(notify & ~notify_success);
    return left == notify_unset ? static_cast<std::uint8_t>(notify_never) : left;
}

}  // namespace

store::NewQueued new_entry(const Arrival& arrival) {
    store::NewQueued out;
    out.envelope = to_queue(arrival.envelope);
    out.envelope.account = arrival.account;
    out.envelope.user = arrival.user;
    out.envelope.peer = arrival.peer;
    out.envelope.prefix = arrival.fields;
    out.envelope.junk = arrival.junk;
    out.held = arrival.held;
    out.content = arrival.content;
    return out;
}

bool stands_for_others(const Arrival::To& to) {
    return std::ranges::any_of(to.targets, [&to](const Target& target) {
        return !base::equals_nocase(target.address, to.recipient.address);
    });
}

std::vector<store::NewQueued> in_parts(store::NewQueued whole, std::size_t most) {
    most = std::max<std::size_t>(most, 1);  // of a queue that takes nothing it is the queue that says so
    const std::vector<store::QueueRecipient> recipients = std::exchange(whole.recipients, {});
    const std::vector<store::QueueProgress> progress = std::exchange(whole.progress, {});
    std::vector<std::vector<std::size_t>> copies;  // places in `recipients`, those of one mailbox together
    std::map<base::AccountId, std::size_t> known;
    for (std::size_t i = 0; i < recipients.size(); ++i) {
        const base::AccountId account = recipients[i].account;
        const auto [at, fresh] = known.try_emplace(account, copies.size());
        if (fresh || !account) copies.emplace_back();
        copies[account ? at->second : copies.size() - 1].push_back(i);
    }
    std::vector<store::NewQueued> out;
    for (const std::vector<std::size_t>& copy : copies) {
        if (out.empty() || out.back().recipients.size() + std::min(copy.size(), most) > most)
            out.push_back(whole);
        for (const std::size_t i : copy) {
            if (out.back().recipients.size() == most) out.push_back(whole);
            out.back().recipients.push_back(recipients[i]);
            out.back().progress.push_back(progress[i]);
        }
    }
    return out;
}

bool Agent::tells_success(const Arrival& arrival, const Recipient& recipient) const {
    return parts_.reporter != nullptr && !arrival.envelope.sender.empty() &&
           wants_report(ReportLine::Action::delivered, recipient.notify, false);
}

/// Whether mailboxes here get it by an attempt. RFC 4865: until its time nobody has it; the same of what is
/// quarantined. And what the sender is to hear of must be certain before he is answered, with what he hears.
bool Agent::waits(const Arrival& arrival) const {
    const auto& time = arrival.envelope.hold_until;
    if (arrival.held || (time && *time > parts_.clock.now()) || !arrival.refused.empty()) return true;
    return std::ranges::any_of(arrival.recipients,
                               [&](const Arrival::To& to) { return tells_success(arrival, to.recipient); });
}

/// What an attempt is to move, as entries of the queue: each address once.
std::vector<store::NewQueued> Agent::to_be_sent(const Local& local) const {
    const Arrival& arrival = *local.arrival;
    std::vector<Entry> entries;
    std::map<std::string, std::pair<std::size_t, std::size_t>> seen;  // of its entry, and its place there
    const std::int64_t due =
        arrival.envelope.hold_until ? base::unix_milliseconds(*arrival.envelope.hold_until) : now();
    for (const Arrival::To& to : arrival.recipients) {
        for (const Target& target : to.targets) {
            if (!target.hop && !local.waits_for(target)) continue;
            std::string name = base::lowered(target.address);
            if (target.hop == reports_hop()) name += " reports";  // a mailbox may have the same address
            const bool stands_for_it = stands_for_others(to);
            if (const auto known = seen.find(name); known != seen.end()) {
                // Whoever names it himself says what is to be told of it, not a group that it is in.
                if (stands_for_it) continue;
                store::QueueRecipient& first = entries[known->second.first].recipients[known->second.second];
                first.notify = to.recipient.notify;
                first.orcpt_type = to.recipient.orcpt_type;
                first.orcpt_address = to.recipient.orcpt_address;
                continue;
            }
            // It was sent on before. Of mailboxes here it counts whether the message was in them.
            if (target.hop && !target.via.empty() && in_circle(arrival, target.via)) continue;
            // What a stranger sends to one of ours who is elsewhere leaves as ours: SPF there asks about us.
            const bool sent_on = target.hop && target.hop != reports_hop() && !target.own_node &&
                                 !arrival.account &&
                                 (to.added || !base::equals_nocase(target.address, to.recipient.address));
            const std::string sender =
                sent_on ? parts_.router.forwarded_sender(arrival.envelope.sender) : arrival.envelope.sender;
            // A mailbox here gets one copy, whatever leads to it.
            const std::string via = target.hop ? target.via : std::string();
            auto entry = std::ranges::find_if(entries, [&](const Entry& one) {
                return one.via == via && one.sender == sender && one.sent_on == sent_on;
            });
            if (entry == entries.end()) {
                entries.emplace_back();
                entry = std::prev(entries.end());
                entry->via = via;
                entry->sender = sender;
                entry->sent_on = sent_on;
            }
            Recipient recipient = to.recipient;
            recipient.address = target.address;
            recipient.account = target.hop ? base::AccountId() : target.account;
            if (stands_for_it) recipient.notify = without_success(recipient.notify);
            seen.emplace(std::move(name), std::pair(static_cast<std::size_t>(entry - entries.begin()),
                                                    entry->recipients.size()));
            entry->recipients.push_back(to_queue(recipient));
            store::QueueProgress progress;
            progress.lane = (target.hop ? *target.hop : *post_office_hop()).key();
            progress.due = due;
            entry->progress.push_back(std::move(progress));
        }
    }
    std::vector<store::NewQueued> out;
    for (Entry& entry : entries) {
        store::NewQueued made = new_entry(arrival);
        made.envelope.sender = entry.sender;
        if (entry.sent_on) made.envelope.prefix.insert(0, arrival.seal);
        // So that it is known when it comes back (RFC 5321 section 6.3).
        if (!entry.via.empty()) made.envelope.prefix.insert(0, "Delivered-To: " + entry.via + "\r\n");
        made.recipients = std::move(entry.recipients);
        made.progress = std::move(entry.progress);
        for (store::NewQueued& part : in_parts(std::move(made), parts_.queue.limits().recipients_max))
            out.push_back(std::move(part));
    }
    if (!out.empty()) out.front().id = arrival.id;
    return out;
}

/// Copies that no mailbox took: the queue tries again, or tells the sender.
store::NewQueued Agent::to_be_delivered(const Arrival& arrival, const Local& local) const {
    store::NewQueued out = new_entry(arrival);
    for (const Local::Copy& copy : local.copies) {
        if (copy.error.is(store::Errc::none)) continue;
        for (std::size_t i = 0; i < copy.names.size(); ++i) {
            Recipient recipient = arrival.recipients[copy.recipients[i]].recipient;
            recipient.address = copy.names[i];
            recipient.account = copy.account;
            out.recipients.push_back(to_queue(recipient));
            store::QueueProgress progress;
            progress.lane = post_office_hop()->key();
            const bool temporary = copy.error.temporary();
            progress.due = now() + (temporary ? next_interval(settings_.retry, 1, 0.5).count() : 0);
            out.progress.push_back(std::move(progress));
        }
    }
    return out;
}

awaitable<void> Agent::deliver_now(Local* local) {
    std::vector<store::Delivery> deliveries;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < local->copies.size(); ++i) {
        const Local::Copy& copy = local->copies[i];
        if (copy.in_circle || copy.waits) continue;
        store::Delivery delivery;
        delivery.account = copy.account;
        if (local->arrival->junk) delivery.folder = junk_folder;
        delivery.message = store::Incoming(local->arrival->content);
        delivery.message.prefix = delivery_fields(local->arrival->envelope.sender, copy.names);
        delivery.message.prefix += local->arrival->fields;
        deliveries.push_back(std::move(delivery));
        places.push_back(i);
    }
    if (deliveries.empty()) co_return;
    const auto results = co_await parts_.store.deliver(std::move(deliveries));
    for (std::size_t i = 0; i < results.size(); ++i) {
        Local::Copy& copy = local->copies[places[i]];
        if (results[i]) {
            copy.id = results[i]->id;
            copy.folder = results[i]->folder;
            copy.uid = results[i]->uid;
        } else {
            copy.error = results[i].error();
        }
    }
}

awaitable<void> Agent::tell_watchers(const Local* local) {
    const auto told = std::make_shared<DeliveredMail>();
    for (const Local::Copy& copy : local->copies)
        if (copy.id) told->copies.push_back({copy.account, copy.folder, copy.uid});
    if (told->copies.empty()) co_return;
    told->sender = local->arrival->envelope.sender;
    told->fields = local->arrival->fields;
    told->trace_id = text_of(local->arrival->id);
    told->submitted = static_cast<bool>(local->arrival->account);
    told->junk = local->arrival->junk;
    for (DeliveryWatcher* watcher : parts_.watchers) co_await watcher->delivered(told);
}

void Agent::plan_copies(Local& local) const {
    const Arrival& arrival = *local.arrival;
    const bool later = waits(arrival);
    std::map<base::AccountId, std::size_t> place;
    for (std::size_t i = 0; i < arrival.recipients.size(); ++i) {
        for (const Target& target : arrival.recipients[i].targets) {
            if (target.hop) continue;
            const auto [at, fresh] = place.try_emplace(target.account, local.copies.size());
            if (fresh) {
                local.copies.emplace_back();
                local.copies.back().account = target.account;
            }
            Local::Copy& copy = local.copies[at->second];
            copy.recipients.push_back(i);
            copy.in_circle |= in_circle(arrival, target.address);
            copy.names.push_back(target.address);
        }
    }
    for (Local::Copy& copy : local.copies) {
        copy.waits = later && !copy.in_circle;
        if (copy.waits) local.waiting.insert(copy.account);
    }
}

/// `kept`: the copies that no mailbox took are in the queue.
std::vector<Taken> Agent::answers(const Local& local, bool kept) {
    const Arrival& arrival = *local.arrival;
    std::vector<Taken> taken(arrival.recipients.size());
    std::vector<std::size_t> delivered(taken.size());
    for (Taken& one : taken) one.how = Taken::How::queued;
    for (const Local::Copy& copy : local.copies) {
        if (copy.waits) continue;
        for (const std::size_t i : copy.recipients) {
            if (copy.id) {
                ++delivered[i];
                taken[i].id = copy.id;
            } else if (!kept) {
                taken[i].how = Taken::How::refused;
                taken[i].error = copy.error;
            }
        }
    }
    for (std::size_t i = 0; i < taken.size(); ++i)
        if (delivered[i] == arrival.recipients[i].targets.size()) taken[i].how = Taken::How::delivered;
    return taken;
}

awaitable<std::vector<Taken>> Agent::take(Arrival arrival) {
    Local local;
    local.arrival = &arrival;
    plan_copies(local);
    const bool circle = std::ranges::any_of(local.copies, &Local::Copy::in_circle);
    // SMTP has one answer for all: what goes in a circle for one is known beforehand, so nobody gets a copy.
    if (circle && !arrival.answer_each) co_return std::vector<Taken>(arrival.recipients.size());
    std::vector<store::NewQueued> outgoing = to_be_sent(local);
    std::vector<store::NewQueued> telling = to_be_told(local);
    const std::vector<store::QueueId> told = ids_of(telling);
    for (store::NewQueued& one : telling) outgoing.push_back(std::move(one));
    bool something = !outgoing.empty();
    store::QueueId keeper;
    if (!outgoing.empty()) {
        const bool shared = std::ranges::any_of(local.copies, std::logical_not(), &Local::Copy::waits);
        if (shared) keeper = outgoing.front().keeper = parts_.queue.new_id();
        const auto queued = co_await parts_.queue.accept(std::move(outgoing));
        if (!queued) {
            std::vector<Taken> nothing(arrival.recipients.size());
            for (Taken& one : nothing) one.error = queued.error();
            co_return nothing;
        }
    }
    co_await deliver_now(&local);
    bool failed = false;
    for (const Local::Copy& copy : local.copies) {
        something |= static_cast<bool>(copy.id);
        failed |= !copy.error.is(store::Errc::none);
    }
    bool kept = false;
    if (failed && something && !arrival.answer_each) {
        std::vector<store::NewQueued> later =
            in_parts(to_be_delivered(arrival, local), parts_.queue.limits().recipients_max);
        const auto queued = co_await parts_.queue.accept(std::move(later));
        kept = queued.has_value();
    }
    std::vector<Taken> taken = answers(local, kept);
    trace_arrival(arrival, taken);
    trace_telling(arrival, told);
    if (keeper) co_await parts_.queue.let_go(keeper, store::blob_of(*arrival.content));
    co_await tell_watchers(&local);
    co_return taken;
}

void Agent::trace_arrival(const Arrival& arrival, const std::vector<Taken>& taken) {
    const std::string id = text_of(arrival.id);
    parts_.trace.add(id, "accept",
                     {{"from", arrival.envelope.sender.empty() ? "<>" : arrival.envelope.sender},
                      {"message_id", arrival.envelope.message_id},
                      {"bytes", std::to_string(arrival.content->size() + arrival.fields.size())},
                      {"peer", arrival.peer},
                      {"hello", arrival.hello},
                      {"user", arrival.user},
                      {"listener", arrival.listener},
                      {"verdict", arrival.verdict}});
    for (std::size_t i = 0; i < taken.size(); ++i) {
        const Arrival::To& to = arrival.recipients[i];
        const char* event = taken[i].how == Taken::How::delivered ? "delivered"
                            : taken[i].how == Taken::How::queued  ? "queued"
                                                                  : "refused";
        std::string where;
        for (const Target& target : to.targets) {
            if (where.size() > 500) break;
            if (!where.empty()) where += ", ";
            where += target.hop ? target.address + " by " + target.hop->key() : target.address + " here";
        }
        parts_.trace.add(id, event,
                         {{"to", to.recipient.address},
                          {"route", where},
                          {"mail", taken[i].id ? text_of(store::QueueId(taken[i].id.value)) : std::string()},
                          {"why", taken[i].how == Taken::How::refused ? taken[i].error.what() : ""}});
    }
}

}  // namespace mta
