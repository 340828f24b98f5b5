// Faults: the same story is told with each call of the engine failing in turn, in each way, and with the
// power cut after it. What was acknowledged is there, what was refused is whole or not at all, and the check
// finds nothing.
#include <map>

#include "fixture.hpp"

namespace store::test {
namespace {

using engine::Fault;
using engine::Unsynced;

struct Case {
    Fault fault;
    Unsynced unsynced;
};

class FaultTest : public StoreTest, public testing::WithParamInterface<Case> {
protected:
    enum class Now : std::uint8_t { no, yes, maybe };
    /// One message in place of another: whatever happens one of the two is there, and in the end not both.
    struct Replaced {
        std::string from, old, to, anew;
    };
    struct Told {
        std::map<std::string, std::map<std::string, Now>> where;  // subject → folder → is it there
        std::map<std::string, Now> seen;                          // subject in INBOX → \Seen
        std::map<std::string, Now> noted;                         // subject in INBOX → its flag says its name
        std::map<std::string, std::string> kept_from;             // subject → whose flag it has
        std::map<std::string, Now> folders;
        std::vector<Replaced> replaced;
    };
    static Now after(bool acknowledged, Now wanted) { return acknowledged ? wanted : Now::maybe; }

    /// Everything that the store can do, told to `told` as a client would know it.
    Told tell() {
        Told told;
        for (const char* subject : {"a", "b", "c", "d"}) {
            const auto done = run(append_text(store.get(), inbox, message_text(subject)));
            told.where[subject]["INBOX"] = after(done.has_value(), Now::yes);
        }
        const auto uid_of = [this](const std::string& subject) {
            std::uint32_t uid = 0;
            const SnapshotPtr snapshot = inbox->snapshot();
            snapshot->for_each(SeqNum(1), SeqNum(snapshot->size()), [&](SeqNum, const Entry& entry) {
                if (entry.size == message_text(subject).size() &&
                    text_of(inbox, entry.uid) == message_text(subject))
                    uid = entry.uid.value;
            });
            return uid;
        };
        std::map<std::string, std::uint32_t> uids;
        for (const char* subject : {"a", "b", "c", "d"})
            if (told.where[subject]["INBOX"] == Now::yes) uids[subject] = uid_of(subject);
        const FolderPtr archive = open_folder("Archive"), trash = open_folder("Trash");
        if (uids.contains("a") && uids["a"] != 0) {
            const auto done = run(inbox->store(add_flags(one(uids["a"]), named(SystemFlag::seen))));
            told.seen["a"] = after(done.has_value(), Now::yes);
        }
        for (const auto& [subject, uid] : uids)
            if (uid != 0) flag(told, subject, uid);
        if (archive && uids.contains("b") && uids["b"] != 0) {
            const auto done = run(inbox->copy_to(archive, one(uids["b"])));
            told.where["b"]["Archive"] = after(done.has_value(), Now::yes);
        }
        if (trash && uids.contains("c") && uids["c"] != 0) {
            const auto done = run(inbox->move_to(trash, one(uids["c"])));
            told.where["c"]["INBOX"] = after(done.has_value(), Now::no);
            told.where["c"]["Trash"] = after(done.has_value(), Now::yes);
        }
        if (uids.contains("d") && uids["d"] != 0) {
            const auto done = run(inbox->remove(one(uids["d"])));
            told.where["d"]["INBOX"] = after(done.has_value(), Now::no);
        }
        replace(told, "f", "INBOX");
        replace(told, "g", "Archive");
        const bool created = run(account->create("New/Deep", SpecialUse::none)).has_value();
        told.folders["New/Deep"] = after(created, Now::yes);
        const bool renamed = run(account->rename("New", "Newer")).has_value();
        if (created && renamed) {
            told.folders["Newer/Deep"] = Now::yes;
            told.folders["New/Deep"] = Now::no;
        } else {
            told.folders["New/Deep"] = Now::maybe;
        }
        deliver_to_two(told);
        run(store->collect());
        return told;
    }

