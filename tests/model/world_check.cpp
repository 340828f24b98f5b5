// What must be true whenever all is quiet: every picture is the mailbox, and every search finds what is in
// the picture.
#include <algorithm>

#include <boost/asio/awaitable.hpp>
#include <fmt/format.h>

#include "model/world.hpp"

namespace model {

namespace {

std::string shown(const Message& message) {
    std::string out = fmt::format("uid {} modseq {} (", message.uid, message.modseq);
    if (!message.flags) return out + "?)";
    for (const std::string& flag : *message.flags) out += flag + " ";
    return out + ")";
}

boost::asio::awaitable<void> check_all(store::Store* store, std::vector<std::string>* problems) {
    const auto report = co_await store->check({});
    if (report) {
        *problems = report->problems;
    } else {
        problems->push_back("the store cannot be checked");
    }
}

struct Question {
    const char* keys;
    const char* flag;  ///< that a message has
    bool absent;       ///< that it has not
};
constexpr Question questions[] = {{"ALL", "", true},
                                  {"UNSEEN", "\\Seen", true},
                                  {"SEEN", "\\Seen", false},
                                  {"FLAGGED", "\\Flagged", false},
                                  {"UNDELETED", "\\Deleted", true},
                                  {"KEYWORD Alpha", "Alpha", false},
                                  {"NOT KEYWORD Beta", "Beta", true}};

}  // namespace

std::string World::say(Link& link, std::string line, Pending::Kind kind) {
    const std::string tag = link.client->send(std::move(line), kind).tag;
    link.peer->send(link.client->take_output());
    settle();
    std::string answer = std::exchange(link.peer->received(), {});
    link.client->hear(answer);
    if (!link.client->pending().empty()) throw Violation("no answer to " + tag);
    return answer;
}

/// All mailboxes that `user` may read, as they are now.
World::Sights World::look(const std::string& user) {
    Sights sights;
    Link fresh;
    fresh.client = std::make_unique<Client>(91, user, Mode::condstore, ledger_);
    connect(fresh, 91);
    settle();
    talk(fresh);
    const std::string all =
        say(fresh, "LIST \"\" \"*\" RETURN (STATUS (MESSAGES UIDNEXT UNSEEN HIGHESTMODSEQ))");
    for (std::size_t at = 0; at < all.size();) {
        const std::size_t end = all.find("\r\n", at);
        const std::string_view line = std::string_view(all).substr(at, end - at);
        at = end + 2;
        if (!line.starts_with("* STATUS ")) continue;
        const std::size_t close = line.find("\" (");
        if (close == std::string_view::npos) throw Violation("a strange STATUS");
        const std::string name(line.substr(9, close - 8));
        const bool own = !name.starts_with("\"Other Users/") && !name.starts_with("\"Public/");
        if (user == "demo" || !own) look_into(fresh, name, line.substr(close), sights);
    }
    disconnect(fresh);
    return sights;
}

void World::look_into(Link& fresh, const std::string& name, std::string_view status, Sights& sights) {
    Client& client = *fresh.client;
    client.select(name, true, 0);
    talk(fresh);
    finish(fresh);
    if (!client.selected()) return;  // its STATUS may be asked for, it may not be read
    say(fresh, "UID FETCH 1:* (UID FLAGS MODSEQ BODY.PEEK[TEXT])");
    Sight sight;
    sight.view = client.view();
    sight.validity = client.validity();
    std::uint32_t unseen = 0;
    for (const Message& message : sight.view.messages()) {
        if (message.uid == 0 || !message.flags || message.modseq == 0)
            throw Violation("a FETCH of all left a message out");
        unseen += message.flags->contains("\\Seen") ? 0 : 1;
    }
    if (number_after(status, "MESSAGES ") != sight.view.size() || number_after(status, "UNSEEN ") != unseen ||
        number_after(status, "HIGHESTMODSEQ ") != client.modseq())
        throw Violation(fmt::format("{} has {} messages, {} unseen, {}: STATUS says {}", name,
                                    sight.view.size(), unseen, client.modseq(), status));
    ledger_.look(client.user(), sight.validity, sight.view.messages(),
                 static_cast<std::uint32_t>(number_after(status, "UIDNEXT ")), client.modseq());
    const std::string id = client.mailbox_id();
    sights[id] = std::move(sight);
    say(fresh, "UNSELECT", Pending::Kind::leave);
}

void World::compare(const Client& client, const Sight& sight) const {
    const auto differ = [&](const std::string& what) {
        throw Violation(fmt::format("client {} ({}): {}", client.number(), client.mailbox(), what));
    };
    const View& has = client.view();
    if (client.validity() != sight.validity) differ("another UIDVALIDITY");
    if (has.size() != sight.view.size())
        differ(fmt::format("has {} messages of {}", has.size(), sight.view.size()));
    for (std::size_t at = 0; at < has.messages().size(); ++at) {
        const Message& mine = has.messages()[at];
        const Message* is = has.numbered() ? &sight.view.messages()[at] : sight.view.find(mine.uid);
        if (is == nullptr) differ(fmt::format("has uid {}, which is not there", mine.uid));
        const bool same =
            (mine.uid == 0 || mine.uid == is->uid) && (!mine.flags || mine.flags == is->flags) &&
            (mine.modseq == 0 || !client.has_modseq() || !mine.flags || mine.modseq == is->modseq);
        if (!same) differ(fmt::format("believes {}, true is {}", shown(mine), shown(*is)));
    }
}

/// A search finds what the picture shows.
void World::ask(Link& link, const Sight& sight, std::size_t number) {
    Client& client = *link.client;
    const Question& question = questions[number % std::size(questions)];
    const bool by_uid = client.mode() == Mode::uid_only || number % 2 == 0;
    Pending& sent =
        client.send(fmt::format("{}SEARCH {}", by_uid ? "UID " : "", question.keys), Pending::Kind::search);
    sent.numbered = !by_uid;
    finish(link);
    std::vector<std::uint32_t> expected;
    std::uint32_t at = 0;
    for (const Message& message : sight.view.messages()) {
        ++at;
        const bool has = message.flags->contains(question.flag);
        if (has != question.absent) expected.push_back(by_uid ? message.uid : at);
    }
    if (client.found() != expected)
        throw Violation(fmt::format("client {}: SEARCH {} found {}, not {}", client.number(), question.keys,
                                    set_of(client.found()), set_of(expected)));
}

void World::check(std::size_t number) {
    for (Link& link : links_) finish(link);
    for (Link& link : links_) {
        if (!link.peer) continue;
        // Who hears nothing asks to hear: that implies a NOOP (RFC 5465 section 3.1).
        if (link.client->hearing() == Hearing::deaf) {
            link.client->notify(Hearing::delayed);
        } else {
            link.client->send("NOOP");
        }
        finish(link);
    }
    ledger_.begin_look();
    std::map<std::string, Sights> seen;
    for (const char* user : {"demo", "two"}) seen[user] = look(user);
    ledger_.end_look();
    for (Link& link : links_) {
        if (!link.peer || !link.client->selected()) continue;
        const Sights& sights = seen[link.client->user()];
        const auto sight = sights.find(link.client->mailbox_id());
        if (sight == sights.end())
            throw Violation(fmt::format("client {} is in {}, which is not there", link.client->number(),
                                        link.client->mailbox()));
        compare(*link.client, sight->second);
        messages_ += sight->second.view.size();
        ask(link, sight->second, number + link.client->number());
    }
}

void World::check_store() {
    for (Link& link : links_) disconnect(link);
    std::vector<std::string> problems;
    stage_->run(check_all(&stage_->store(), &problems));
    if (!problems.empty()) throw Violation("the store is damaged: " + problems.front());
}

}  // namespace model
