// The queue: what is accepted is there after any crash, with the state that was last acknowledged; the check
// finds nothing, and what leaked is collected.
#include "store/queue.hpp"

#include <map>
#include <set>

#include "fixture.hpp"

namespace store::test {
namespace {

using engine::Fault;
using engine::Unsynced;

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
    const auto taken = queue->take(now());
    ASSERT_TRUE(taken);
    ASSERT_TRUE(run(queue->remove(*id)));
    ASSERT_TRUE(run(queue->remove(*id))) << "as often as one likes";
    EXPECT_TRUE(run(queue->hold(*id, true)).error().is(Errc::not_found));
    EXPECT_EQ(queue->ids(QueueId(), 10).size(), 1U) << "the attempt is not over";
    queue->give_back(*taken);
    EXPECT_TRUE(queue->ids(QueueId(), 10).empty());
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
