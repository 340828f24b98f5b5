// What devices must obey: MS-ASPROV section 2.2.2.
#include "eas/syntax/policy.hpp"

#include <gtest/gtest.h>

#include "wbxml/document.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

namespace tags = wbxml::provision;

std::string fault(std::string_view name, std::string_view value) {
    return policy_fault(*find_policy_setting(name), value);
}

TEST(Policy, EachSettingHasItsRange) {
    EXPECT_EQ(policy_settings().size(), 44U);
    for (const PolicySetting& setting : policy_settings()) {
        EXPECT_EQ(find_policy_setting(setting.name), &setting);
        if (setting.kind == PolicySetting::Kind::list) continue;
        EXPECT_EQ(policy_fault(setting, std::to_string(setting.least)), "") << setting.name;
        EXPECT_EQ(policy_fault(setting, std::to_string(setting.most)), "") << setting.name;
        EXPECT_NE(policy_fault(setting, std::to_string(setting.least - 1)), "") << setting.name;
        EXPECT_NE(policy_fault(setting, std::to_string(setting.most + 1)), "") << setting.name;
        for (const std::string_view wrong : {"", "x", "1x", " 1", "1.0", "99999999999999999999"})
            EXPECT_NE(policy_fault(setting, wrong), "") << setting.name;
        if (!setting.otherwise.empty())
            EXPECT_EQ(policy_fault(setting, setting.otherwise), "") << setting.name;
    }
    EXPECT_EQ(find_policy_setting("AllowEverything"), nullptr);
    EXPECT_NE(fault("MaxCalendarAgeFilter", "3"), "");
    EXPECT_EQ(fault("MaxCalendarAgeFilter", "4"), "");
    EXPECT_EQ(fault("UnapprovedInROMApplicationList", "a.exe\nb.exe"), "");
    EXPECT_NE(fault("UnapprovedInROMApplicationList", "a\x01"), "");
    EXPECT_NE(fault("UnapprovedInROMApplicationList", std::string(300, 'a')), "");
    EXPECT_EQ(fault("ApprovedApplicationList", std::string(40, 'a')), "");
    EXPECT_NE(fault("ApprovedApplicationList", "a.exe"), "");
}

TEST(Policy, TheHashIsThatOfWhatIsDemanded) {
    EXPECT_EQ(policy_hash({}), 0U);
    EXPECT_EQ(policy_hash({{"AllowCamera", "1"}}), 0U);  // as if it were not set
    EXPECT_EQ(policy_hash({{"AllowNonProvisionableDevices", "1"}}), 0U);
    const std::uint64_t one = policy_hash({{"AllowCamera", "0"}});
    EXPECT_NE(one, 0U);
    EXPECT_EQ(policy_hash({{"AllowCamera", "0"}, {"AllowNonProvisionableDevices", "1"}}), one);
    EXPECT_NE(policy_hash({{"AllowCamera", "0"}, {"AllowBrowser", "0"}}), one);
    EXPECT_NE(policy_hash({{"AllowBrowser", "0"}}), one);
    EXPECT_NE(policy_hash({{"MinDevicePasswordLength", "6"}}),
              policy_hash({{"MinDevicePasswordLength", "7"}}));
}

TEST(Policy, Document) {
    std::string octets;
    wbxml::Encoder to(octets);
    const PolicySettings settings{{"DevicePasswordEnabled", "1"},
                                  {"MinDevicePasswordLength", "6"},
                                  {"ApprovedApplicationList", std::string(40, 'a')},
                                  {"UnapprovedInROMApplicationList", "a.exe\nb.exe"},
                                  {"AllowNonProvisionableDevices", "1"}};
    to.open(tags::provision);
    write_policy(to, settings);
    to.close();
    const wbxml::Document document(octets);
    ASSERT_EQ(document.fault(), wbxml::Fault::none);
    const wbxml::Element doc = document.root().child(tags::eas_provision_doc);
    EXPECT_EQ(doc.child(tags::device_password_enabled).text(), "1");
    EXPECT_EQ(doc.child(tags::min_device_password_length).text(), "6");
    EXPECT_EQ(doc.child(tags::allow_bluetooth).text(), "2");  // not set: it demands nothing
    EXPECT_TRUE(doc.child(tags::max_attachment_size));
    EXPECT_EQ(doc.child(tags::max_attachment_size).text(), "");
    std::string names;
    for (const wbxml::Element one : doc.child(tags::unapproved_in_rom_application_list))
        names += std::string(one.text()) + ";";
    EXPECT_EQ(names, "a.exe;b.exe;");
    EXPECT_EQ(doc.child(tags::approved_application_list).child(tags::hash).text(), std::string(40, 'a'));
    std::size_t children = 0;
    for (const wbxml::Element one : doc) children += one.tag() == wbxml::Tag() ? 0U : 1U;
    EXPECT_EQ(children, 42U);  // all that MS-ASPROV has, and none of ours
}

}  // namespace
}  // namespace eas
