// Neighbours: the accounts whose folders a user may see beside his own, and how their names begin: the public
// tree of his post office, and its people (RFC 2342, RFC 4314). docs/decisions/0008-sharing.md says who
// shares with whom.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "directory/directory.hpp"
#include "store/store.hpp"

namespace directory {

/// RFC 2342. Names of people's own folders have no prefix.
inline constexpr std::string_view others_prefix = "Other Users/", public_prefix = "Public/";

enum class Space : std::uint8_t { personal, others, commons };

struct SpaceName {
    Space space = Space::personal;
    std::string owner;  ///< of Space::others: the mailbox's name in the post office
    std::string rest;   ///< within the account; empty: a level above all folders
};
/// \param name UTF-8 in NFC
SpaceName space_of(std::string_view name);

/// What is near an account.
struct Neighbourhood {
    std::string post_office;    ///< empty: nobody is near
    store::AccountPtr commons;  ///< the public tree; null: there is none
};

/// Who shares something with an account, or may, and what the names of its folders begin with there.
struct Neighbour {
    store::AccountPtr account;
    std::string prefix;
};

class Neighbours {
public:
    /// Both outlive it. Without a directory nobody is near.
    Neighbours(store::Store& store, Directory* directory) : store_(store), directory_(directory) {}

    awaitable<store::Result<Neighbourhood>> around(base::AccountId account) const;
    /// Whom a name leads to that `account` uses, and is not of its own folders; null: nobody. `rest` may be
    /// no folder of his.
    awaitable<store::Result<store::AccountPtr>> account_of(base::AccountId account, SpaceName name) const;
    /// What the names of `other`'s folders begin with for `account`; empty: they are no neighbours.
    awaitable<store::Result<std::string>> prefix_of(base::AccountId account, base::AccountId other) const;
    /// The same for all who live in a post office; empty: `other` does not.
    awaitable<store::Result<std::string>> prefix_in(std::string post_office, base::AccountId other) const;
    /// The public tree first, then who shares with `account` or with all. `near` is what is around it, or of
    /// a public tree its office. After each `a_turn` of them others get the thread. One whose mailbox is
    /// damaged is left out.
    awaitable<store::Result<std::vector<Neighbour>>> sharers(store::AccountPtr account, Neighbourhood near,
                                                             std::size_t a_turn) const;

private:
    store::Store& store_;
    Directory* const directory_;
};

}  // namespace directory
