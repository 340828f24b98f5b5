// What a device has had sent, and asks for again: not again while this server knows that it has left, and
// where it does not know any more under the same Message-ID.
#include "device_stage.hpp"

namespace eas {
namespace {

class SentAgain : public testing::Test {
protected:
    DeviceStage::Answered send(std::string_view client_id, std::string_view message,
                               std::string_view device = "phone") {
        std::string body;
        wbxml::Encoder to(body);
        to.open(wbxml::composemail::send_mail);
        to.text(wbxml::composemail::client_id, client_id);
        to.opaque(wbxml::composemail::mime, message);
        to.close();
        return stage_.ask(device, "SendMail", body);
    }
    /// Its status; empty: all went well.
    std::string status_of(const DeviceStage::Answered& answered) {
        if (answered.body.empty()) return {};
        return std::string(wbxml::Document(answered.body).root().child(wbxml::composemail::status).text());
    }
    /// The device's rows cannot be written.
    void keep_nothing() {
        stage_.engine().inject([](const store::engine::Step& step) {
            return step.op == store::engine::Op::commit ? store::engine::Fault::unavailable
                                                        : store::engine::Fault::none;
        });
    }

    DeviceStage stage_;
};

constexpr std::string_view plain = "To: bob@elsewhere.test\r\nSubject: Hi\r\n\r\nHello\r\n";

TEST_F(SentAgain, WhatIsKnownToHaveLeftDoesNotLeaveAgain) {
    ASSERT_EQ(send("a", plain).status, 200U);  // the device is known
    EXPECT_EQ(status_of(send("a", plain)), std::to_string(status::already_sent));
    stage_.restart();
    EXPECT_EQ(status_of(send("a", plain)), std::to_string(status::already_sent));
    keep_nothing();
    EXPECT_EQ(send("b", plain).status, 503U);
    stage_.engine().inject({});
    EXPECT_EQ(status_of(send("b", plain)), std::to_string(status::already_sent));
    EXPECT_EQ(stage_.sent().size(), 2U);
}

TEST_F(SentAgain, AfterARestartItIsTheSameMessage) {
    ASSERT_EQ(send("a", plain).status, 200U);
    keep_nothing();
    EXPECT_EQ(send("b", plain).status, 503U);
    stage_.engine().inject({});
    stage_.restart();
    EXPECT_EQ(status_of(send("b", plain)), "");
    ASSERT_EQ(stage_.sent().size(), 3U);
    const std::string id = stage_.sent()[1].message_id;
    EXPECT_FALSE(id.empty());
    EXPECT_EQ(stage_.sent()[2].message_id, id);
    EXPECT_NE(stage_.sent()[0].message_id, id);
    // Another message, another device; and what a message calls itself stays.
    EXPECT_EQ(send("c", std::string(plain) + "Bye\r\n").status, 200U);
    EXPECT_EQ(send("b", plain, "tablet").status, 200U);
    EXPECT_EQ(send("d", "Message-ID: <own@phone>\r\n" + std::string(plain)).status, 200U);
    ASSERT_EQ(stage_.sent().size(), 6U);
    EXPECT_NE(stage_.sent()[3].message_id, id);
    EXPECT_NE(stage_.sent()[4].message_id, id);
    EXPECT_EQ(stage_.sent()[5].message_id, "<own@phone>");
}

}  // namespace
}  // namespace eas
