// DmarcLedger: what intake found out about strangers' mail, counted by the day (UTC) in the store, until the
// domains that ask for it have been told (RFC 9990).
//
// A partition z/dmarc.<day> holds a row n (how many domains, since when), a row d<domain> for each domain and
// policy, and a row r<domain><kind> for each kind of message: source, fate and results. What is seen is
// gathered in memory and written each second, so a crash loses no more than that; nothing is counted twice: a
// write of an unknown end is tried again as it was, by its mark, before anything else is written.
#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "mailauth/report.hpp"
#include "mta/sender_check.hpp"
#include "store/engine/engine.hpp"

namespace mta::reports {

using boost::asio::awaitable;

struct DmarcLedgerLimits {
    std::size_t pending_kinds = 20'000;   ///< in memory, between two writes; more are only counted
    std::size_t domains_of_day = 20'000;  ///< who sends forged mail invents domains
    std::size_t kinds_of_domain = 1'000;  ///< of one report: some 300 KiB of XML
    std::size_t policies_of_domain = 4;   ///< in a day: who changes it with each message has no more reports
    std::size_t destinations = 4;         ///< of one domain
    std::size_t text_bytes = 255;         ///< of a name that a stranger chose
    std::size_t signatures = 10;          ///< of one message that are told of
};

/// One message, as a report tells of it.
struct DmarcSeen {
    mailauth::ReportPolicy policy;
    std::vector<std::string> destinations;  ///< rua=
    mailauth::ReportRecord record;          ///< its count is 1
};
/// Nothing: no domain asks to hear of it, or DNS gave no answer.
std::optional<DmarcSeen> seen_by(const SenderVerdict& verdict, const SenderFacts& facts);

/// A report that is to be sent, and the rows that it is made of.
struct DmarcDue {
    std::string partition, key;  ///< of its row d
    std::int64_t day = 0;        ///< since 1970
    std::vector<std::string> destinations;
    mailauth::AggregateReport report;  ///< without who makes it
    std::vector<std::string> rows;     ///< gone once it is sent
    std::int64_t tries = 0;
    std::optional<std::int64_t> tried;  ///< when last, seconds since 1970
};

/// Any thread; rows are written by flush() and its callers alone, one at a time.
class DmarcLedger {
public:
    DmarcLedger(store::engine::Engine& engine, const base::Clock& clock, DmarcLedgerLimits limits = {})
        : engine_(engine), clock_(clock), limits_(limits), writes_(base::Random::system().number()) {}

    /// Costs no I/O.
    void saw(const DmarcSeen& seen);
    /// Writes what has gathered. What cannot be written now stays. \errors unavailable, no_space
    awaitable<store::Result<void>> flush();

    struct Place {
        std::string partition, key;
        auto operator<=>(const Place&) const = default;
    };
    /// Reports of days that are over, in order; `today`: of this one too.
    awaitable<store::Result<std::vector<Place>>> due(bool today);
    /// What read() says, without the records. \errors as read()
    awaitable<store::Result<DmarcDue>> look(Place place);
    /// \errors not_found, corrupt; unavailable: a write to it has no known end yet
    awaitable<store::Result<DmarcDue>> read(Place place);
    /// Everything that was counted, since nobody is to be told any more.
    awaitable<store::Result<void>> drop_all();
    /// The rows' end, for the commit that sends the report; of today's, what comes later is another report.
    store::engine::Patch done(const DmarcDue& due) const;
    /// It was tried once more.
    awaitable<store::Result<void>> put_off(DmarcDue due);

private:
    struct Kind {
        std::string row;  // JSON without its count
        std::uint64_t count = 0;
    };
    struct Domain {
        std::string row;  // JSON without what is counted
        std::map<std::string, Kind> kinds;
        std::uint64_t left_out = 0;
    };
    using Key = std::pair<std::int64_t, std::string>;  // day, domain and policy
    void gather(const Key& key, const std::string& row, const std::string& kind, Kind more);
    void put_back(const Key& key, Domain domain);
    /// One write. Its mark, in the row, tells it from all others.
    struct Part {
        Key key;
        Domain domain;
        std::uint64_t mark = 0;
        bool unsure = false;  // an attempt had no known end
    };
    awaitable<store::Result<void>> write_in_parts(Key key, Domain* domain);
    awaitable<store::Result<void>> write(Part part);
    awaitable<store::Result<void>> write_once(const Part* part);
    awaitable<store::Result<bool>> has_room(const Part* part, std::uint64_t domains);

    store::engine::Engine& engine_;
    const base::Clock& clock_;
    const DmarcLedgerLimits limits_;
    std::mutex mutex_;
    std::map<Key, Domain> pending_;
    std::size_t pending_kinds_ = 0;
    std::uint64_t writes_;           // of flush(), one at a time; from where no other process has counted
    std::optional<Part> unsettled_;  // it may have been written; of flush() and read()
};

}  // namespace mta::reports
