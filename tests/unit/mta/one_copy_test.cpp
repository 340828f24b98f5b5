// Several addresses of one mailbox in a message that waits: the mailbox gets one copy, as it does of one that
// is delivered at once, and the sender hears of each address.
#include "mta/agent_state.hpp"
#include "settlement_fixture.hpp"

namespace mta {
namespace {

using store::engine::Fault;

class OneCopyTest : public SettlementTest {
protected:
    OneCopyTest() { change_mailbox("c", {"c@ours.test", "c2@ours.test"}, {}); }
    void change_mailbox(const std::string& name, std::vector<std::string> addresses,
                        std::vector<std::string> redirects) {
        auto mailbox = run(directory->mailbox(accounts[name]));
        ASSERT_TRUE(mailbox);
        mailbox->addresses = std::move(addresses);
        mailbox->redirects = std::move(redirects);
        mailbox->keep_copy = false;
        ASSERT_TRUE(run(directory->set_mailbox(*mailbox)));
    }
    /// c has the message once, and it names both.
    void expect_one_copy() {
        ASSERT_EQ(inbox("c").size(), 1U);
        EXPECT_NE(inbox("c")[0].find("Delivered-To: c@ours.test\r\n"), std::string::npos) << inbox("c")[0];
        EXPECT_NE(inbox("c")[0].find("Delivered-To: c2@ours.test\r\n"), std::string::npos) << inbox("c")[0];
        EXPECT_EQ(queued(), 0U);
        expect_sound();
    }
    bool told(const std::string& line) {
        for (const std::string& one : inbox("a"))
            if (one.find("\r\n" + line + "\r\n") != std::string::npos) return true;
        return false;
    }
};

TEST_F(OneCopyTest, of_two_addresses_that_rcpt_named) {
    EXPECT_EQ(send("a@ours.test", {"c@ours.test", "c2@ours.test"}, true, notify_success),
              (Answers{"queued", "queued"}));
    crash();
    work();
    expect_one_copy();
    EXPECT_TRUE(told("2 c@ours.test 2.1.5"));
    EXPECT_TRUE(told("2 c2@ours.test 2.1.5"));
    EXPECT_EQ(inbox("a").size(), 1U);
}

TEST_F(OneCopyTest, of_an_address_and_a_redirection_to_the_other) {
    change_mailbox("b", {"b@ours.test"}, {"c2@ours.test"});
    EXPECT_EQ(send("a@ours.test", {"b@ours.test", "c@ours.test"}, true, notify_success),
              (Answers{"queued", "queued"}));
    work();
    expect_one_copy();
    EXPECT_TRUE(told("4 b@ours.test 2.1.5"));
    EXPECT_TRUE(told("2 c@ours.test 2.1.5"));
}

TEST_F(OneCopyTest, where_an_entry_of_the_queue_is_full) {
    queue_limits.recipients_max = 2;
    crash();
    EXPECT_EQ(send("a@ours.test", {"c@ours.test", "ok@far.test", "b@ours.test", "c2@ours.test"}, true,
                   notify_success),
              (Answers{"queued", "queued", "queued", "queued"}));
    work();
    expect_one_copy();
    EXPECT_EQ(inbox("b").size(), 1U);
    EXPECT_EQ(connector.got["ok@far.test"].size(), 1U);
    for (const char* line :
         {"2 c@ours.test 2.1.5", "2 c2@ours.test 2.1.5", "2 b@ours.test 2.1.5", "3 ok@far.test 2.0.0"})
        EXPECT_TRUE(told(line)) << line;
}

/// What failed together comes back together: two attempts would make two copies.
TEST_F(OneCopyTest, when_the_mailbox_could_not_be_written_at_first) {
    EXPECT_EQ(send("a@ours.test", {"c@ours.test", "c2@ours.test"}, true, notify_success),
              (Answers{"queued", "queued"}));
    engine->inject([](const store::engine::Step& step) {
        return step.op == store::engine::Op::commit ? Fault::unavailable : Fault::none;
    });
    work();
    engine->inject({});
    EXPECT_EQ(progress(0).state, store::QueueState::deferred);
    EXPECT_EQ(progress(0).due, progress(1).due);
    for (int i = 0; i < 80; ++i) {
        clock.advance(10s);
        work();
    }
    expect_one_copy();
}

TEST(InParts, keep_mailboxes_together_as_long_as_they_fit) {
    struct Case {
        std::vector<int> accounts;  ///< of recipients; 0: elsewhere
        std::size_t most;
        std::vector<std::vector<int>> parts;  ///< places of recipients
    };
    const Case cases[] = {
        {{}, 2, {}},
        {{0, 0, 0}, 2, {{0, 1}, {2}}},
        {{1, 2, 1}, 2, {{0, 2}, {1}}},
        {{0, 1, 1}, 2, {{0}, {1, 2}}},
        {{1, 0, 2, 1, 2, 0}, 3, {{0, 3, 1}, {2, 4, 5}}},
        {{1, 1, 1, 1, 1}, 2, {{0, 1}, {2, 3}, {4}}},
        {{0, 1, 1, 1, 2}, 2, {{0}, {1, 2}, {3, 4}}},
        {{1, 2}, 0, {{0}, {1}}},
    };
    for (const Case& one : cases) {
        store::NewQueued whole;
        for (std::size_t i = 0; i < one.accounts.size(); ++i) {
            whole.recipients.emplace_back();
            whole.recipients.back().account = base::AccountId(static_cast<std::uint32_t>(one.accounts[i]));
            whole.progress.emplace_back();
            whole.progress.back().attempts = static_cast<std::uint32_t>(i);
        }
        std::vector<std::vector<int>> got;
        for (const store::NewQueued& part : in_parts(std::move(whole), one.most)) {
            got.emplace_back();
            for (const store::QueueProgress& progress : part.progress)
                got.back().push_back(static_cast<int>(progress.attempts));
            EXPECT_EQ(part.recipients.size(), part.progress.size());
        }
        EXPECT_EQ(got, one.parts);
    }
}

}  // namespace
}  // namespace mta
