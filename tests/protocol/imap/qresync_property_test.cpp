// Clients that go away without a word, at random, and come back with what they remember: after SELECT with
// QRESYNC each knows the mailbox as it is. What they remember as HIGHESTMODSEQ is what RFC 7162 section 6
// tells them to.
#include <charconv>
#include <map>
#include <optional>
#include <random>
#include <set>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "imap/imap_stage.hpp"

namespace {

constexpr std::uint32_t seed = 20261122;  // change it and all is different, keep it and all repeats
constexpr int rounds = 1'500;

std::uint64_t number_after(std::string_view text, std::string_view word) {
    const std::size_t at = text.find(word);
    std::uint64_t number = 0;
    if (at != std::string_view::npos)
        std::from_chars(text.data() + at + word.size(), text.data() + text.size(), number);
    return number;
}

template <class Visit>
void for_each_uid(std::string_view set, Visit visit) {
    while (!set.empty()) {
        const std::string_view range = set.substr(0, set.find(','));
        set.remove_prefix(std::min(range.size() + 1, set.size()));
        std::uint32_t first = 0, last = 0;
        const char* end = range.data() + range.size();
        const auto stop = std::from_chars(range.data(), end, first).ptr;
        last = first;
        if (stop != end) std::from_chars(stop + 1, end, last);
        for (std::uint32_t uid = first; uid <= last; ++uid) visit(uid);
    }
}

/// A client with a cache that outlives its connections.
class Client {
public:
    Client(imap_test::ImapStage& stage, unsigned number, std::string user, std::string mailbox)
        : stage_(stage), number_(number), user_(std::move(user)), mailbox_(std::move(mailbox)) {}
    ~Client() { leave(); }

    /// \param how 0: with no more than the modseq, 1: with its uids, 2: with sequence match data too
    void come(std::size_t how) {
        support::MemoryPair pair = support::make_memory_pair(stage_.io, stage_.connection_options(number_));
        peer_.emplace(pair.peer);
        boost::asio::co_spawn(stage_.io, stage_.serve(std::move(pair.connection)), boost::asio::detached);
        settle();
        peer_->received().clear();
        say(fmt::format("LOGIN {} secret", user_));
        say("ENABLE QRESYNC");
        if (validity_ == 0) {
            say("SELECT " + mailbox_);
        } else {
            say(fmt::format("SELECT {} (QRESYNC ({} {}{}))", mailbox_, validity_, modseq_, remembered(how)));
        }
        // What came while it was away: uids that it never asked for.
        say(fmt::format("UID FETCH {}:* (FLAGS)", next_));
        next_ = messages_.empty() ? next_ : messages_.rbegin()->first + 1;
    }
    void leave() {
        if (!peer_) return;
        peer_->close();
        settle();
        peer_.reset();
    }
    bool here() const { return peer_.has_value(); }
    std::uint32_t size() const { return size_; }
    const std::string& mailbox() const { return mailbox_; }
    const std::map<std::uint32_t, std::set<std::string>>& messages() const { return messages_; }

