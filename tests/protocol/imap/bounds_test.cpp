// What one session may hold and how long it may keep the thread: large changes leave in pieces, also to a
// client that does not read, and long searches let the others run. threats.md section 2.2, rows 13 and 14.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "imap/imap_stage.hpp"

namespace {

constexpr unsigned messages = 3'000;  // a flag of each told is some 120 KB
constexpr std::size_t line_max = 1'024;

class Client {
public:
    Client(imap_test::ImapStage& stage, unsigned number, std::string_view user = "demo") : stage_(stage) {
        support::MemoryPair pair = support::make_memory_pair(stage.io, stage.connection_options(number));
        peer_.emplace(pair.peer);
        boost::asio::co_spawn(stage.io, stage.serve(std::move(pair.connection)), boost::asio::detached);
        settle();
        say(fmt::format("a LOGIN {} secret\r\n", user));
    }
    ~Client() {
        peer_->hold(false);
        peer_->close();
        settle();
    }

    /// What came back; all of it, unless the client is held.
    std::string say(std::string_view octets) {
        peer_->received().clear();
        peer_->send(octets);
        settle();
        return std::exchange(peer_->received(), {});
    }
    /// Handlers that ran until all was quiet: between two of them any other session would have had its turn.
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
    for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1))
        ++found;
    return found;
}

