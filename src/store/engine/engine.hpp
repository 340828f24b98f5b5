// The engine contract: an ordered key-value store of partitions, and immutable blobs with reference tags. The
// weakest engine defines it, so that the same mail model runs over RocksDB and over a distributed engine.
// Nothing above it may name an engine or assume more than is written here. tests/unit/engine/conformance.hpp
// is its test suite.
//
// Partition: a named, small, ordered map; the unit of atomicity and of versioning. Its name and its row keys
// are printable ASCII (0x21–0x7E) without NUL; numbers in keys are fixed-width lowercase hex, so that order
// holds.
//
// Every awaitable completes on the executor of the coroutine that awaits it, on whatever thread the work was
// done; it may complete without suspending. Calls are safe from any thread.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "base/ids.hpp"
#include "store/error.hpp"

namespace store::engine {

using boost::asio::awaitable;
/// Of a partition; 0: it does not exist. Grows with each commit, never repeats, also not after drop().
using Version = std::uint64_t;

struct Limits {
    std::size_t partition_name_bytes_max = 200;
    std::size_t key_bytes_max = 200;
    std::size_t value_bytes_max = 1 << 20;  ///< a distributed engine keeps rows in memory while it writes
    std::size_t batch_bytes_max = 8 << 20;  ///< a STORE over 100,000 messages is 4.4 MB in one batch
    std::size_t batch_rows_max = 20'000;
    std::size_t scan_rows_max = 4'096;        ///< of one answer; `more` says that there are more
    std::size_t scan_bytes_max = 4 << 20;     ///< about as much, of one answer
    std::size_t blob_chunk_bytes = 64 << 10;  ///< raw octets: one partial FETCH touches two chunks at most
};

struct Row {
    std::string key;
    std::string value;
};

/// Rows of one partition as of one version.
struct Rows {
    Version version = 0;
    std::vector<Row> rows;
    bool more = false;  ///< of scan(): rows after the last one were left out
};

/// All or nothing, on one partition.
struct Batch {
    std::string partition;
    Version expect = 0;  ///< the version that was read before; 0: the partition must not exist
    std::vector<Row> put;
    std::vector<std::string> erase;
};

/// A write that needs no version: rows of a partition that only ever gains rows whose keys hold a unique id
/// (the static shards), or loses them. Putting makes the partition if need be; its version moves as with a
/// commit.
struct Patch {
    std::string partition;
    std::vector<Row> put;
    std::vector<std::string> erase;
};

/// A blob that was written chunk by chunk and is not visible yet; see Engine::new_blob().
class BlobWriter {
public:
    virtual ~BlobWriter() = default;  // not finished: what was written is unreachable and is removed in time
    virtual base::BlobId id() const = 0;
    /// Appends octets. Compresses whole chunks and hands them to the engine when enough have gathered, so
    /// that a blob of any size needs bounded memory (≤ 1 MiB). After an error the writer is of no more use.
    /// One caller at a time; the octets must stay until it completes. \errors no_space, unavailable, limit
    virtual awaitable<Result<void>> write(std::string_view octets) = 0;
    /// Ends the current chunk early, so that what follows starts a chunk of its own. Called once, after the
    /// header of a message: reading only the header then decompresses only the header.
    virtual void cut() = 0;
    virtual std::uint64_t size() const = 0;
};

/// A reference to a blob: `tag` says who needs it ("<folder hex16>.<message hex16>").
struct Tag {
    base::BlobId blob;
    std::string tag;
};

/// Work that must be durable before (or together with) the batch of a commit, and that does no harm without
/// it: a crash between the two leaks rows or blobs, which the collector finds, and never loses any. It takes
/// effect in the order of its fields: rows that a patch puts never name a blob of the same prelude that is
/// not there.
struct Prelude {
    /// Finish, with tags. The same writer may be in several commits, at once or one after the other, each
    /// with tags of its own: the first that succeeds finishes it, the others add their tags.
    std::vector<std::pair<std::shared_ptr<BlobWriter>, std::vector<std::string>>> blobs;
    /// Add to existing blobs; a blob that is gone fails the whole call with not_found.
    std::vector<Tag> tags;
    /// Not of the batch's own partition.
    std::vector<Patch> patches;
    bool empty() const { return blobs.empty() && tags.empty() && patches.empty(); }
};

class Subscription {
public:
    /// Ends it; after that the handler is not running and will not be called.
    virtual ~Subscription() = default;
};

class Engine {
public:
    virtual ~Engine() = default;

