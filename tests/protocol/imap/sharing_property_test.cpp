// Many clients on one mailbox, at random: each keeps its own picture of the mailbox from untagged responses
// alone, and in the end every picture is the mailbox. RFC 9051 sections 2.3.1.2, 5.2, 5.5, 7.5.1.
#include <charconv>
#include <optional>
#include <random>
#include <set>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "imap/imap_stage.hpp"

namespace {

constexpr std::uint32_t seed = 20260102;  // change it and all is different, keep it and all repeats
constexpr int rounds = 1'500;

/// What a client knows of one message.
struct Known {
    std::uint32_t uid = 0;  // 0: not told yet
    std::optional<std::set<std::string>> flags;
};

class Client {
public:
    Client(imap_test::ImapStage& stage, unsigned number, const std::string& user, std::string mailbox)
        : stage_(stage), mailbox_(std::move(mailbox)) {
        support::MemoryPair pair = support::make_memory_pair(stage.io, stage.connection_options(number));
        peer_.emplace(pair.peer);
        boost::asio::co_spawn(stage.io, stage.serve(std::move(pair.connection)), boost::asio::detached);
        settle();
        peer_->received().clear();
        say(fmt::format("LOGIN {} secret", user), true);
        say("SELECT " + mailbox_, true);
    }
    ~Client() {
        peer_->close();
        settle();
    }

    /// Sends one command and reads its whole answer into the picture. False: no tagged answer came.
    bool say(std::string_view command, bool may_expunge, std::string_view literal = {}) {
        const std::string tag = fmt::format("t{}", ++tags_);
        std::string octets = fmt::format("{} {}\r\n", tag, command);
        if (!literal.empty()) octets.append(literal).append("\r\n");
        peer_->send(octets);
        settle();
        const std::string answer = std::exchange(peer_->received(), {});
        bool tagged = false;
        for (std::size_t at = 0; at < answer.size();) {
            const std::size_t end = answer.find("\r\n", at);
            if (end == std::string::npos) break;
            const std::string_view line = std::string_view(answer).substr(at, end - at);
            at = end + 2;
            if (line.starts_with("* ")) {
                untagged(line.substr(2), may_expunge, command);
            } else {
                tagged = line.starts_with(tag + " OK") || line.starts_with(tag + " NO");
                if (!tagged) ADD_FAILURE() << command << " -> " << line;
            }
        }
        return tagged;
    }

    const std::string& mailbox() const { return mailbox_; }
    std::size_t size() const { return messages_.size(); }
    const std::vector<Known>& messages() const { return messages_; }
    void forget_flags() {
        for (Known& known : messages_) known.flags.reset();
    }

private:
    void settle() {
        do {
            stage_.io.restart();
        } while (stage_.io.poll() != 0);
    }

    void untagged(std::string_view line, bool may_expunge, std::string_view command) {
        unsigned long number = 0;
        const char* end = line.data() + line.size();
        const auto [rest, fault] = std::from_chars(line.data(), end, number);
        if (fault != std::errc()) return;
        const std::string_view what(rest + 1, static_cast<std::size_t>(end - rest - 1));
        if (what == "EXISTS") {
            if (!command.starts_with("SELECT"))
                EXPECT_GE(number, messages_.size()) << "EXISTS may not shrink";
            messages_.resize(number);
        } else if (what == "EXPUNGE") {
            EXPECT_TRUE(may_expunge) << command << " was answered with EXPUNGE";
            ASSERT_TRUE(number >= 1 && number <= messages_.size()) << command << " -> " << line;
            messages_.erase(messages_.begin() + static_cast<std::ptrdiff_t>(number) - 1);
        } else if (what.starts_with("FETCH")) {
            ASSERT_TRUE(number >= 1 && number <= messages_.size()) << command << " -> " << line;
            learn(messages_[number - 1], what);
        }
    }

    void learn(Known& known, std::string_view what) {
        const std::size_t uid = what.find("UID ");
        if (uid != std::string_view::npos) {
            std::uint32_t number = 0;
            std::from_chars(what.data() + uid + 4, what.data() + what.size(), number);
            EXPECT_TRUE(known.uid == 0 || known.uid == number) << "a number changed its message: " << what;
            known.uid = number;
        }
        const std::size_t flags = what.find("FLAGS (");
        if (flags == std::string_view::npos) return;
        std::string_view list = what.substr(flags + 7);
        list = list.substr(0, list.find(')'));
        known.flags.emplace();
        while (!list.empty()) {
            const std::size_t space = std::min(list.find(' '), list.size());
            if (list.substr(0, space) != "\\Recent") known.flags->emplace(list.substr(0, space));
            list.remove_prefix(std::min(space + 1, list.size()));
        }
    }

