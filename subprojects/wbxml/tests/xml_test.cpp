// The XML that people and schemas read.
#include "wbxml/xml.hpp"

#include <string>

#include <gtest/gtest.h>

#include "wbxml/encoder.hpp"
#include "wbxml/tags.hpp"

namespace wbxml {
namespace {

using namespace std::literals;

TEST(Xml, NamesNamespacesWhereTheyChange) {
    std::string octets;
    Encoder out(octets);
    out.open(airsync::sync);
    out.text(airsync::sync_key, "1 < 2 & 3\r\n");
    out.open(airsync::application_data);
    out.text(email::subject, "\xFF\xC0\xAF\xED\xA0\x80\xC3\xBC");
    out.open(airsyncbase::body);
    out.opaque(airsyncbase::data, "plain");
    out.opaque(airsyncbase::data, "\0\x01\x02\x03"sv);
    out.empty(airsyncbase::truncated);
    out.close();
    out.close();
    out.close();
    EXPECT_EQ(to_xml(Document(octets)),
              "<Sync xmlns=\"AirSync\">\n"
              "  <SyncKey>1 &lt; 2 &amp; 3&#13;\n</SyncKey>\n"
              "  <ApplicationData>\n"
              "    <Subject "
              "xmlns=\"Email\">\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDü</"
              "Subject>\n"
              "    <Body xmlns=\"AirSyncBase\">\n"
              "      <Data>plain</Data>\n"
              "      <Data>AAECAw==</Data>\n"
              "      <Truncated/>\n"
              "    </Body>\n"
              "  </ApplicationData>\n"
              "</Sync>\n");
}

TEST(Xml, NamesAreFoundAgain) {
    int tags = 0;
    for (int page = 0; page < 64; ++page)
        for (int token = 5; token < 64; ++token) {
            const Tag tag(static_cast<std::uint8_t>(page), static_cast<std::uint8_t>(token));
            if (name(tag).empty()) continue;
            ++tags;
            EXPECT_EQ(find_tag(page_namespace(tag.page()), name(tag)), tag) << name(tag);
        }
    EXPECT_EQ(tags, 636);
    EXPECT_EQ(find_tag("AirSync", "NoSuchTag"), std::nullopt);
    EXPECT_EQ(find_tag("", ""), std::nullopt);
}

TEST(Xml, LeavesOutWhatIsSecret) {
    std::string octets;
    Encoder out(octets);
    out.open(settings::settings);
    out.open(settings::device_password);
    out.open(settings::set);
    out.text(settings::password, "1234");
    out.close();
    out.close();
    out.close();
    const Tag secret[]{settings::password};
    const std::string xml = to_xml(Document(octets), secret);
    EXPECT_NE(xml.find("<Password>(left out)</Password>"), xml.npos) << xml;
    EXPECT_EQ(xml.find("1234"), xml.npos);
    EXPECT_NE(to_xml(Document(octets)).find("1234"), xml.npos);
}

}  // namespace
}  // namespace wbxml
