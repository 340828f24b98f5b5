// FolderNews: what a user must hear of the names of an account's folders, from two of its trees (RFC 5465
// sections 5.4, 5.5 and 5.9). Pure.
#pragma once
#include <string>
#include <vector>

#include "store/account.hpp"

namespace imap {

struct FolderNews {
    enum class Kind : std::uint8_t {
        appeared,  ///< made, or he may see it now
        vanished,  ///< gone, or he may not see it any more
        renamed,
        opened,  ///< he may read it now
        closed,  ///< he may not read it any more
    };
    Kind kind = Kind::appeared;
    store::FolderInfo folder;  ///< of vanished: as it was; its name without the account's prefix
    std::string old_name;      ///< of renamed
    bool still_there = false;  ///< of vanished: he may not see it, that is all
    bool anew = false;  ///< of appeared: a folder of this name was there before, with another UIDVALIDITY
};

/// Children that were renamed with what they are in are left out.
std::vector<FolderNews> compare_trees(const store::FolderTree& before, const store::FolderTree& after,
                                      base::AccountId owner, base::AccountId user);

/// Names whose subscription changed, in order.
std::vector<std::string> compare_subscriptions(const store::FolderTree& before,
                                               const store::FolderTree& after);

}  // namespace imap
