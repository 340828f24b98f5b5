// A Sync whose store fails anywhere: what the device has in the end is what the folder has, once. Also where
// the outcome of a change is not known, and where somebody changes the item before the device sends it again.
#include "device_stage.hpp"
#include "eas/meeting_tender.hpp"

namespace eas {
namespace {

using Names = std::multiset<std::string>;
using store::engine::Fault;

/// What goes wrong at one step, and how many steps behind it get no answer: behind a commit, three keep the
/// store from finding out what became of it; more, what the request has changed from being kept too.
struct Trouble {
    Fault fault;
    unsigned silent;
};

store::engine::FaultScript script(std::uint64_t at, Trouble trouble) {
    return [at, trouble](const store::engine::Step& step) {
        if (step.number == at) return trouble.fault;
        const bool silent = step.number > at && step.number <= at + trouble.silent;
        return silent ? Fault::unavailable : Fault::none;
    };
}

void PrintTo(const Trouble& trouble, std::ostream* out) {
    *out << static_cast<int>(trouble.fault) << ", then no answer " << trouble.silent << " times";
}

const auto each_trouble = testing::Values(
    Trouble{Fault::unavailable, 0}, Trouble{Fault::unknown_but_done, 0}, Trouble{Fault::unknown_not_done, 0},
    Trouble{Fault::unknown_but_done, 3}, Trouble{Fault::unknown_not_done, 3},
    Trouble{Fault::unknown_but_done, 6}, Trouble{Fault::unknown_not_done, 6}, Trouble{Fault::none, 0});

class SyncFaults : public testing::TestWithParam<Trouble> {
protected:
    /// Runs `scene` with trouble at its first step, its second, and so on to its end. `scene` calls
    /// `begin_trouble` once and `end_trouble` before it looks at what came of it.
    template <class Scene>
    void at_each_step(const Scene& scene) {
        reached_ = true;
        for (at_ = 1; reached_; ++at_) {
            SCOPED_TRACE(at_);
            Limits limits;
            limits.steps_at_once = 2;
            DeviceStage stage(limits);
            scene(stage);
            if (HasFailure()) break;
        }
    }
    void begin_trouble(DeviceStage& stage) {
        fails_ = stage.engine().steps() + at_;
        stage.engine().inject(script(fails_, GetParam()));
    }
    void end_trouble(DeviceStage& stage) {
        reached_ = GetParam().fault != Fault::none && stage.engine().steps() >= fails_;
        stage.engine().inject({});
    }

private:
    std::uint64_t at_ = 1, fails_ = 0;
    bool reached_ = true;
};

TEST_P(SyncFaults, NothingIsLostAndNothingComesTwice) {
    unsigned troubled = 0;
    at_each_step([&](DeviceStage& stage) {
        SyncDevice phone(stage, "phone"), tablet(stage, "tablet");
        ASSERT_NO_FATAL_FAILURE(phone.begin());
        ASSERT_NO_FATAL_FAILURE(tablet.begin());
        for (const char* name : {"Ada", "Ben", "Cleo", "Dora", "Emil"}) tablet.sync(name);
        begin_trouble(stage);
        phone.sync("Zoe");
        end_trouble(stage);
        troubled += phone.broken();
        phone.sync();
        tablet.sync();
        const Names all{"Ada", "Ben", "Cleo", "Dora", "Emil", "Zoe"};
        EXPECT_EQ(phone.names(), all);
        EXPECT_EQ(tablet.names(), all);
    });
    EXPECT_EQ(troubled != 0, GetParam().fault != Fault::none);
}

TEST_P(SyncFaults, ADraftComesOnce) {
    at_each_step([&](DeviceStage& stage) {
        SyncDevice phone(stage, "phone", drafts), tablet(stage, "tablet", drafts);
        ASSERT_NO_FATAL_FAILURE(phone.begin());
        ASSERT_NO_FATAL_FAILURE(tablet.begin());
        tablet.sync("Ada");
        begin_trouble(stage);
        phone.sync("Zoe");
        end_trouble(stage);
        phone.sync();
        tablet.sync();
        const Names all{"Ada", "Zoe"};
        EXPECT_EQ(phone.names(), all);
        EXPECT_EQ(tablet.names(), all);
    });
}

/// However often the request comes, and whatever of it was done before.
TEST(SyncFault, WhatIsSentIsSentOnce) {
    for (const unsigned silent : {0U, 4U, 8U, 16U}) {
        bool reached = true;
        for (std::uint64_t at = 1; reached; ++at) {
            SCOPED_TRACE(testing::Message() << at << ", then no answer " << silent << " times");
            DeviceStage stage;
            SyncDevice phone(stage, "phone", drafts), tablet(stage, "tablet", drafts);
            ASSERT_NO_FATAL_FAILURE(phone.begin());
            ASSERT_NO_FATAL_FAILURE(tablet.begin());
            const std::uint64_t fails = stage.engine().steps() + at;
            stage.engine().inject(script(fails, {Fault::unavailable, silent}));
            phone.add_all({"Ada", "Sent", "Zoe"}, "Sent");
            reached = stage.engine().steps() >= fails;
            stage.engine().inject({});
            phone.sync();
            tablet.sync();
            const Names all{"Ada", "Zoe"};
            EXPECT_EQ(stage.sent().size(), 1U);
            EXPECT_EQ(phone.names(), all);
            EXPECT_EQ(tablet.names(), all);
            if (testing::Test::HasFailure()) return;
        }
    }
}

TEST(SyncFault, AMailIsSentOnce) {
    namespace tags = wbxml::composemail;
    std::string body;
    wbxml::Encoder to(body);
    to.open(tags::send_mail);
    to.text(tags::client_id, "one");
    to.opaque(tags::mime, "To: bert@example.test\r\nSubject: once\r\n\r\nText\r\n");
    to.close();
    bool reached = true;
    for (std::uint64_t at = 1; reached; ++at) {
        SCOPED_TRACE(at);
        DeviceStage stage;
        SyncDevice phone(stage, "phone");
        ASSERT_NO_FATAL_FAILURE(phone.begin());
        const std::uint64_t fails = stage.engine().steps() + at;
        stage.engine().inject(script(fails, {Fault::unavailable, 0}));
        std::string said = "nothing";
        for (int i = 0; i < 5 && !said.empty(); ++i) {
            const auto answered = stage.ask("phone", "SendMail", body);
            if (answered.status != 200) continue;
            said = answered.body;
            if (said.empty()) break;
            if (wbxml::Document(said).root().child(tags::status).number() == status::already_sent) break;
        }
        reached = stage.engine().steps() >= fails;
        EXPECT_NE(said, "nothing");
        EXPECT_EQ(stage.sent().size(), 1U);
        if (testing::Test::HasFailure()) return;
    }
}

/// An Add whose answer is lost, what happens to the item before it comes again, and what is there then.
struct Between {
    std::string elsewhere;  ///< another device calls it so; empty: it does nothing
    bool removed = false;   ///< another device deletes it
    std::string again;      ///< the Add comes again with this name
    Names expected;
};

void play(SyncDevice& phone, SyncDevice& tablet, DeviceStage& stage, const Between& between) {
    tablet.sync();
    stage.clock().advance(std::chrono::seconds(2));
    bool met = true;  // a device can change only what has come into being
    if (!between.elsewhere.empty()) met = tablet.rename("Zoe", between.elsewhere);
    if (between.removed) met = tablet.remove("Zoe");
    phone.sync(between.again);
    phone.sync();
    tablet.sync();
    const Names alone{between.again};
    EXPECT_EQ(phone.names(), met ? between.expected : alone);
    EXPECT_EQ(tablet.names(), phone.names());
}

class SyncRepeats : public SyncFaults {
protected:
    void repeat(const Shelf& shelf, const Between& between) {
        at_each_step([&](DeviceStage& stage) {
            SyncDevice phone(stage, "phone", shelf), tablet(stage, "tablet", shelf);
            ASSERT_NO_FATAL_FAILURE(phone.begin());
            ASSERT_NO_FATAL_FAILURE(tablet.begin());
            begin_trouble(stage);
            phone.add_unheard("Zoe");
            end_trouble(stage);
            play(phone, tablet, stage, between);
        });
    }
};

TEST_P(SyncRepeats, ContactChangedElsewhere) { repeat(contacts, {"Zora", false, "Zoe", {"Zora"}}); }
TEST_P(SyncRepeats, ContactChangedOnTheDevice) { repeat(contacts, {"", false, "Zita", {"Zita"}}); }
TEST_P(SyncRepeats, ContactChangedOnBoth) { repeat(contacts, {"Zora", false, "Zita", {"Zora"}}); }
TEST_P(SyncRepeats, DraftChangedOnTheDevice) { repeat(drafts, {"", false, "Zita", {"Zita"}}); }

INSTANTIATE_TEST_SUITE_P(Each, SyncFaults, each_trouble);
INSTANTIATE_TEST_SUITE_P(Each, SyncRepeats, each_trouble);

/// Where the state of the device is kept, what is gone or another by now is told.
TEST(SyncRepeat, WhatIsAnotherByNowIsTold) {
    for (const Shelf* shelf : {&contacts, &drafts}) {
        for (const Between& between :
             {Between{"", true, "Zoe", {}}, Between{"Zora", false, "Zoe", {"Zora"}}}) {
            DeviceStage stage;
            SyncDevice phone(stage, "phone", *shelf), tablet(stage, "tablet", *shelf);
            ASSERT_NO_FATAL_FAILURE(phone.begin());
            ASSERT_NO_FATAL_FAILURE(tablet.begin());
            phone.add_unheard("Zoe");
            play(phone, tablet, stage, between);
        }
    }
}

boost::asio::awaitable<bool> tend_debts(const Services* services) {
    MeetingTender tender(*services);
    co_await tender.round();
    co_return true;
}

/// What attendees are owed outlives an answer of the store that never came, and comes once.
TEST_P(SyncFaults, AttendeesHearOfTheMeeting) {
    at_each_step([&](DeviceStage& stage) {
        SyncDevice phone(stage, "phone", meetings);
        ASSERT_NO_FATAL_FAILURE(phone.begin());
        begin_trouble(stage);
        phone.sync("Plans");
        end_trouble(stage);
        phone.sync();
        EXPECT_EQ(phone.names(), Names{"Plans"});
        for (int round = 0; round < 2; ++round) directory::run(tend_debts(&stage.services()));
        ASSERT_EQ(stage.sent().size(), 1U);
        EXPECT_EQ(stage.sent().front().recipients, std::vector<std::string>{"bob@elsewhere.test"});
    });
}

}  // namespace
}  // namespace eas
