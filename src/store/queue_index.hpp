// QueueIndex: who waits where, and who is next. Pure memory, no rows, no lock: store::Queue has both.
//
// An item is a message in one lane. A lane's items stand in order of their time; lanes with something due
// take turns, so that a lane with a million does not keep one with one waiting. Some 100 octets an item.
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <boost/intrusive/list.hpp>
#include <boost/intrusive/set.hpp>

#include "store/queue.hpp"

namespace store {

class QueueIndex {
public:
    static constexpr std::int64_t never = Queue::never;

    struct Place {
        std::string lane;
        std::int64_t due = 0;
    };

    explicit QueueIndex(QueueLimits limits) : limits_(limits) {}
    ~QueueIndex();
    QueueIndex(const QueueIndex&) = delete;
    QueueIndex& operator=(const QueueIndex&) = delete;

    /// Where the message stands from now on. What is busy stays so.
    void put(QueueId id, int priority, bool held, const std::vector<Place>& places);
    void erase(QueueId id);
    /// At start, of an empty index: many messages, each once; then loaded(), before anything else. Some six
    /// times as fast as put().
    void load(QueueId id, int priority, bool held, const std::vector<Place>& places);
    void loaded();

    std::optional<Queue::Due> take(std::int64_t now);
    void give_back(QueueId id, std::string_view lane);
    std::optional<std::vector<Queue::Due>> claim(QueueId id);
    std::int64_t next_due() const;

    void lane_good(std::string_view lane);
    void lane_blocked(std::string_view lane, std::int64_t until);
    void unblock();
    std::uint32_t lane_failures(std::string_view lane) const;

    bool contains(QueueId id) const;
    bool busy(QueueId id) const;
    std::size_t messages() const { return messages_; }
    std::size_t busy_items() const { return busy_; }
    std::size_t held() const { return held_; }
    std::size_t lanes() const { return lanes_.size(); }
    std::vector<QueueId> ids(QueueId after, std::size_t max) const;
    std::vector<QueueLane> list_lanes(std::size_t max) const;

private:
    struct Lane;
    enum class State : std::uint8_t { waiting, busy, held, gone };

    struct Item {
        QueueId id;
        std::int64_t due = 0;
        Lane* lane = nullptr;
        State state = State::held;
        std::uint8_t klass = 1;   ///< 0: urgent, 1: usual, 2: whenever
        bool hold_after = false;  ///< of a busy one
        boost::intrusive::set_member_hook<boost::intrusive::optimize_size<true>> by_id, by_due;
    };
    struct Earlier {
        bool operator()(const Item& a, const Item& b) const {
            return a.due != b.due ? a.due < b.due : a.id < b.id;
        }
    };
    struct Older {
        bool operator()(const Item& a, const Item& b) const {
            return a.id != b.id ? a.id < b.id : std::less<>()(a.lane, b.lane);
        }
        bool operator()(const Item& a, QueueId b) const { return a.id < b; }
        bool operator()(QueueId a, const Item& b) const { return a < b.id; }
    };
    template <auto Hook, class Order>
    using ItemSet = boost::intrusive::set<
        Item, boost::intrusive::compare<Order>, boost::intrusive::constant_time_size<false>,
        boost::intrusive::member_hook<
            Item, boost::intrusive::set_member_hook<boost::intrusive::optimize_size<true>>, Hook>>;
    using ByDue = ItemSet<&Item::by_due, Earlier>;
    using ById = ItemSet<&Item::by_id, Older>;

    struct Lane {
        std::string name;
        std::uint64_t number = 0;      ///< in the order in which they were made
        std::array<ByDue, 3> waiting;  ///< by class
        std::uint64_t items = 0;       ///< of any state
        std::uint32_t busy = 0, allowed = 0, failures = 0;
        std::int64_t blocked_until = 0;
        std::int64_t ready_at = never;  ///< while in waiting_
        enum class In : std::uint8_t { nothing, waiting, turn } in = In::nothing;
        boost::intrusive::set_member_hook<boost::intrusive::optimize_size<true>> by_time;
        boost::intrusive::list_member_hook<> turn;
    };
    struct Sooner {
        bool operator()(const Lane& a, const Lane& b) const {
            return a.ready_at != b.ready_at ? a.ready_at < b.ready_at : a.number < b.number;
        }
    };
    using LaneTimes = boost::intrusive::set<
        Lane, boost::intrusive::compare<Sooner>,
        boost::intrusive::member_hook<
            Lane, boost::intrusive::set_member_hook<boost::intrusive::optimize_size<true>>, &Lane::by_time>>;
    using Turns = boost::intrusive::list<
        Lane, boost::intrusive::member_hook<Lane, boost::intrusive::list_member_hook<>, &Lane::turn>>;
    struct NameHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
    };

    Lane& lane(std::string_view name);
    Lane* known_lane(std::string_view name) const;
    void drop_if_idle(Lane& lane);
    void place(Lane& lane);
    void leave(Lane& lane);
    static std::int64_t head_due(const Lane& lane);
    Item& make_item(QueueId id, Lane& lane, int priority);
    void wait(Item& item);
    void stop_waiting(Item& item);
    void make_busy(Item& item);
    void destroy(Item& item);
    Item* item_of(QueueId id, std::string_view lane);

    QueueLimits limits_;
    ById items_;
    std::unordered_map<std::string_view, std::unique_ptr<Lane>, NameHash, std::equal_to<>> lanes_;
    LaneTimes waiting_;  ///< lanes that will have something due
    Turns turns_;        ///< lanes that have
    std::size_t messages_ = 0, busy_ = 0, held_ = 0;
    std::vector<Item*> loading_;
    std::uint64_t lanes_made_ = 0;
};

}  // namespace store
