// A mailbox's folders and those of others that its user has subscribed to, as one tree. Pure.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "store/account.hpp"

namespace eas {

/// The folders of somebody who may share some.
struct OthersTree {
    base::AccountId owner;
    std::string prefix;  ///< of their names among the user's subscriptions: "Other Users/anna/"
    std::string label;   ///< behind the names that the user sees
    store::FolderTreePtr tree;
};

struct MergedTree {
    store::FolderTreePtr tree;
    std::map<base::FolderId, std::size_t>
        shared;  ///< whose of OthersTree a folder is; the user's are not here
};

/// The folders of others, none of mail, that a user is to see, and whose they are.
using ItemsWanted = std::map<base::FolderId, base::AccountId>;
/// What he has said himself, and of all else what holds for all of his post office. `all` may be null.
ItemsWanted items_wanted(const store::FolderTree& own, const store::FolderTree* all);

/// "Inbox (anna)": how a folder of somebody else is called that lies at the top.
std::string shared_name(std::string_view name, std::string_view label);

/// Those of others are called "Projects (anna)", and are special to nobody; what is below one that is there
/// is below it here too.
MergedTree merge_trees(const store::FolderTreePtr& own, const ItemsWanted& items,
                       const std::vector<OthersTree>& others, base::AccountId user, std::size_t shared_max);

}  // namespace eas
