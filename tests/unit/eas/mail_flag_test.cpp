// The Flag of a message: MS-ASEMAIL sections 2.2.2.34 and 3.2.5.3.2.
#include "eas/mail/mail_flag.hpp"

#include "eas/syntax/mail_item.hpp"
#include "item_data.hpp"

namespace eas {
namespace {

namespace email = wbxml::email;
namespace tasks = wbxml::tasks;
using Date = store::FollowUp::Date;
using Texts = std::vector<std::pair<wbxml::Tag, std::string>>;

std::optional<FlagWish> wish(const Texts& says, const store::FollowUp& known = {}) {
    Data data;
    data.open(email::flag);
    for (const auto& [tag, value] : says) data.text(tag, value);
    data.close();
    return wish_of(data.root().child(email::flag), known);
}

const Texts active{{email::status, "2"},          {email::flag_type, "for Follow Up"},
                   {tasks::subject, "letter"},    {tasks::due_date, "2026-11-05T00:00:00.250Z"},
                   {tasks::reminder_set, "1"},    {tasks::reminder_time, "2026-11-04T08:00:00Z"},
                   {tasks::sub_ordinal_date, "5"}};

TEST(MailFlag, DatesToTheMillisecond) {
    for (const auto& [text, wanted] :
         std::vector<std::pair<const char*, std::int64_t>>{{"1970-01-01T00:00:01.000Z", 1'000},
                                                           {"1970-01-01T00:00:01Z", 1'000},
                                                           {"1970-01-01T00:00:01.5Z", 1'500},
                                                           {"1970-01-01T00:00:01.123456Z", 1'123},
                                                           {"1970-01-01T00:00:01.", 1'000},
                                                           {"19700101T000001Z", 1'000},
                                                           {"1969-12-31T23:59:59.750Z", -250}})
        EXPECT_EQ(parse_milliseconds(text), wanted) << text;
    EXPECT_FALSE(parse_milliseconds("tomorrow"));
    for (const char* text :
         {"2026-11-05T01:02:03.045Z", "1969-12-31T23:59:59.750Z", "0001-01-01T00:00:00.000Z"})
        EXPECT_EQ(write_milliseconds(*parse_milliseconds(text)), text);
}

TEST(MailFlag, ANewOneAndWhatChangesOfIt) {
    const auto set = wish(active);
    ASSERT_TRUE(set);
    EXPECT_TRUE(set->flagged);
    const store::FollowUp known = set->follow_up;
    EXPECT_EQ(known.type, "for Follow Up");
    EXPECT_EQ(known.subject, "letter");
    EXPECT_EQ(known.sub_ordinal, "5");
    EXPECT_EQ(known.reminds, true);
    EXPECT_EQ(known.date(Date::due), *parse_date("2026-11-05T00:00:00Z") * 1'000 + 250);
    EXPECT_FALSE(known.date(Date::start));
    // Without a type: what it names.
    const auto changed =
        wish({{email::status, "2"}, {tasks::reminder_set, "0"}, {tasks::subject, ""}}, known);
    store::FollowUp wanted = known;
    wanted.reminds = false;
    wanted.subject.clear();
    EXPECT_EQ(changed->follow_up, wanted);
    EXPECT_EQ(wish({{email::status, "2"}, {email::flag_type, "other"}}, known)->follow_up.date(Date::due),
              std::nullopt);
}

TEST(MailFlag, CompleteAndCleared) {
    const store::FollowUp known = wish(active)->follow_up;
    const Texts complete{{email::status, "1"},
                         {email::complete_time, "2026-11-05T00:00:00.000Z"},
                         {tasks::date_completed, "2026-11-05T00:00:00.000Z"}};
    const auto done = wish(complete, known);
    EXPECT_FALSE(done->flagged);
    EXPECT_EQ(done->follow_up.subject, "letter");
    EXPECT_TRUE(done->follow_up.date(Date::completed) && done->follow_up.date(Date::complete));
    const auto again = wish({{email::status, "2"}}, done->follow_up);
    EXPECT_TRUE(again->flagged);
    EXPECT_EQ(again->follow_up, known);
    for (const Texts& cleared :
         {Texts{}, Texts{{email::status, "0"}}, Texts{{email::status, "0"}, {email::flag_type, "x"}}}) {
        const auto none = wish(cleared, known);
        EXPECT_FALSE(none->flagged);
        EXPECT_TRUE(none->follow_up.empty());
    }
}

TEST(MailFlag, TextsAreBounded) {
    const std::string fits(store::FollowUpLimits::type_bytes_max, 'x');
    EXPECT_TRUE(wish({{email::status, "2"}, {email::flag_type, fits}}));
    EXPECT_FALSE(wish({{email::status, "2"}, {email::flag_type, fits + "x"}}));
    EXPECT_FALSE(wish({{email::status, "1"}, {tasks::sub_ordinal_date, fits + "x"}}));
    std::string subject(store::FollowUpLimits::subject_bytes_max - 1, 'x');
    const std::string whole = subject;
    subject += "\xC3\xBC";  // a character that would be cut in two
    EXPECT_EQ(wish({{email::status, "2"}, {tasks::subject, subject}})->follow_up.subject, whole);
}

TEST(MailFlag, IsShownAsItIs) {
    EXPECT_EQ(show_flag(false, nullptr), "");
    const auto read_back = [](bool flagged, const store::FollowUp* says) {
        std::string octets;
        wbxml::Encoder to(octets);
        to.open(wbxml::airsync::application_data);
        to.append(show_flag(flagged, says));
        to.close();
        return octets;
    };
    const store::FollowUp known = wish(active)->follow_up;
    for (const bool flagged : {true, false}) {
        for (const store::FollowUp* says : {static_cast<const store::FollowUp*>(nullptr), &known}) {
            if (!flagged && says == nullptr) continue;
            const std::string octets = read_back(flagged, says);
            const wbxml::Document document(octets);
            ASSERT_EQ(document.fault(), wbxml::Fault::none);
            const wbxml::Element flag = document.root().child(email::flag);
            EXPECT_EQ(flag.child(email::status).text(), flagged ? "2" : "1");
            const auto again = wish_of(flag, {});
            ASSERT_TRUE(again);
            store::FollowUp wanted = says == nullptr ? store::FollowUp() : *says;
            wanted.type = "for Follow Up";
            EXPECT_EQ(again->follow_up, wanted);
        }
    }
}

}  // namespace
}  // namespace eas
