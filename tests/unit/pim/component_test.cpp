// The text of vCards and iCalendar: what is read, what is written, and that nothing is lost in between.
#include "pim/component.hpp"

#include <gtest/gtest.h>

namespace {

using pim::Component;
using pim::ComponentLimits;
using pim::parse;
using pim::write;

constexpr std::string_view card =
    "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Anna\r\n"
    "item1.X-STRANGE;X-P=\"a;b,c:d\";TYPE=home,voice:raw\\,value;with:all\r\n"
    "NOTE:one\\ntwo\\, three\\\\\r\nEND:VCARD\r\n";

TEST(Component, KeepsWhatItDoesNotKnow) {
    const auto read = parse(card);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->name, "VCARD");
    const pim::Property* strange = read->find("X-STRANGE");
    ASSERT_NE(strange, nullptr);
    EXPECT_EQ(strange->group, "item1");
    EXPECT_EQ(strange->parameter("X-P"), "a;b,c:d");
    EXPECT_TRUE(strange->has_parameter("TYPE", "VOICE"));
    EXPECT_FALSE(strange->has_parameter("TYPE", "cell"));
    EXPECT_EQ(strange->value, "raw\\,value;with:all");
    EXPECT_EQ(read->text("NOTE"), "one\ntwo, three\\");
    EXPECT_EQ(write(*read), card);
}

TEST(Component, LinesAreFoldedBetweenCharacters) {
    Component note("VJOURNAL");
    std::string text;
    for (int i = 0; i < 100; ++i) text += "äö€";
    note.set_text("DESCRIPTION", text);
    const std::string out = write(note);
    for (std::size_t at = 0; at < out.size();) {
        const std::size_t end = out.find("\r\n", at);
        ASSERT_NE(end, std::string::npos);
        EXPECT_LE(end - at, 75U);
        const std::size_t first = out[at] == ' ' ? at + 1 : at;
        EXPECT_NE(static_cast<unsigned char>(out[first]) & 0xC0U, 0x80U);  // no character is cut
        at = end + 2;
    }
    const auto again = parse(out);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->text("DESCRIPTION"), text);
}

TEST(Component, NestsAndSkipsWhatIsNoLine) {
    const auto read = parse(
        "\xEF\xBB\xBF"
        "begin:vcalendar\nnonsense without colon\nBEGIN:VEVENT\nSUMMARY:a\nEND:VEVENT\nEND:vCalendar\n");
    ASSERT_TRUE(read);
    ASSERT_NE(read->find_component("VEVENT"), nullptr);
    EXPECT_EQ(read->find_component("VEVENT")->text("SUMMARY"), "a");
}

TEST(Component, RefusesWhatIsNone) {
    for (const std::string_view text :
         {"", "BEGIN:VCARD\r\n", "END:VCARD\r\n", "FN:x\r\n", "BEGIN:VCARD\r\nEND:VEVENT\r\n", "garbage",
          "BEGIN:A\nBEGIN:B\nBEGIN:C\nBEGIN:D\nBEGIN:E\nEND:E\nEND:D\nEND:C\nEND:B\nEND:A\n"})
        EXPECT_FALSE(parse(text)) << text;
    ComponentLimits limits;
    limits.properties_max = 2;
    EXPECT_FALSE(parse(card, limits));
    limits = {};
    limits.text_bytes_max = 20;
    EXPECT_FALSE(parse(card, limits));
    limits = {};
    limits.components_max = 1;
    EXPECT_FALSE(parse("BEGIN:A\nBEGIN:B\nEND:B\nEND:A\n", limits));
}

TEST(Component, PropertiesOfVersionTwo) {
    const auto read = parse("BEGIN:VCARD\nTEL;HOME;VOICE:1\nEND:VCARD\n");
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->find("TEL")->has_parameter("TYPE", "home"));
    EXPECT_TRUE(read->find("TEL")->has_parameter("TYPE", "voice"));
}

TEST(Component, ValuesCannotEndTheirLine) {
    Component out("VCARD");
    out.set_raw("NOTE", "a\r\nEND:VCARD");
    pim::Property& named = out.set_raw("TEL", "1");
    named.set_parameter("X-NAME", "a\"\r\nB:c^");
    const auto again = parse(write(out));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->raw("NOTE"), "aEND:VCARD");
    EXPECT_EQ(again->find("TEL")->parameter("X-NAME"), "a\"\nB:c^");
}

TEST(Component, Lists) {
    using Strings = std::vector<std::string>;
    EXPECT_EQ(pim::split("", ','), Strings());
    EXPECT_EQ(pim::split("a,b\\,c,,d", ','), (Strings{"a", "b,c", "", "d"}));
    EXPECT_EQ(pim::split("a,", ','), (Strings{"a", ""}));
    EXPECT_EQ(pim::split("\\", ','), Strings{"\\"});
    const Strings values{"a", "b,c", "d;e", "f\\g", "h\ni"};
    EXPECT_EQ(pim::split(pim::join(values, ';'), ';'), values);
}

TEST(Component, SettingAndTakingAway) {
    Component out("VCARD");
    out.set_text("FN", "x");
    out.set_text("FN", "y");
    EXPECT_EQ(out.properties.size(), 1U);
    out.set_text("FN", "");
    EXPECT_TRUE(out.properties.empty());
    EXPECT_EQ(out.raw("FN"), "");
}

}  // namespace
