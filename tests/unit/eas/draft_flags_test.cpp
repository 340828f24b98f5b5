// A draft that a device changes is the same draft to its user: what it was flagged with, and what the flag
// says, stays and is told to all devices.
#include "device_stage.hpp"
#include "eas/mail/categories.hpp"

namespace eas {
namespace {

using directory::run;
using store::SystemFlag;

constexpr std::string_view told_due = "2030-03-17T17:46:40.000Z";

/// The newest draft, as another program of the user marks it.
void mark(DeviceStage& stage, bool active) {
    const store::FolderInfo* info = stage.account()->folders()->find(store::SpecialUse::drafts);
    const auto folder = run(stage.account()->open(info->id));
    ASSERT_TRUE(folder);
    const store::SnapshotPtr now_there = (*folder)->snapshot();
    ASSERT_NE(now_there->size(), 0U);
    const base::Uid uid = now_there->at(base::SeqNum(now_there->size()))->uid;
    store::StoreRequest request;
    request.uids = {{uid, uid}};
    request.flags.keywords.push_back(keyword_of_category("Blue"));
    ASSERT_TRUE(run((*folder)->store(request)));
    request.flags = {};
    request.flags.system = SystemFlag::flagged;
    request.change = active ? store::FlagChange::add : store::FlagChange::remove;
    request.follow_up.emplace();
    request.follow_up->type = "for Follow Up";
    request.follow_up->date(store::FollowUp::Date::due) = 1'900'000'000'000;
    ASSERT_TRUE(run((*folder)->store(std::move(request))));
}

std::string marks(bool active) { return (active ? "2 " : "1 ") + std::string(told_due) + " Blue"; }

TEST(DraftFlags, StayWhereADeviceChangesTheDraft) {
    for (const bool active : {true, false}) {
        DeviceStage stage;
        SyncDevice phone(stage, "phone", drafts), tablet(stage, "tablet", drafts);
        ASSERT_NO_FATAL_FAILURE(phone.begin());
        ASSERT_NO_FATAL_FAILURE(tablet.begin());
        phone.sync("Zoe");
        ASSERT_NO_FATAL_FAILURE(mark(stage, active));
        tablet.sync();
        EXPECT_EQ(tablet.marks_of("Zoe"), marks(active));
        ASSERT_TRUE(tablet.rename("Zoe", "Zita"));
        phone.sync();
        for (const SyncDevice* device : {&phone, &tablet}) {
            EXPECT_EQ(device->names(), std::multiset<std::string>{"Zita"});
            EXPECT_EQ(device->marks_of("Zita"), marks(active));
        }
    }
}

/// No folder has a place for one more category: what the user has written is kept nevertheless.
TEST(DraftFlags, TheTextIsKeptWhereACategoryIsNot) {
    DeviceStage stage;
    SyncDevice phone(stage, "phone", drafts), tablet(stage, "tablet", drafts);
    ASSERT_NO_FATAL_FAILURE(phone.begin());
    ASSERT_NO_FATAL_FAILURE(tablet.begin());
    phone.sync("Zoe");
    const store::FolderInfo* info = stage.account()->folders()->find(store::SpecialUse::drafts);
    const auto folder = run(stage.account()->open(info->id));
    ASSERT_TRUE(folder);
    const base::Uid uid = (*folder)->snapshot()->at(base::SeqNum(1))->uid;
    for (bool is_room = true; is_room;) {
        store::StoreRequest request;
        request.uids = {{uid, uid}};
        request.flags.keywords = {"k" + std::to_string((*folder)->snapshot()->keywords().size())};
        is_room = run((*folder)->store(std::move(request))).has_value();
    }
    ASSERT_TRUE(phone.rename("Zoe", "Zita", "Green"));
    tablet.sync();
    for (const SyncDevice* device : {&phone, &tablet})
        EXPECT_EQ(device->names(), std::multiset<std::string>{"Zita"});
}

/// The answer to the Add was lost, and the user has gone on writing meanwhile.
TEST(DraftFlags, ADeviceThatAddsTheDraftAgainHearsOfThem) {
    DeviceStage stage;
    SyncDevice phone(stage, "phone", drafts);
    ASSERT_NO_FATAL_FAILURE(phone.begin());
    phone.add_unheard("Zoe");
    ASSERT_NO_FATAL_FAILURE(mark(stage, true));
    phone.sync("Zita");
    EXPECT_EQ(phone.names(), std::multiset<std::string>{"Zita"});
    EXPECT_EQ(phone.marks_of("Zita"), marks(true));
}

}  // namespace
}  // namespace eas
