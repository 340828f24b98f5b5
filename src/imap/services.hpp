// Services: what an IMAP session works with, made once by main and shared by all sessions. Limits: the
// numbers that bound a session, each with its reason.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "auth/authenticator.hpp"
#include "base/clock.hpp"
#include "imap/column_cache.hpp"
#include "imap/syntax/framer.hpp"
#include "net/session_registry.hpp"
#include "relay/relay.hpp"
#include "store/search_text.hpp"
#include "store/store.hpp"

namespace imap {

struct Limits {
    FramerLimits before_login = FramerLimits::before_login();
    FramerLimits after_login = FramerLimits::authenticated();
    std::chrono::seconds login_max{60};              ///< from the greeting to a login, in all: slowloris
    std::chrono::seconds inactivity_max{30 * 60};    ///< RFC 9051 section 5.4: at least 30 minutes
    std::chrono::seconds literal_stall_max{5 * 60};  ///< silence in the middle of an APPEND
    /// RFC 9585: from when on a long command tells how far it is, and how often. Short ones stay silent.
    std::chrono::milliseconds progress_first{5'000}, progress_every{5'000};
    /// Of a relayed session more than of its own, so that the back end says the goodbye.
    std::chrono::seconds relayed_grace{60};
    std::chrono::seconds idle_keepalive{2 * 60};  ///< "* OK Still here": NAT tables forget in 5 minutes
    unsigned bad_before_login_max = 3;  ///< in a row; then BYE: what speaks another protocol goes early
    unsigned bad_after_login_max = 20;  ///< in a row: a client in a loop
    /// Of all protocols, in all and from one address. Each session is cheap; 10 in all broke homes (imap.md
    /// quirk 12).
    net::UserLimits per_user{100, 20};
    std::size_t fetch_batch = 1024;       ///< messages whose details are read at once; a read costs two hops
    std::size_t read_bytes = 128U << 10;  ///< of a body at once: two chunks of a blob
    std::size_t header_bytes_max =
        store::SearchText::header_bytes_max;  ///< of one header held in memory, for subsets and SEARCH
    std::uint64_t unindexed_search_max = 4;   ///< messages that are read faster than the index is asked
    std::size_t append_messages_max = 1'000;  ///< of one MULTIAPPEND: their contents wait for the one commit
    std::size_t append_parts_max = 1'000;     ///< URLs of one APPEND: each is looked up and read
    /// Of one MULTIAPPEND in all, but for its first message: rows and the ends of blobs wait in memory for
    /// the one commit.
    std::uint64_t append_bytes_max = 64ULL << 20;
    std::size_t sharers_a_turn = 100;   ///< accounts that a LIST looks into before others get the thread
    std::uint32_t uid_batch_min = 100;  ///< messages of a batch: RFC 10022 section 3.1.3 asks for 500 or less
    std::size_t saved_ranges_max = 65'536;  ///< of "$": half a MiB at most
    std::size_t column_bytes_max =
        128U << 20;  ///< what SORT and THREAD compare, of all folders: 100 octets a mail
    /// RFC 9738: messages that one command works on, told as MESSAGELIMIT; 0: all that there are.
    std::uint32_t command_messages_max = 0;
    /// The same of COPY and APPEND alone, told as SAVELIMIT.
    std::uint32_t saved_messages_max = 0;
    std::size_t contexts_max = 16;  ///< of one session (RFC 5267 section 4.3.1: at least one)
    /// In the result of one; in those of all sorted ones together: each change sorts them anew.
    std::size_t context_messages_max = 100'000;
};

/// Owned by nobody but its shared_ptr, which each session keeps a part of.
struct Services {
    store::Store& store;
    auth::Authenticator& authenticator;
    net::SessionRegistry& sessions;
    std::string hostname;        ///< of the greeting
    std::string name = "Barid";  ///< of ID
    std::string version;         ///< of ID
    Limits limits;
    const base::Clock* clock = &base::Clock::system();  ///< for OLDER and YOUNGER
    relay::Relay* relay = nullptr;                      ///< null: all mailboxes are here
    directory::Directory* directory = nullptr;          ///< null: nothing is shared, and ACL is not offered
    /// For SORT and THREAD. Shared: a session may outlive what made it.
    std::shared_ptr<ColumnCache> columns = std::make_shared<ColumnCache>(Limits().column_bytes_max);
};

}  // namespace imap
