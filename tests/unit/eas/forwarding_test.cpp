// What SmartForward takes along, and when a meeting names those whom it is passed on to. MS-ASCMD section
// 2.2.2.18.
#include "device_stage.hpp"

namespace eas {
namespace {

std::string with_files(std::size_t files, std::size_t octets) {
    std::string out =
        "From: a@elsewhere.test\r\nSubject: Files\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
        "--x\r\nContent-Type: text/plain\r\n\r\nsee there\r\n";
    for (std::size_t i = 0; i < files; ++i)
        out += "--x\r\nContent-Type: application/pdf\r\n\r\n" + std::string(octets, 'P') + "\r\n";
    return out + "--x--\r\n";
}

class Forwarding : public testing::Test {
protected:
    /// The status; empty: there is none, since all went well.
    std::string forward(DeviceStage& stage, ItemId item, std::string_view to_whom = "bob@elsewhere.test") {
        std::string body;
        wbxml::Encoder to(body);
        to.open(wbxml::composemail::smart_forward);
        to.text(wbxml::composemail::client_id, "c" + std::to_string(++forwards_));
        to.open(wbxml::composemail::source);
        to.text(wbxml::composemail::folder_id, write_folder_id(item.folder));
        to.text(wbxml::composemail::item_id, write_item_id(item));
        to.close();
        to.opaque(wbxml::composemail::mime,
                  "To: " + std::string(to_whom) + "\r\nSubject: FW\r\n\r\nSee below\r\n");
        to.close();
        const auto answered = stage.ask("phone", "SmartForward", body);
        EXPECT_EQ(answered.status, 200U);
        if (answered.body.empty()) return {};
        return std::string(wbxml::Document(answered.body).root().child(wbxml::composemail::status).text());
    }

private:
    unsigned forwards_ = 0;
};

constexpr std::string_view one_file =
    "From: scanner@elsewhere.test\r\nTo: anna@example.test\r\nSubject: Scan\r\nMIME-Version: 1.0\r\n"
    "Content-Type: application/pdf;\r\n name=scan.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nUERG\r\n";
constexpr std::string_view as_a_part =
    "\r\nContent-Type: application/pdf;\r\n name=scan.pdf\r\nContent-Transfer-Encoding: "
    "base64\r\n\r\nUERG\r\n";

TEST_F(Forwarding, AMailThatIsOneFileIsForwardedWithIt) {
    DeviceStage stage;
    EXPECT_EQ(forward(stage, stage.put(stage.inbox(), std::string(one_file))), "");
    ASSERT_EQ(stage.sent().size(), 1U);
    EXPECT_NE(stage.sent().front().message.find(as_a_part), std::string::npos)
        << stage.sent().front().message;
}

TEST_F(Forwarding, ADraftThatIsOneFileKeepsIt) {
    DeviceStage stage;
    const base::FolderId id = stage.account()->folders()->find(store::SpecialUse::drafts)->id;
    stage.put(id, std::string(one_file));
    SyncDevice phone(stage, "phone", drafts);
    ASSERT_NO_FATAL_FAILURE(phone.begin());
    ASSERT_TRUE(phone.rename("Scan", "Signed"));
    const std::string draft = stage.last_message(id);
    EXPECT_NE(draft.find("Subject: Signed"), std::string::npos);
    EXPECT_NE(draft.find(as_a_part), std::string::npos) << draft;
}

TEST_F(Forwarding, FilesThatAreTooLargeToForwardAreSaidToBe) {
    Limits limits;
    limits.forwarded_bytes_max = 1'500;
    DeviceStage stage(limits);
    EXPECT_EQ(forward(stage, stage.put(stage.inbox(), with_files(1, 1'000))), "");
    EXPECT_EQ(forward(stage, stage.put(stage.inbox(), with_files(2, 1'000))),
              std::to_string(status::attachment_too_large));
    EXPECT_EQ(stage.sent().size(), 1U);
}

/// Nobody is asked to a meeting by a mail that did not leave.
TEST_F(Forwarding, AMeetingNamesThoseWhoGotTheMail) {
    DeviceStage stage;
    SyncDevice phone(stage, "phone", meetings);
    ASSERT_NO_FATAL_FAILURE(phone.begin());
    phone.sync("Plans");
    ASSERT_EQ(phone.items().size(), 1U);
    const auto event = parse_item_id(phone.items().begin()->first);
    ASSERT_TRUE(event);
    const auto text = [&] { return stage.last_message(event->folder); };
    const std::string before = text();
    stage.outgoing().answer = Submitted::no_such_user;
    EXPECT_EQ(forward(stage, *event, "nobdoy@example.test"), std::to_string(status::submission_failed));
    EXPECT_EQ(text(), before);
    stage.outgoing().answer = Submitted::sent;
    const std::size_t sent = stage.sent().size();
    EXPECT_EQ(forward(stage, *event, "Bea <bea@elsewhere.test>"), "");
    EXPECT_EQ(stage.sent().size(), sent + 1);
    EXPECT_NE(text().find(":bea@elsewhere.test"), std::string::npos) << text();
    EXPECT_EQ(text().find("nobdoy"), std::string::npos);
}

}  // namespace
}  // namespace eas
