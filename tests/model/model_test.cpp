// A bounded run of the model check, the same each time; `./dev model` goes on where it ends.
#include <gtest/gtest.h>

#include "model/shrink.hpp"

namespace {

using namespace model;

class ImapModel : public testing::TestWithParam<std::uint64_t> {};

TEST_P(ImapModel, EveryPictureIsTheMailbox) {
    PlayOptions options;
    options.seed = GetParam();
    const Outcome outcome = play(options);
    if (!outcome.failure) {
        EXPECT_GT(outcome.commands, options.steps / 2) << "the play did nothing";
        EXPECT_GT(outcome.messages, outcome.checks) << "the checks saw nothing";
        return;
    }
    const PlayOptions least = shortest_prefix(options, *outcome.failure);
    ADD_FAILURE() << "imap_model --seed " << least.seed << " --steps " << least.steps << "\n"
                  << outcome.failure->what;
}

INSTANTIATE_TEST_SUITE_P(Seeds, ImapModel, testing::Range<std::uint64_t>(1, 151));

/// The replay finds what a server may not do.
TEST(ModelView, BadAnswersAreFound) {
    const auto bad = [](auto what) {
        View view;
        view.exists(3);
        Facts five, nine;
        five.uid = 5;
        five.modseq = 7;
        nine.uid = 9;
        view.fetch(1, five);
        view.fetch(3, nine);
        EXPECT_THROW(what(view), Violation);
    };
    bad([](View& view) { view.exists(2); });
    bad([](View& view) { view.expunge(4); });
    bad([](View& view) { view.vanished({4}); });
    bad([](View& view) { view.vanished({7, 8}); });
    bad([](View& view) { view.fetch(4, Facts()); });
    const auto with = [](std::uint32_t uid, std::uint64_t modseq) {
        Facts facts;
        facts.uid = uid;
        facts.modseq = modseq;
        return facts;
    };
    bad([&](View& view) { view.fetch(1, with(6, 0)); });
    bad([&](View& view) { view.fetch(1, with(5, 6)); });
    bad([&](View& view) { view.fetch(2, with(10, 0)); });
    bad([&](View& view) { view.fetch(2, with(5, 0)); });
}

TEST(ModelLedger, LossIsFound) {
    const auto message = [](std::uint32_t uid, std::uint64_t modseq, Flags flags) {
        Message out;
        out.uid = uid;
        out.modseq = modseq;
        out.flags = std::move(flags);
        return out;
    };
    const std::vector<Message> both = {message(1, 3, {}), message(2, 4, {"\\Seen"})};
    const auto second = [&](const std::vector<Message>& after, std::uint32_t next, std::uint64_t highest) {
        Ledger ledger;
        ledger.look("demo", 1, both, 3, 4);
        ledger.may_go(1, 2);
        ledger.look("demo", 1, after, next, highest);
    };
    EXPECT_NO_THROW(second(both, 3, 4));
    EXPECT_NO_THROW(second({both[0]}, 3, 5));
    EXPECT_THROW(second({both[1]}, 3, 5), Violation);                              // nobody deleted it
    EXPECT_THROW(second({both[0]}, 3, 4), Violation);                              // HIGHESTMODSEQ stands
    EXPECT_THROW(second({both[0], message(2, 4, {})}, 3, 5), Violation);           // MODSEQ stands
    EXPECT_THROW(second({both[0], both[1], message(3, 5, {})}, 3, 5), Violation);  // UIDNEXT stands
    EXPECT_THROW(second({message(1, 2, {}), both[1]}, 3, 5), Violation);           // MODSEQ falls
    EXPECT_THROW(second(both, 2, 4), Violation);
    EXPECT_THROW(second(both, 3, 3), Violation);
    Ledger ledger;
    ledger.text(1, 1, "a");
    EXPECT_THROW(ledger.text(1, 1, "b"), Violation);
    ledger.copied({1, 1}, {2, 1});
    EXPECT_THROW(ledger.text(2, 1, "b"), Violation);
}

}  // namespace
