// Router: asks the directory and the rules of route.hpp, and follows groups and redirections to their ends.
#pragma once
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "mta/route.hpp"

namespace mta {

/// Where one recipient's mail really goes: a mailbox, or a next hop.
struct Target {
    std::string address;
    base::AccountId account;             ///< of a mailbox here; 0: see hop
    std::shared_ptr<const NextHop> hop;  ///< null: a mailbox here
    bool own_node = false;               ///< hop leads to another server of ours
    std::string via;                     ///< the mailbox that sends it on here; empty: nobody does
};

struct Resolved {
    std::vector<Target> targets;  ///< each address once
    std::uint16_t code = 0;       ///< 0: it may be taken; else why not
    Status status;
    std::string words;
    bool temporary() const { return code >= 400 && code < 500; }
};

/// Thread-safe. Settings may be replaced at any time.
class Router {
public:
    Router(directory::Directory& directory, RouteSettings settings,
           base::Clock& clock = base::Clock::system());

    /// One address, one step. The directory may be unavailable: then `code` is 451.
    awaitable<RouteDecision> route(RouteQuestion question);
    /// The new envelope sender of a stranger's message that is sent on to another host; as it is, where it
    /// need not or cannot be another one.
    std::string forwarded_sender(const std::string& sender) const;
    /// Reports that come for this address are read.
    bool reads_reports(const std::string& address) const;
    /// With groups and redirections followed, loops cut, bounds kept.
    awaitable<Resolved> resolve(RouteQuestion question);

private:
    struct Walk {
        RouteQuestion question;
        Resolved out;
        std::set<std::string> seen;
        std::size_t expansions = 0;
    };
    awaitable<void> walk(Walk* walk, std::string address, std::string via, std::uint32_t depth);
    /// An address that we made for mail we sent on (SRS) leads back to its sender. False: it is none of ours.
    bool turn_back(RouteQuestion& question, Resolved& out) const;
    awaitable<directory::Result<RouteFacts>> facts(RouteQuestion question);

    directory::Directory& directory_;
    const RouteSettings settings_;
    base::Clock& clock_;
};

}  // namespace mta
