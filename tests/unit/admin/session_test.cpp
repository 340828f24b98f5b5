// The admin socket's wire format: requests as JSON lines, octets behind them, answers in order.
// docs/admin-socket.md
#include "fixture.hpp"

namespace admin {
namespace {

TEST_F(AdminTest, AnswersComeInOrderHoweverTheStreamIsCut) {
    const std::string requests =
        "{\"op\":\"status\"}\n{\"op\":\"nonsense\"}\n{\"op\":\"postoffice.list\",\"args\":{}}\r\n";
    for (const std::size_t cut : {0U, 1U, 2U, 3U, 7U}) {
        const std::vector<Json> answers = ask(requests, cut);
        ASSERT_EQ(answers.size(), 3U) << cut;
        EXPECT_EQ(answers[0]["result"]["version"], "1.2.3");
        EXPECT_EQ(answers[0]["result"]["hostname"], "mail.example.test");
        EXPECT_EQ(answers[0]["result"]["uptime_seconds"], 0);
        EXPECT_EQ(fault(answers[1]), "usage: no operation 'nonsense'");
        EXPECT_EQ(answers[2]["result"], Json::array());
    }
}

TEST_F(AdminTest, WhatIsNoRequestIsSaidAndTheSessionGoesOn) {
    for (const std::string_view line :
         {"", " ", "nonsense", "{", "{\"op\":\"status\"", "[]", "17", "\"status\"", "null", "{}",
          "{\"op\":null}", "{\"op\":17}", "{\"OP\":\"status\"}", "{\"op\":\"status\"} {\"op\":\"status\"}",
          "{\"op\":\"\xFF\"}", "\xEF\xBB\xBF{", "GET / HTTP/1.1"}) {
        const std::vector<Json> answers = ask(std::string(line) + "\n{\"op\":\"status\"}\n");
        ASSERT_EQ(answers.size(), 2U) << line;
        EXPECT_EQ(fault(answers[0]), "usage: a request is {\"op\": …}") << line;
        EXPECT_TRUE(answers[1]["ok"]) << line;
    }
}

TEST_F(AdminTest, NestingAsDeepAsALineIsLongIsSurvived) {
    const std::string deep(500'000, '[');
    EXPECT_EQ(fault(ask(deep + "\n")[0]), "usage: a request is {\"op\": …}");
    const std::string closed = std::string(200'000, '[') + std::string(200'000, ']');
    EXPECT_EQ(fault(ask("{\"op\":\"status\",\"args\":" + closed + "}\n")[0]),
              "usage: a request is {\"op\": …}");
    EXPECT_EQ(fault(ask("{\"op\":\"status\",\"args\":[[[[17]]]]}\n")[0]),
              "usage: the arguments must be an object");
}

TEST_F(AdminTest, ArgumentsMustBeAnObjectOfKnownNames) {
    for (const char* args : {"null", "17", "[]", "\"x\""}) {
        const auto answers = ask(std::string("{\"op\":\"status\",\"args\":") + args + "}\n");
        EXPECT_EQ(fault(answers.at(0)), "usage: the arguments must be an object") << args;
    }
    EXPECT_EQ(fault(run("status", {{"verbose", true}})), "usage: status has no argument 'verbose'");
    EXPECT_EQ(fault(run("postoffice.add")), "usage: postoffice.add needs 'name'");
    EXPECT_EQ(fault(run("domain.add", {{"name", "x.test"}})), "usage: domain.add needs 'postoffice'");
    EXPECT_EQ(fault(run("domain.add", {{"nam", "x.test"}})), "usage: domain.add has no argument 'nam'");
}

TEST_F(AdminTest, ALineOverTheLimitIsAnsweredAndEndsTheSession) {
    limits.line_bytes_max = 100;
    const std::string longest = "{\"op\":\"status\"" + std::string(85, ' ') + "}";
    ASSERT_EQ(longest.size(), limits.line_bytes_max);
    EXPECT_TRUE(ask(longest + "\n").at(0)["ok"]);
    for (const std::size_t cut : {0U, 7U}) {
        for (const std::string& line : {" " + longest + "\n{\"op\":\"status\"}\n", std::string(5000, 'x')}) {
            const auto answers = ask("{\"op\":\"status\"}\n" + line, cut);
            ASSERT_EQ(answers.size(), 2U);
            EXPECT_TRUE(answers[0]["ok"]);
            EXPECT_EQ(fault(answers[1]), "limit: the request is too long");
            EXPECT_TRUE(closed_by_server);
        }
    }
}

TEST_F(AdminTest, OctetsOfNobodyKnowsHowManyEndTheSession) {
    for (const char* octets : {"-1", "1.5", "\"12\"", "null", "[1]", "1e99", "99999999999999999999999"}) {
        const auto answers =
            ask(std::string("{\"op\":\"status\",\"octets\":") + octets + "}\n{\"op\":\"status\"}\n");
        ASSERT_EQ(answers.size(), 1U) << octets;
        EXPECT_EQ(answers[0]["error"]["code"], "usage") << octets;
        EXPECT_TRUE(closed_by_server);
    }
}

TEST_F(AdminTest, OctetsOfARefusedRequestAreNotReadAsRequests) {
    const std::string inner = "{\"op\":\"postoffice.add\",\"args\":{\"name\":\"smuggled\"}}\n";
    const std::string request = "{\"op\":\"nonsense\",\"octets\":" + std::to_string(inner.size()) + "}\n" +
                                inner + "{\"op\":\"postoffice.list\"}\n";
    for (const std::size_t cut : {0U, 1U, 7U}) {
        const auto answers = ask(request, cut);
        ASSERT_EQ(answers.size(), 2U);
        EXPECT_EQ(fault(answers[0]), "usage: no operation 'nonsense'");
        EXPECT_EQ(answers[1]["result"], Json::array());
    }
}

TEST_F(AdminTest, AClientThatLeavesInTheMiddleLeavesNothingBehind) {
    add_demo();
    const std::string message = "Subject: s\r\n\r\nbody\r\n";
    const std::string import =
        "{\"op\":\"message.import\",\"args\":{\"address\":\"demo@example.test\",\"folder\":\"INBOX\"},"
        "\"octets\":" +
        std::to_string(message.size()) + "}\n" + message;
    for (std::size_t octets = 0; octets < import.size(); octets += 5) {
        talk(std::string_view(import).substr(0, octets));
        EXPECT_FALSE(closed_by_server) << octets;  // it waited for the rest
    }
    EXPECT_EQ(result("account.show", {{"address", "demo@example.test"}})["messages"], 0);
    const auto answers = ask(import.substr(0, import.size() - 1));
    EXPECT_TRUE(answers.empty() || !answers[0]["ok"]) << "half a message was taken";
    EXPECT_TRUE(ask(import).at(0)["ok"]);
    EXPECT_EQ(result("account.show", {{"address", "demo@example.test"}})["messages"], 1);
}

TEST_F(AdminTest, AnImportAndItsExport) {
    add_demo();
    const std::string message = "Subject: s\r\n\r\nbody\r\n\0\xFF";
    const std::string octets(message.data(), message.size());
    const Json request = {{"op", "message.import"},
                          {"args",
                           {{"address", "demo@example.test"},
                            {"folder", "New/Folder"},
                            {"flags", {"\\Seen", "keyword"}},
                            {"date", 1'700'000'000}}},
                          {"octets", octets.size()}};
    const std::string twice = request.dump() + "\n" + octets + request.dump() + "\n" + octets;
    for (const std::size_t cut : {0U, 1U, 3U}) {
        const auto answers = ask(twice, cut);
        ASSERT_EQ(answers.size(), 2U);
        EXPECT_TRUE(answers[0]["ok"] && answers[1]["ok"]) << answers[0].dump();
    }
    const std::string out =
        talk("{\"op\":\"account.export\",\"args\":{\"address\":\"demo@example.test\"}}\n");
    std::string_view rest = out;
    for (int uid = 1; uid <= 6; ++uid) {
        const auto end = rest.find('\n');
        const Json event = Json::parse(rest.substr(0, end), nullptr, false);
        EXPECT_EQ(event["event"], "message");
        EXPECT_EQ(event["folder"], "New/Folder");
        EXPECT_EQ(event["uid"], uid);
        EXPECT_EQ(event["date"], 1'700'000'000);
        EXPECT_EQ(event["flags"], Json({"\\Seen", "keyword"}));
        ASSERT_EQ(event["octets"], octets.size());
        EXPECT_EQ(rest.substr(end + 1, octets.size()), octets);
        rest.remove_prefix(end + 1 + octets.size());
    }
    const Json answer = Json::parse(rest.substr(0, rest.find('\n')), nullptr, false);
    EXPECT_EQ(answer["result"]["folders"]["New/Folder"], 6);
}

}  // namespace
}  // namespace admin
