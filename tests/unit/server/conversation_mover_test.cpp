// Mail of conversations that their user has moved for always, and that a delivery does not wait for it.
#include "server/conversation_mover.hpp"

#include <thread>

#include "unit/mta/agent_fixture.hpp"

namespace server {
namespace {

using boost::asio::awaitable;
using namespace std::chrono_literals;

class ConversationMoverTest : public mta::AgentTest {
protected:
    ConversationMoverTest() {
        make(3s);
        more_fields = "Message-ID: <one@far.test>\r\n";
        EXPECT_EQ(send("x@far.test", {"a@ours.test", "b@ours.test"}, false),
                  (Answers{"delivered", "delivered"}));
        more_fields = "Message-ID: <two@far.test>\r\nReferences: <one@far.test>\r\n";
        for (const char* name : {"a", "b"}) EXPECT_TRUE(run(move_always(store.get(), accounts[name])));
    }
    ~ConversationMoverTest() override { agent.reset(); }

    void make(std::chrono::milliseconds time_max) {
        agent.reset();
        mover = std::make_unique<ConversationMover>(*store, time_max);
        change_parts = [this](mta::AgentParts& parts) { parts.watchers = {mover.get()}; };
        make_agent();
    }
    /// The conversation of the first message goes to a folder "Kept".
    static awaitable<bool> move_always(store::Store* store, base::AccountId id) {
        const auto account = co_await store->account(id);
        if (!account) co_return false;
        const auto made = co_await (*account)->create("Kept", store::SpecialUse::none);
        if (!made) co_return false;
        const auto tree = (*account)->folders();
        const auto inbox = co_await (*account)->open(tree->find("INBOX")->id);
        if (!inbox) co_return false;
        const auto now_there = (*inbox)->snapshot();
        eas::MovedConversations moved(store->engine());
        const std::int64_t now = base::unix_seconds(base::Clock::system().now());
        const auto set = co_await moved.set(id, now_there->at(store::SeqNum(1))->thread, made->id, now);
        co_return set.has_value();
    }
    std::vector<std::string> kept(const std::string& name) { return folder(name, "Kept"); }

    std::unique_ptr<ConversationMover> mover;
};

TEST_F(ConversationMoverTest, AnAnswerGoesWhereItsConversationDoes) {
    EXPECT_EQ(send("x@far.test", {"a@ours.test", "b@ours.test"}, false), (Answers{"delivered", "delivered"}));
    for (const char* name : {"a", "b"}) {
        EXPECT_EQ(inbox(name).size(), 1U);
        EXPECT_EQ(kept(name).size(), 1U);
    }
    change = [](mta::Arrival& arrival) { arrival.junk = true; };
    EXPECT_EQ(send("x@far.test", {"a@ours.test"}, false), (Answers{"delivered"}));
    EXPECT_EQ(kept("a").size(), 1U) << "junk is none of it";
}

TEST_F(ConversationMoverTest, ADeliveryWaitsNoLongerThanItsTime) {
    make(0ms);
    EXPECT_EQ(send("x@far.test", {"a@ours.test", "b@ours.test"}, false), (Answers{"delivered", "delivered"}));
    for (const char* name : {"a", "b"}) {
        EXPECT_EQ(inbox(name).size(), 2U);
        EXPECT_TRUE(kept(name).empty());
    }
}

/// Also one that is late with its first mailbox: what was not begun by then stays where it is.
TEST_F(ConversationMoverTest, NoMoveBeginsWhenItsTimeIsOver) {
    make(100ms);
    std::size_t calls = 0;
    engine->inject([&calls](const store::engine::Step&) {
        ++calls;
        const auto end = std::chrono::steady_clock::now() + 60ms;
        while (std::chrono::steady_clock::now() < end) std::this_thread::yield();  // a slow disk
        return store::engine::Fault::none;
    });
    EXPECT_EQ(send("x@far.test", {"a@ours.test", "b@ours.test"}, false), (Answers{"delivered", "delivered"}));
    engine->inject({});
    EXPECT_LT(calls, 10U);
    EXPECT_EQ(inbox("b").size(), 2U);
    EXPECT_TRUE(kept("b").empty());
    make(3s);
    EXPECT_EQ(send("x@far.test", {"b@ours.test"}, false), (Answers{"delivered"}));
    EXPECT_EQ(kept("b").size(), 1U) << "the next one goes there";
}

}  // namespace
}  // namespace server
