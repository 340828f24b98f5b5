// The server, the links to its clients, and one step of a play.
#include "model/world.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <fmt/format.h>

#include "base/log.hpp"

namespace model {

namespace {

support::StageOptions stage_options(std::uint64_t seed) {
    support::StageOptions out;
    // Small pieces: more places where another session may come between.
    if (seed % 3 == 0) out["limit.fetch_batch"] = "2";
    if (seed % 2 == 0) out["limit.read_bytes"] = "16";
    return out;
}

struct Player {
    const char* user;
    Mode mode;
};
constexpr Player players[] = {{"demo", Mode::plain}, {"demo", Mode::qresync},   {"two", Mode::qresync},
                              {"demo", Mode::rev2},  {"two", Mode::condstore},  {"demo", Mode::uid_only},
                              {"two", Mode::plain},  {"demo", Mode::condstore}, {"two", Mode::uid_only}};

}  // namespace

World::World(std::uint64_t seed) : stage_(std::make_unique<imap_test::ImapStage>(stage_options(seed))) {
    base::log::set_level("", base::log::Level::off);  // thousands of logins
    // UIDVALIDITY is the time: what the clients see of two accounts and of the public tree must not have the
    // same.
    for (const char* what :
         {"clock 1000", "public News", "public Notes", "clock 1000", "share News anyone lrswited",
          "share Notes anyone lrs", "share Notes demo lrswited"})
        if (const std::string fault = stage_->event(what); !fault.empty()) throw Violation(fault);
    const std::size_t count = 3 + seed % (std::size(players) - 2);
    for (std::size_t at = 0; at < count; ++at) {
        const Player& player = players[(at + seed / 7) % std::size(players)];
        Link& link = links_.emplace_back();
        link.client =
            std::make_unique<Client>(static_cast<unsigned>(at + 1), player.user, player.mode, ledger_);
    }
    Link setup;
    setup.client = std::make_unique<Client>(90, "demo", Mode::plain, ledger_);
    connect(setup, 90);
    for (const char* line :
         {"CREATE Work", "CREATE Play", "SETACL Work two lrswited", "SETACL INBOX two lrs"})
        say(setup, line);
    disconnect(setup);
}

World::~World() {
    for (Link& link : links_) disconnect(link);
}

void World::connect(Link& link, unsigned address) {
    support::MemoryPair pair = support::make_memory_pair(stage_->io, stage_->connection_options(address));
    link.peer.emplace(pair.peer);
    boost::asio::co_spawn(stage_->io, stage_->serve(std::move(pair.connection)), boost::asio::detached);
    link.client->connected();
    link.client->login();
    talk(link);
}

void World::disconnect(Link& link) {
    if (!link.peer) return;
    link.client->lost();
    link.peer->hold(false);
    link.peer->close();
    link.peer.reset();
    settle();
}

void World::settle() {
    do {
        stage_->io.restart();
    } while (stage_->io.poll() != 0);
}

void World::run_some(Chance& chance) {
    if (chance.below(5) < 2) {
        settle();
        return;
    }
    for (std::uint32_t left = chance.below(30); left > 0; --left) {
        stage_->io.restart();
        if (stage_->io.poll_one() == 0) return;
    }
}

void World::talk(Link& link) {
    if (!link.peer) return;
    if (const std::string octets = link.client->take_output(); !octets.empty()) link.peer->send(octets);
    link.client->hear(std::exchange(link.peer->received(), {}));
    if (!link.peer->server_closed()) return;
    if (!link.client->ended())
        throw Violation(fmt::format("client {}: closed without BYE", link.client->number()));
    link.client->lost();
    link.peer.reset();
}

void World::step(std::size_t number, Chance& chance) {
    Link& link = links_[chance.below(links_.size())];
    const std::uint32_t what = chance.below(100);
    if (what < 7) {
        const std::string fault = stage_->event(fmt::format("deliver Subject: d{}||d{}|", number, number));
        if (!fault.empty()) throw Violation("a delivery failed: " + fault);
    } else if (what < 10) {
        if (chance.one_in(3)) settle();
        disconnect(link);
    } else if (what < 14 && link.peer) {
        link.peer->hold(what < 12);
    } else if (what < 15) {
        (void)stage_->event(fmt::format("clock {}", 1 + chance.below(100)));
    } else if (!link.peer) {
        connect(link, link.client->number());
        act(*link.client, chance, ledger_, number);
    } else {
        act(*link.client, chance, ledger_, number);
        talk(link);
    }
    run_some(chance);
    for (Link& one : links_) talk(one);
}

/// Until nothing more comes: every command has its answer.
void World::finish(Link& link) {
    if (!link.peer) return;
    link.peer->hold(false);
    talk(link);
    settle();
    talk(link);
    if (link.peer && link.client->idling()) {
        link.client->done();
        talk(link);
        settle();
        talk(link);
    }
    if (!link.client->pending().empty())
        throw Violation(fmt::format("client {}: no answer to \"{}\"", link.client->number(),
                                    link.client->pending().front().line));
}

std::uint64_t World::commands() const {
    std::uint64_t sum = 0;
    for (const Link& link : links_) sum += link.client->commands();
    return sum;
}

std::vector<std::string> World::talk() const {
    std::vector<std::string> out;
    for (const Link& link : links_) {
        out.emplace_back();
        for (const std::string& line : link.client->talk()) out.push_back(line);
    }
    return out;
}

}  // namespace model
