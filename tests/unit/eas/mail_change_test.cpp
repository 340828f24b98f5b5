// What a device may say of a message: MS-ASEMAIL sections 2.2.2.21 to 2.2.2.87 and 3.2.5.3.2.
#include "eas/syntax/mail_change.hpp"

#include "item_data.hpp"

namespace eas {
namespace {

namespace email = wbxml::email;
namespace tasks = wbxml::tasks;
using Texts = std::vector<std::pair<wbxml::Tag, std::string>>;

/// `missing`: what the Flag leaves out of `all`; `other`: what it says instead, or besides.
bool flag_is_sound(const Texts& all, std::vector<wbxml::Tag> missing = {}, const Texts& other = {}) {
    Data data;
    data.open(email::flag);
    for (const auto& [tag, value] : all)
        if (std::ranges::find(missing, tag) == missing.end()) data.text(tag, value);
    for (const auto& [tag, value] : other) data.text(tag, value);
    data.close();
    return is_sound_change(data.root());
}

const Texts active{{email::status, "2"},
                   {email::flag_type, "for Follow Up"},
                   {tasks::start_date, "2026-11-02T00:00:00.000Z"},
                   {tasks::utc_start_date, "2026-11-01T23:00:00.000Z"},
                   {tasks::due_date, "2026-11-05T00:00:00.000Z"},
                   {tasks::utc_due_date, "2026-11-04T23:00:00.000Z"},
                   {tasks::reminder_set, "1"},
                   {tasks::reminder_time, "2026-11-04T08:00:00.000Z"},
                   {tasks::sub_ordinal_date, "5"}};
const Texts complete{{email::status, "1"},
                     {email::complete_time, "2026-11-05T00:00:00.000Z"},
                     {tasks::date_completed, "2026-11-05T00:00:00.000Z"}};

TEST(MailChange, FlagsThatAreNone) {
    EXPECT_TRUE(flag_is_sound(active));
    EXPECT_TRUE(flag_is_sound(complete));
    EXPECT_TRUE(flag_is_sound({}));  // it is cleared
    EXPECT_TRUE(flag_is_sound({{email::status, "0"}}));
    // Section 2.2.2.74.
    for (const char* wrong : {"3", "-1", "x", ""})
        EXPECT_FALSE(flag_is_sound(active, {email::status}, {{email::status, wrong}})) << wrong;
    EXPECT_FALSE(flag_is_sound(active, {email::status}));
    EXPECT_FALSE(flag_is_sound(complete, {email::complete_time}));
    EXPECT_FALSE(flag_is_sound(complete, {tasks::date_completed}));
    // Sections 2.2.2.31, 2.2.2.72, 2.2.2.86 and 2.2.2.87: all four or none.
    const std::vector<wbxml::Tag> all{tasks::start_date, tasks::utc_start_date, tasks::due_date,
                                      tasks::utc_due_date};
    EXPECT_TRUE(flag_is_sound(active, all));
    for (const wbxml::Tag tag : all) {
        EXPECT_FALSE(flag_is_sound(active, {tag}));
        EXPECT_FALSE(flag_is_sound(active, {tag}, {{tag, ""}}));
        EXPECT_FALSE(flag_is_sound(active, {tag}, {{tag, "tomorrow"}}));
    }
    // Section 2.2.2.65.
    EXPECT_FALSE(flag_is_sound(active, {tasks::reminder_time}));
    EXPECT_TRUE(
        flag_is_sound(active, {tasks::reminder_time, tasks::reminder_set}, {{tasks::reminder_set, "0"}}));
}

TEST(MailChange, ReadIsABoolean) {  // section 2.2.2.58
    for (const auto& [value, fine] : std::vector<std::pair<std::string, bool>>{{"0", true},
                                                                               {"1", true},
                                                                               {"2", false},
                                                                               {"-1", false},
                                                                               {"true", false},
                                                                               {"", false},
                                                                               {"x", false}}) {
        Data data;
        data.text(email::read, value);
        EXPECT_EQ(is_sound_change(data.root()), fine) << value;
    }
}

TEST(MailChange, DatesInOrder) {
    const std::string later = "2026-11-09T00:00:00.000Z", earlier = "2026-10-01T00:00:00.000Z";
    for (const wbxml::Tag start : {tasks::start_date, tasks::utc_start_date})
        EXPECT_FALSE(flag_is_sound(active, {start}, {{start, later}}));
    for (const wbxml::Tag due : {tasks::due_date, tasks::utc_due_date})
        EXPECT_FALSE(flag_is_sound(active, {due}, {{due, earlier}}));
    EXPECT_TRUE(flag_is_sound(active, {tasks::start_date, tasks::due_date},
                              {{tasks::start_date, earlier}, {tasks::due_date, earlier}}));
}

TEST(MailChange, MoreThanOne) {
    for (const auto& [tag, value] : active) EXPECT_TRUE(flag_is_sound(active, {}, {{tag, value}}));
}

TEST(MailChange, WhatIsTheServers) {
    for (const wbxml::Tag tag :
         {wbxml::email2::conversation_id, wbxml::email2::received_as_bcc, wbxml::email2::sender}) {
        Data data;
        data.text(email::read, "1").text(tag, "1");
        EXPECT_FALSE(is_sound_change(data.root()));
    }
    Data data;
    data.text(email::read, "1").text(wbxml::email2::last_verb_executed, "1");
    EXPECT_TRUE(is_sound_change(data.root()));
}

}  // namespace
}  // namespace eas