    /// Its flag says its subject.
    void flag(Told& told, const std::string& subject, std::uint32_t uid) {
        StoreRequest request = add_flags(one(uid), named(SystemFlag::flagged));
        request.follow_up.emplace();
        request.follow_up->subject = subject;
        told.noted[subject] = after(run(inbox->store(std::move(request))).has_value(), Now::yes);
    }
    /// What came here came with it.
    void expect_noted(const Told& told, const std::string& subject, const FolderPtr& folder,
                      const Entry& entry) {
        const auto former = told.kept_from.find(subject);
        const std::string& name = former == told.kept_from.end() ? subject : former->second;
        const auto known = told.noted.find(name);
        if (known == told.noted.end() || known->second != Now::yes) return;
        EXPECT_TRUE(entry.flags.has(SystemFlag::flagged));
        const auto says = run(folder->follow_ups({entry}));
        ASSERT_TRUE(says && says->contains(entry.uid)) << subject;
        EXPECT_EQ(says->at(entry.uid).subject, name);
    }

    /// RFC 8508: within INBOX, where the new one keeps the old one's flag, and from there to another folder.
    void replace(Told& told, const std::string& old, const std::string& to) {
        const std::string anew = "new " + old;
        const FolderPtr destination = open_folder(to);
        const auto first = run(append_text(store.get(), inbox, message_text(old)));
        if (!first || !destination) return;
        told.replaced.push_back(Replaced{"INBOX", old, to, anew});
        flag(told, old, first->uids[0].value);
        const FlagSet keep = to == "INBOX" ? every_flag : FlagSet();
        if (to == "INBOX" && told.noted[old] == Now::yes) told.kept_from[anew] = old;
        const auto done =
            run(replace_text(store.get(), inbox, first->uids[0], destination, message_text(anew), {}, keep));
        const bool whole = done && done->failed.is(Errc::none);
        told.where[old]["INBOX"] = after(whole, Now::no);
        told.where[anew][to] = after(done.has_value(), Now::yes);
    }

    std::size_t found(const std::string& name, const std::string& subject) {
        const FolderPtr folder = open_folder(name);
        std::size_t count = 0;
        const SnapshotPtr snapshot = folder->snapshot();
        for (std::uint32_t seq = 1; seq <= snapshot->size(); ++seq)
            count += text_of(folder, snapshot->at(SeqNum(seq))->uid) == message_text(subject) ? 1U : 0U;
        return count;
    }

    /// \param settled  moves that were cut short have been finished
    void expect_replaced(const Told& told, bool settled) {
        for (const Replaced& one : told.replaced) {
            const std::size_t anew = found(one.to, one.anew), old = found(one.from, one.old);
            EXPECT_GE(old + anew, 1U) << one.old << " is lost";
            if (settled || one.from == one.to) EXPECT_EQ(old + anew, 1U) << one.old;
        }
    }

    void deliver_to_two(Told& told) {
        const auto content = run(write_message(store.get(), message_text("e")));
        if (!content) return;
        std::vector<Delivery> deliveries(2);
        deliveries[0].folder = "Junk";
        deliveries[1].folder = "Sent";
        for (Delivery& delivery : deliveries) {
            delivery.account = base::AccountId(1);
            delivery.message = Incoming(*content);
        }
        const auto results = run(store->deliver(std::move(deliveries)));
        told.where["e"]["Junk"] = after(results[0].has_value(), Now::yes);
        told.where["e"]["Sent"] = after(results[1].has_value(), Now::yes);
    }