void fill(Client& client) {
    for (unsigned done = 0; done < messages; done += 1'000) {
        std::string append = "b APPEND INBOX";
        for (unsigned i = 0; i < 1'000; ++i) append += " {8+}\r\nA: b\r\n\r\n";
        ASSERT_EQ(count(client.say(append + "\r\n"), "b OK"), 1U);
    }
}

class ImapBounds : public testing::Test {
protected:
    support::StageOptions options;
    imap_test::ImapStage stage{options};
};

/// RFC 4314 section 5.1.1: a FETCH that waits for a slow client gives no more than may be read.
TEST(ImapRights, AFetchEndsWhenTheRightToReadIsTakenBack) {
    imap_test::ImapStage stage({{"limit.fetch_batch", "1"}});
    Client owner(stage, 1), reader(stage, 2, "two");
    owner.say("b CREATE Team\r\nc SETACL Team two lrs\r\n");
    const std::string text = "A: b\r\n\r\n" + std::string(90'000, 'x');
    for (int i = 0; i < 8; ++i)
        ASSERT_EQ(count(owner.say(fmt::format("d APPEND Team {{{}+}}\r\n{}\r\n", text.size(), text)), "d OK"),
                  1U);
    ASSERT_EQ(count(reader.say("b SELECT \"Other Users/demo/Team\"\r\n"), "b OK"), 1U);
    reader.peer().hold(true);
    reader.say("c FETCH 1:8 BODY[TEXT]\r\n");
    EXPECT_EQ(count(owner.say("e SETACL Team two l\r\n"), "e OK"), 1U);
    reader.peer().hold(false);
    reader.settle();
    const std::string told = std::exchange(reader.peer().received(), {});
    EXPECT_GE(count(told, "BODY[TEXT]"), 1U);
    EXPECT_LE(count(told, "BODY[TEXT]"), 2U);
    EXPECT_EQ(count(told, "* BYE"), 1U);
    EXPECT_EQ(count(told, "c OK"), 0U);
    EXPECT_TRUE(reader.peer().server_closed());
}

/// The same of a search, which tells nothing before its end, and of one of several mailboxes.
TEST(ImapRights, ASearchEndsWhenTheRightToReadIsTakenBack) {
    imap_test::ImapStage stage({{"limit.fetch_batch", "1"}});
    Client owner(stage, 1), reader(stage, 2, "two");
    owner.say("b CREATE Team\r\nc SETACL Team two lrs\r\nd CREATE Zoo\r\ne SETACL Zoo two lrs\r\n");
    const std::string text = "Subject: a\r\n\r\n" + std::string(3'000, 'x');
    for (int i = 0; i < 40; ++i)
        for (const char* mailbox : {"Team", "Zoo"})
            ASSERT_EQ(
                count(owner.say(fmt::format("d APPEND {} {{{}+}}\r\n{}\r\n", mailbox, text.size(), text)),
                      "d OK"),
                1U);
    ASSERT_EQ(count(reader.say("b SELECT \"Other Users/demo/Team\"\r\n"), "b OK"), 1U);
    // The owner's command is done while the search is at the first mailbox.
    reader.peer().send("c ESEARCH IN (subtree \"Other Users\") TEXT x\r\n");
    EXPECT_EQ(count(owner.say("e SETACL Zoo two l\r\n"), "e OK"), 1U);
    const std::string several = std::exchange(reader.peer().received(), {});
    EXPECT_EQ(count(several, "c OK"), 1U);
    EXPECT_EQ(count(several, "MAILBOX"), 1U) << several;
    reader.peer().send("d SEARCH TEXT x\r\n");
    EXPECT_EQ(count(owner.say("f SETACL Team two l\r\n"), "f OK"), 1U);
    const std::string one = std::exchange(reader.peer().received(), {});
    EXPECT_EQ(count(one, "* BYE"), 1U) << one;
    EXPECT_EQ(count(one, "* SEARCH"), 0U);
    EXPECT_TRUE(reader.peer().server_closed());
}

TEST_F(ImapBounds, AnIdleClientHearsOfThousandsOfChangesInPieces) {
    Client busy(stage, 1), idle(stage, 2);
    fill(busy);
    busy.say("c SELECT INBOX\r\n");
    idle.say("c SELECT INBOX\r\nd IDLE\r\n");
    idle.peer().hold(true);
    EXPECT_EQ(count(busy.say("d STORE 1:* +FLAGS.SILENT (\\Flagged)\r\n"), "d OK"), 1U);
    idle.settle();
    // While it does not read, there are more changes; its first flush has not even ended.
    EXPECT_EQ(count(busy.say("e STORE 1:10 +FLAGS.SILENT (\\Seen)\r\n"), "e OK"), 1U);
    idle.peer().hold(false);
    idle.settle();
    const std::string told = std::exchange(idle.peer().received(), {});
    EXPECT_EQ(count(told, "FETCH (FLAGS (\\Flagged"), messages);
    EXPECT_EQ(count(told, "FETCH (FLAGS (\\Seen \\Flagged"), 10U) << "what changed meanwhile is told too";
    EXPECT_LE(idle.peer().output_bytes_max(), net::Connection::output_large_bytes + line_max);

    busy.say("f STORE 1:* +FLAGS.SILENT (\\Deleted)\r\n");
    idle.peer().received().clear();
    busy.say("g EXPUNGE\r\n");
    idle.settle();
    EXPECT_EQ(count(idle.peer().received(), "EXPUNGE\r\n"), messages);
    EXPECT_LE(idle.peer().output_bytes_max(), net::Connection::output_large_bytes + line_max);
    EXPECT_LE(busy.peer().output_bytes_max(), net::Connection::output_large_bytes + line_max);
    EXPECT_EQ(count(idle.say("DONE\r\n"), "d OK"), 1U);
}

TEST_F(ImapBounds, ASilentStoreOfAllIsToldInPiecesToItsOwnClient) {
    Client client(stage, 1);
    fill(client);
    client.say("c ENABLE CONDSTORE\r\nd SELECT INBOX\r\n");
    const std::string told = client.say("e STORE 1:* +FLAGS.SILENT (\\Flagged)\r\n");
    EXPECT_EQ(count(told, "MODSEQ ("), messages);
    EXPECT_EQ(count(told, "FLAGS"), 0U);
    EXPECT_LE(client.peer().output_bytes_max(), net::Connection::output_large_bytes + line_max);
}

/// Handlers that ran while the search did.
std::size_t turns(Client& client, std::string_view search, std::string_view answer) {
    client.peer().received().clear();
    client.peer().send(search);
    const std::size_t ran = client.settle();
    EXPECT_EQ(count(client.peer().received(), answer), 1U) << client.peer().received().substr(0, 200);
    return ran;
}

TEST_F(ImapBounds, ASearchOfALargeHeaderLetsOthersRun) {
    Client client(stage, 1);
    std::string header;
    while (header.size() < (1U << 20))
        header += fmt::format("X-Field-{}: {}\r\n", header.size(), std::string(900, 'a'));
    client.say(fmt::format("b APPEND INBOX {{{}+}}\r\n{}\r\n\r\n", header.size() + 2, header));
    client.say("c SELECT INBOX\r\n");
    const std::size_t idle = turns(client, "d NOOP\r\n", "d OK");
    EXPECT_GT(turns(client, "e SEARCH TEXT nowhere\r\n", "* SEARCH\r\n"), idle + 8);
    EXPECT_GT(turns(client, "f SEARCH HEADER X-None nowhere SUBJECT none\r\n", "* SEARCH\r\n"), idle);
    const std::string needle(60'000, 'a');
    EXPECT_GT(turns(client, fmt::format("g SEARCH TEXT {{{}+}}\r\n{}b\r\n", needle.size() + 1, needle),
                    "* SEARCH\r\n"),
              idle + 8);
}

TEST_F(ImapBounds, ASearchOfManyTextsLetsOthersRun) {
    Client client(stage, 1);
    const std::string body(1U << 18, 'a');
    client.say(fmt::format("b APPEND INBOX {{{}+}}\r\nA: b\r\n\r\n{}\r\n", body.size() + 8, body));
    client.say("c SELECT INBOX\r\n");
    std::string search = "d SEARCH";
    for (int i = 0; i < 200; ++i) search += fmt::format(" BODY x{}", i);
    EXPECT_GT(turns(client, search + "\r\n", "* SEARCH\r\n"), 50U);
}

TEST_F(ImapBounds, ASearchOfManyFactsLetsOthersRun) {
    Client client(stage, 1);
    fill(client);
    client.say("c SELECT INBOX\r\n");
    const std::size_t few = turns(client, "d SEARCH SEEN\r\n", "* SEARCH\r\n");
    std::string many = "e SEARCH";
    for (int i = 0; i < 300; ++i) many += " UNSEEN LARGER 1";
    many += " SEEN";
    EXPECT_GT(turns(client, many + "\r\n", "* SEARCH\r\n"), few + 16);
}

TEST_F(ImapBounds, SortAndThreadLetOthersRun) {
    Client client(stage, 1);
    fill(client);
    client.say("c SELECT INBOX\r\n");
    const std::size_t idle = turns(client, "d NOOP\r\n", "d OK");
    EXPECT_GT(turns(client, "e SORT (SUBJECT) UTF-8 ALL\r\n", "e OK"), idle + 2);
    EXPECT_GT(turns(client, "f THREAD REFERENCES UTF-8 ALL\r\n", "f OK"), idle);
}

TEST_F(ImapBounds, AThreadOfThousandsLeavesInPieces) {
    Client client(stage, 1);
    constexpr unsigned deep =
        12'000;  // every other message has a child and a sibling: parentheses in parentheses
    for (unsigned done = 0; done < deep; done += 1'000) {
        std::string append = "b APPEND INBOX";
        for (unsigned i = done; i < done + 1'000; ++i) {
            const unsigned parent = i < 2 ? (i == 0 ? deep : 0) : i / 2 * 2 - 1;
            const std::string mail =
                fmt::format("Message-ID: <{}@x>\r\nReferences: <{}@x>\r\n\r\n", i, parent);
            append += fmt::format(" {{{}+}}\r\n{}", mail.size(), mail);
        }
        ASSERT_EQ(count(client.say(append + "\r\n"), "b OK"), 1U);
    }
    client.say("c SELECT INBOX\r\n");
    const std::string threads = client.say("d UID THREAD REFS UTF-8 ALL\r\n");
    EXPECT_EQ(count(threads, "d OK Thread completed"), 1U);
    EXPECT_EQ(count(threads, "("), count(threads, ")"));
    EXPECT_GT(count(threads, "("), deep / 2);
    EXPECT_NE(threads.find(std::string(1'000, ')')), std::string::npos);
    EXPECT_LE(client.peer().output_bytes_max(), 2 * net::Connection::output_large_bytes + line_max);
}

TEST_F(ImapBounds, ASearchOfManySetsIsFast) {
    Client client(stage, 1);
    fill(client);
    client.say("c SELECT INBOX\r\n");
    std::string sets;
    for (unsigned i = 0; i < 450; ++i) sets += fmt::format(" NOT {}:{},{}:*", i + 1, i + 2, messages - i);
    const std::size_t idle = turns(client, "d NOOP\r\n", "d OK");
    EXPECT_GT(turns(client, "e SEARCH" + sets + "\r\n", "e OK"), idle + 8);
    const std::string flood(20'000, '(');
    EXPECT_EQ(
        count(client.say("f SORT (DATE) UTF-8 " + flood + "\r\n"), "f BAD search keys are nested too deeply"),
        1U);
    EXPECT_EQ(
        count(client.say("g THREAD REFS UTF-8 " + flood + "\r\n"), "g BAD search keys are nested too deeply"),
        1U);
}

TEST_F(ImapBounds, VanishedLeavesInPiecesAndLinesAreShort) {
    Client busy(stage, 1), idle(stage, 2);
    fill(busy);
    idle.say("b ENABLE QRESYNC\r\nc SELECT INBOX\r\n");
    busy.say("c SELECT INBOX\r\n");
    std::string odd = "d STORE 1";
    for (unsigned i = 3; i <= messages; i += 2) odd += fmt::format(",{}", i);
    ASSERT_EQ(count(busy.say(odd + " +FLAGS.SILENT (\\Deleted)\r\n"), "d OK"), 1U);
    idle.say("e NOOP\r\n");
    busy.say("f EXPUNGE\r\n");
    const std::string answer = idle.say("g NOOP\r\n");
    EXPECT_EQ(count(answer, "* VANISHED "), 4U);
    EXPECT_EQ(count(answer, ","), messages / 2 - 4);
    EXPECT_EQ(count(answer, "g OK [HIGHESTMODSEQ "), 1U);
    for (std::size_t at = 0; at < answer.size(); at = answer.find("\r\n", at) + 2)
        EXPECT_LT(answer.find("\r\n", at) - at, 10'000U);
}

TEST_F(ImapBounds, QresyncWithThousandsOfRangesIsAnsweredAtOnce) {
    Client client(stage, 1);
    fill(client);
    const std::string selected = client.say("b ENABLE QRESYNC\r\nc SELECT INBOX\r\n");
    const std::size_t at = selected.find("[UIDVALIDITY ");
    ASSERT_NE(at, std::string::npos);
    const std::string validity = selected.substr(at + 13, selected.find(']', at) - at - 13);
    client.say("d STORE 2 +FLAGS.SILENT (\\Deleted)\r\ne EXPUNGE\r\n");
    std::string known = "1", seqs = "1", uids = "4000000001";
    for (unsigned i = 3; known.size() + seqs.size() + uids.size() < 60'000; i += 2) {
        known += fmt::format(",{}", i);
        seqs += fmt::format(",{}", i);
        uids += fmt::format(",{}", 4'000'000'000U + i);
    }
    const auto from = std::chrono::steady_clock::now();
    const std::string answer = client.say(
        fmt::format("f SELECT INBOX (QRESYNC ({} 1 {} ({} {})))\r\n", validity, known, seqs, uids));
    EXPECT_EQ(count(answer, "f OK"), 1U);
    EXPECT_EQ(count(answer, "VANISHED"), 0U);  // uid 2 is not known
    EXPECT_LT(std::chrono::steady_clock::now() - from, std::chrono::seconds(2));
}

std::uint64_t figure(const store::Store& store, std::string_view name) {
    for (const auto& [known, value] : store.figures())
        if (known == name) return value;
    return 0;
}

/// RFC 5465: nothing is opened and nothing is polled, however many folders are listened to.
TEST_F(ImapBounds, AThousandFoldersAreListenedToFromOutside) {
    Client maker(stage, 1), listener(stage, 2);
    std::string create;
    for (unsigned i = 0; i < 1'000; ++i) create += fmt::format("b CREATE tree{}/folder{}\r\n", i / 100, i);
    ASSERT_EQ(count(maker.say(create), "b OK"), 1'000U);
    const std::uint64_t loads = figure(stage.store(), "store_folder_loads");
    const std::string told =
        listener.say("c NOTIFY SET STATUS (personal (MessageNew MessageExpunge FlagChange MailboxName))\r\n");
    EXPECT_EQ(count(told, "* STATUS "), 1'016U);
    EXPECT_EQ(count(told, "c OK"), 1U);
    EXPECT_EQ(figure(stage.store(), "store_folder_loads"), loads);
    EXPECT_EQ(listener.settle(), 0U);
    maker.say("d APPEND tree7/folder777 {8+}\r\nA: b\r\n\r\n\r\n");
    const std::string news = std::exchange(listener.peer().received(), {});
    EXPECT_EQ(news, "* STATUS \"tree7/folder777\" (MESSAGES 1 UIDNEXT 2 UNSEEN 1)\r\n");
    EXPECT_EQ(figure(stage.store(), "store_folder_loads"), loads + 1);  // of the APPEND
}

/// RFC 5465 section 5.8: one who does not read finds each thing once.
TEST_F(ImapBounds, ASlowListenerHearsOfEachFolderOnce) {
    Client writer(stage, 1), listener(stage, 2);
    listener.say("b NOTIFY SET (personal (MessageNew MessageExpunge FlagChange))\r\n");
    listener.peer().hold(true);
    for (unsigned i = 0; i < 300; ++i)
        for (const char* folder : {"Archive", "Drafts", "Sent"})
            ASSERT_EQ(
                count(writer.say(fmt::format("c APPEND {} {{8+}}\r\nA: b\r\n\r\n\r\n", folder)), "c OK"), 1U);
    listener.peer().hold(false);
    listener.settle();
    const std::string told = std::exchange(listener.peer().received(), {});
    EXPECT_EQ(count(told, "(MESSAGES 300 UIDNEXT 301"), 3U);
    EXPECT_LE(count(told, "* STATUS"), 6U);
}

}  // namespace
