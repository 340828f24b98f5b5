// The stub resolver's codec: RFC 1035's format, and the messages that liars send.
#include "dns_wire.hpp"

#include <gtest/gtest.h>

namespace mailauth {
namespace {

using namespace std::string_literals;

const Query question{DnsType::txt, "a.test"};

std::string header(unsigned flags, unsigned answers) {
    return "\x12\x34"s + static_cast<char>(flags >> 8U) + static_cast<char>(flags & 255U) + "\0\1"s + '\0' +
           static_cast<char>(answers) + "\0\0\0\0"s + "\1a\4test\0\0\x10\0\1"s;
}
std::string record(std::string_view owner, unsigned type, std::string_view data) {
    return std::string(owner) + '\0' + static_cast<char>(type) + "\0\1\0\0\0\x3c"s + '\0' +
           static_cast<char>(data.size()) + std::string(data);
}
const std::string owner = "\xc0\x0c"s;

Answer decode(const std::string& octets, Reply expected = Reply::answered, const Query& query = question) {
    Answer answer;
    EXPECT_EQ(decode_reply(octets, 0x1234, query, answer), expected);
    return answer;
}

TEST(DnsWire, Answers) {
    const Answer answer = decode(header(0x81a0, 1) + record(owner, 16, "\3one\3two"));
    EXPECT_EQ(answer.status, DnsStatus::found);
    EXPECT_TRUE(answer.secure);
    EXPECT_EQ(answer.texts, std::vector<std::string>{"onetwo"});
    EXPECT_EQ(decode(header(0x8180, 0)).status, DnsStatus::nodata);
    EXPECT_EQ(decode(header(0x8183, 0)).status, DnsStatus::nxdomain);
    EXPECT_EQ(decode(header(0x8182, 0)).status, DnsStatus::temperror);
    EXPECT_EQ(decode(header(0x8185, 0)).status, DnsStatus::temperror);
}

TEST(DnsWire, Aliases) {
    const std::string alias = record(owner, 5, "\1b\xc0\x0e"s);  // b.test
    const std::string end = record("\1b\4test\0"s, 16, "\2ok");
    EXPECT_EQ(decode(header(0x8180, 2) + alias + end).texts.front(), "ok");
    EXPECT_EQ(decode(header(0x8180, 2) + end + alias).texts.front(), "ok");
    EXPECT_EQ(decode(header(0x8183, 1) + alias).status, DnsStatus::nxdomain);
    EXPECT_EQ(decode(header(0x8180, 1) + record(owner, 5, owner)).status, DnsStatus::temperror);  // a loop
    // What belongs to another name is not taken.
    EXPECT_EQ(decode(header(0x8180, 1) + end).status, DnsStatus::nodata);
}

TEST(DnsWire, ForeignAnswersAreNotTaken) {
    const std::string good = header(0x8180, 1) + record(owner, 16, "\2ok");
    Answer answer;
    EXPECT_EQ(decode_reply(good, 0x1235, question, answer), Reply::foreign);
    EXPECT_EQ(decode_reply(good, 0x1234, {DnsType::txt, "b.test"}, answer), Reply::foreign);
    EXPECT_EQ(decode_reply(good, 0x1234, {DnsType::a, "a.test"}, answer), Reply::foreign);
    decode(header(0x0180, 0), Reply::foreign);  // a question
    decode(header(0x8380, 0), Reply::truncated);
    for (std::size_t cut = 0; cut < good.size(); ++cut) {
        (void)decode_reply(good.substr(0, cut), 0x1234, question, answer);
        EXPECT_NE(answer.status, DnsStatus::found) << cut;
    }
}

TEST(DnsWire, NamesThatGoRound) {
    EXPECT_EQ(decode(header(0x8180, 1) + record("\xc0\x18"s, 16, "\2ok")).status, DnsStatus::temperror);
    EXPECT_EQ(decode(header(0x8180, 1) + record(owner, 16, "\377ok")).status, DnsStatus::temperror);
}

TEST(DnsWire, Questions) {
    const std::string query = encode_query(0x1234, question);
    EXPECT_EQ(query.substr(0, 2), "\x12\x34");
    EXPECT_NE(query.find("\1a\4test\0\0\x10\0\1"s), std::string::npos);
    EXPECT_EQ(encode_query(1, {DnsType::a, std::string(64, 'x') + ".test"}), "");
    EXPECT_EQ(encode_query(1, {DnsType::a, "a..test"}), "");
}

}  // namespace
}  // namespace mailauth
