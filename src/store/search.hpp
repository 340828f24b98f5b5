// SearchIndex: which messages may contain a text, without reading them. A trigram index for each account,
// made in the background; messages that it does not hold yet may contain anything. It never misses one: what
// it calls possible must be looked at, what it rules out need not be.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "store/error.hpp"
#include "store/snapshot.hpp"

namespace store {

using boost::asio::awaitable;

/// The IMAP search keys that look at text (RFC 9051 section 6.4.4).
enum class SearchField : std::uint8_t { body, text, header, from, to, cc, bcc, subject };

struct SearchNeedle {
    SearchField field = SearchField::text;
    std::string name;  ///< of the header field, for SearchField::header
    std::string text;  ///< UTF-8, as the client sent it; empty is in every text
};

/// What the index says of each message of one snapshot.
class SearchHits {
public:
    enum class Verdict : std::uint8_t { no, maybe, yes };

    explicit SearchHits(std::uint32_t messages) : maybe_(messages + 1U), yes_(messages + 1U) {}
    Verdict of(SeqNum seq) const {
        if (seq.value >= maybe_.size()) return Verdict::maybe;
        return yes_[seq.value] ? Verdict::yes : maybe_[seq.value] ? Verdict::maybe : Verdict::no;
    }
    void set(SeqNum seq, Verdict verdict) {
        maybe_[seq.value] = verdict == Verdict::maybe;
        yes_[seq.value] = verdict == Verdict::yes;
    }

private:
    std::vector<bool> maybe_, yes_;
};
/// Null: the index is of no help, every message may contain the text.
using SearchHitsPtr = std::shared_ptr<const SearchHits>;

struct SearchOptions {
    bool enabled = true;
    /// How long a message waits at most. Each round costs a commit and later a share of a merge, whether one
    /// message came or a hundred: so few of them wait, and SEARCH reads those.
    std::chrono::milliseconds delay{300'000};
    std::uint32_t messages_waiting_max = 64;       ///< of an account: more are indexed in the next pause
    std::chrono::milliseconds burst_delay{1'000};  ///< without a message: a pause
    std::uint32_t burst_messages_max = 4'096;      ///< so many wait for no pause: SEARCH would read them all
    std::chrono::milliseconds turn{2'000};    ///< of one account while others are due: it goes on behind them
    std::size_t build_bytes_max = 64U << 20;  ///< of a segment in the making
    std::size_t cache_bytes = 32U << 20;      ///< of pieces of segments that searches have read
    unsigned threads = 1;                     ///< that decode, index and merge, at low priority
};

/// Of the background work of all accounts.
struct SearchProgress {
    std::uint64_t accounts_waiting = 0;  ///< those being worked on included
    std::uint64_t messages_waiting = 0;  ///< of the accounts being worked on, not indexed yet
    std::uint64_t messages_indexed = 0;  ///< since the start
    std::uint64_t segments_written = 0, segments_merged = 0, segments_damaged = 0, failures = 0;
    std::uint64_t cpu_milliseconds = 0;  ///< of decoding, indexing and merging
};

struct AccountSearchStatus {
    std::uint64_t messages = 0;   ///< in all folders
    std::uint64_t waiting = 0;    ///< of them not indexed yet, at most
    std::uint64_t documents = 0;  ///< in the index; of deleted messages too until segments are merged
    std::uint64_t segments = 0, bytes = 0;
};

class SearchIndex {
public:
    virtual ~SearchIndex() = default;

    /// What is known of `needle` in a folder of the account. `snapshot`: of that folder, or a session's view.
    /// Never an error: what cannot be told is null.
    virtual awaitable<SearchHitsPtr> find(base::AccountId account, base::FolderId folder,
                                          SnapshotPtr snapshot, SearchNeedle needle) = 0;

    /// The background work: indexes what arrived while it was not running, then what arrives. Ends after
    /// stop(); run as many as SearchOptions::threads.
    virtual awaitable<void> run() = 0;
    /// Blocks until no thread of it runs any more. Called once, before the engine closes.
    virtual void stop() = 0;

    /// Indexes all that the account has now. \errors unavailable: stopped or the store does not answer
    virtual awaitable<Result<void>> catch_up(base::AccountId account) = 0;
    /// Forgets the account's index and makes it anew in the background.
    virtual awaitable<Result<void>> rebuild(base::AccountId account) = 0;
    virtual awaitable<Result<AccountSearchStatus>> status(base::AccountId account) = 0;
    virtual SearchProgress progress() const = 0;
};

}  // namespace store
