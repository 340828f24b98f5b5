// What a draft may hold, and that what it holds is never lost where a device changes it.
#include <functional>

#include "device_stage.hpp"
#include "eas/mail/draft.hpp"

namespace eas {
namespace {

namespace base_tags = wbxml::airsyncbase;
using directory::run;

std::string people(std::size_t count, std::string_view name = "somebody") {
    std::string out;
    for (std::size_t i = 0; i < count; ++i)
        out += std::string(i == 0 ? "" : ",\r\n ").append(name) + std::to_string(i) + "@elsewhere.test";
    return out;
}

/// A device that changes one draft after another.
class DraftBounds : public testing::Test {
protected:
    using Fill = std::function<void(wbxml::Encoder&)>;

    void open(Limits limits = {}) {
        stage_ = std::make_unique<DeviceStage>(limits);
        folder_ = stage_->account()->folders()->find(store::SpecialUse::drafts)->id;
        SyncDevice phone(*stage_, "phone", drafts);
        ASSERT_NO_FATAL_FAILURE(phone.begin());
        sync({});
    }

    ItemId draft(const std::string& fields, const std::string& rest = "\r\ntext\r\n") {
        const ItemId out =
            stage_->put(folder_, "From: anna@example.test\r\nSubject: Plans\r\n" + fields + rest);
        sync({});
        return out;
    }

    /// What a Change or an Add of it is answered.
    std::string change(ItemId item, const Fill& data, bool sends = false) {
        return sync([&](wbxml::Encoder& to) {
            to.open(airsync::change);
            to.text(airsync::server_id, write_item_id(item));
            if (sends) to.empty(wbxml::email2::send);
            to.open(airsync::application_data);
            data(to);
            to.close();
            to.close();
        });
    }
    std::string add(const Fill& data) {
        return sync([&](wbxml::Encoder& to) {
            to.open(airsync::add);
            to.text(airsync::client_id, "c" + key_);
            to.open(airsync::application_data);
            data(to);
            to.close();
            to.close();
        });
    }
    static void rename(wbxml::Encoder& to) { to.text(wbxml::email::subject, "Signed"); }

    std::string newest() { return stage_->last_message(folder_); }
    bool newest_is_seen() {
        const auto folder = run(stage_->account()->open(folder_));
        const store::SnapshotPtr now_there = (*folder)->snapshot();
        return now_there->at(base::SeqNum(now_there->size()))->flags.has(store::SystemFlag::seen);
    }

    std::unique_ptr<DeviceStage> stage_;
    base::FolderId folder_;

private:
    std::string sync(const Fill& command) {
        std::string body;
        wbxml::Encoder to(body);
        to.open(airsync::sync);
        to.open(airsync::collections);
        to.open(airsync::collection);
        to.text(airsync::sync_key, key_);
        to.text(airsync::collection_id, write_folder_id(folder_));
        if (command) {
            to.open(airsync::commands);
            command(to);
            to.close();
        }
        for (int i = 0; i < 3; ++i) to.close();
        const auto answered = stage_->ask("phone", "Sync", body);
        if (answered.body.empty()) return "1";
        const wbxml::Document read(answered.body);
        const wbxml::Element got = read.root().child(airsync::collections).child(airsync::collection);
        key_ = got.child(airsync::sync_key).text();
        for (const wbxml::Element one : got.child(airsync::responses))
            return std::string(one.child(airsync::status).text());
        return "1";
    }