    imap_test::ImapStage& stage_;
    const std::string mailbox_;
    std::optional<support::MemoryPeer> peer_;
    std::vector<Known> messages_;
    unsigned tags_ = 0;
};

class Chance {
public:
    explicit Chance(std::uint32_t start) : engine_(start) {}
    std::size_t below(std::size_t limit) { return engine_() % limit; }
    std::string set(std::size_t size) {
        const std::size_t first = 1 + below(size);
        return fmt::format("{}:{}", first, first + below(size - first + 1));
    }
    const char* flag() {
        static constexpr const char* flags[] = {"\\Seen",     "\\Flagged", "\\Deleted",
                                                "\\Answered", "Work",      "$Later"};
        return flags[below(6)];
    }

private:
    std::mt19937 engine_;
};

void one_command(Client& client, Chance& chance) {
    const std::size_t size = client.size();
    switch (chance.below(size == 0 ? 2 : 12)) {
        case 0:
            client.say(fmt::format("APPEND {} {{8+}}", client.mailbox()), true, "A: b\r\n\r\n");
            return;
        case 1:
            client.say("NOOP", true);
            return;
        case 2:
            client.say(fmt::format("STORE {} +FLAGS ({})", chance.set(size), chance.flag()), false);
            return;
        case 3:
            client.say(fmt::format("STORE {} -FLAGS ({})", chance.set(size), chance.flag()), false);
            return;
        case 4:
            client.say(fmt::format("STORE {} FLAGS ({})", chance.set(size), chance.flag()), false);
            return;
        case 5:
            client.say("EXPUNGE", true);
            return;
        case 6:
            client.say(fmt::format("COPY {} {}", 1 + chance.below(size), client.mailbox()), true);
            return;
        case 7:
            client.say(fmt::format("MOVE {} Trash", 1 + chance.below(size)), true);
            return;
        case 8:
            client.say("FETCH 1:* (UID FLAGS)", false);
            return;
        case 9:
            client.say("UID FETCH 1:* (FLAGS)", true);
            return;
        case 10:
            client.say("SEARCH ALL", false);
            return;
        default:
            client.say(fmt::format("UID STORE {}:* +FLAGS ({})", 1 + chance.below(40), chance.flag()), true);
    }
}

using Clients = std::vector<std::unique_ptr<Client>>;

void play(const Clients& clients) {
    Chance chance(seed);
    for (int round = 0; round < rounds && !testing::Test::HasFailure(); ++round)
        one_command(*clients[chance.below(clients.size())], chance);
    for (const auto& client : clients) EXPECT_TRUE(client->say("NOOP", true));
}

/// What the client was told is what one sees who comes now.
void compare(const Client& client, const Client& fresh) {
    ASSERT_EQ(client.size(), fresh.size());
    for (std::size_t at = 0; at < fresh.size(); ++at) {
        const Known& has = client.messages()[at];
        const Known& is = fresh.messages()[at];
        if (has.uid != 0) EXPECT_EQ(has.uid, is.uid) << "message " << at + 1;
        if (has.flags) EXPECT_EQ(*has.flags, *is.flags) << "message " << at + 1;
    }
}

TEST(ImapSharing, every_picture_is_the_mailbox) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    imap_test::ImapStage stage({});
    Clients clients;
    for (unsigned number = 1; number <= 4; ++number)
        clients.push_back(std::make_unique<Client>(stage, number, "demo", "INBOX"));
    play(clients);
    Client fresh(stage, 9, "demo", "INBOX");
    fresh.say("FETCH 1:* (UID FLAGS)", false);
    for (const auto& client : clients) compare(*client, fresh);
}

/// Of two people in a public mailbox, each has his own \Seen and both have all other flags.
TEST(ImapSharing, every_reader_has_his_own_picture) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    imap_test::ImapStage stage({});
    ASSERT_EQ(stage.event("public News"), "");
    ASSERT_EQ(stage.event("share News anyone lrswite"), "");
    Clients clients;
    for (unsigned number = 1; number <= 4; ++number)
        clients.push_back(
            std::make_unique<Client>(stage, number, number % 2 == 0 ? "demo" : "two", "Public/News"));
    play(clients);
    Client demo(stage, 8, "demo", "Public/News"), two(stage, 9, "two", "Public/News");
    demo.say("FETCH 1:* (UID FLAGS)", false);
    two.say("FETCH 1:* (UID FLAGS)", false);
    for (std::size_t at = 0; at < clients.size(); ++at) compare(*clients[at], at % 2 == 0 ? two : demo);
    ASSERT_EQ(demo.size(), two.size());
    bool differ = false;
    for (std::size_t at = 0; at < demo.size(); ++at) {
        std::set<std::string> his = *demo.messages()[at].flags, others = *two.messages()[at].flags;
        differ |= his != others;
        his.erase("\\Seen");
        others.erase("\\Seen");
        EXPECT_EQ(his, others) << "message " << at + 1;
    }
    EXPECT_TRUE(differ) << "the play showed nothing";
}

/// The n-th write to a client fails, for every n: the session ends and takes nobody with it.
TEST(ImapFaults, ends_quietly_when_a_write_fails) {
    for (std::size_t fails_after = 1; fails_after < 8; ++fails_after) {
        imap_test::ImapStage stage({});
        support::MemoryOptions options = stage.connection_options(1);
        options.flush_fails_after = fails_after;
        support::MemoryPair pair = support::make_memory_pair(stage.io, std::move(options));
        bool ended = false;
        boost::asio::co_spawn(stage.io, stage.serve(std::move(pair.connection)),
                              [&](const std::exception_ptr& broken) { ended = !broken; });
        const char* lines[] = {"a LOGIN demo secret\r\n",
                               "b APPEND INBOX {8}\r\n",
                               "A: b\r\n\r\n\r\n",
                               "c SELECT INBOX\r\n",
                               "d FETCH 1 BODY[]\r\n",
                               "e IDLE\r\n",
                               "DONE\r\n",
                               "f LOGOUT\r\n"};
        for (const char* line : lines) {
            pair.peer.send(line);
            stage.io.restart();
            stage.io.poll();
        }
        EXPECT_TRUE(ended) << fails_after;
    }
}

}  // namespace
