// What those hear who watch an account and have none of its folders open.
#include "store/notices.hpp"

#include "unit/store/fixture.hpp"

namespace store::test {
namespace {

using Kind = Notice::Kind;
constexpr base::AccountId owner_id(1), reader_id(2), other_id(3);

struct Counter final : Subscriber {
    int calls = 0;
    void changed() noexcept override { ++calls; }
};

std::string text(const NoticesRead& read) {
    static constexpr std::array<const char*, 4> kinds{"appended", "expunged", "flags", "annotation"};
    std::string out;
    for (const Notice& notice : read.notices) {
        if (!out.empty()) out += ' ';
        out += kinds[static_cast<std::size_t>(notice.kind)];
        if (notice.user) out += '/' + std::to_string(notice.user.value);
        if (!notice.entry.empty()) out += ':' + notice.entry;
        if (!notice.once) out += '+';
    }
    return out;
}

Notice notice(Kind kind, std::uint64_t folder, base::AccountId user = {}) {
    return Notice{kind, base::FolderId(folder), user, {}};
}

TEST(NoticesTest, EachIsThereOnceBehindItsMark) {
    Notices notices;
    notices.add(notice(Kind::appended, 7));
    notices.add(notice(Kind::flags, 7));
    const std::uint64_t mark = notices.mark();
    EXPECT_EQ(text(notices.since(0, owner_id)), "appended flags");
    EXPECT_EQ(text(notices.since(mark, owner_id)), "");
    notices.add(notice(Kind::appended, 7));
    EXPECT_EQ(text(notices.since(mark, owner_id)), "appended");
    EXPECT_EQ(text(notices.since(0, owner_id)), "flags appended+");
    notices.add(notice(Kind::appended, 7));
    EXPECT_EQ(text(notices.since(mark, owner_id)), "appended+");
    EXPECT_FALSE(notices.since(mark, owner_id).lost);
}

TEST(NoticesTest, WhatConcernsAnotherIsLeftOut) {
    Notices notices;
    notices.add(notice(Kind::flags, 7, reader_id));
    EXPECT_EQ(text(notices.since(0, reader_id)), "flags/2");
    EXPECT_EQ(text(notices.since(0, owner_id)), "");
    EXPECT_EQ(notices.since(0, owner_id).mark, notices.mark());
}

TEST(NoticesTest, HowManyAreKeptIsBounded) {
    Notices notices;
    notices.add(notice(Kind::appended, 1));
    const std::uint64_t first = notices.mark();
    for (std::uint64_t folder = 2; folder <= Notices::kept_max + 2; ++folder)
        notices.add(notice(Kind::appended, folder));
    EXPECT_TRUE(notices.since(0, owner_id).lost);
    const NoticesRead rest = notices.since(first + 1, owner_id);
    EXPECT_FALSE(rest.lost);
    EXPECT_EQ(rest.notices.size(), Notices::kept_max);
    notices.clear();
    EXPECT_TRUE(notices.since(first + 1, owner_id).lost);
    EXPECT_FALSE(notices.since(rest.mark, owner_id).lost);
}

class AccountNoticesTest : public StoreTest {
protected:
    void SetUp() override {
        open_account();
        watch = account->subscribe(told);
        mark = account->notices_mark();
    }
    void TearDown() override { watch.reset(); }
    std::string news(base::AccountId user = owner_id) { return text(account->notices(mark, user)); }

    Counter told;
    SubscriptionPtr watch;
    std::uint64_t mark = 0;
};

TEST_F(AccountNoticesTest, ChangesAreToldByTheirKind) {
    append(inbox, "one");
    EXPECT_EQ(news(), "appended");
    mark = account->notices_mark();
    ASSERT_TRUE(run(inbox->store(add_flags(one(1), named(SystemFlag::flagged)))));
    EXPECT_EQ(news(), "flags");
    mark = account->notices_mark();
    const FolderPtr archive = open_folder("Archive");
    ASSERT_TRUE(run(inbox->move_to(archive, one(1))));
    const NoticesRead moved = account->notices(mark, owner_id);
    EXPECT_EQ(text(moved), "appended expunged");
    EXPECT_EQ(moved.notices[0].folder, archive->id());
    EXPECT_EQ(moved.notices[1].folder, inbox->id());
    const int calls = told.calls;
    mark = account->notices_mark();
    ASSERT_TRUE(run(inbox->store(add_flags(one(1), named(SystemFlag::flagged)))));  // is gone
    ASSERT_TRUE(run(inbox->touch()));
    EXPECT_EQ(news(), "");
    EXPECT_EQ(told.calls, calls);
}

TEST_F(AccountNoticesTest, AFolderThatIsReadFirstTellsNothing) {
    append(open_folder("Archive"), "one");
    watch.reset();
    restart();
    open_account();
    watch = account->subscribe(told);
    mark = account->notices_mark();
    ASSERT_EQ(open_folder("Archive")->snapshot()->size(), 1U);
    EXPECT_EQ(news(), "");
}

TEST_F(AccountNoticesTest, WhatAReaderHasSeenIsHisOwnAffair) {
    append(inbox, "one");
    const auto his = run(account->open_for(inbox->id(), reader_id));
    ASSERT_TRUE(his);
    mark = account->notices_mark();
    ASSERT_TRUE(run((*his)->store(add_flags(one(1), named(SystemFlag::seen)))));
    EXPECT_EQ(news(reader_id), "flags/2");
    EXPECT_EQ(news(owner_id), "");
    EXPECT_EQ(news(other_id), "");
    ASSERT_TRUE(run((*his)->store(add_flags(one(1), named(SystemFlag::flagged)))));
    EXPECT_EQ(news(owner_id), "flags");
}

TEST_F(AccountNoticesTest, AnnotationsAreToldByName) {
    account->note_annotations(inbox->id(), base::AccountId(), {"/shared/comment"});
    account->note_annotations(inbox->id(), reader_id, {"/private/comment"});
    EXPECT_EQ(news(owner_id), "annotation:/shared/comment");
    EXPECT_EQ(news(reader_id), "annotation:/shared/comment annotation/2:/private/comment");
    EXPECT_EQ(told.calls, 2);
}

TEST_F(AccountNoticesTest, NothingIsKeptForNobody) {
    watch.reset();
    append(inbox, "one");
    account->note_annotations(inbox->id(), base::AccountId(), {"/shared/comment"});
    EXPECT_EQ(news(), "");
    watch = account->subscribe(told);
    mark = account->notices_mark();
    append(inbox, "two");
    EXPECT_EQ(news(), "appended");
}

}  // namespace
}  // namespace store::test
