// The queue's lines and rows: the lines are fair and agree with a model, rows come back as they were written.
#include "store/queue_index.hpp"

#include <map>
#include <set>

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "store/queue_records.hpp"

namespace store::test {
namespace {

std::vector<QueueIndex::Place> places(std::initializer_list<std::pair<const char*, std::int64_t>> list) {
    std::vector<QueueIndex::Place> out;
    for (const auto& [lane, due] : list) {
        QueueIndex::Place place;
        place.lane = lane;
        place.due = due;
        out.push_back(std::move(place));
    }
    return out;
}

std::string take(QueueIndex& index, std::int64_t now) {
    const auto due = index.take(now);
    return due ? std::to_string(due->id.value) + "@" + due->lane : "";
}

TEST(QueueIndex, lanes_take_turns_and_respect_their_time) {
    QueueIndex index{QueueLimits()};
    for (std::uint64_t id = 1; id <= 3; ++id) index.put(QueueId(id), 0, false, places({{"a", 10}}));
    index.put(QueueId(4), 0, false, places({{"b", 10}}));
    index.put(QueueId(5), 0, false, places({{"c", 20}}));
    EXPECT_EQ(index.next_due(), 10);
    EXPECT_EQ(take(index, 9), "");
    EXPECT_EQ(take(index, 10), "1@a");
    EXPECT_EQ(take(index, 10), "4@b");
    EXPECT_EQ(take(index, 10), "2@a");
    EXPECT_EQ(take(index, 10), "3@a");
    EXPECT_EQ(take(index, 10), "");
    EXPECT_EQ(index.next_due(), 20);
    index.give_back(QueueId(2), "a");
    EXPECT_EQ(take(index, 10), "2@a");
    EXPECT_EQ(index.messages(), 5U);
    EXPECT_EQ(index.busy_items(), 4U);
}

TEST(QueueIndex, a_lane_does_no_more_at_once_than_it_may) {
    QueueLimits limits;
    limits.lane_busy_first = 2;
    limits.lane_busy_max = 3;
    QueueIndex index{limits};
    for (std::uint64_t id = 1; id <= 9; ++id) index.put(QueueId(id), 0, false, places({{"a", 0}}));
    EXPECT_EQ(take(index, 0), "1@a");
    EXPECT_EQ(take(index, 0), "2@a");
    EXPECT_EQ(take(index, 0), "");
    EXPECT_EQ(index.next_due(), QueueIndex::never);
    index.lane_good("a");
    index.lane_good("a");
    EXPECT_EQ(take(index, 0), "3@a");
    EXPECT_EQ(take(index, 0), "");
    index.erase(QueueId(1));
    EXPECT_EQ(take(index, 0), "") << "its attempt is under way still";
    index.give_back(QueueId(1), "a");
    EXPECT_EQ(index.messages(), 8U);
    EXPECT_EQ(take(index, 0), "4@a");
}

TEST(QueueIndex, a_blocked_lane_waits_and_then_one_tries) {
    QueueIndex index{QueueLimits()};
    for (std::uint64_t id = 1; id <= 3; ++id) index.put(QueueId(id), 0, false, places({{"a", 0}, {"b", 0}}));
    EXPECT_EQ(take(index, 5), "1@a");
    index.lane_blocked("a", 100);
    EXPECT_EQ(index.lane_failures("a"), 1U);
    index.give_back(QueueId(1), "a");
    EXPECT_EQ(take(index, 5), "1@b");
    EXPECT_EQ(take(index, 5), "2@b");
    EXPECT_EQ(take(index, 5), "3@b");
    EXPECT_EQ(take(index, 99), "");
    EXPECT_EQ(index.next_due(), 100);
    EXPECT_EQ(take(index, 100), "1@a");
    EXPECT_EQ(take(index, 100), "") << "one tries first";
    index.lane_good("a");
    EXPECT_EQ(index.lane_failures("a"), 0U);
    EXPECT_EQ(take(index, 100), "2@a");
    index.lane_blocked("a", 1000);
    index.unblock();
    EXPECT_EQ(take(index, 100), "3@a");
}

TEST(QueueIndex, priorities_hold_and_erase) {
    QueueIndex index{QueueLimits()};
    index.put(QueueId(1), -3, false, places({{"a", 0}}));
    index.put(QueueId(2), 0, false, places({{"a", 0}}));
    index.put(QueueId(3), 5, false, places({{"a", 0}}));
    index.put(QueueId(4), 9, false, places({{"a", 50}}));
    index.put(QueueId(5), 9, true, places({{"a", 0}}));
    EXPECT_EQ(index.held(), 1U);
    EXPECT_EQ(take(index, 1), "3@a");
    EXPECT_EQ(take(index, 1), "2@a");
    EXPECT_EQ(take(index, 1), "1@a");
    EXPECT_EQ(take(index, 1), "") << "urgent, but its time has not come; the other is held";
    index.put(QueueId(5), 9, false, places({{"a", 0}}));
    EXPECT_EQ(index.held(), 0U);
    EXPECT_EQ(take(index, 1), "5@a");
    index.put(QueueId(5), 9, true, places({{"a", 7}}));
    index.give_back(QueueId(5), "a");
    EXPECT_EQ(index.held(), 1U);
    EXPECT_EQ(take(index, 99), "4@a");
    for (std::uint64_t id = 1; id <= 5; ++id) index.erase(QueueId(id));
    for (const std::uint64_t id : {1U, 2U, 3U, 4U}) index.give_back(QueueId(id), "a");
    EXPECT_EQ(index.messages(), 0U);
    EXPECT_EQ(index.lanes(), 0U);
    EXPECT_EQ(index.held(), 0U);
    EXPECT_EQ(index.busy_items(), 0U);
}

TEST(QueueIndex, what_is_claimed_is_not_given_to_an_attempt) {
    QueueIndex index{QueueLimits()};
    index.put(QueueId(1), 0, false, places({{"a", 0}, {"b", 0}}));
    index.put(QueueId(2), 0, true, places({{"a", 0}}));
    const auto claimed = index.claim(QueueId(1));
    ASSERT_TRUE(claimed);
    EXPECT_EQ(claimed->size(), 2U);
    EXPECT_TRUE(index.busy(QueueId(1)));
    EXPECT_FALSE(index.claim(QueueId(1))) << "one at a time";
    EXPECT_EQ(take(index, 1), "");
    index.put(QueueId(1), 0, false, places({{"b", 0}}));
    EXPECT_EQ(take(index, 1), "");
    for (const Queue::Due& one : *claimed) index.give_back(one.id, one.lane);
    EXPECT_EQ(take(index, 1), "1@b");
    EXPECT_FALSE(index.claim(QueueId(1))) << "an attempt is under way";
    EXPECT_EQ(take(index, 1), "");
    ASSERT_TRUE(index.claim(QueueId(2)));
    EXPECT_EQ(index.held(), 0U);
    index.give_back(QueueId(2), "a");
    EXPECT_EQ(index.held(), 1U);
    EXPECT_EQ(take(index, 1), "") << "held still";
    ASSERT_TRUE(index.claim(QueueId(2)));
    index.erase(QueueId(2));
    index.give_back(QueueId(2), "a");
    index.erase(QueueId(1));
    index.give_back(QueueId(1), "b");
    EXPECT_EQ(index.messages(), 0U);
    EXPECT_EQ(index.lanes(), 0U);
    EXPECT_EQ(index.busy_items(), 0U);
    EXPECT_TRUE(index.claim(QueueId(3))) << "nothing of it stands in a line";
}

/// Against a plain model: every item is taken once, in turn, never before its time, never over the limit.
TEST(QueueIndex, agrees_with_a_model_under_random_use) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        base::SeededRandom chance(seed);
        const auto below = [&](std::uint64_t n) { return chance.number() % n; };
        QueueIndex index{QueueLimits()};
        struct Known {
            std::int64_t due = 0;
            bool busy = false, held = false, gone = false;
        };
        std::map<std::pair<std::uint64_t, std::string>, Known> model;
        for (int step = 0; step < 3'000; ++step) {
            const std::int64_t now = step;
            const std::uint64_t id = 1 + below(60);
            const std::string lane(1, static_cast<char>('a' + below(4)));
            switch (below(6)) {
                case 0:
                case 1: {
                    const bool held = below(5) == 0;
                    const auto due = static_cast<std::int64_t>(below(4'000));
                    index.put(QueueId(id), 0, held, places({{lane.c_str(), due}}));
                    for (auto at = model.lower_bound({id, ""}); at != model.end() && at->first.first == id;) {
                        if (at->first.second == lane) {
                            ++at;
                        } else if (at->second.busy) {
                            (at++)->second.gone = true;
                        } else {
                            at = model.erase(at);
                        }
                    }
                    Known& known = model[{id, lane}];
                    known = {due, known.busy, held, false};
                    break;
                }
                case 2: {
                    index.erase(QueueId(id));
                    for (auto at = model.lower_bound({id, ""}); at != model.end() && at->first.first == id;) {
                        if (at->second.busy)
                            (at++)->second.gone = true;
                        else
                            at = model.erase(at);
                    }
                    break;
                }
                case 3:
                case 4: {
                    const auto due = index.take(now);
                    if (!due) break;
                    const auto known = model.find({due->id.value, due->lane});
                    ASSERT_NE(known, model.end()) << seed << " " << step;
                    EXPECT_FALSE(known->second.busy || known->second.held);
                    EXPECT_LE(known->second.due, now);
                    known->second.busy = true;
                    break;
                }
                default:
                    for (auto at = model.begin(); at != model.end(); ++at) {
                        if (!at->second.busy || below(2) == 0) continue;
                        index.give_back(QueueId(at->first.first), at->first.second);
                        at->second.busy = false;
                        if (at->second.gone) model.erase(at);
                        break;
                    }
            }
            std::set<std::uint64_t> ids;
            std::size_t busy = 0, held = 0;
            for (const auto& [key, known] : model) {
                ids.insert(key.first);
                busy += known.busy ? 1 : 0;
                held += known.held && !known.busy ? 1 : 0;
            }
            ASSERT_EQ(index.messages(), ids.size()) << seed << " " << step;
            ASSERT_EQ(index.busy_items(), busy) << seed << " " << step;
            ASSERT_EQ(index.held(), held) << seed << " " << step;
        }
    }
}

TEST(QueueRecords, go_to_octets_and_back_and_survive_damage) {
    QueueEnvelope envelope;
    envelope.sender = "a@b";
    envelope.envid = "e";
    envelope.ret = 2;
    envelope.body = 1;
    envelope.smtputf8 = envelope.deliver_by_trace = envelope.has_priority = true;
    envelope.priority = -9;
    envelope.deliver_by = -5;
    envelope.prefix = "X: y\r\n";
    envelope.blob = base::BlobId(77);
    std::vector<QueueRecipient> recipients(2);
    recipients[1].address = "c@d";
    recipients[1].orcpt_type = "rfc822";
    const std::string octets = encode_queue_message(envelope, recipients);
    const auto back = decode_queue_message(octets);
    ASSERT_TRUE(back);
    EXPECT_EQ(encode_queue_message(back->envelope, back->recipients), octets);
    EXPECT_EQ(back->envelope.priority, -9);
    std::vector<QueueProgress> progress(2);
    progress[0].state = QueueState::failed;
    progress[1].lane = "mx:d";
    progress[1].due = 12;
    progress[1].words = "no";
    const std::string states = encode(progress);
    ASSERT_TRUE(decode_queue_progress(states));
    EXPECT_EQ(encode(*decode_queue_progress(states)), states);
    const QueuePlaceRow row = place_of(envelope, progress, true);
    ASSERT_EQ(row.places.size(), 1U);
    EXPECT_EQ(row.places[0].open, 1U);
    const std::string place = encode(row);
    EXPECT_EQ(encode(*decode_queue_place(place)), place);
    for (const std::string& good : {octets, states, place}) {
        for (std::size_t at = 0; at < good.size(); ++at) {
            std::string bad = good;
            bad[at] = static_cast<char>(bad[at] ^ 0x10);
            EXPECT_FALSE(decode_queue_message(bad) || decode_queue_progress(bad) || decode_queue_place(bad));
        }
    }
}

}  // namespace
}  // namespace store::test
