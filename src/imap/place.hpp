// Place: a mailbox that a client named, wherever it is: his own, another user's, or of the public tree.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "directory/neighbours.hpp"
#include "imap/reply.hpp"
#include "store/account.hpp"

namespace imap {

using directory::Neighbour;
using directory::Neighbourhood;
using directory::others_prefix;
using directory::public_prefix;
using directory::Space;
using directory::space_of;
using directory::SpaceName;

struct Place {
    Space space = Space::personal;
    store::AccountPtr account;
    store::FolderTreePtr tree;  ///< of the account, at the moment of asking
    store::FolderInfo info;     ///< its name is that within the account
    std::string prefix;         ///< before that
    store::Rights rights;       ///< of who asks

    std::string name() const { return prefix + info.name; }
};

/// All mailboxes that one may list.
struct Listing {
    struct Shared {
        store::AccountPtr account;
        store::Rights rights;
    };
    store::FolderTreePtr tree;  ///< full names
    std::map<base::FolderId, Shared> shared;
    std::set<std::string> levels;
};

/// Where messages go.
struct Destination {
    store::FolderPtr folder;
    std::optional<Reply> reply;  ///< why it cannot be
};

/// What a quota is of.
struct QuotaRoot {
    store::AccountPtr account;
    bool may_set = false;
};

/// What annotations are about.
struct Annotated {
    std::string name;          ///< of the mailbox; empty: the server
    store::AccountPtr keeper;  ///< of shared entries
    base::FolderId folder;
    store::Rights rights;
};

/// RFC 5464 section 3.3.
inline bool may_annotate(store::Rights rights) {
    using store::Right;
    return rights.has(Right::lookup) &&
           rights.any(store::Rights(Right::read) | Right::seen | Right::write | Right::insert | Right::post);
}

/// RFC 4314 section 6: to one who may not even see the mailbox it does not exist.
inline Reply refusal(store::Rights rights) {
    if (rights.has(store::Right::lookup)) return no(code::no_perm, "Permission denied");
    return no(code::nonexistent, "No such mailbox");
}

/// The same of a mailbox that messages should go to.
inline Reply insert_refusal(store::Rights rights) {
    if (rights.has(store::Right::lookup)) return refusal(rights);
    return no(code::try_create, "No such mailbox");
}

}  // namespace imap
