// The queue: what is accepted is there after any crash, with the state that was last acknowledged; its lines
// are fair; the check finds nothing, and what leaked is collected.
#include "store/queue.hpp"

#include <map>
#include <set>

#include "base/random.hpp"
#include "fixture.hpp"
#include "store/queue_index.hpp"
#include "store/queue_records.hpp"

namespace store::test {
namespace {

using engine::Fault;
using engine::Unsynced;

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

class QueueTest : public StoreTest {
protected:
    ~QueueTest() override { queue.reset(); }

    void open_queue() {
        queue = make_queue(*owned_engine, ids, clock, QueueLimits());
        const auto opened = run(queue->open());
        ASSERT_TRUE(opened) << opened.error().what();
    }
    std::int64_t now() const { return base::unix_milliseconds(clock.now()); }

    NewQueued make(const std::string& subject, std::initializer_list<const char*> lanes) {
        NewQueued message;
        const auto content = run(write_message(store.get(), message_text(subject)));
        if (content) message.content = *content;
        message.envelope.sender = subject + "@example.test";
        message.envelope.prefix = "Received: x\r\n";
        for (const char* lane : lanes) {
            QueueRecipient recipient;
            recipient.address = subject + "@" + lane;
            message.recipients.push_back(std::move(recipient));
            QueueProgress progress;
            progress.lane = lane;
            progress.due = now();
            message.progress.push_back(std::move(progress));
        }
        return message;
    }
    Result<QueueId> accept(NewQueued message) {
        if (!message.content) return Error(Errc::unavailable, "no content");
        std::vector<NewQueued> messages;
        messages.push_back(std::move(message));
        auto ids_made = run(queue->accept(std::move(messages)));
        if (!ids_made) return ids_made.error();
        return ids_made->front();
    }
    static QueueProgress became(QueueProgress before, QueueState state, const char* words) {
        before.state = state;
        before.words = words;
        ++before.attempts;
        return before;
    }
    Result<bool> settle(QueueId id, std::size_t recipient, QueueState state,
                        std::vector<NewQueued> also = {}) {
        const auto known = run(queue->read(id));
        if (!known) return known.error();
        std::vector<QueueUpdate> updates;
        updates.emplace_back(recipient, became(known->progress[recipient], state, "as told"));
        return run(queue->update(id, std::move(updates), std::move(also)));
    }
    std::string text_in_queue(QueueId id) {
        const auto known = run(queue->read(id));
        if (!known) return std::string(known.error().what());
        const auto octets = run(queue->octets(&known->envelope, 0, 1 << 20));
        return octets ? *octets : std::string(octets.error().what());
    }
    void restart_queue([[maybe_unused]] Unsynced unsynced = Unsynced::lost) {
        queue.reset();
        restart(unsynced);
        open_queue();
    }