    void say(const std::string& command, std::string_view literal = {}) {
        hear();
        peer_->send(fmt::format("t {}\r\n{}{}", command, literal, literal.empty() ? "" : "\r\n"));
        settle();
        bool tagged = false;
        take(command, tagged);
        EXPECT_TRUE(tagged) << command;
    }
    /// What came unasked (RFC 5465).
    void hear() {
        bool tagged = false;
        take("nothing", tagged);
    }

private:
    void take(const std::string& command, bool& tagged) {
        const std::string answer = std::exchange(peer_->received(), {});
        std::uint64_t seen = 0, told = 0;
        for (std::size_t at = 0; at < answer.size();) {
            const std::size_t end = answer.find("\r\n", at);
            ASSERT_NE(end, std::string::npos);
            const std::string_view line = std::string_view(answer).substr(at, end - at);
            at = end + 2;
            if (line.starts_with("t ")) {
                tagged = true;
                EXPECT_FALSE(line.starts_with("t BAD")) << command << " -> " << line;
            } else {
                EXPECT_EQ(line.find(" EXPUNGE"), std::string_view::npos) << command << " -> " << line;
            }
            if (line.find("[UIDVALIDITY ") != std::string_view::npos)
                validity_ = number_after(line, "[UIDVALIDITY ");
            if (line.find("[HIGHESTMODSEQ ") != std::string_view::npos)
                told = number_after(line, "[HIGHESTMODSEQ ");
            seen = std::max(seen, number_after(line, "MODSEQ ("));
            untagged(line, command);
        }
        // RFC 7162 section 6: what it is told goes before what it could think.
        if (told != 0) {
            modseq_ = told;
        } else {
            modseq_ = std::max(modseq_, seen);
        }
        // Nothing is half told between commands: as many means the same ones.
        if (messages_.size() == size_) {
            complete_.clear();
            for (const auto& [uid, flags] : messages_) complete_.push_back(uid);
        }
    }

    void settle() {
        do {
            stage_.io.restart();
        } while (stage_.io.poll() != 0);
    }

    std::string remembered(std::size_t how) const {
        const std::uint32_t last = std::max(next_ - 1, messages_.empty() ? 0 : messages_.rbegin()->first);
        if (how == 0 || last == 0) return {};
        std::string out = fmt::format(" 1:{}", last);
        if (how == 1 || complete_.empty()) return out;
        // Every third message as it was when the numbers were last known.
        std::string seqs, uids;
        for (std::size_t at = 0; at < complete_.size(); at += 3) {
            seqs += fmt::format("{}{}", at == 0 ? "" : ",", at + 1);
            uids += fmt::format("{}{}", at == 0 ? "" : ",", complete_[at]);
        }
        return out + fmt::format(" ({} {})", seqs, uids);
    }

    void untagged(std::string_view line, const std::string& command) {
        if (line.starts_with("* VANISHED ")) {
            line.remove_prefix(11);
            const bool earlier = line.starts_with("(EARLIER) ");
            if (earlier) line.remove_prefix(10);
            for_each_uid(line, [&](std::uint32_t uid) {
                messages_.erase(uid);
                if (!earlier) ASSERT_GT(size_--, 0U) << command;
            });
        } else if (line.ends_with(" EXISTS")) {
            size_ = static_cast<std::uint32_t>(number_after(line, "* "));
        } else if (line.find(" FETCH (") != std::string_view::npos) {
            const auto uid = static_cast<std::uint32_t>(number_after(line, "UID "));
            ASSERT_NE(uid, 0U) << command << " -> " << line;
            const std::size_t flags = line.find("FLAGS (");
            if (flags == std::string_view::npos) return;
            std::string_view list = line.substr(flags + 7);
            list = list.substr(0, list.find(')'));
            std::set<std::string>& known = messages_[uid];
            known.clear();
            while (!list.empty()) {
                const std::size_t space = std::min(list.find(' '), list.size());
                if (list.substr(0, space) != "\\Recent") known.emplace(list.substr(0, space));
                list.remove_prefix(std::min(space + 1, list.size()));
            }
        }
    }

