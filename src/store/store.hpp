// Store: the mail model over an engine. What protocols, directory and administration may ask of it.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/id_source.hpp"
#include "store/account.hpp"
#include "store/engine/engine.hpp"
#include "store/search.hpp"

namespace store {

/// Every number that bounds the store, with its reason.
struct StoreLimits {
    std::uint64_t message_bytes_max = 64ULL
                                      << 20;      ///< bigger mail is refused by nearly every receiver anyway
    std::uint32_t folders_max = 10'000;           ///< of an account: LIST "" * must stay a page of text
    std::uint32_t folder_name_bytes_max = 1'000;  ///< of the full name: fits an IMAP line many times
    std::uint32_t folder_depth_max = 32;
    std::size_t subscribed_items_max = 500;     ///< of an account: a device shows its user some dozens
    std::uint32_t log_rows_min = 10'000;        ///< kept for QRESYNC whatever their age
    std::chrono::hours log_age_min{24 * 30};    ///< kept for QRESYNC whatever their number
    std::size_t live_bytes_max = 256ULL << 20;  ///< of folders nobody has open
    std::uint32_t copy_messages_max = 2'048;    ///< of one transaction: their rows are in memory then
    std::chrono::seconds collect_after{600};  ///< an expunged message stays readable to sessions that see it
};

struct Delivery {
    base::AccountId account;
    std::string folder = "INBOX";  ///< INBOX is used where it does not exist
    Incoming message;
};

struct Delivered {
    base::FolderId folder;
    Uid uid;
    base::MessageId id;
};

struct CheckReport {
    std::uint64_t accounts = 0, folders = 0, messages = 0, blobs = 0, bytes = 0, queued = 0;
    std::vector<std::string> problems;  ///< damage: what is wrong, where
    std::uint64_t problems_total = 0;   ///< problems holds the first 1,000
    std::uint64_t leaked_blobs = 0;     ///< unreachable, older than a day: the collector will remove them
};

class Store {
public:
    virtual ~Store() = default;

    virtual const StoreLimits& limits() const = 0;
    virtual engine::Engine& engine() = 0;
    virtual base::IdSource& ids() = 0;

    /// Makes INBOX and the special-use folders Drafts, Sent, Trash, Junk, Archive, all subscribed. \errors
    /// exists
    virtual awaitable<Result<AccountPtr>> create_account(base::AccountId account) = 0;
    /// An account that nobody logs in to, without folders: of public ones. The same when it exists.
    virtual awaitable<Result<AccountPtr>> make_commons(base::AccountId account);
    /// \errors not_found
    virtual awaitable<Result<AccountPtr>> account(base::AccountId account) = 0;
    /// Its folders and messages go in the background.
    virtual awaitable<Result<void>> remove_account(base::AccountId account) = 0;

    virtual std::unique_ptr<MessageWriter> new_message() = 0;
    /// One blob, one commit for each folder, side by side; one result for each delivery, in order.
    virtual awaitable<std::vector<Result<Delivered>>> deliver(std::vector<Delivery> deliveries) = 0;

    /// Proves that headers, pages, logs, static rows, tags and blobs agree. `progress` is told what is being
    /// read.
    virtual awaitable<Result<CheckReport>> check(std::function<void(std::string_view)> progress) = 0;
    /// One round of background work: unlinks expunged messages, trims logs, finishes moves and deletions.
    virtual awaitable<void> collect() = 0;

    virtual std::vector<std::pair<std::string, std::uint64_t>> figures() const = 0;

    /// Null: this store has none, or it is switched off.
    virtual SearchIndex* search() { return nullptr; }
};

/// `engine` must outlive the store. Background work is run by collect() and search()->run(), which the caller
/// schedules.
std::unique_ptr<Store> make_store(engine::Engine& engine, const base::Clock& clock, StoreLimits limits,
                                  SearchOptions search = {});

}  // namespace store
