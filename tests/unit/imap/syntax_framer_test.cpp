// Framer: where commands end, whatever the cuts; limits and how it comes back after them (threats 8, 9).
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "imap/syntax/framer.hpp"
#include "imap/syntax/parse_command.hpp"

namespace imap {
namespace {
using Status = Framer::Status;

/// Plays a peer that sends `octets` in pieces of `cut`, and a session that takes every message literal whole.
/// What happened, as a list of lines.
class Player {
public:
    explicit Player(FramerLimits limits, bool refuse_messages = false)
        : framer_(limits), refuse_messages_(refuse_messages) {}

    std::vector<std::string> play(std::string_view octets, std::size_t cut) {
        while (!octets.empty() && !ended_) {
            const std::string_view piece = octets.substr(0, cut);
            octets.remove_prefix(piece.size());
            input_.append(piece);
            drain();
        }
        return events_;
    }

private:
    void drain() {
        while (!ended_) {
            if (message_left_ > 0) {
                const std::size_t take = std::min<std::size_t>(message_left_, input_.size());
                message_.append(input_, 0, take);
                input_.erase(0, take);
                message_left_ -= take;
                if (message_left_ > 0) return;
                events_.push_back("message " + message_);
                message_.clear();
            }
            const Framer::Found found = framer_.poll(input_);
            if (!step(found)) return;
        }
    }

    bool step(const Framer::Found& found) {
        switch (found.status) {
            case Status::need_more:
                return false;
            case Status::need_continuation:
                events_.emplace_back("+");
                return true;
            case Status::frame:
                events_.push_back("frame " + std::string(found.frame));
                break;
            case Status::literal:
                return take_message(found);
            case Status::skip:
                break;
            case Status::refused:
                events_.push_back("refused " + std::string(found.tag) + " " + std::string(found.reason));
                break;
            case Status::fatal:
                if (!events_.empty() && events_.back().starts_with("refused")) events_.pop_back();
                events_.emplace_back("fatal");
                ended_ = true;
                return false;
        }
        input_.erase(0, found.octets);
        framer_.next();
        return true;
    }

    bool take_message(const Framer::Found& found) {
        events_.push_back("literal " + std::string(found.frame));
        const std::uint64_t bytes = found.literal_bytes;
        input_.erase(0, found.octets);
        if (refuse_messages_) {
            if (framer_.refuse_literal()) return true;
            events_.emplace_back("fatal");
            ended_ = true;
            return false;
        }
        framer_.take_literal();
        message_left_ = static_cast<std::size_t>(bytes);
        if (bytes == 0) events_.emplace_back("message ");
        return true;
    }

