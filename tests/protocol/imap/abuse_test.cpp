// What a hostile or careless client may not do: each test counts what it costs (octets held, lines written,
// turns of others) and fails when that grows with what was sent. threats.md section 2.2, rows 8 to 13;
// imap.md, abuse cases.
#include <ctime>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "imap/imap_stage.hpp"

namespace {

constexpr std::size_t held_max = net::Connection::output_large_bytes + 2'048;

class Client {
public:
    Client(imap_test::ImapStage& stage, unsigned number, bool login = true) : stage_(stage) {
        support::MemoryPair pair = support::make_memory_pair(stage.io, stage.connection_options(number));
        peer_.emplace(pair.peer);
        boost::asio::co_spawn(stage.io, stage.serve(std::move(pair.connection)), boost::asio::detached);
        settle();
        if (login) say("a LOGIN demo secret\r\n");
    }
    ~Client() {
        peer_->hold(false);
        peer_->close();
        settle();
    }
    std::string say(std::string_view octets) {
        peer_->received().clear();
        peer_->send(octets);
        settle();
        return std::exchange(peer_->received(), {});
    }
    std::size_t settle() {
        std::size_t ran = 0;
        for (std::size_t more = 1; more != 0; ran += more) {
            stage_.io.restart();
            more = stage_.io.poll();
        }
        return ran;
    }
    support::MemoryPeer& peer() { return *peer_; }

private:
    imap_test::ImapStage& stage_;
    std::optional<support::MemoryPeer> peer_;
};

std::size_t count(std::string_view text, std::string_view what) {
    std::size_t found = 0;
    for (std::size_t at = text.find(what); at != std::string_view::npos;
         at = text.find(what, at + what.size()))
        ++found;
    return found;
}

std::string repeat(std::string_view text, std::size_t times) {
    std::string out;
    out.reserve(text.size() * times);
    for (std::size_t i = 0; i < times; ++i) out += text;
    return out;
}

void append(Client& client, const std::string& mail, unsigned times = 1) {
    for (unsigned done = 0; done < times;) {
        std::string line = "b APPEND INBOX";
        for (unsigned i = 0; i < 500 && done < times; ++i, ++done)
            line += fmt::format(" {{{}+}}\r\n{}", mail.size(), mail);
        ASSERT_EQ(count(client.say(line + "\r\n"), "b OK"), 1U);
    }
}

/// Of this process: the server's work and a little of ours.
class CpuSeconds {
public:
    double spent() const { return static_cast<double>(std::clock() - start_) / CLOCKS_PER_SEC; }

private:
    std::clock_t start_ = std::clock();
};

class ImapAbuse : public testing::Test {
protected:
    support::StageOptions options;
    imap_test::ImapStage stage{options};
};

TEST_F(ImapAbuse, AMillionNoopsToOneWhoDoesNotRead) {
    Client client(stage, 1);
    std::string pipeline;
    for (unsigned i = 0; i < 1'000'000; ++i) pipeline += fmt::format("n{} NOOP\r\n", i);
    client.peer().hold(true);
    client.say(pipeline);
    // It has written what one buffer holds and waits; all the rest is still the client's.
    EXPECT_LE(client.peer().output_bytes_max(), held_max);
    Client other(stage, 2);
    EXPECT_EQ(count(other.say("b NOOP\r\n"), "b OK"), 1U) << "others are served meanwhile";
    client.peer().hold(false);
    client.settle();
    const std::string answers = std::exchange(client.peer().received(), {});
    EXPECT_LE(client.peer().output_bytes_max(), held_max);
    EXPECT_EQ(count(answers, " OK NOOP completed\r\n"), 1'000'000U);
    EXPECT_TRUE(answers.starts_with("n0 OK"));
    EXPECT_TRUE(answers.ends_with("n999999 OK NOOP completed\r\n"));
}

/// imap.md quirk 30: what is held does not grow with what is asked for.
TEST_F(ImapAbuse, AHugeFetchStreams) {
    Client client(stage, 1);
    append(client, "Subject: x\r\n\r\n" + std::string(900, 'x'), 5'000);
    client.say("c SELECT INBOX\r\n");
    client.peer().hold(true);
    client.say("d UID FETCH 1:* (UID FLAGS ENVELOPE BODYSTRUCTURE BODY.PEEK[])\r\n");
    EXPECT_EQ(client.peer().received().size(), 0U);
    client.peer().hold(false);
    client.settle();
    const std::string answers = std::exchange(client.peer().received(), {});
    EXPECT_EQ(count(answers, " FETCH ("), 5'000U);
    EXPECT_GT(answers.size(), 5'000'000U);
    // A message may be begun before the buffer is full: twice its size, and no more.
    EXPECT_LE(client.peer().output_bytes_max(), 2 * held_max);
    EXPECT_GE(client.peer().flushes(), answers.size() / (2 * held_max));
}

TEST_F(ImapAbuse, SetsThatNameEverythingAgainAndAgain) {
    Client client(stage, 1);
    append(client, "A: b\r\n\r\n", 2'000);
    client.say("c SELECT INBOX\r\n");
    const std::string all = repeat("1:*,", 15'000) + "1:*";
    EXPECT_EQ(count(client.say("d FETCH " + all + " (UID)\r\n"), " FETCH ("), 2'000U);
    EXPECT_EQ(count(client.say("e UID FETCH " + all + " (UID)\r\n"), " FETCH ("), 2'000U);
    EXPECT_EQ(count(client.say("f STORE " + all + " +FLAGS (\\Seen)\r\n"), " FETCH ("), 2'000U);
    EXPECT_EQ(count(client.say("g SEARCH RETURN (COUNT) " + all + "\r\n"), "COUNT 2000\r\n"), 1U);
    EXPECT_EQ(
        count(client.say("h UID SEARCH RETURN (COUNT) UID " + all + " NOT UID " + all + "\r\n"), "h BAD"), 1U)
        << "longer than a line may be";
    const std::string copied = client.say("i COPY " + all + " Archive\r\n");
    EXPECT_EQ(count(copied, " 1:2000 1:2000] Copy completed"), 1U) << copied.substr(0, 300);
    // Each number apart, in the worst order.
    std::string apart;
    for (unsigned i = 2'000; i > 0; i -= 2) apart += fmt::format("{}{}", apart.empty() ? "" : ",", i);
    EXPECT_EQ(count(client.say("j UID FETCH " + apart + " (UID)\r\n"), " FETCH ("), 1'000U);
}

TEST_F(ImapAbuse, AHundredThousandNumbersAreTooMany) {
    Client client(stage, 1);
    append(client, "A: b\r\n\r\n");
    client.say("c SELECT INBOX\r\n");
    std::string numbers = "1";
    for (unsigned i = 2; i <= 100'000; ++i) numbers += fmt::format(",{}", i);
    for (const char* command :
         {"FETCH {} (UID)", "UID FETCH {} (UID)", "STORE {} +FLAGS (\\Seen)", "COPY {} Archive",
          "MOVE {} Archive", "UID EXPUNGE {}", "SEARCH {}", "UID SEARCH UID {}"}) {
        std::string line(command);
        line.replace(line.find("{}"), 2, numbers);
        const std::string answer = client.say("d " + line + "\r\ne NOOP\r\n");
        EXPECT_TRUE(answer.starts_with("d BAD")) << answer.substr(0, 200);
        EXPECT_EQ(count(answer, "\r\n"), 2U) << "nothing of it was a command: " << answer.substr(0, 200);
    }
}

TEST_F(ImapAbuse, ParenthesesWithoutEnd) {
    const std::string flood(60'000, '(');
    Client stranger(stage, 1, false);
    const std::string refused = stranger.say("a ID " + flood.substr(0, 8'000) + "\r\n");
    EXPECT_TRUE(refused.find("a BAD") != std::string::npos) << refused.substr(0, 300);
    Client client(stage, 2);
    append(client, "A: b\r\n\r\n");
    client.say("c SELECT INBOX\r\n");
    const char* commands[] = {"ID ",
                              "ENABLE ",
                              "LIST ",
                              "LIST \"\" ",
                              "LIST \"\" * RETURN ",
                              "STATUS INBOX ",
                              "CREATE x ",
                              "SELECT INBOX ",
                              "FETCH 1 ",
                              "FETCH 1 (BODY[HEADER.FIELDS ",
                              "STORE 1 FLAGS ",
                              "STORE 1 ",
                              "SEARCH ",
                              "SEARCH RETURN ",
                              "SORT ",
                              "SORT (DATE) UTF-8 ",
                              "THREAD REFS UTF-8 ",
                              "ESEARCH IN ",
                              "APPEND INBOX ",
                              "SETQUOTA \"\" ",
                              "GETMETADATA ",
                              "SETMETADATA INBOX ",
                              "UID FETCH 1 (UID) ",
                              "COMPARATOR ",
                              "LANGUAGE ",
                              "MYRIGHTS ",
                              "NOTIFY SET "};
    for (const char* command : commands) {
        const CpuSeconds cpu;
        const std::string answer = client.say(fmt::format("d {}{}\r\ne NOOP\r\n", command, flood));
        EXPECT_TRUE(answer.find("d BAD") != std::string::npos || answer.find("d NO") != std::string::npos)
            << command << answer.substr(0, 200);
        EXPECT_LT(answer.size(), 1'000U) << command;
        EXPECT_EQ(count(answer, "e OK"), 1U) << command;
        EXPECT_LT(cpu.spent(), 1.0) << command;
    }
}

TEST_F(ImapAbuse, AnIdOfThousandsOfPairs) {
    const std::string pairs = repeat("\"k\" \"v\" ", 700);
    Client stranger(stage, 1, false);
    EXPECT_EQ(count(stranger.say("a ID (" + pairs + "\"k\" \"v\")\r\n"), "a BAD"), 1U);
    Client client(stage, 2);
    const std::string answer = client.say("b ID (" + repeat(pairs, 8) + "\"k\" \"v\")\r\nc NOOP\r\n");
    EXPECT_EQ(count(answer, "b BAD"), 1U) << answer.substr(0, 200);
    EXPECT_EQ(count(answer, "c OK"), 1U);
    const std::string long_value =
        client.say("d ID (\"name\" \"" + std::string(60'000, 'x') + "\")\r\ne NOOP\r\n");
    EXPECT_EQ(count(long_value, "d BAD"), 1U) << long_value.substr(0, 200);
}

/// What a literal announces is no reason to take memory, nor to believe what follows.
TEST_F(ImapAbuse, LiteralsOfFourGigabytes) {
    const char* sizes[] = {
        "4294967295",           "4294967296", "9223372036854775808",       "18446744073709551615",
        "18446744073709551616", "-1",         "99999999999999999999999999"};
    const char* commands[] = {"LOGIN ",  "LOGIN demo ",     "SELECT ",    "APPEND INBOX ",
                              "APPEND ", "SEARCH SUBJECT ", "LIST \"\" ", "AUTHENTICATE PLAIN "};
    unsigned number = 0;
    for (const bool login : {false, true}) {
        for (const char* command : commands) {
            for (const char* size : sizes) {
                for (const char* plus : {"", "+"}) {
                    Client client(stage, ++number % 200 + 1, login);
                    const std::string line = fmt::format("b {}{{{}{}}}", command, size, plus);
                    const std::string answer = client.say(line + "\r\nINJ NOOP\r\n");
                    EXPECT_EQ(count(answer, "\r\n+ "), 0U) << line << ": it asks for the octets\n" << answer;
                    EXPECT_FALSE(answer.starts_with("+ ")) << line;
                    EXPECT_TRUE(answer.find(" BAD ") != std::string::npos ||
                                answer.find(" NO ") != std::string::npos)
                        << line << "\n"
                        << answer;
                    // Where the octets come unasked, what follows is not to be believed.
                    const bool is_number = size[0] != '-' && std::string_view(size).size() < 11;
                    if (*plus == '+' && is_number)
                        EXPECT_EQ(count(answer, "INJ OK"), 0U) << line << "\n" << answer;
                }
            }
        }
    }
}

TEST_F(ImapAbuse, PatternsOfStarsOverManyMailboxes) {
    Client client(stage, 1);
    std::string create;
    for (unsigned i = 0; i < 300; ++i) create += fmt::format("b CREATE {}{}\r\n", std::string(200, 'a'), i);
    EXPECT_EQ(count(client.say(create), "b OK"), 300U);
    const CpuSeconds cpu;
    const std::string stars = repeat("*a", 400), percents = repeat("%a", 400);
    EXPECT_EQ(count(client.say("c LIST \"\" \"" + stars + "*b\"\r\n"), "* LIST"), 0U);
    EXPECT_EQ(count(client.say("d LIST \"\" \"" + percents + "%b\"\r\n"), "* LIST"), 0U);
    EXPECT_EQ(count(client.say("e LSUB \"\" \"" + repeat("*%", 1'000) + "b\"\r\n"), "* LSUB"), 0U);
    EXPECT_EQ(count(client.say("f LIST \"\" \"" + repeat("*a", 100) + "*\"\r\n"), "* LIST"), 300U);
    EXPECT_LT(cpu.spent(), 5.0);
}

/// A message of floods costs what its limits say, each time that somebody looks at it.
TEST_F(ImapAbuse, MessagesOfFloods) {
    std::string rfc2231 = "Content-Type: text/plain";
    for (unsigned i = 0; i < 60'000; ++i) rfc2231 += fmt::format(";\r\n name*{}*=a", i);
    std::string references = "References:";
    for (unsigned i = 0; i < 60'000; ++i) references += fmt::format("\r\n <{}@x>", i);
    const std::string floods[] = {
        "To: " + repeat("a@b.c,\r\n ", 100'000) + "z@b.c\r\n\r\nx",
        "To: " + repeat("g: a@b.c;,\r\n ", 50'000) + "z@b.c\r\n\r\nx",
        "From: " + repeat("(", 200'000) + "\r\n\r\nx",
        "Subject: " + repeat("=?utf-8?q?a?=\r\n ", 50'000) + "z\r\n\r\nx",
        repeat("Received: x\r\n", 100'000) + "\r\nx",
        rfc2231 + "\r\n\r\nx",
        references + "\r\nMessage-ID: <m@x>\r\n\r\nx",
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + repeat("--b\r\n\r\nx\r\n", 100'000) +
            "--b--\r\n",
        "X: " + std::string(9'000'000, 'y') + "\r\n\r\nx",
    };
    Client client(stage, 1);
    for (const std::string& flood : floods) append(client, flood);
    client.say("c SELECT INBOX\r\n");
    for (const char* command :
         {"FETCH 1:* (ENVELOPE)", "FETCH 1:* (BODYSTRUCTURE)",
          "FETCH 1:* (BODY.PEEK[HEADER.FIELDS (TO SUBJECT)])", "SEARCH FROM nobody TO nobody SUBJECT nothing",
          "SEARCH HEADER X nothing", "SORT (FROM TO SUBJECT CC) UTF-8 ALL", "THREAD REFERENCES UTF-8 ALL",
          "THREAD REFS UTF-8 ALL", "FETCH 1:* (PREVIEW)"}) {
        const CpuSeconds cpu;
        client.peer().received().clear();
        client.peer().send(fmt::format("d {}\r\n", command));
        client.settle();
        const std::string answer = std::exchange(client.peer().received(), {});
        EXPECT_EQ(count(answer, "\r\nd OK") + (answer.starts_with("d OK") ? 1 : 0), 1U) << command;
        EXPECT_LT(cpu.spent(), 8.0) << command;
        if (std::string_view(command).find("HEADER.FIELDS") == std::string_view::npos)
            EXPECT_LT(answer.size(), 8U << 20) << command << " gives more than was sent";
        EXPECT_LE(client.peer().output_bytes_max(), std::size_t{4} << 20) << command;
    }
}

/// Threads that are one chain, one subject, and loops, through the whole command.
TEST_F(ImapAbuse, ThreadsOfTenThousandInOneChain) {
    Client client(stage, 1);
    constexpr unsigned many = 10'000;
    for (unsigned done = 0; done < many; done += 500) {
        std::string line = "b APPEND INBOX";
        for (unsigned i = done; i < done + 500; ++i) {
            // A chain that bites its own tail: the first answers the last.
            const std::string mail =
                fmt::format("Subject: Re: same\r\nMessage-ID: <{}@x>\r\nIn-Reply-To: <{}@x>\r\n\r\n", i,
                            (i + many - 1) % many);
            line += fmt::format(" {{{}+}}\r\n{}", mail.size(), mail);
        }
        ASSERT_EQ(count(client.say(line + "\r\n"), "b OK"), 1U);
    }
    client.say("c SELECT INBOX\r\n");
    for (const char* algorithm : {"REFERENCES", "REFS", "ORDEREDSUBJECT"}) {
        const CpuSeconds cpu;
        const std::string answer = client.say(fmt::format("d THREAD {} UTF-8 ALL\r\n", algorithm));
        EXPECT_EQ(count(answer, "d OK"), 1U) << algorithm;
        EXPECT_EQ(count(answer, "("), count(answer, ")")) << algorithm;
        std::size_t numbers = 0;
        for (std::size_t at = 1; at < answer.size(); ++at)
            numbers += std::isdigit(static_cast<unsigned char>(answer[at])) != 0 &&
                               std::isdigit(static_cast<unsigned char>(answer[at - 1])) == 0
                           ? 1
                           : 0;
        EXPECT_EQ(numbers, many) << algorithm << ": each message once";
        EXPECT_LT(cpu.spent(), 5.0) << algorithm;
    }
}

/// A stranger who never ends his line is cut off at the limit, and what is behind it is never read.
TEST_F(ImapAbuse, ALineWithoutEnd) {
    Client stranger(stage, 1, false);
    const std::string answer = stranger.say("a LOGIN " + std::string(100'000, 'x'));
    EXPECT_EQ(count(answer, "* BYE"), 1U) << answer.substr(0, 200);
    EXPECT_TRUE(stranger.peer().server_closed());
    Client client(stage, 2);
    client.say("b SEARCH SUBJECT " + std::string(2'000'000, 'x'));
    const std::string late = client.say("\r\nc NOOP\r\n");
    EXPECT_TRUE(client.peer().server_closed() || count(late, "c OK") == 1) << late.substr(0, 200);
}

/// SASL: answers without end, and octets that are not base64, before any of it is decoded.
TEST_F(ImapAbuse, AuthenticateIsBounded) {
    for (const char* mechanism : {"PLAIN", "LOGIN"}) {
        Client stranger(stage, 1, false);
        EXPECT_EQ(count(stranger.say(fmt::format("a AUTHENTICATE {}\r\n", mechanism)), "+ "), 1U);
        const std::string answer = stranger.say(std::string(200'000, 'A'));
        EXPECT_EQ(count(answer, "* BYE"), 1U) << mechanism << answer.substr(0, 200);
        EXPECT_TRUE(stranger.peer().server_closed()) << mechanism;
    }
    for (const char* bad : {"AGRl\tbW8Ac2VjcmV0", "AGRlbW8Ac2VjcmV0\t", " AGRlbW8Ac2VjcmV0",
                            "AGRlbW8Ac2VjcmV0=", "====", "AGRlbW8Ac2VjcmV0\x80"}) {
        Client stranger(stage, 2, false);
        stranger.say("a AUTHENTICATE PLAIN\r\n");
        const std::string answer = stranger.say(fmt::format("{}\r\nb NOOP\r\n", bad));
        EXPECT_EQ(count(answer, "a BAD"), 1U) << bad << " " << answer;
        EXPECT_EQ(count(answer, "b OK"), 1U) << "others, and this one, may go on: " << answer;
    }
}

}  // namespace
