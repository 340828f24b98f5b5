// A document is the tree of what the decoder reads.
#include "wbxml/document.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sample.hpp"
#include "wbxml/encoder.hpp"
#include "wbxml/tags.hpp"

namespace wbxml {
namespace {

TEST(Document, IsAskedInAnyOrder) {
    const std::string octets = sample::sync_answer(3);
    const Document document(octets);
    ASSERT_EQ(document.fault(), Fault::none);
    const Element root = document.root();
    EXPECT_EQ(root.tag(), airsync::sync);
    const Element collection = root.child(airsync::collections).child(airsync::collection);
    EXPECT_EQ(collection.child(airsync::status).number(), 1);
    EXPECT_EQ(collection.child(airsync::sync_key).text(), "17.3");
    EXPECT_TRUE(collection.child(airsync::more_available));
    EXPECT_FALSE(collection.child(airsync::window_size));
    std::vector<std::string> ids;
    for (const Element item : collection.child(airsync::commands))
        ids.emplace_back(item.child(airsync::server_id).text());
    EXPECT_EQ(ids, (std::vector<std::string>{"5:1", "5:2", "5:3"}));
    const Element data = collection.child(airsync::commands).first_child().child(airsync::application_data);
    EXPECT_TRUE(data.child(email2::conversation_id).is_opaque());
    EXPECT_EQ(data.child(email2::conversation_id).text(), "0123456789abcdef");
}

TEST(Document, NoneAnswersNone) {
    const Element none;
    EXPECT_FALSE(none);
    EXPECT_FALSE(none.child(airsync::sync).child(airsync::status).next().first_child());
    EXPECT_EQ(none.text(), "");
    EXPECT_EQ(none.number(), std::nullopt);
    for (const Element child : none) FAIL() << name(child.tag());
    const Document bad("\x03\x01\x6A");
    EXPECT_EQ(bad.fault(), Fault::truncated);
    EXPECT_FALSE(bad.root());
}

TEST(Document, Numbers) {
    const auto number = [](std::string_view text) {
        std::string octets;
        Encoder out(octets);
        out.text(airsync::status, text);
        return Document(octets).root().number();
    };
    EXPECT_EQ(number("0"), 0);
    EXPECT_EQ(number("-7"), -7);
    EXPECT_EQ(number("9223372036854775807"), INT64_MAX);
    for (const char* bad : {"", " 1", "1 ", "+1", "1.0", "0x1", "9223372036854775808", "-"})
        EXPECT_EQ(number(bad), std::nullopt) << bad;
}

TEST(Document, PiecesOfATextAreJoined) {
    using namespace std::literals;
    const std::string octets =
        "\x03\x01\x6A\x00\x45\x03"
        "ab\0\x03\0\xC3\x02"
        "cd\x4B\x03xy\0\x03z\0\x01\x03"
        "ef\0\x4B\x03q\0\x01\x01"s;
    const Document document(octets);
    ASSERT_EQ(document.fault(), Fault::none);
    EXPECT_EQ(document.root().text(), "abcdef");
    EXPECT_EQ(document.root().first_child().text(), "xyz");
    EXPECT_EQ(document.root().first_child().next().text(), "q");
}

TEST(Document, PiecesThatTakeTurnsAreNotCopiedAgainAndAgain) {
    using namespace std::literals;
    // Were a text copied whenever another element's came between, this would be 10^5 * 10^6 / 2 octets of
    // memory.
    std::string octets = "\x03\x01\x6A\x00\x45\x03"s + std::string(1'000'000, 'a') + '\0';
    for (int i = 0; i < 50'000; ++i) octets += "\x4B\x03x\0\x03y\0\x01\x03z\0"s;
    octets += '\x01';
    const Document document(octets);
    ASSERT_EQ(document.fault(), Fault::none);
    EXPECT_EQ(document.root().text().size(), 1'050'000u);
    EXPECT_EQ(document.root().first_child().text(), "xy");
}

TEST(Document, MovesWithItsTexts) {
    using namespace std::literals;
    const std::string octets =
        "\x03\x01\x6A\x00\x45\x03"
        "ab\0\x03"
        "c\0\x01"s;
    Document first(octets);
    const Document second = std::move(first);
    EXPECT_EQ(second.root().text(), "abc");
}

}  // namespace
}  // namespace wbxml
