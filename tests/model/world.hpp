// World: one server, k clients on it, and a play of random steps. The same seed is the same play, whatever
// steps are left out: each step has a chance of its own.
#pragma once
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "imap/imap_stage.hpp"
#include "model/client.hpp"

namespace model {

/// Chance of one step.
class Chance {
public:
    Chance(std::uint64_t seed, std::uint64_t step) : engine_(seed * 1'000'003 + step) { engine_.discard(4); }
    std::uint32_t below(std::size_t limit) { return static_cast<std::uint32_t>(engine_() % limit); }
    bool one_in(std::size_t limit) { return below(limit) == 0; }
    template <class T, std::size_t n>
    const T& of(const T (&all)[n]) {
        return all[below(n)];
    }

private:
    std::mt19937_64 engine_;
};

struct PlayOptions {
    std::uint64_t seed = 1;
    std::size_t steps = 2'000;
    std::size_t check_every = 150;
    std::vector<std::size_t> only;  ///< these steps alone, where not empty
};

/// How a play ended that should have gone on.
struct Failure {
    std::size_t step = 0;
    std::string what;
    std::vector<std::string> talk;
};

struct Outcome {
    std::uint64_t commands = 0, checks = 0, messages = 0;
    std::optional<Failure> failure;
};

Outcome play(const PlayOptions& options);

/// The next command of a client that is online, made of what it believes.
void act(Client& client, Chance& chance, Ledger& ledger, std::size_t step);

class World {
public:
    explicit World(std::uint64_t seed);
    ~World();
    void step(std::size_t number, Chance& chance);
    /// All is quiet: every client's picture is the mailbox. Throws Violation.
    void check(std::size_t number);
    /// The store's own check.
    void check_store();
    std::uint64_t commands() const;
    std::uint64_t messages() const { return messages_; }
    std::vector<std::string> talk() const;

private:
    struct Link {
        std::unique_ptr<Client> client;
        std::optional<support::MemoryPeer> peer;
    };
    /// A mailbox as one reader sees it who comes now.
    struct Sight {
        View view;
        std::uint32_t validity = 0;
    };
    using Sights = std::map<std::string, Sight>;  // by MAILBOXID

    void connect(Link& link, unsigned address);
    void disconnect(Link& link);
    void settle();
    void run_some(Chance& chance);
    /// Octets go both ways.
    void talk(Link& link);
    void finish(Link& link);
    std::string say(Link& link, std::string line, Pending::Kind kind = Pending::Kind::other);
    Sights look(const std::string& user);
    void look_into(Link& fresh, const std::string& name, std::string_view status, Sights& sights);
    void compare(const Client& client, const Sight& sight) const;
    void ask(Link& link, const Sight& sight, std::size_t number);

    std::unique_ptr<imap_test::ImapStage> stage_;
    Ledger ledger_;
    std::vector<Link> links_;
    std::uint64_t messages_ = 0;  // compared
};

}  // namespace model
