// make_directory: the directory that lives in the store's engine.
#pragma once
#include <chrono>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "directory/directory.hpp"

namespace store::engine {
class Engine;
}

namespace directory {

struct Options {
    std::string
        key_file;  ///< seals passwords kept for CRAM-MD5 and APOP; made at first use; empty: none are kept
    // Either is made only where no row is sealed with a lost one.
    /// Seals keys that sign and passwords of smart hosts; made at first use; empty: they are kept plain.
    std::string secrets_key_file;
    std::string default_domain;  ///< completes login names without '@' and "postmaster"; empty: only the
                                 ///< latter, by the first domain of the first post office
    std::string postmaster;      ///< an address: takes postmaster's mail where a domain has no such mailbox
    std::size_t cache_entries_max = 65'536;  ///< of each kind; some 500 octets each
    std::chrono::seconds cache_age_max{
        60};  ///< how long another node's change may go unseen if its hint is lost
    const base::Clock* clock = &base::Clock::system();
};

std::unique_ptr<Directory> make_directory(store::engine::Engine& engine, Options options = {});

}  // namespace directory
