// Every step of every change may fail, answer nothing, or be the last before the power goes.
#include "fixture.hpp"

namespace directory {
namespace {

using store::engine::Fault;

enum class Job : std::uint8_t { add, set, remove, add_domain };

class Power : public DirectoryTest, public testing::WithParamInterface<Job> {
protected:
    void prepare() {
        add_office("acme", {"example.test"});
        account_ = add("demo", {"demo@example.test", "old@example.test"});
    }
    Result<void> work() {
        switch (GetParam()) {
            case Job::add: {
                auto added = run(
                    directory().add_mailbox(mailbox_of("two", {"two@example.test", "ii@example.test"}), {}));
                if (!added) return added.error();
                return Result<void>();
            }
            case Job::set: {
                Mailbox mailbox = mailbox_of("new", {"new@example.test", "demo@example.test"});
                mailbox.account = account_;
                return run(directory().set_mailbox(mailbox));
            }
            case Job::remove:
                return run(directory().remove_mailbox(account_));
            case Job::add_domain:
                return run(directory().add_domain(domain_of("second.test")));
        }
        return Result<void>();
    }
    /// The change happened wholly, or not at all. Returns which.
    bool whole() {
        const auto kind = [&](const char* address) { return route(address).kind; };
        constexpr auto here = Route::Kind::mailbox, nowhere = Route::Kind::unknown_mailbox;
        const bool named_demo = static_cast<bool>(run(directory().login("demo@acme")));
        switch (GetParam()) {
            case Job::add: {
                const bool done = kind("two@example.test") == here;
                EXPECT_EQ(kind("ii@example.test"), done ? here : nowhere);
                EXPECT_EQ(static_cast<bool>(run(directory().login("two@acme"))), done);
                EXPECT_EQ(run(directory().mailboxes("acme", "", 10))->size(), done ? 2U : 1U);
                EXPECT_TRUE(named_demo);
                return done;
            }
            case Job::set: {
                const bool done = kind("new@example.test") == here;
                EXPECT_EQ(kind("demo@example.test"), here);
                EXPECT_EQ(kind("old@example.test"), done ? nowhere : here);
                EXPECT_EQ(named_demo, !done);
                EXPECT_EQ(static_cast<bool>(run(directory().login("new@acme"))), done);
                EXPECT_EQ(run(directory().mailboxes("acme", "", 10))->size(), 1U);
                return done;
            }
            case Job::remove: {
                const bool done = kind("demo@example.test") == nowhere;
                EXPECT_EQ(kind("old@example.test"), done ? nowhere : here);
                EXPECT_EQ(named_demo, !done);
                EXPECT_EQ(run(directory().mailboxes("acme", "", 10))->size(), done ? 0U : 1U);
                return done;
            }
            case Job::add_domain: {
                const bool done = *run(directory().is_local_domain("second.test"));
                EXPECT_EQ(run(directory().domains("acme"))->size(), done ? 2U : 1U);
                return done;
            }
        }
        return false;
    }
    /// After mending nothing is left over, and what was not done can be done.
    void finish(bool done) {
        auto mended = run(directory().mend());
        ASSERT_TRUE(mended);
        EXPECT_EQ(*run(directory().mend()), 0U);
        EXPECT_EQ(whole(), done);
        if (!done) {
            EXPECT_TRUE(work());
            EXPECT_TRUE(whole());
        }
    }

    base::AccountId account_;
};

TEST_P(Power, GoesAtAnyStep) {
    for (std::uint64_t step = 1;; ++step) {
        SCOPED_TRACE(step);
        options_ = {};
        open();
        prepare();
        const std::uint64_t base = engine().steps();
        // From this step on nothing reaches the disk.
        engine().inject([&](const store::engine::Step& now) {
            return now.number >= base + step ? Fault::unavailable : Fault::none;
        });
        const bool told = static_cast<bool>(work());
        const bool all = engine().steps() < base + step;
        open(engine().power_cut());
        const bool done = whole();
        if (told) {
            EXPECT_TRUE(done);
        }
        // Leftovers are in nobody's way, also unmended.
        if (!done) {
            const auto image = engine().power_cut();
            EXPECT_TRUE(work());
            EXPECT_TRUE(whole());
            open(image);
        }
        finish(done);
        if (all || HasFailure()) break;
        ASSERT_LT(step, 500U);
    }
}

TEST_P(Power, OneFaultAtAnyStep) {
    for (const Fault fault : {Fault::conflict, Fault::unknown_but_done, Fault::unknown_not_done,
                              Fault::unavailable, Fault::no_space, Fault::delay}) {
        for (std::uint64_t step = 1;; ++step) {
            SCOPED_TRACE(testing::Message() << "step " << step << " fault " << static_cast<int>(fault));
            options_ = {};
            open();
            prepare();
            const std::uint64_t base = engine().steps();
            engine().inject(store::engine::fault_at(base + step, fault));
            const auto told = work();
            const bool all = engine().steps() < base + step;
            engine().inject({});
            if (fault == Fault::conflict || fault == Fault::delay) {
                EXPECT_TRUE(told);
            }
            const bool done = whole();
            if (told) {
                EXPECT_TRUE(done);
            }
            reopen({});
            EXPECT_EQ(whole(), done);  // the caches told the truth
            finish(done);
            if (all || HasFailure()) break;
            ASSERT_LT(step, 500U);
        }
    }
}

std::string job_name(const testing::TestParamInfo<Job>& info) {
    switch (info.param) {
        case Job::add:
            return "add";
        case Job::set:
            return "set";
        case Job::remove:
            return "remove";
        case Job::add_domain:
            break;
    }
    return "add_domain";
}

INSTANTIATE_TEST_SUITE_P(Jobs, Power, testing::Values(Job::add, Job::set, Job::remove, Job::add_domain),
                         job_name);

}  // namespace
}  // namespace directory
