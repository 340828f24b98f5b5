// Texts that are longer than what a request may hold: of many parts, and those that grow when they become
// HTML. They are cut where a device reads them, which is said, and never where it passes them on.
#include "device_stage.hpp"
#include "eas/mail/message_text.hpp"
#include "mime/index.hpp"

namespace eas {
namespace {

namespace items = wbxml::itemoperations;
namespace base_tags = wbxml::airsyncbase;

std::string text_of(std::string_view subtype, std::string_view text) {
    std::string out = "Content-Type: text/";
    return out.append(subtype).append("; charset=utf-8\r\n\r\n").append(text);
}

std::string mixed(std::size_t parts, std::string_view part) {
    std::string out =
        "From: a@elsewhere.test\r\nSubject: Long\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n";
    for (std::size_t i = 0; i < parts; ++i) out.append("--x\r\n").append(part).append("\r\n");
    return out + "--x--\r\n";
}

std::string letter(std::string_view part) {
    return std::string("From: a@elsewhere.test\r\nSubject: Long\r\n").append(part) + "\r\n";
}

std::string lines(std::size_t octets, std::string_view line = "Words and words and words.\r\n") {
    std::string out;
    while (out.size() < octets) out += line;
    return out;
}

GatheredText gathered(BodyType type, std::string_view message, TextRoom room) {
    const mime::Index index = mime::index(message);
    const auto octets = [&](std::uint32_t part) {
        return message.substr(index.tree.parts[part].body_offset, index.tree.parts[part].body_bytes);
    };
    return text_as(type, index.tree, lay_out(index.tree), octets, room);
}

TEST(LongText, AllPartsHaveOneRoom) {
    const std::string message = mixed(20, text_of("plain", lines(1'000)));
    for (const BodyType type : {BodyType::plain, BodyType::html}) {
        const GatheredText all = gathered(type, message, {});
        EXPECT_FALSE(all.cut);
        EXPECT_EQ(all.size, all.text.size());
        EXPECT_GE(all.text.size(), 20'000U);
        const GatheredText some = gathered(type, message, {5'000, 5'000});
        EXPECT_TRUE(some.cut);
        EXPECT_LE(some.text.size(), 5'000U);
        EXPECT_GE(some.text.size(), 4'900U);
        EXPECT_TRUE(all.text.starts_with(some.text));
        EXPECT_NEAR(static_cast<double>(some.size), static_cast<double>(all.size), 3'000);
        const GatheredText whole = gathered(type, message, {all.text.size(), 1});
        EXPECT_FALSE(whole.cut);
        EXPECT_EQ(whole.text, all.text);
        EXPECT_TRUE(gathered(type, message, {all.text.size() - 1, 1}).cut);
    }
}

TEST(LongText, WhatGrowsAsHtmlIsCutBetweenCharacters) {
    for (const std::string_view character : {"\"", "\n", "&", "ä", "x\xF0\x9F\x98\x80"})
        for (std::size_t most = 996; most < 1'004; ++most) {
            const std::string message = letter(text_of("plain", lines(2'000, character)));
            const GatheredText text = gathered(BodyType::html, message, {most, most});
            EXPECT_TRUE(text.cut);
            EXPECT_LE(text.text.size(), most);
            EXPECT_GE(text.text.size(), most - 6);
            EXPECT_TRUE(html_of(lines(2'000, character)).starts_with(text.text));
            const auto last = static_cast<unsigned char>(text.text.back());
            EXPECT_TRUE(last < 0x80 || (last & 0xC0U) == 0x80U) << "a character has begun";
            EXPECT_EQ(text.text.rfind('&') == std::string::npos, text.text.rfind(';') == std::string::npos);
            if (text.text.find('&') != std::string::npos) {
                EXPECT_TRUE(text.text.ends_with(';'));
            }
        }
}

TEST(LongText, HtmlThatBecomesPlainText) {
    const std::string message = letter(text_of("html", lines(3'000, "<p>word</p>")));
    EXPECT_FALSE(gathered(BodyType::plain, message, {5'000, 5'000}).cut);
    const GatheredText cut = gathered(BodyType::plain, message, {100, 5'000});
    EXPECT_TRUE(cut.cut);
    EXPECT_LE(cut.text.size(), 100U);
    EXPECT_GT(cut.size, 500U);
    EXPECT_TRUE(gathered(BodyType::plain, message, {5'000, 1'000}).cut) << "nobody has read all of it";
    const std::string images = letter(text_of("html", "<p>Hi</p><img src=\"" + lines(9'000, "x") + "\">"));
    EXPECT_EQ(gathered(BodyType::plain, images, {10, 1'000}).text, "\nHi\n");
}

class LongTexts : public testing::Test {
protected:
    struct Body {
        std::string data, truncated;
        std::int64_t size = 0;
    };
    static Body fetch(DeviceStage& stage, ItemId item, BodyType type, std::optional<int> truncation = {},
                      bool all_or_none = false) {
        std::string request;
        wbxml::Encoder to(request);
        to.open(items::item_operations);
        to.open(items::fetch);
        to.text(items::store, "Mailbox");
        to.text(airsync::collection_id, write_folder_id(item.folder));
        to.text(airsync::server_id, write_item_id(item));
        to.open(items::options);
        to.open(base_tags::body_preference);
        to.number(base_tags::type, static_cast<int>(type));
        if (truncation) to.number(base_tags::truncation_size, *truncation);
        if (all_or_none) to.number(base_tags::all_or_none, 1);
        for (int i = 0; i < 4; ++i) to.close();
        const auto answered = stage.ask("phone", "ItemOperations", request);
        const wbxml::Document read(answered.body);
        const wbxml::Element body = read.root()
                                        .child(items::response)
                                        .child(items::fetch)
                                        .child(items::properties)
                                        .child(base_tags::body);
        return {std::string(body.child(base_tags::data).text()),
                std::string(body.child(base_tags::truncated).text()),
                body.child(base_tags::estimated_data_size).number().value_or(0)};
    }

    static std::string pass_on(DeviceStage& stage, bool forwards, ItemId item, std::string_view text) {
        namespace mail = wbxml::composemail;
        std::string body;
        wbxml::Encoder to(body);
        to.open(forwards ? mail::smart_forward : mail::smart_reply);
        to.text(mail::client_id, "c" + std::to_string(stage.sent().size()));
        to.open(mail::source);
        to.text(mail::folder_id, write_folder_id(item.folder));
        to.text(mail::item_id, write_item_id(item));
        to.close();
        to.opaque(mail::mime, std::string("To: bob@elsewhere.test\r\nSubject: Re\r\n\r\n").append(text));
        to.close();
        const std::size_t before = stage.sent().size();
        const auto answered = stage.ask("phone", forwards ? "SmartForward" : "SmartReply", body);
        if (stage.sent().size() != before) return stage.sent().back().message;
        return std::string(wbxml::Document(answered.body).root().child(mail::status).text());
    }
};

TEST_F(LongTexts, ADeviceGetsSoMuchOfThemAndIsToldSo) {
    DeviceStage stage;
    const ItemId many = stage.put(stage.inbox(), mixed(10, text_of("plain", lines(1U << 20))));
    for (const BodyType type : {BodyType::plain, BodyType::html}) {
        const Body body = fetch(stage, many, type);
        EXPECT_LE(body.data.size(), 8U << 20);
        EXPECT_GE(body.data.size(), 7U << 20);
        EXPECT_EQ(body.truncated, "1");
        EXPECT_GT(body.size, 9 << 20);
        const Body none = fetch(stage, many, type, std::nullopt, true);
        EXPECT_EQ(none.data, "");
        EXPECT_EQ(none.truncated, "1");
    }
    const ItemId quotes = stage.put(stage.inbox(), letter(text_of("plain", lines(2U << 20, "\"\"\"\"\r\n"))));
    const Body body = fetch(stage, quotes, BodyType::html);
    EXPECT_LE(body.data.size(), 8U << 20);
    EXPECT_EQ(body.truncated, "1");
    EXPECT_EQ(fetch(stage, quotes, BodyType::plain).truncated, "");
}

/// What nobody asks for is not made: how long it is is an estimate then.
TEST_F(LongTexts, ABeginningIsMadeOfABeginning) {
    DeviceStage stage;
    const ItemId mail = stage.put(stage.inbox(), letter(text_of("plain", lines(5U << 20))));
    const auto read_octets = [&](int truncation) {
        const std::uint64_t before = stage.engine().steps();
        const Body body = fetch(stage, mail, BodyType::plain, truncation);
        EXPECT_EQ(body.data.size(), static_cast<std::size_t>(truncation));
        EXPECT_EQ(body.truncated, "1");
        EXPECT_NEAR(static_cast<double>(body.size), 5 << 20, 1'000);
        return stage.engine().steps() - before;
    };
    EXPECT_LT(read_octets(1'000) + 8, read_octets(4 << 20));
}

TEST_F(LongTexts, WhatIsPassedOnIsPassedOnWhole) {
    DeviceStage stage;
    const std::string plain = text_of("plain", lines(2U << 20) + "The end of it");
    const std::string rich = text_of("html", "<p>" + lines(2U << 20) + "The end of it</p>");
    for (const std::string* part : {&plain, &rich})
        for (const bool forwards : {true, false})
            for (const bool alone : {true, false}) {
                const std::string original = alone ? letter(*part) : mixed(1, *part);
                const ItemId item = stage.put(stage.inbox(), original);
                const std::string sent = pass_on(stage, forwards, item, "See below\r\n");
                EXPECT_NE(sent.find("See below"), std::string::npos) << sent.substr(0, 1'000);
                EXPECT_NE(sent.find("it follows as it was sent"), std::string::npos);
                EXPECT_NE(sent.find(part->substr(part->find("\r\n\r\n"))), std::string::npos);
                EXPECT_LT(sent.size(), part->size() + 4'000) << "once";
                const mime::Index index = mime::index(sent);
                EXPECT_EQ(lay_out(index.tree).texts.size(), 2U) << "readers show it";
            }
}

TEST_F(LongTexts, ManyPartsArePassedOnWhole) {
    DeviceStage stage;
    const ItemId item = stage.put(stage.inbox(), mixed(30, text_of("plain", lines(64U << 10))));
    const std::string sent = pass_on(stage, true, item, "See below\r\n");
    EXPECT_EQ(lay_out(mime::index(sent).tree).texts.size(), 31U);
}

TEST_F(LongTexts, TextsThatAreTooLongToPassOnAreSaidToBe) {
    Limits limits;
    limits.forwarded_bytes_max = 1U << 20;
    DeviceStage stage(limits);
    const ItemId item = stage.put(stage.inbox(), letter(text_of("plain", lines(2U << 20))));
    for (const bool forwards : {true, false})
        EXPECT_EQ(pass_on(stage, forwards, item, "See"), std::to_string(status::attachment_too_large));
}

TEST_F(LongTexts, WhatIsPassedOnWaitsWhereThereIsNoRoomForIt) {
    DeviceStage stage;
    const ItemId item = stage.put(stage.inbox(), letter(text_of("plain", lines(2U << 20))));
    BodyRoom::Share others(stage.services().bodies, stage.account()->id());
    ASSERT_TRUE(others.take(BodyRoom::Limits().mailbox_max - (1U << 20)));
    EXPECT_EQ(pass_on(stage, true, item, "See"), std::to_string(status::server_error_retry));
    others.give_back();
    EXPECT_GT(pass_on(stage, true, item, "See").size(), 2U << 20);
    EXPECT_EQ(stage.services().bodies.used(), 0U);
}

/// As HTML it would be six times as long, and each quotation mark of it encoded.
TEST_F(LongTexts, WhatADeviceWritesIsNeverCut) {
    DeviceStage stage;
    const ItemId item = stage.put(stage.inbox(), letter(text_of("html", "<b>asked</b>")));
    const std::string text = lines(3U << 20, "\"\"\"\"\"\"\"\"\r\n");
    const std::string sent = pass_on(stage, false, item, text);
    EXPECT_NE(sent.find(text), std::string::npos);
    EXPECT_NE(sent.find("<b>asked</b>"), std::string::npos);
    EXPECT_LT(sent.size(), text.size() + 4'000);
    EXPECT_EQ(lay_out(mime::index(sent).tree).texts.size(), 2U);
}

}  // namespace
}  // namespace eas