    virtual const Limits& limits() const = 0;

    /// Durable when it completes. Returns the partition's new version.
    /// \errors conflict: `expect` is not the version, nothing was done · unknown: may have happened, read and
    /// see · not_found: a tagged blob is gone · no_space, unavailable: nothing was done · limit: batch over
    /// Limits · invalid: a name or a key is not printable
    virtual awaitable<Result<Version>> commit(Batch batch) = 0;
    virtual awaitable<Result<Version>> commit(Prelude prelude, Batch batch) = 0;
    /// As commit(), without a batch. Idempotent: may be repeated after `unknown`.
    virtual awaitable<Result<void>> apply(Prelude prelude) = 0;

    /// The rows that exist among `keys`, in the order asked, and the version, as one snapshot. A partition
    /// that does not exist has version 0 and no rows.
    virtual awaitable<Result<Rows>> get(std::string partition, std::vector<std::string> keys) = 0;
    /// Rows with `prefix` whose keys are greater than `after` (""= from the start), in order, at most
    /// `rows_max` (0: Limits::scan_rows_max). `expect` != 0: conflict if the version moved since an earlier
    /// page.
    virtual awaitable<Result<Rows>> scan(std::string partition, std::string after, std::string prefix,
                                         std::size_t rows_max, Version expect) = 0;
    virtual awaitable<Result<Version>> version(std::string partition) = 0;
    /// Removes the partition and its version. Idempotent.
    virtual awaitable<Result<void>> drop(std::string partition) = 0;
    /// Names of partitions that start with `prefix`, after `after`, in order. Slow; for check and collector
    /// only.
    virtual awaitable<Result<std::vector<std::string>>> list(std::string prefix, std::string after,
                                                             std::size_t names_max) = 0;

    virtual std::shared_ptr<BlobWriter> new_blob() = 0;
    virtual awaitable<Result<std::uint64_t>> blob_size(base::BlobId blob) = 0;
    /// Octets [offset, offset + length) of the blob, fewer at its end. Touches only the chunks that it needs.
    virtual awaitable<Result<std::string>> blob_read(base::BlobId blob, std::uint64_t offset,
                                                     std::size_t length) = 0;
    /// Removes tags; a blob without tags is deleted. Idempotent, durable in time (not at once): a crash may
    /// undo it.
    virtual awaitable<Result<void>> untag(std::vector<Tag> tags) = 0;
    /// Its tags from `from` on, in order. A blob may have as many as a mailbox has copies of a message: ask
    /// for one where one is looked for. \errors not_found: no such blob
    virtual awaitable<Result<std::vector<std::string>>> blob_tags(base::BlobId blob,
                                                                  std::string from = std::string(),
                                                                  std::size_t max = SIZE_MAX) = 0;
    /// Blobs after `after` in order of id, finished or not: for check and collector only.
    struct BlobInfo {
        base::BlobId id;
        bool finished = false;
        std::uint64_t size = 0;
    };
    virtual awaitable<Result<std::vector<BlobInfo>>> blob_list(base::BlobId after, std::size_t max) = 0;
    /// Removes a blob whatever its tags say: for the collector's unfinished ones. Idempotent.
    virtual awaitable<Result<void>> blob_remove(base::BlobId blob) = 0;

    /// A hint to other nodes and other parts of this one: at most once, unordered, never needed for
    /// correctness.
    virtual void publish(std::string topic, std::string payload) = 0;
    virtual std::unique_ptr<Subscription> subscribe(
        std::string topic, std::function<void(std::string_view payload, bool missed_some)> handler) = 0;

    /// Figures for `barid status` and metrics: name → value.
    virtual std::vector<std::pair<std::string, std::uint64_t>> figures() const = 0;

    /// Waits for the writes under way; after it every call answers unavailable. Called once, before the
    /// destructor.
    virtual void close() = 0;
};

}  // namespace store::engine
