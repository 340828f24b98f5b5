// What others do to an item while a device adds or changes it is told to the device, whenever it happens: at
// each step of the request in turn.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "device_stage.hpp"
#include "wbxml/xml.hpp"

namespace eas {
namespace {

using directory::run;
using store::SystemFlag;
using store::engine::Fault;

/// The newest item of the folder, as soon as there are `count`, gets a flag or loses it.
awaitable<void> mark_newest(store::FolderPtr folder, std::size_t count, store::FlagChange change,
                            SystemFlag flag, bool* marked) {
    const auto executor = co_await boost::asio::this_coro::executor;
    for (int hops = 0; hops < 200 && folder->snapshot()->size() < count; ++hops)
        co_await boost::asio::post(executor, boost::asio::use_awaitable);
    const store::SnapshotPtr now_there = folder->snapshot();
    if (now_there->size() < count) co_return;
    const base::Uid uid = now_there->at(base::SeqNum(now_there->size()))->uid;
    store::StoreRequest request;
    request.uids = {{uid, uid}};
    request.change = change;
    request.flags.system = flag;
    const auto done = co_await folder->store(std::move(request));
    *marked = done && done->changed;
}

/// Whoever else changes the folder begins at a step of the engine, and from there on all calls take a while.
class Interleaving : public testing::Test {
protected:
    struct Other {
        std::size_t count = 1;
        store::FlagChange change = store::FlagChange::add;
        SystemFlag flag = SystemFlag::flagged;
    };
    void begin_at(DeviceStage& stage, base::FolderId id, unsigned number, Other other) {
        const auto folder = run(stage.account()->open(id));
        ASSERT_TRUE(folder);
        marked_ = begun_ = false;
        const std::uint64_t from = stage.engine().steps() + number;
        stage.engine().inject([this, &stage, from, folder = *folder, other](const store::engine::Step& step) {
            if (step.number < from) return Fault::none;
            if (std::exchange(begun_, true)) return Fault::delay;
            boost::asio::post(stage.io(), [this, &stage, folder, other] {
                boost::asio::co_spawn(stage.io(),
                                      mark_newest(folder, other.count, other.change, other.flag, &marked_),
                                      boost::asio::detached);
            });
            return Fault::delay;
        });
    }

    bool marked_ = false, begun_ = false;
};

constexpr Shelf inbox{"2", wbxml::email::subject};

/// What a device knows of one message.
struct Known {
    std::string read, flag;
};

std::string sync_request(const std::string& folder, const std::string& key, const std::string& item) {
    std::string out;
    wbxml::Encoder to(out);
    to.open(airsync::sync);
    to.open(airsync::collections);
    to.open(airsync::collection);
    to.text(airsync::sync_key, key);
    to.text(airsync::collection_id, folder);
    if (!item.empty()) {
        to.open(airsync::commands);
        to.open(airsync::change);
        to.text(airsync::server_id, item);
        to.open(airsync::application_data);
        to.number(wbxml::email::read, 1);
        to.close();
        to.close();
        to.close();
    }
    for (int i = 0; i < 3; ++i) to.close();
    return out;
}

TEST_F(Interleaving, WhatOthersMarkWhileADeviceReads) {
    unsigned steps = 0, both = 0;
    for (bool ended = false; !ended; ++steps) {
        ASSERT_LT(steps, 200U);
        DeviceStage stage;
        const ItemId mail = stage.put(stage.inbox(), "From: a@elsewhere.test\r\nSubject: x\r\n\r\nx\r\n");
        SyncDevice phone(stage, "phone", inbox);
        ASSERT_NO_FATAL_FAILURE(phone.begin());
        const std::string folder = write_folder_id(stage.inbox());
        std::string key = "0";
        Known known;
        const auto ask = [&](const std::string& item) {
            const auto answered = stage.ask("phone", "Sync", sync_request(folder, key, item));
            if (answered.body.empty()) return false;
            const wbxml::Document read(answered.body);
            const wbxml::Element got = read.root().child(airsync::collections).child(airsync::collection);
            EXPECT_EQ(got.child(airsync::status).text(), "1");
            EXPECT_FALSE(got.child(airsync::responses)) << wbxml::to_xml(read);
            key = got.child(airsync::sync_key).text();
            for (const wbxml::Element one : got.child(airsync::commands)) {
                const wbxml::Element data = one.child(airsync::application_data);
                if (const auto seen = data.child(wbxml::email::read)) known.read = seen.text();
                if (const auto flag = data.child(wbxml::email::flag))
                    known.flag = flag.child(wbxml::email::status).text();
            }
            return true;
        };
        for (int i = 0; i < 4; ++i) ask({});
        ASSERT_EQ(known.read, "0");
        begin_at(stage, stage.inbox(), steps, {});
        ask(write_item_id(mail));
        known.read = "1";
        ended = !begun_;
        stage.engine().inject({});
        for (int i = 0; i < 4 && ask({}); ++i) continue;
        if (marked_) ++both;
        const auto now_there = run(stage.account()->open(stage.inbox()));
        const store::Entry entry = *(*now_there)->snapshot()->find(mail.uid);
        EXPECT_TRUE(entry.flags.has(SystemFlag::seen)) << steps;
        EXPECT_EQ(known.read, "1") << steps;
        EXPECT_EQ(known.flag, entry.flags.has(SystemFlag::flagged) ? "2" : "") << "at step " << steps;
    }
    EXPECT_GT(both, 5U);
}

TEST_F(Interleaving, WhatOthersDoToWhatADeviceAdds) {
    for (const Shelf* shelf : {&drafts, &contacts, &meetings}) {
        unsigned both = 0;
        bool ended = false;
        for (unsigned step = 0; !ended; ++step) {
            ASSERT_LT(step, 200U);
            DeviceStage stage;
            SyncDevice phone(stage, "phone", *shelf);
            ASSERT_NO_FATAL_FAILURE(phone.begin());
            const auto id = parse_folder_id(phone.folder());
            const bool is_draft = shelf == &drafts;
            Other other;
            if (is_draft) {
                other.change = store::FlagChange::remove;
                other.flag = SystemFlag::seen;
            }
            begin_at(stage, *id, step, other);
            phone.sync("Zoe");
            ended = !begun_;
            stage.engine().inject({});
            phone.sync();
            if (!marked_) continue;
            ++both;
            EXPECT_EQ(phone.names(), std::multiset<std::string>{"Zoe"});
            EXPECT_GE(phone.changes(), 1U) << shelf->type << " at step " << step;
        }
        EXPECT_GT(both, 3U) << shelf->type;
    }
}

}  // namespace
}  // namespace eas
