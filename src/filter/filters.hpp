// Filters: everything that looks at mail before it is taken, behind two questions: is there anything against
// this sender or recipient (asked at MAIL and RCPT), and what shall become of this message (asked when all of
// it is there, before it is acknowledged). docs/filters.md tells what each filter does.
//
// Thread-safe. Every answer comes in bounded time, whatever the filters behind it do; the coroutines run on
// their caller's executor.
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include "base/clock.hpp"
#include "base/id_source.hpp"
#include "base/random.hpp"
#include "filter/facts.hpp"
#include "filter/settings.hpp"
#include "filter/spool.hpp"
#include "filter/verdict.hpp"

namespace filter {

/// The parts of the server that filters stand on; all outlive them.
struct Parts {
    net::Resolver& resolver;
    store::engine::Engine& engine;
    base::IdSource& ids;
    const base::Clock& clock = base::Clock::system();
    base::Random& random = base::Random::system();
};

class Filters {
public:
    Filters(Parts parts, Settings settings);
    ~Filters();
    Filters(const Filters&) = delete;
    Filters& operator=(const Filters&) = delete;

    /// Why the filters cannot work at all (a file of authorities that is none); empty: all is well.
    std::string fault() const;
    /// Reads what was kept. Before anything is asked. \errors unavailable
    awaitable<store::Result<void>> open();

    /// At MAIL. `facts` without recipients.
    Refusal at_sender(const Facts& facts);
    /// At RCPT, for one that would be taken. `facts` without recipients.
    awaitable<Refusal> at_recipient(FactsPtr facts, std::string recipient);

    /// Somebody wants to see messages: the caller keeps each in a spool until its verdict.
    bool wants_messages() const;
    /// A milter is asked, or a rule sends messages to others.
    bool adds_recipients() const;
    std::shared_ptr<Spool> new_spool();
    /// The message is complete and not yet acknowledged.
    awaitable<Verdict> at_message(FactsPtr facts, MessagePtr message);

    Quarantine& quarantine() { return quarantine_; }
    /// Keeps what is in memory, lets go of what is too old. Called every ten seconds or so, by one.
    awaitable<void> tend();
    /// Nobody waits for a turn any more, no file is being read: called when the pool's executor runs no more,
    /// and before it goes. Messages under way are as if all filters were down.
    void stop();

    std::vector<std::pair<std::string, std::uint64_t>> figures() const;

private:
    friend class Passage;
    struct Counters;
    struct Looked {
        DnsblResult result;
        std::int64_t until = 0;
    };
    awaitable<DnsblResult> look_up(net::IpAddress address);

    const Parts parts_;
    const Settings settings_;
    boost::asio::thread_pool pool_;
    Programs programs_;
    Dnsbl dnsbl_;
    Greylist greylist_;
    Rates rates_;
    Quarantine quarantine_;
    std::unique_ptr<ClamdClient> clamd_;
    std::unique_ptr<RspamdClient> rspamd_;
    std::vector<std::unique_ptr<MilterClient>> milters_;
    std::shared_ptr<Turns> clamd_turns_, rspamd_turns_, pickup_turns_;
    std::vector<std::shared_ptr<Turns>> milter_turns_;
    std::shared_ptr<const ProgramSettings> pickup_;
    std::unique_ptr<Counters> counters_;
    std::int64_t next_sweep_ = 0;
    mutable std::mutex mutex_;
    std::unordered_map<std::uint64_t, Looked> looked_up_;  ///< by IpAddress::limit_key() and family
};

}  // namespace filter