    Framer framer_;
    bool refuse_messages_;
    bool ended_ = false;
    std::string input_;
    std::string message_;
    std::size_t message_left_ = 0;
    std::vector<std::string> events_;
};

using Events = std::vector<std::string>;

/// Whole and in pieces of 1, 2, 3 and 7 octets: the same happens.
Events play(std::string_view octets, FramerLimits limits = FramerLimits::authenticated(),
            bool refuse = false) {
    const Events whole = Player(limits, refuse).play(octets, octets.size() + 1);
    for (const std::size_t cut : {1U, 2U, 3U, 7U, 64U})
        EXPECT_EQ(Player(limits, refuse).play(octets, cut), whole) << cut;
    return whole;
}

struct Case {
    std::string_view octets;
    Events events;
};

TEST(Framer, FindsLinesAndLiterals) {
    const std::vector<Case> cases{
        {"A1 NOOP\r\n", {"frame A1 NOOP"}},
        {"A1 NOOP\nA2 LOGOUT\n", {"frame A1 NOOP", "frame A2 LOGOUT"}},  // bare LF, as Dovecot
        {"DONE\r\nA3 NAMESPACE\r\nA4 LIST \"\" *\r\n",
         {"frame DONE", "frame A3 NAMESPACE", "frame A4 LIST \"\" *"}},
        {"\r\n", {"frame "}},
        // RFC 9051 section 4.3, RFC 7888 section 4
        {"A001 LOGIN {11}\r\nFRED FOOBAR {7}\r\nfat man\r\n",
         {"+", "+", "frame A001 LOGIN {11}\r\nFRED FOOBAR {7}\r\nfat man"}},
        {"A001 LOGIN {11+}\r\nFRED FOOBAR {7+}\r\nfat man\r\n",
         {"frame A001 LOGIN {11+}\r\nFRED FOOBAR {7+}\r\nfat man"}},
        {"A LOGIN {0+}\r\n {0+}\n\r\n", {"frame A LOGIN {0+}\r\n {0+}\n"}},
        {"A LOGIN {3+}\r\n\r\n\n x\r\n", {"frame A LOGIN {3+}\r\n\r\n\n x"}},
        {"A NOOP {-1}\r\n", {"frame A NOOP {-1}"}},
        {"A NOOP {}\r\nB NOOP {+}\r\n", {"frame A NOOP {}", "frame B NOOP {+}"}},
        {"{5+}\r\nabcde\r\n", {"frame {5+}\r\nabcde"}},
        {"A NOOP", {}},
        {"A NOOP\r", {}},
    };
    for (const Case& c : cases) EXPECT_EQ(play(c.octets), c.events) << c.octets;
}

TEST(Framer, StreamsMessagesOfAppend) {
    const std::vector<Case> cases{
        {"A003 APPEND saved-messages (\\Seen) {5}\r\nhello\r\nA4 NOOP\r\n",
         {"literal A003 APPEND saved-messages (\\Seen) {5}", "message hello", "frame ", "frame A4 NOOP"}},
        {"A append {5+}\r\nINBOX {3+}\r\nabc\r\n",
         {"literal A append {5+}\r\nINBOX {3+}", "message abc", "frame "}},
        {"A APPEND INBOX UTF8 (~{3+}\r\nabc)\r\n",
         {"literal A APPEND INBOX UTF8 (~{3+}", "message abc", "frame )"}},
        // RFC 3502: the next message in the same command
        {"A APPEND a {1}\r\nx (\\Seen) {2+}\r\nyz\r\n",
         {"literal A APPEND a {1}", "message x", "literal  (\\Seen) {2+}", "message yz", "frame "}},
        {"A APPEND a {0}\r\n\r\n", {"literal A APPEND a {0}", "message ", "frame "}},
        {"A003 REPLACE 4 Drafts (\\Seen \\Draft) {5}\r\nhello\r\nA4 NOOP\r\n",
         {"literal A003 REPLACE 4 Drafts (\\Seen \\Draft) {5}", "message hello", "frame ", "frame A4 NOOP"}},
        {"A uid replace * {6+}\r\nDrafts ~{3+}\r\nabc\r\n",
         {"literal A uid replace * {6+}\r\nDrafts ~{3+}", "message abc", "frame "}},
        {"UID REPLACE 1 x CATENATE (URL {1}\r\na TEXT {2}\r\nbc)\r\n",
         {"literal UID REPLACE 1 x CATENATE (URL {1}", "message a", "literal  TEXT {2}", "message bc",
          "frame )"}},
        // Whatever stands for the number: the message is never held in memory.
        {"A REPLACE 1:2 {1+}\r\ny {1+}\r\nz\r\n",
         {"literal A REPLACE 1:2 {1+}\r\ny {1+}", "message z", "frame "}},
        {"A REPLACE {1+}\r\ny\r\n", {"frame A REPLACE {1+}\r\ny"}},
        // A number is no literal: what comes in it is no message, however much has come.
        {"A REPLACE {10+}\r\ny x {2+}\r\n z {3+}\r\nabc\r\n",
         {"frame A REPLACE {10+}\r\ny x {2+}\r\n z {3+}\r\nabc"}},
        {"A APPENDIX a {1+}\r\nx\r\n", {"frame A APPENDIX a {1+}\r\nx"}},
    };
    for (const Case& c : cases) EXPECT_EQ(play(c.octets), c.events) << c.octets;
}

TEST(Framer, RefusedMessagesAreNeverCommands) {
    // Threats 9: a refused literal's octets run as commands.
    const auto limits = FramerLimits::authenticated();
    EXPECT_EQ(play("A APPEND x {9+}\r\nINJ NOOP\n\r\nB NOOP\r\n", limits, true),
              (Events{"literal A APPEND x {9+}", "frame B NOOP"}));
    // A synchronising one does not come: what follows is the next command.
    EXPECT_EQ(play("A APPEND x {9}\r\nB NOOP\r\n", limits, true),
              (Events{"literal A APPEND x {9}", "frame B NOOP"}));
    // What belongs to the refused command goes with it.
    EXPECT_EQ(play("A APPEND x {2+}\r\n\n\n (\\Seen) {9+}\r\nINJ NOOP\n\r\nB NOOP\r\n", limits, true),
              (Events{"literal A APPEND x {2+}", "frame B NOOP"}));
    EXPECT_EQ(play("A APPEND x {1048577+}\r\nINJ NOOP\r\n", limits, true),
              (Events{"literal A APPEND x {1048577+}", "fatal"}));
    EXPECT_EQ(play("A APPEND x {99999999999999999999+}\r\nINJ NOOP\r\n", limits), (Events{"fatal"}));
    EXPECT_EQ(play("A APPEND x {99999999999999999999}\r\nB NOOP\r\n", limits),
              (Events{"refused A literal is too long", "frame B NOOP"}));
}

TEST(Framer, RefusesBeyondItsLimits) {
    FramerLimits limits;
    limits.line_bytes_max = 40;
    limits.literal_bytes_max = 30;
    limits.frame_bytes_max = 78;
    limits.swallow_bytes_max = 200;
    const std::string forty(37, 'x');
    EXPECT_EQ(play("A " + forty + "x\r\nB NOOP\r\n", limits),
              (Events{"frame A " + forty + "x", "frame B NOOP"}));
    EXPECT_EQ(play("A " + forty + "xx\r\nB NOOP\r\n", limits),
              (Events{"refused A line is too long", "frame B NOOP"}));
    // The long line ends in a literal, which belongs to it.
    EXPECT_EQ(play("A " + forty + forty + "{10+}\r\nINJ NOOP\r\n\r\nB NOOP\r\n", limits),
              (Events{"refused A line is too long", "frame B NOOP"}));
    EXPECT_EQ(play("A " + forty + forty + "{10}\r\nB NOOP\r\n", limits),
              (Events{"refused A line is too long", "frame B NOOP"}));
    EXPECT_EQ(
        play("A " + forty + forty + "{0000000000000000000000000000000000000000010+}\r\nINJ NOOP\r\n", limits)
            .back(),
        "fatal");
    EXPECT_EQ(play("A " + std::string(300, 'x') + "\r\nB NOOP\r\n", limits), (Events{"fatal"}));
    // Literals
    EXPECT_EQ(play("A X {31}\r\nB NOOP\r\n", limits),
              (Events{"refused A literal is too long", "frame B NOOP"}));
    EXPECT_EQ(play("A X {31+}\r\nINJ NOOP\r\nINJ NOOP\r\nINJ NOOP\r\nx\r\nB NOOP\r\n", limits),
              (Events{"refused A literal is too long", "frame B NOOP"}));
    EXPECT_EQ(play("A X {201+}\r\n", limits), (Events{"fatal"}));
    // The whole command
    const std::string arguments =
        "A X {30+}\r\n" + std::string(30, 'y') + " {30+}\r\n" + std::string(30, '\n') + "\r\n";
    EXPECT_EQ(play(arguments + "B NOOP\r\n", limits),
              (Events{"refused A command is too long", "frame B NOOP"}));
}

TEST(Framer, StrangersAreCutOff) {
    // Threats 8: memory before login.
    const auto limits = FramerLimits::before_login();
    EXPECT_EQ(play("A NOOP " + std::string(8190, '('), limits), (Events{"fatal"}));
    EXPECT_EQ(play("A LOGIN {8193}\r\n", limits), (Events{"fatal"}));
    EXPECT_EQ(play("A LOGIN {4294967295+}\r\nINJ NOOP\r\n", limits), (Events{"fatal"}));
    EXPECT_EQ(play("A APPEND x {100000}\r\n", limits), (Events{"fatal"}));
    std::string many = "A LOGIN";
    for (int i = 0; i < 5000; ++i) many += " {1+}\r\nx";
    EXPECT_EQ(play(many, limits), (Events{"fatal"}));
    EXPECT_EQ(play("A LOGIN {5}\r\nalice {3}\r\nfoo\r\n", limits),
              (Events{"+", "+", "frame A LOGIN {5}\r\nalice {3}\r\nfoo"}));
}

TEST(Framer, LiteralMinusRefusesLargeOnes) {
    FramerLimits limits;
    limits.non_sync_bytes_max = 4096;  // RFC 7888 section 5
    EXPECT_EQ(play("A X {4097+}\r\n" + std::string(4097, '\n') + "\r\nB NOOP\r\n", limits),
              (Events{"refused A literal is too long", "frame B NOOP"}));
    EXPECT_EQ(play("A X {2+}\r\n\n\n\r\n", limits).size(), 1U);
    EXPECT_EQ(play("A APPEND X {4097+}\r\n" + std::string(4097, '\n') + "\r\nB NOOP\r\n", limits),
              (Events{"refused A literal is too long", "frame B NOOP"}));
}

TEST(Framer, LooksAtEachOctetOnce) {
    // 64 KiB octet by octet: a rescan from the start at each octet would be 2 G octets.
    FramerLimits limits;
    std::string input;
    Framer framer(limits);
    for (std::size_t i = 0; i < 60000; ++i) {
        input.push_back('x');
        ASSERT_EQ(framer.poll(input).status, Status::need_more);
    }
    input += "\r\n";
    EXPECT_EQ(framer.poll(input).frame.size(), 60000U);
}

TEST(Framer, PollsLines) {
    Framer framer(FramerLimits::before_login());
    std::string input = "AGZvbwBiYXI={5}\r";
    EXPECT_EQ(framer.poll_line(input).status, Status::need_more);
    input += "\nA2 NOOP\r\n";
    const auto line = framer.poll_line(input);
    EXPECT_EQ(line.status, Status::frame);
    EXPECT_EQ(line.frame, "AGZvbwBiYXI={5}");
    input.erase(0, line.octets);
    framer.next();
    EXPECT_EQ(framer.poll(input).frame, "A2 NOOP");
    framer.next();
    EXPECT_EQ(framer.poll_line(std::string(9000, 'a')).status, Status::fatal);
}

}  // namespace
}  // namespace imap