    std::unique_ptr<Queue> queue;
};

TEST_F(QueueTest, keeps_a_message_until_its_last_recipient_is_done) {
    ASSERT_NO_FATAL_FAILURE(open_queue());
    const auto id = accept(make("m", {"x.test", "y.test", "y.test"}));
    ASSERT_TRUE(id);
    restart_queue();
    EXPECT_EQ(text_in_queue(*id), "Received: x\r\n" + message_text("m"));
    auto first = queue->take(now()), second = queue->take(now());
    ASSERT_TRUE(first && second);
    EXPECT_NE(first->lane, second->lane);
    EXPECT_FALSE(queue->take(now()));
    ASSERT_NO_FATAL_FAILURE(expect_clean());
    EXPECT_FALSE(*settle(*id, 0, QueueState::relayed));
    EXPECT_FALSE(*settle(*id, 1, QueueState::failed));
    restart_queue();
    const auto known = run(queue->read(*id));
    ASSERT_TRUE(known);
    EXPECT_EQ(known->progress[0].state, QueueState::relayed);
    EXPECT_EQ(known->progress[1].words, "as told");
    EXPECT_EQ(known->progress[2].state, QueueState::pending);
    ASSERT_NO_FATAL_FAILURE(expect_clean());
    const auto due = queue->take(now());
    ASSERT_TRUE(due);
    EXPECT_EQ(due->lane, "y.test");
    EXPECT_TRUE(*settle(*id, 2, QueueState::delivered));
    queue->give_back(*due);
    EXPECT_FALSE(run(queue->read(*id)));
    EXPECT_EQ(queue->next_due(), Queue::never);
    const auto blobs = run(owned_engine->blob_list(base::BlobId(), 10));
    ASSERT_TRUE(blobs);
    EXPECT_TRUE(blobs->empty()) << "its blob went with it";
    ASSERT_NO_FATAL_FAILURE(expect_clean());
}

TEST_F(QueueTest, holds_releases_and_removes) {
    ASSERT_NO_FATAL_FAILURE(open_queue());
    const auto id = accept(make("m", {"x.test", "y.test"}));
    ASSERT_TRUE(id);
    ASSERT_TRUE(run(queue->hold(*id, true)));
    EXPECT_FALSE(queue->take(now()));
    restart_queue();
    EXPECT_FALSE(queue->take(now()));
    EXPECT_TRUE(run(queue->read(*id))->held);
    ASSERT_NO_FATAL_FAILURE(expect_clean());
    ASSERT_TRUE(run(queue->hold(*id, false)));
    EXPECT_TRUE(queue->take(now()));
    ASSERT_TRUE(run(queue->remove(*id)));
    ASSERT_TRUE(run(queue->remove(*id))) << "as often as one likes";
    EXPECT_TRUE(run(queue->hold(*id, true)).error().is(Errc::not_found));
    EXPECT_EQ(queue->ids(QueueId(), 10).size(), 0U + (queue->busy(*id) ? 1U : 0U));
    ASSERT_NO_FATAL_FAILURE(expect_clean());
}

TEST_F(QueueTest, a_folder_takes_a_queued_message_and_shares_its_blob) {
    ASSERT_NO_FATAL_FAILURE(open_account());
    ASSERT_NO_FATAL_FAILURE(open_queue());
    const auto id = accept(make("m", {"local"}));
    ASSERT_TRUE(id);
    restart_queue();
    ASSERT_NO_FATAL_FAILURE(open_account());
    const auto known = run(queue->read(*id));
    const auto content = run(queue->content(known->envelope.blob));
    ASSERT_TRUE(content);
    std::vector<Delivery> deliveries(1);
    deliveries[0].account = base::AccountId(1);
    deliveries[0].message = Incoming(*content);
    deliveries[0].message.prefix = known->envelope.prefix;
    const auto delivered = run(store->deliver(std::move(deliveries)));
    ASSERT_TRUE(delivered[0]) << delivered[0].error().what();
    EXPECT_TRUE(*settle(*id, 0, QueueState::delivered));
    EXPECT_EQ(text_of(inbox, delivered[0]->uid), "Received: x\r\n" + message_text("m"));
    EXPECT_EQ(run(owned_engine->blob_list(base::BlobId(), 10))->size(), 1U);
    ASSERT_NO_FATAL_FAILURE(expect_clean());
}

TEST_F(QueueTest, many_entries_share_a_blob_and_the_last_takes_it_along) {
    ASSERT_NO_FATAL_FAILURE(open_queue());
    std::vector<NewQueued> both;
    both.push_back(make("m", {"x.test"}));
    both.push_back(both.front());
    both.back().recipients[0].address = "other@x.test";
    const auto made = run(queue->accept(std::move(both)));
    ASSERT_TRUE(made);
    EXPECT_TRUE(*settle((*made)[0], 0, QueueState::relayed));
    EXPECT_EQ(run(owned_engine->blob_list(base::BlobId(), 10))->size(), 1U);
    EXPECT_EQ(text_in_queue((*made)[1]), "Received: x\r\n" + message_text("m"));
    EXPECT_TRUE(*settle((*made)[1], 0, QueueState::relayed));
    EXPECT_EQ(run(owned_engine->blob_list(base::BlobId(), 10))->size(), 0U);
}

TEST_F(QueueTest, the_collector_leaves_queued_mail_and_takes_what_leaked) {
    ASSERT_NO_FATAL_FAILURE(open_queue());
    const auto stays = accept(make("stays", {"x.test"})), goes = accept(make("goes", {"x.test"}));
    ASSERT_TRUE(stays && goes);
#ifndef STORE_TEST_ROCKSDB
    memory_engine->inject([](const engine::Step& step) {
        return step.op == engine::Op::untag ? Fault::unavailable : Fault::none;
    });
    EXPECT_TRUE(*settle(*goes, 0, QueueState::relayed));
    memory_engine->inject({});
    EXPECT_EQ(run(owned_engine->blob_list(base::BlobId(), 10))->size(), 2U) << "one leaked";
#else
    EXPECT_TRUE(*settle(*goes, 0, QueueState::relayed));
#endif
    for (int day = 0; day < 5; ++day) {
        clock.advance(std::chrono::hours(25));
        run(store->collect());
    }
    EXPECT_EQ(run(owned_engine->blob_list(base::BlobId(), 10))->size(), 1U);
    EXPECT_EQ(text_in_queue(*stays), "Received: x\r\n" + message_text("stays"));
    const auto report = run(store->check({}));
    ASSERT_TRUE(report);
    EXPECT_EQ(report->problems, std::vector<std::string>());
    EXPECT_EQ(report->queued, 1U);
    EXPECT_EQ(report->leaked_blobs, 0U);
}

TEST_F(QueueTest, limits_are_errors) {
    ASSERT_NO_FATAL_FAILURE(open_queue());
    NewQueued crowd = make("m", {"x.test"});
    crowd.recipients.resize(501);
    crowd.progress.resize(501);
    EXPECT_TRUE(accept(std::move(crowd)).error().is(Errc::limit));
    NewQueued nobody = make("m", {});
    EXPECT_TRUE(accept(std::move(nobody)).error().is(Errc::limit));
}

TEST_F(QueueTest, the_check_finds_rows_that_disagree) {
    ASSERT_NO_FATAL_FAILURE(open_queue());
    const auto a = accept(make("a", {"x.test", "y.test"})), b = accept(make("b", {"x.test"}));
    ASSERT_TRUE(a && b);
    const auto hex = [](QueueId id) {
        char out[17];
        std::snprintf(out, sizeof out, "%016llx", static_cast<unsigned long long>(id.value));
        return std::string(out);
    };
    for (const auto& [id, kind] : {std::pair{*a, "r"}, std::pair{*b, "m"}}) {
        const auto names = run(owned_engine->list("q/", "", 100));
        for (const std::string& name : *names) {
            engine::Prelude prelude;
            prelude.patches.emplace_back();
            prelude.patches.back().partition = name;
            prelude.patches.back().erase.push_back(kind + hex(id));
            ASSERT_TRUE(run(owned_engine->apply(std::move(prelude))));
        }
    }
    const auto report = run(store->check({}));
    ASSERT_TRUE(report);
    EXPECT_EQ(report->problems_total, 2U);
}

#ifndef STORE_TEST_ROCKSDB
struct Case {
    Fault fault;
    Unsynced unsynced;
};

/// A story of the agent, told with each call of the engine failing in turn, and with the power cut at each.
class QueueFaultTest : public QueueTest, public testing::WithParamInterface<Case> {
protected:
    struct Told {
        std::set<std::string> accepted;                     // subjects that were acknowledged
        std::map<std::string, std::set<std::size_t>> done;  // recipients whose end was acknowledged
        std::set<std::string> gone;                         // acknowledged to be finished
        std::set<std::string> reported;
    };
    Told tell() {
        Told told;
        std::map<std::string, QueueId> id;
        for (const char* subject : {"a", "b", "c"}) {
            const auto made = accept(make(subject, {"x.test", "y.test"}));
            if (!made) continue;
            told.accepted.insert(subject);
            id[subject] = *made;
        }
        for (const auto& [subject, one] : id) {
            std::vector<NewQueued> report;
            if (subject == "b") {
                report.push_back(make("report", {"local"}));
                if (!report.front().content) continue;
            }
            const auto first = settle(one, 0, QueueState::failed, std::move(report));
            if (!first) continue;
            told.done[subject].insert(0);
            if (subject == "b") told.reported.insert("report");
            if (subject == "c") continue;
            const auto second = settle(one, 1, QueueState::relayed);
            if (second) told.gone.insert(subject);
        }
        if (id.contains("c")) static_cast<void>(run(queue->hold(id["c"], true)).has_value());
        return told;
    }
    void expect(const Told& told) {
        std::map<std::string, QueuedMessage> there;
        for (const QueueId one : queue->ids(QueueId(), 100)) {
            auto known = run(queue->read(one));
            ASSERT_TRUE(known);
            std::string subject = known->envelope.sender.substr(0, known->envelope.sender.find('@'));
            EXPECT_EQ(text_in_queue(one), "Received: x\r\n" + message_text(subject));
            there[subject] = std::move(*known);
        }
        for (const std::string& subject : told.accepted)
            if (!told.gone.contains(subject) && subject != "a" && subject != "b")
                EXPECT_TRUE(there.contains(subject)) << subject << " is lost";
        for (const std::string& subject : told.gone)
            EXPECT_FALSE(there.contains(subject)) << subject << " is back";
        for (const std::string& subject : told.reported)
            EXPECT_TRUE(there.contains(subject)) << "a report is lost";
        for (const auto& [subject, recipients] : told.done)
            for (const std::size_t r : recipients)
                if (there.contains(subject))
                    EXPECT_FALSE(is_open(there.at(subject).progress[r].state))
                        << subject << " would go again";
    }
};

TEST_P(QueueFaultTest, NothingAcknowledgedIsLostWhicheverCallFails) {
    std::uint64_t failing = 1;
    for (bool reached = true; reached; ++failing) {
        SCOPED_TRACE("call " + std::to_string(failing));
        queue.reset();
        start_anew();
        ASSERT_NO_FATAL_FAILURE(open_queue());
        const std::uint64_t before = memory_engine->steps();
        memory_engine->inject(engine::fault_at(before + failing, GetParam().fault));
        const Told told = tell();
        reached = memory_engine->steps() >= before + failing;
        memory_engine->inject({});
        ASSERT_NO_FATAL_FAILURE(expect_clean());
        restart_queue(GetParam().unsynced);
        ASSERT_NO_FATAL_FAILURE(expect_clean());
        ASSERT_NO_FATAL_FAILURE(expect(told));
        clock.advance(std::chrono::hours(49));
        for (int i = 0; i < 3; ++i) run(store->collect());
        ASSERT_NO_FATAL_FAILURE(expect(told));
        const auto report = run(store->check({}));
        ASSERT_TRUE(report);
        EXPECT_EQ(report->leaked_blobs, 0U);
        if (HasFailure()) return;
    }
    EXPECT_GT(failing, 15U);
}

INSTANTIATE_TEST_SUITE_P(Ways, QueueFaultTest,
                         testing::Values(Case{Fault::unavailable, Unsynced::lost},
                                         Case{Fault::no_space, Unsynced::kept},
                                         Case{Fault::unknown_but_done, Unsynced::lost},
                                         Case{Fault::unknown_not_done, Unsynced::kept},
                                         Case{Fault::delay, Unsynced::lost}));

TEST_F(QueueFaultTest, APowerCutAtAnyCallLosesNothingAcknowledged) {
    for (std::uint64_t last = 1;; ++last) {
        SCOPED_TRACE("call " + std::to_string(last));
        queue.reset();
        start_anew();
        ASSERT_NO_FATAL_FAILURE(open_queue());
        const std::uint64_t end = memory_engine->steps() + last;
        memory_engine->inject([end](const engine::Step& step) {
            return step.number >= end ? Fault::unavailable : Fault::none;
        });
        const Told told = tell();
        const bool whole = memory_engine->steps() < end;
        restart_queue(last % 2 == 0 ? Unsynced::lost : Unsynced::kept);
        ASSERT_NO_FATAL_FAILURE(expect_clean());
        ASSERT_NO_FATAL_FAILURE(expect(told));
        if (HasFailure() || whole) break;
    }
}
#endif

}  // namespace
}  // namespace store::test