    void expect(const Told& told) {
        for (const auto& [subject, folders] : told.where) {
            std::size_t somewhere = 0;
            bool must_be_somewhere = false;
            for (const auto& [name, now] : folders) {
                const FolderPtr folder = open_folder(name);
                ASSERT_TRUE(folder) << name;
                std::size_t found = 0;
                const SnapshotPtr snapshot = folder->snapshot();
                for (std::uint32_t seq = 1; seq <= snapshot->size(); ++seq) {
                    const Entry& entry = *snapshot->at(SeqNum(seq));
                    if (text_of(folder, entry.uid) != message_text(subject)) continue;
                    ++found;
                    expect_noted(told, subject, folder, entry);
                    if (name == "INBOX" && told.seen.contains(subject) && told.seen.at(subject) == Now::yes) {
                        EXPECT_TRUE(entry.flags.has(SystemFlag::seen));
                    }
                }
                EXPECT_LE(found, 1U) << subject << " is twice in " << name;
                if (now == Now::yes) EXPECT_EQ(found, 1U) << subject << " is lost from " << name;
                if (now == Now::no) EXPECT_EQ(found, 0U) << subject << " is still in " << name;
                somewhere += found;
                must_be_somewhere |= now == Now::yes;
                if (folders.size() == 2 && subject == "c" && now == Now::maybe) must_be_somewhere = true;
            }
            if (must_be_somewhere) EXPECT_GE(somewhere, 1U) << subject;  // RFC 6851 section 3.3
        }
        for (const auto& [name, now] : told.folders) {
            if (now == Now::maybe) continue;
            EXPECT_EQ(account->folders()->find(name) != nullptr, now == Now::yes) << name;
        }
    }
};

TEST_P(FaultTest, NothingAcknowledgedIsLostWhicheverCallFails) {
    std::uint64_t failing = 1;
    for (bool reached = true; reached; ++failing) {
        SCOPED_TRACE("call " + std::to_string(failing));
        start_anew();
        ASSERT_NO_FATAL_FAILURE(open_account());
        const std::uint64_t before = memory_engine->steps();
        memory_engine->inject(engine::fault_at(before + failing, GetParam().fault));
        const Told told = tell();
        reached = memory_engine->steps() >= before + failing;
        memory_engine->inject({});
        ASSERT_NO_FATAL_FAILURE(expect_clean());
        ASSERT_NO_FATAL_FAILURE(expect(told));
        expect_replaced(told, false);
        restart(GetParam().unsynced);
        ASSERT_NO_FATAL_FAILURE(open_account());
        ASSERT_NO_FATAL_FAILURE(expect_clean());
        ASSERT_NO_FATAL_FAILURE(expect(told));
        expect_replaced(told, true);
        // What leaked is found and removed; what is needed stays.
        clock.advance(std::chrono::hours(49));
        for (int i = 0; i < 3; ++i) run(store->collect());
        const auto report = run(store->check({}));
        ASSERT_TRUE(report);
        EXPECT_EQ(report->problems, std::vector<std::string>());
        EXPECT_EQ(report->leaked_blobs, 0U);
        ASSERT_NO_FATAL_FAILURE(expect(told));
        if (HasFailure()) return;
    }
    EXPECT_GT(failing, 30U);  // the story has that many calls at least
}

INSTANTIATE_TEST_SUITE_P(
    Ways, FaultTest,
    testing::Values(Case{Fault::unavailable, Unsynced::lost}, Case{Fault::no_space, Unsynced::kept},
                    Case{Fault::conflict, Unsynced::lost}, Case{Fault::unknown_but_done, Unsynced::lost},
                    Case{Fault::unknown_but_done, Unsynced::kept},
                    Case{Fault::unknown_not_done, Unsynced::kept}, Case{Fault::delay, Unsynced::lost}));

/// The power goes at each call: nothing after it happens.
TEST_F(FaultTest, APowerCutAtAnyCallLosesNothingAcknowledged) {
    for (std::uint64_t last = 1;; ++last) {
        SCOPED_TRACE("call " + std::to_string(last));
        start_anew();
        ASSERT_NO_FATAL_FAILURE(open_account());
        const std::uint64_t end = memory_engine->steps() + last;
        memory_engine->inject([end](const engine::Step& step) {
            return step.number >= end ? Fault::unavailable : Fault::none;
        });
        const Told told = tell();
        const bool whole = memory_engine->steps() < end;
        restart(last % 2 == 0 ? Unsynced::lost : Unsynced::kept);
        ASSERT_NO_FATAL_FAILURE(open_account());
        ASSERT_NO_FATAL_FAILURE(expect_clean());
        ASSERT_NO_FATAL_FAILURE(expect(told));
        expect_replaced(told, true);
        if (HasFailure() || whole) break;
    }
}

TEST_F(FaultTest, ManyFaultsAtRandom) {
    for (std::uint64_t seed = 1; seed <= 25; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        start_anew();
        ASSERT_NO_FATAL_FAILURE(open_account());
        engine::FaultRates rates;
        rates.delay = 100;
        rates.conflict = 60;
        rates.unknown_but_done = 40;
        rates.unknown_not_done = 40;
        rates.unavailable = 40;
        memory_engine->inject(engine::random_faults(seed, rates));
        const Told told = tell();
        memory_engine->inject({});
        restart();
        ASSERT_NO_FATAL_FAILURE(open_account());
        ASSERT_NO_FATAL_FAILURE(expect_clean());
        ASSERT_NO_FATAL_FAILURE(expect(told));
        expect_replaced(told, true);
        if (HasFailure()) return;
    }
}

}  // namespace
}  // namespace store::test
