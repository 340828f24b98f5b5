// Metadata: annotations of folders and of accounts as a whole (RFC 5464): names like "/private/comment" with
// values of octets. Kept in a partition of their own, read when asked for.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "store/engine/engine.hpp"
#include "store/error.hpp"

namespace store {

/// Of one account. RFC 5464 section 4.1: at least 1,024 octets and 10 entries for each folder must be
/// possible.
struct MetadataLimits {
    std::size_t value_bytes_max = 60U << 10;  ///< less than a literal may have
    std::size_t name_bytes_max = 255;
    std::size_t entries_max = 100;             ///< of one folder, or of the account as a whole
    std::size_t account_entries_max = 10'000;  ///< one for each folder that may be
    std::uint64_t account_bytes_max = 4U << 20;
};

/// Whose folder; folder 0: the account as a whole.
struct MetadataPlace {
    base::AccountId owner;
    base::FolderId folder;
};
/// A value; nullopt: the entry is to go.
using MetadataEntries = std::vector<std::pair<std::string, std::optional<std::string>>>;

/// Lower case. False: not "/private/…" or "/shared/…", an empty level, "*", "%", or octets that are no name
/// (RFC 5464 section 5).
bool canonical_metadata_name(std::string& name, const MetadataLimits& limits);

class Metadata {
public:
    /// Entries that `keeper` keeps: of his own folders, or his private ones of the folders of others.
    Metadata(engine::Engine& engine, base::AccountId keeper) : engine_(engine), keeper_(keeper) {}

    /// By name. \errors unavailable, corrupt
    boost::asio::awaitable<Result<std::map<std::string, std::string>>> read(MetadataPlace place);
    /// All or none. \errors limit: too many entries or octets (a value's size is the caller's to check)
    boost::asio::awaitable<Result<void>> write(MetadataPlace place, MetadataEntries entries);
    /// What the entries are now, to put them back.
    boost::asio::awaitable<MetadataEntries> former(MetadataPlace place, MetadataEntries entries);
    /// Of a folder that is gone.
    boost::asio::awaitable<Result<void>> forget(MetadataPlace place);
    /// What it has entries about.
    boost::asio::awaitable<Result<std::vector<MetadataPlace>>> places();
    /// Of an account that is gone.
    boost::asio::awaitable<Result<void>> drop();

    /// Of a partition's name. nullopt: it is none of these.
    static std::optional<base::AccountId> keeper_of(std::string_view partition);
    /// What is wrong with a whole partition; empty: nothing.
    static std::string problem(const std::vector<engine::Row>& rows);

private:
    struct State;
    boost::asio::awaitable<Result<State>> load(std::string prefix);
    boost::asio::awaitable<Result<void>> attempt(MetadataPlace place, MetadataEntries entries);

    engine::Engine& engine_;
    base::AccountId keeper_;
};

}  // namespace store
