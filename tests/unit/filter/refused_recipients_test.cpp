// A milter refuses recipients while the client has one answer for all, and filters after it go on with the
// message: what becomes of it, and of whom the sender is to hear.
#include "fake_milter.hpp"

namespace filter_test {
namespace {

const std::string anna = "anna@acme.test", bert = "bert@acme.test";

struct Case {
    const char* what;
    const char* to_anna;  ///< what the milter says of her; "": she may have it
    const char* to_bert;
    const char* end;    ///< 'd': it discards the message; 'q': holds it back; '-': takes bert off
    const char* later;  ///< a rule's action
    Decision decision;
    int code;  ///< of the reply
    std::vector<std::string> refused, left;
};

const char* const no = "550 5.1.1 No";
const char* const wait = "451 4.7.1 Wait";

const Case cases[] = {
    {"nobody", "", "", "", "", Decision::accept, 0, {}, {anna, bert}},
    {"one", no, "", "", "", Decision::accept, 0, {anna}, {bert}},
    {"both", no, no, "", "", Decision::reject, 550, {}, {}},
    {"one, the other is taken off", no, "", "-", "", Decision::reject, 550, {}, {}},
    {"one is put off", "", wait, "", "", Decision::tempfail, 451, {}, {}},
    {"one, and one put off", no, wait, "", "", Decision::tempfail, 451, {}, {}},
    {"one put off, and one", wait, no, "", "", Decision::tempfail, 451, {}, {}},
    {"one put off, the other is taken off", wait, "", "-", "", Decision::tempfail, 451, {}, {}},

    {"one, and it discards", no, "", "d", "", Decision::discard, 0, {anna}, {}},
    {"one, and it holds back", no, "", "q", "", Decision::quarantine, 0, {anna}, {}},
    {"one put off, and it discards", wait, "", "d", "", Decision::tempfail, 451, {}, {}},
    {"one put off, and it holds back", wait, "", "q", "", Decision::tempfail, 451, {}, {}},

    {"one, then junk", no, "", "", "junk", Decision::accept, 0, {anna}, {bert}},
    {"one, then quarantine", no, "", "", "quarantine it", Decision::quarantine, 0, {anna}, {}},
    {"one, then deleted", no, "", "", "delete", Decision::discard, 0, {anna}, {}},
    {"one, then refused", no, "", "", "reject 554 5.7.1 Not this", Decision::reject, 554, {}, {}},
    {"one, then put off", no, "", "", "tempfail Later", Decision::tempfail, 451, {}, {}},
    {"one, then sent to another",
     no,
     "",
     "",
     "redirect z@far.test",
     Decision::accept,
     0,
     {anna},
     {"z@far.test"}},
    {"both, and nothing is asked then", no, no, "", "quarantine it", Decision::reject, 550, {}, {}},
    {"both, so nobody gets a copy", no, no, "", "copy z@far.test", Decision::reject, 550, {}, {}},
    {"put off, and nothing is asked then", wait, "", "", "quarantine it", Decision::tempfail, 451, {}, {}},
    {"put off, so it is not refused",
     wait,
     "",
     "",
     "reject 554 5.7.1 Not this",
     Decision::tempfail,
     451,
     {},
     {}},
    {"put off, so it is not deleted", wait, "", "", "delete", Decision::tempfail, 451, {}, {}},
};

class RefusedRecipients : public testing::TestWithParam<Case> {
protected:
    Stand stand;
    support::TemporaryFolder folder;
};

TEST_P(RefusedRecipients, TheFirstThatDecidesEndsIt) {
    const Case& one = GetParam();
    const FakeMilter fake([&one](char command, const std::string& data) -> std::string {
        const char* said = data.starts_with("<anna") ? one.to_anna : one.to_bert;
        if (command == 'R' && *said != '\0') return packet('y', z(said));
        if (command != 'E' || *one.end == '\0') return {};
        if (*one.end == 'd') return packet('d');
        return packet(*one.end, z(*one.end == '-' ? "<" + bert + ">" : "held")) + packet('c');
    });
    Settings settings;
    settings.folder = folder.path().string();
    MilterSettings milter;
    milter.name = "m";
    milter.endpoint = fake.endpoint();
    settings.milters.push_back(milter);
    if (*one.later != '\0') {
        Rule rule;
        rule.name = "later";
        rule.actions.push_back(*Action::parse(one.later));
        settings.rules.push_back(std::move(rule));
    }
    Parts parts{stand.resolver, *stand.engine, stand.ids, stand.clock, stand.random};
    Filters filters(parts, settings);
    ASSERT_TRUE(stand.run(filters.open()));
    const Verdict verdict = stand.run(filters.at_message(some_facts(), make_message(some_message)));
    EXPECT_EQ(name_of(verdict.decision), name_of(one.decision)) << verdict.reason;
    EXPECT_EQ(verdict.reply.code, one.code);
    std::vector<std::string> refused;
    for (const auto& [address, reply] : verdict.refused) refused.push_back(address);
    EXPECT_EQ(refused, one.refused);
    if (verdict.decision == Decision::accept) EXPECT_EQ(verdict.recipients, one.left);
    EXPECT_EQ(filters.quarantine().figures().messages, one.decision == Decision::quarantine ? 1U : 0U);
}

INSTANTIATE_TEST_SUITE_P(Table, RefusedRecipients, testing::ValuesIn(cases),
                         [](const testing::TestParamInfo<Case>& one) {
                             std::string name = one.param.what;
                             for (char& c : name)
                                 if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
                             return name;
                         });

}  // namespace
}  // namespace filter_test
