// Rows of devices: what is written is read again, and any damage is found.
#include "eas/state/records.hpp"

#include <gtest/gtest.h>

namespace eas {
namespace {

Device sample_device() {
    Device device;
    device.id = "Appl1";
    device.type = "iPhone";
    device.user_agent = "Apple-iPhone/1";
    device.version = 161;
    device.first_seen = 1'700'000'000;
    device.last_seen = 1'800'000'000;
    device.access = Device::Access::wipe;
    device.policy_key = 7;
    device.temporary_key = 8;
    device.previous_key = 9;
    device.policy = 10;
    device.offered_policy = 11;
    device.information.model = "Model";
    device.information.os = "OS";
    device.ping_seconds = 900;
    device.ping_folders = {base::FolderId(5), base::FolderId(6)};
    device.sync_cached = true;
    device.sync_folders = {base::FolderId(7)};
    device.sync_wait_seconds = 60;
    device.sync_window = 100;
    device.sent = {1, 2, 3};
    return device;
}

Collection sample_collection() {
    Collection collection;
    collection.key = {5, 9};
    Cursor& cursor = collection.now;
    cursor.begun = true;
    cursor.done = base::ModSeq(1ULL << 40);
    cursor.low = base::Uid(3);
    cursor.high = base::Uid(4'000'000'000);
    cursor.oldest = base::Uid(4);
    cursor.window = 1'700'000'000;
    cursor.pass = base::Uid(17);
    cursor.target = base::ModSeq(99);
    cursor.withheld = {{base::Uid(5), base::Uid(7)}, {base::Uid(9), base::Uid(4'294'967'295)}};
    cursor.own = {{base::Uid(5), base::ModSeq(8), OwnChange::Kind::removed}};
    collection.options.filter = 5;
    collection.options.bodies = {{BodyType::html, 500, true, 100}, {BodyType::mime, UINT32_MAX, false, 0}};
    collection.commands_hash = 0x1234567890ABCDEF;
    collection.results = {{1, 8, "client", "5:17"}};
    collection.repeats = 2;
    return collection;
}

TEST(Records, RoundTrips) {
    EXPECT_EQ(decode_device(encode(sample_device())), sample_device());
    EXPECT_EQ(decode_device(encode(Device())), Device());
    EXPECT_EQ(decode_collection(encode(sample_collection())), sample_collection());
    EXPECT_EQ(decode_collection(encode(Collection())), Collection());
    Collection only_adds;  // of a device that has asked for nothing yet
    only_adds.now.own = {{base::Uid(5), base::ModSeq(8), OwnChange::Kind::added}};
    EXPECT_EQ(decode_collection(encode(only_adds)), only_adds);
    Collection conversing = sample_collection();
    conversing.conversations = true;
    conversing.now.conversations_next = true;
    conversing.now.joined = {{base::Uid(1), base::Uid(2)}};
    EXPECT_EQ(decode_collection(encode(conversing)), conversing);
    conversing.deletes_as_moves = false;
    EXPECT_EQ(decode_collection(encode(conversing)), conversing);
    Collection with_part = sample_collection();
    with_part.options.mime_support = MimeSupport::always;
    with_part.options.part = BodyPreference{BodyType::html, 4'096, true, 100};
    EXPECT_EQ(decode_collection(encode(with_part)), with_part);
    Collection with_files = sample_collection();
    with_files.results.push_back({0, 1, "c2", "5:18"});
    with_files.results.back().attachments = {{"a1", "5:18:@00ff"}, {"", "5:18:2"}};
    EXPECT_EQ(decode_collection(encode(with_files)), with_files);
    with_files.results.front().uid = "uid";
    with_files.supported = {1, 2};
    EXPECT_EQ(decode_collection(encode(with_files)), with_files);
    Collection unsettled = sample_collection();
    unsettled.unsettled = true;
    EXPECT_EQ(decode_collection(encode(unsettled)), unsettled);
    unsettled.supported = {1, 2};
    EXPECT_EQ(decode_collection(encode(unsettled)), unsettled);
    Hierarchy hierarchy;
    hierarchy.key = {3, 4};
    hierarchy.now = {{base::FolderId(1), 2}, {base::FolderId(3), 4}};
    hierarchy.before = {{base::FolderId(1), 2}};
    EXPECT_EQ(decode_hierarchy(encode(hierarchy)), hierarchy);
    hierarchy.before = hierarchy.now;
    EXPECT_EQ(decode_hierarchy(encode(hierarchy)), hierarchy);
    OutOfOffice oof;
    oof.state = 2;
    oof.start = "2026-11-22T00:00:00.000Z";
    oof.internal = {true, "Away", "TEXT"};
    EXPECT_EQ(decode_oof(encode(oof)), oof);
    const AnsweredSender answered{1'800'000'000, 77};
    EXPECT_EQ(decode_answered(encode(answered)), answered);
    EXPECT_FALSE(decode_answered(encode(oof)));
    const std::vector<MovedConversation> moved{{base::ThreadId(1ULL << 60), base::FolderId(7), 1'800'000'000},
                                               {base::ThreadId(2), base::FolderId(8), 0}};
    EXPECT_EQ(decode_moved(encode(moved)), moved);
    EXPECT_FALSE(decode_moved(encode(answered)));
    Device nothing_demanded = sample_device();
    nothing_demanded.policy = nothing_demanded.offered_policy = 0;
    EXPECT_EQ(decode_device(encode(nothing_demanded)), nothing_demanded);
}

TEST(Records, DamageIsFound) {
    for (const std::string& row : {encode(sample_device()), encode(sample_collection())}) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            std::string damaged = row;
            damaged[i] = static_cast<char>(damaged[i] ^ 0x20);
            EXPECT_FALSE(decode_device(damaged));
            EXPECT_FALSE(decode_collection(damaged));
            EXPECT_FALSE(decode_hierarchy(damaged));
            EXPECT_FALSE(decode_oof(row.substr(0, i)));
        }
    }
}

}  // namespace
}  // namespace eas
