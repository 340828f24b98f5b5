#include "store/queue_index.hpp"

#include <algorithm>
#include <utility>

namespace store {

QueueIndex::~QueueIndex() {
    for (auto& [name, lane] : lanes_) {
        leave(*lane);
        for (ByDue& set : lane->waiting) set.clear();
    }
    items_.clear_and_dispose([](Item* item) { delete item; });
}

QueueIndex::Lane* QueueIndex::known_lane(std::string_view name) const {
    const auto found = lanes_.find(name);
    return found == lanes_.end() ? nullptr : found->second.get();
}

QueueIndex::Lane& QueueIndex::lane(std::string_view name) {
    if (Lane* known = known_lane(name)) return *known;
    auto made = std::make_unique<Lane>();
    made->name = name;
    made->number = ++lanes_made_;
    made->allowed = limits_.lane_busy_first;
    const std::string_view key = made->name;
    return *lanes_.emplace(key, std::move(made)).first->second;
}

/// Nobody waits here: what is known of the next hop goes too, and the next message for it finds out.
void QueueIndex::drop_if_idle(Lane& lane) {
    if (lane.items != 0) return;
    leave(lane);
    const std::string_view name = lane.name;
    lanes_.erase(lanes_.find(name));
}

void QueueIndex::leave(Lane& lane) {
    if (lane.in == Lane::In::waiting) waiting_.erase(waiting_.iterator_to(lane));
    if (lane.in == Lane::In::turn) turns_.erase(turns_.iterator_to(lane));
    lane.in = Lane::In::nothing;
}

std::int64_t QueueIndex::head_due(const Lane& lane) {
    std::int64_t due = never;
    for (const ByDue& set : lane.waiting)
        if (!set.empty()) due = std::min(due, set.begin()->due);
    return due;
}

/// Puts the lane where it belongs: it keeps its turn, or waits for its time. take() looks whether the time of
/// one that has its turn has really come.
void QueueIndex::place(Lane& lane) {
    const std::int64_t due = head_due(lane);
    if (due == never || lane.busy >= lane.allowed) return leave(lane);
    const std::int64_t ready = std::max(due, lane.blocked_until);
    if (lane.in == Lane::In::turn || (lane.in == Lane::In::waiting && lane.ready_at == ready)) return;
    leave(lane);
    lane.ready_at = ready;
    lane.in = Lane::In::waiting;
    waiting_.insert(lane);
}

void QueueIndex::wait(Item& item) {
    item.state = State::waiting;
    item.lane->waiting[item.klass].insert(item);
}

void QueueIndex::stop_waiting(Item& item) {
    if (item.state == State::waiting) {
        ByDue& set = item.lane->waiting[item.klass];
        set.erase(set.iterator_to(item));
    }
    if (item.state == State::held) --held_;
}

/// What was held is held again when it is given back.
void QueueIndex::make_busy(Item& item) {
    stop_waiting(item);
    item.hold_after = item.state == State::held;
    item.state = State::busy;
    ++item.lane->busy;
    ++busy_;
}

void QueueIndex::destroy(Item& item) {
    stop_waiting(item);
    items_.erase(items_.iterator_to(item));
    Lane& lane = *item.lane;
    --lane.items;
    delete &item;
    place(lane);
    drop_if_idle(lane);
}

QueueIndex::Item* QueueIndex::item_of(QueueId id, std::string_view lane) {
    const auto [first, last] = items_.equal_range(id, Older());
    for (auto at = first; at != last; ++at)
        if (at->lane->name == lane) return &*at;
    return nullptr;
}

/// Owned by items_ once it is there; held at first.
QueueIndex::Item& QueueIndex::make_item(QueueId id, Lane& lane, int priority) {
    Item* item = new Item;
    item->id = id;
    item->lane = &lane;
    item->klass = priority > 0 ? 0 : priority < 0 ? 2 : 1;
    ++lane.items;
    ++held_;
    return *item;
}

void QueueIndex::load(QueueId id, int priority, bool held, const std::vector<Place>& places) {
    if (!places.empty()) ++messages_;
    for (const Place& to : places) {
        Item& item = make_item(id, lane(to.lane), priority);
        item.due = to.due;
        item.hold_after = held;
        loading_.push_back(&item);
    }
}

/// Trees are filled in their order, at their end: no search for a place, no cache misses.
void QueueIndex::loaded() {
    std::ranges::sort(loading_, [](const Item* a, const Item* b) { return Older()(*a, *b); });
    for (Item* item : loading_) items_.push_back(*item);
    std::ranges::sort(loading_, [](const Item* a, const Item* b) { return Earlier()(*a, *b); });
    for (Item* item : loading_) {
        if (std::exchange(item->hold_after, false)) continue;
        --held_;
        item->state = State::waiting;
        item->lane->waiting[item->klass].push_back(*item);
    }
    loading_ = std::vector<Item*>();
    for (auto& [name, lane] : lanes_) place(*lane);
}

void QueueIndex::put(QueueId id, int priority, bool held, const std::vector<Place>& places) {
    const auto [first, last] = items_.equal_range(id, Older());
    std::vector<Item*> before;
    for (auto at = first; at != last; ++at) before.push_back(&*at);
    if (before.empty()) ++messages_;
    for (const Place& to : places) {
        Lane& line = lane(to.lane);
        const auto known = std::ranges::find(before, &line, &Item::lane);
        Item* item = nullptr;
        if (known != before.end()) {
            item = *known;
            before.erase(known);
        } else {
            item = &make_item(id, line, priority);
            items_.insert(*item);
        }
        if (item->state == State::busy || item->state == State::gone) {
            item->state = State::busy;
            item->due = to.due;
            item->hold_after = held;
            continue;
        }
        stop_waiting(*item);
        item->due = to.due;
        if (held) {
            item->state = State::held;
            ++held_;
        } else {
            wait(*item);
        }
        place(line);
    }
    for (Item* gone : before) {
        if (gone->state == State::busy)
            gone->state = State::gone;
        else if (gone->state != State::gone)
            destroy(*gone);
    }
    if (!contains(id)) --messages_;
}

void QueueIndex::erase(QueueId id) {
    if (contains(id)) put(id, 0, false, {});
}

std::optional<Queue::Due> QueueIndex::take(std::int64_t now) {
    while (!waiting_.empty() && waiting_.begin()->ready_at <= now) {
        Lane& ready = *waiting_.begin();
        leave(ready);
        ready.in = Lane::In::turn;
        turns_.push_back(ready);
    }
    while (!turns_.empty()) {
        Lane& lane = turns_.front();
        leave(lane);
        Item* next = nullptr;
        if (lane.blocked_until <= now) {
            for (ByDue& set : lane.waiting) {
                if (set.empty() || set.begin()->due > now) continue;
                next = &*set.begin();
                break;
            }
        }
        if (next == nullptr) {
            place(lane);
            continue;
        }
        make_busy(*next);
        if (lane.busy < lane.allowed && head_due(lane) <= now) {  // to the end of the line
            lane.in = Lane::In::turn;
            turns_.push_back(lane);
        } else {
            place(lane);
        }
        return Queue::Due{next->id, lane.name};
    }
    return std::nullopt;
}

void QueueIndex::give_back(QueueId id, std::string_view name) {
    Item* item = item_of(id, name);
    if (item == nullptr || (item->state != State::busy && item->state != State::gone)) return;
    Lane& lane = *item->lane;
    --lane.busy;
    --busy_;
    if (item->state == State::gone) {
        item->state = State::busy;  // neither waiting nor held: only to be freed
        destroy(*item);
        if (!contains(id)) --messages_;
        return;
    }
    if (item->hold_after) {
        item->state = State::held;
        ++held_;
    } else {
        wait(*item);
    }
    place(lane);
}

std::optional<std::vector<Queue::Due>> QueueIndex::claim(QueueId id) {
    if (busy(id)) return std::nullopt;
    const auto [first, last] = items_.equal_range(id, Older());
    std::vector<Queue::Due> out;
    for (auto at = first; at != last; ++at) out.push_back(Queue::Due{id, at->lane->name});
    for (auto at = first; at != last; ++at) {
        make_busy(*at);
        place(*at->lane);
    }
    return out;
}

std::int64_t QueueIndex::next_due() const {
    if (!turns_.empty()) return 0;
    return waiting_.empty() ? never : waiting_.begin()->ready_at;
}

void QueueIndex::lane_good(std::string_view name) {
    Lane* lane = known_lane(name);
    if (lane == nullptr) return;
    lane->failures = 0;
    lane->blocked_until = 0;
    lane->allowed = std::clamp(lane->allowed + 1, limits_.lane_busy_first, limits_.lane_busy_max);
    place(*lane);
    drop_if_idle(*lane);
}

void QueueIndex::lane_blocked(std::string_view name, std::int64_t until) {
    Lane& blocked = lane(name);
    ++blocked.failures;
    blocked.allowed = 1;
    blocked.blocked_until = std::max(blocked.blocked_until, until);
    leave(blocked);
    place(blocked);
    drop_if_idle(blocked);
}

void QueueIndex::unblock() {
    std::vector<Lane*> all;
    for (auto& [name, lane] : lanes_) all.push_back(lane.get());
    for (Lane* lane : all) {
        lane->blocked_until = 0;
        lane->failures = 0;
        lane->allowed = std::max(lane->allowed, limits_.lane_busy_first);
        place(*lane);
        drop_if_idle(*lane);
    }
}

std::uint32_t QueueIndex::lane_failures(std::string_view name) const {
    const Lane* lane = known_lane(name);
    return lane == nullptr ? 0 : lane->failures;
}

bool QueueIndex::contains(QueueId id) const {
    const auto [first, last] = items_.equal_range(id, Older());
    return first != last;
}

bool QueueIndex::busy(QueueId id) const {
    const auto [first, last] = items_.equal_range(id, Older());
    return std::any_of(
        first, last, [](const Item& item) { return item.state == State::busy || item.state == State::gone; });
}

std::vector<QueueId> QueueIndex::ids(QueueId after, std::size_t max) const {
    std::vector<QueueId> out;
    for (auto at = items_.upper_bound(after, Older()); at != items_.end() && out.size() < max; ++at)
        if (out.empty() || out.back() != at->id) out.push_back(at->id);
    return out;
}

std::vector<QueueLane> QueueIndex::list_lanes(std::size_t max) const {
    std::vector<QueueLane> out;
    for (const auto& [name, lane] : lanes_) {
        QueueLane one;
        one.name = lane->name;
        one.messages = lane->items;
        one.busy = lane->busy;
        one.busy_max = lane->allowed;
        one.next_due = head_due(*lane);
        one.blocked_until = lane->blocked_until;
        out.push_back(std::move(one));
    }
    std::ranges::sort(out, [](const QueueLane& a, const QueueLane& b) {
        return a.messages != b.messages ? a.messages > b.messages : a.name < b.name;
    });
    if (out.size() > max) out.resize(max);
    return out;
}

}  // namespace store