    imap_test::ImapStage& stage_;
    const unsigned number_;
    const std::string user_, mailbox_;
    std::optional<support::MemoryPeer> peer_;
    // The cache.
    std::map<std::uint32_t, std::set<std::string>> messages_;
    std::vector<std::uint32_t> complete_;  // by number, when all were known
    std::uint64_t validity_ = 0, modseq_ = 0;
    std::uint32_t next_ = 1, size_ = 0;
};

void one_command(Client& client, std::mt19937& chance) {
    client.hear();
    static constexpr const char* flags[] = {"\\Seen", "\\Flagged", "\\Deleted", "\\Answered", "Work"};
    const std::size_t size = client.size();
    const char* flag = flags[chance() % std::size(flags)];
    const std::size_t some = size == 0 ? 0 : 1 + chance() % size;
    switch (chance() % (size == 0 ? 2 : 10)) {
        case 0:
        case 1:
            client.say(fmt::format("APPEND {} {{8+}}", client.mailbox()), "A: b\r\n\r\n");
            return;
        case 2:
            client.say(fmt::format("STORE {}:* +FLAGS ({})", some, flag));
            return;
        case 3:
            client.say(fmt::format("STORE {} -FLAGS ({})", some, flag));
            return;
        case 4:
            client.say(fmt::format("UID STORE {}:* +FLAGS ({})", some, flag));
            return;
        case 5:
            client.say("EXPUNGE");
            return;
        case 6:
            client.say(fmt::format("MOVE {} Trash", some));
            return;
        case 7:
            client.say("SEARCH ALL");
            return;
        case 8:
            client.say("NOOP");
            return;
        default:
            client.say(fmt::format("COPY {} {}", some, client.mailbox()));
    }
}

/// How much they want to hear, at random (RFC 5465): what was kept back must not be lost.
void ask_anew(Client& client, std::mt19937& chance) {
    static constexpr const char* wishes[] = {
        "NOTIFY NONE", "NOTIFY SET (selected NONE) (personal (MailboxName))",
        "NOTIFY SET (selected (MessageNew (FLAGS) MessageExpunge FlagChange))",
        "NOTIFY SET (selected (MessageNew MessageExpunge)) (subtree Public (MailboxName))",
        "NOTIFY SET (selected-delayed (MessageNew MessageExpunge FlagChange))"};
    client.say(wishes[chance() % std::size(wishes)]);
}

/// Each of `clients` comes and goes; in the end each comes once more and is asked what it knows.
void play(imap_test::ImapStage& stage, const std::vector<std::unique_ptr<Client>>& clients,
          const std::string& mailbox, bool with_notify) {
    std::mt19937 chance(seed);
    for (int round = 0; round < rounds && !testing::Test::HasFailure(); ++round) {
        Client& client = *clients[chance() % clients.size()];
        const std::size_t what = chance() % 12;
        if (!client.here()) {
            client.come(chance() % 3);
        } else if (what == 0) {
            client.leave();
        } else if (what == 2 && with_notify) {
            ask_anew(client, chance);
        } else {
            one_command(client, chance);
        }
        if (what != 1) continue;
        if (!client.here()) client.come(chance() % 3);
        client.leave();
        client.come(chance() % 3);
        EXPECT_EQ(client.messages().size(), client.size()) << "round " << round;
    }
    for (std::size_t at = 0; at < clients.size(); ++at) {
        Client& client = *clients[at];
        client.leave();
        client.come(at % 3);
        Client fresh(stage, 9, at == 0 ? "demo" : "two", mailbox);
        fresh.come(0);
        EXPECT_EQ(client.messages(), fresh.messages()) << "client " << at;
        EXPECT_EQ(client.size(), fresh.size()) << "client " << at;
    }
}

void come_and_go(bool with_notify) {
    support::StageOptions options;
    imap_test::ImapStage stage(options);
    ASSERT_EQ(stage.event("public News"), "");
    ASSERT_EQ(stage.event("share News anyone lrswited"), "");
    std::vector<std::unique_ptr<Client>> clients;
    clients.push_back(std::make_unique<Client>(stage, 1, "demo", "Public/News"));
    clients.push_back(std::make_unique<Client>(stage, 2, "two", "Public/News"));
    clients.push_back(std::make_unique<Client>(stage, 3, "two", "Public/News"));
    play(stage, clients, "Public/News", with_notify);
}

TEST(ImapQresync, ThoseWhoComeBackKnowTheMailbox) { come_and_go(false); }

TEST(ImapQresync, SoDoThoseWhoDidNotWantToHearAll) { come_and_go(true); }

}  // namespace