    std::string key_ = "0";
};

TEST_F(DraftBounds, KeepsAllWhomItIsTo) {
    ASSERT_NO_FATAL_FAILURE(open());
    const ItemId item = draft("To: " + people(700) + "\r\nBcc: " + people(300, "hidden") + "\r\n");
    EXPECT_EQ(change(item, rename), "1");
    const std::string changed = newest();
    EXPECT_NE(changed.find("Subject: Signed"), std::string::npos);
    EXPECT_NE(changed.find("somebody699@"), std::string::npos);
    EXPECT_NE(changed.find("hidden299@"), std::string::npos);
}

TEST_F(DraftBounds, StaysAsItIsWhereItHasMoreThanAChangeCanKeep) {
    ASSERT_NO_FATAL_FAILURE(open());
    for (const std::string& fields :
         {"To: " + people(1'001) + "\r\n", "To: " + people(700) + "\r\nCc: " + people(301, "other") + "\r\n",
          "To: b@x.test\r\nX-Long: " + std::string(300U << 10, 'x') + "\r\n"})
        for (const bool sends : {false, true}) {
            const ItemId item = draft(fields);
            const std::string before = newest();
            EXPECT_EQ(change(item, rename, sends), "6") << fields.substr(0, 40);
            EXPECT_EQ(newest(), before);
            EXPECT_TRUE(stage_->sent().empty());
        }
    const auto to_many = [](wbxml::Encoder& to) { to.text(wbxml::email::to, people(1'001)); };
    EXPECT_EQ(change(draft("To: a@b.test\r\n"), to_many), "6");
    EXPECT_EQ(add(to_many), "6");
    EXPECT_EQ(add([](wbxml::Encoder& to) { to.text(wbxml::email::to, people(1'000)); }), "1");
    EXPECT_NE(newest().find("somebody999@"), std::string::npos);
}

TEST_F(DraftBounds, FilesThatAreTooLargeToKeep) {
    Limits limits;
    limits.message_bytes_max = 10'000;
    ASSERT_NO_FATAL_FAILURE(open(limits));
    const auto with_files = [](std::size_t files) {
        std::string out = "\r\n--x\r\n\r\ntext\r\n";
        for (std::size_t i = 0; i < files; ++i)
            out += "--x\r\nContent-Type: image/png\r\n\r\n" + std::string(4'000, 'P') + "\r\n";
        return out + "--x--\r\n";
    };
    const std::string type = "Content-Type: multipart/mixed; boundary=x\r\n";
    EXPECT_EQ(change(draft(type, with_files(2)), rename), "1");
    const ItemId item = draft(type, with_files(3));
    const std::string before = newest();
    EXPECT_EQ(change(item, rename), "6");
    EXPECT_EQ(newest(), before);
    const auto less = [&](wbxml::Encoder& to) {
        to.open(base_tags::attachments);
        to.open(base_tags::delete_);
        to.text(base_tags::file_reference, write_part_id({item, 2}));
        to.close();
        to.close();
    };
    EXPECT_EQ(change(item, less), "1");
    const auto long_text = [](wbxml::Encoder& to) {
        to.open(base_tags::body);
        to.number(base_tags::type, 1);
        to.text(base_tags::data, std::string(11'000, 'x'));
        to.close();
    };
    EXPECT_EQ(add(long_text), "6");
}

/// Files of all requests of a mailbox that are under way have one room.
TEST_F(DraftBounds, FilesWaitWhereThereIsNoRoomForThem) {
    ASSERT_NO_FATAL_FAILURE(open());
    const ItemId item = draft("Content-Type: multipart/mixed; boundary=x\r\n",
                              "\r\n--x\r\n\r\ntext\r\n--x\r\nContent-Type: image/png\r\n\r\n" +
                                  std::string(200'000, 'P') + "\r\n--x--\r\n");
    BodyRoom::Share others(stage_->services().bodies, stage_->account()->id());
    ASSERT_TRUE(others.take(BodyRoom::Limits().mailbox_max - 100'000));
    EXPECT_EQ(change(item, rename), "5");
    others.give_back();
    EXPECT_EQ(change(item, rename), "1");
    EXPECT_EQ(stage_->services().bodies.used(), 0U);
}

TEST_F(DraftBounds, IsAsUnreadAsItWas) {
    ASSERT_NO_FATAL_FAILURE(open());
    const auto with_read = [](int read) {
        return [read](wbxml::Encoder& to) {
            rename(to);
            to.number(wbxml::email::read, read);
        };
    };
    EXPECT_EQ(change(draft("To: a@b.test\r\n"), with_read(1)), "1");
    EXPECT_TRUE(newest_is_seen());
    EXPECT_EQ(change(draft("To: a@b.test\r\n"), with_read(0)), "1");
    EXPECT_FALSE(newest_is_seen());
    EXPECT_EQ(add(rename), "1");
    EXPECT_TRUE(newest_is_seen());
}

}  // namespace
}  // namespace eas
