// What devices must obey: MS-ASPROV section 2.2.2.
#include "eas/syntax/policy.hpp"

#include <gtest/gtest.h>

#include "eas/syntax/held_policy.hpp"
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

BodyPreference wants(BodyType type, std::uint32_t truncation = UINT32_MAX) {
    BodyPreference out;
    out.type = type;
    out.truncation = truncation;
    return out;
}

ItemOptions asked(std::vector<BodyPreference> bodies) {
    ItemOptions out;
    out.bodies = std::move(bodies);
    out.part = wants(BodyType::html);
    return out;
}

TEST(HeldPolicy, WhatTheServerHoldsTo) {
    EXPECT_EQ(held_policy({}), HeldPolicy());
    const HeldPolicy held = held_policy({{"AttachmentsEnabled", "0"},
                                         {"AllowHTMLEmail", "0"},
                                         {"MaxAttachmentSize", "1000"},
                                         {"MaxEmailAgeFilter", "3"},
                                         {"MaxCalendarAgeFilter", "4"},
                                         {"MaxEmailBodyTruncationSize", "2"},
                                         {"MaxEmailHTMLBodyTruncationSize", "2147483647"}});
    EXPECT_FALSE(held.attachments);
    EXPECT_FALSE(held.html);
    EXPECT_EQ(held.attachment_bytes_max, 1000U);
    EXPECT_EQ(held.mail_filter, 3);
    EXPECT_EQ(held.calendar_filter, 4);
    EXPECT_EQ(held.plain_bytes_max, 2048U);
    EXPECT_EQ(held.html_bytes_max, UINT32_MAX);
    EXPECT_EQ(held_policy({{"MaxEmailBodyTruncationSize", "0"}}).plain_bytes_max, 0U);
    EXPECT_EQ(held_policy({{"MaxEmailBodyTruncationSize", "-1"}}), HeldPolicy());
}

TEST(HeldPolicy, TheNarrowerFilterCounts) {
    for (const std::uint8_t filter : std::initializer_list<std::uint8_t>{0, 1, 5, 7})
        EXPECT_EQ(narrower_filter(filter, 0), filter);
    EXPECT_EQ(narrower_filter(0, 3), 3);  // all, of what is allowed
    EXPECT_EQ(narrower_filter(2, 3), 2);
    EXPECT_EQ(narrower_filter(5, 3), 3);
}

TEST(HeldPolicy, BodiesAreCut) {
    HeldPolicy held;
    held.plain_bytes_max = 100;
    held.html_bytes_max = 200;
    const ItemOptions out = held_options(
        asked({wants(BodyType::plain, 50), wants(BodyType::html, 500), wants(BodyType::mime, 500)}), held);
    EXPECT_EQ(out.bodies, (std::vector{wants(BodyType::plain, 50), wants(BodyType::html, 200),
                                       wants(BodyType::mime, 500)}));
    EXPECT_EQ(out.part->truncation, 200U);
    EXPECT_EQ(held_options(asked({wants(BodyType::html)}), HeldPolicy()), asked({wants(BodyType::html)}));
}

TEST(HeldPolicy, WithoutHtmlThereIsText) {
    HeldPolicy held;
    held.html = false;
    const std::vector plain{wants(BodyType::plain, 50)};
    EXPECT_EQ(held_options(asked({wants(BodyType::html, 50)}), held).bodies, plain);
    EXPECT_EQ(held_options(asked({wants(BodyType::html, 50), wants(BodyType::mime, 9)}), held).bodies, plain);
    EXPECT_EQ(held_options(asked({wants(BodyType::html, 9), wants(BodyType::plain, 50)}), held).bodies,
              plain);
    EXPECT_FALSE(held_options(asked({}), held).part);
}

TEST(HeldPolicy, WithoutAttachmentsThereAreNoWholeMessages) {
    HeldPolicy held;
    held.attachments = false;
    EXPECT_EQ(held_options(asked({wants(BodyType::mime, 50)}), held).bodies,
              std::vector{wants(BodyType::plain, 50)});
    EXPECT_EQ(held_options(asked({wants(BodyType::mime, 50), wants(BodyType::html)}), held).bodies,
              (std::vector{wants(BodyType::plain, 50), wants(BodyType::html)}));
}

}  // namespace
}  // namespace eas
