// Which names a LIST, LSUB or XLIST answers with, and their attributes. Pure: a tree of folders and the
// command go in.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "imap/syntax/command.hpp"
#include "store/account.hpp"

namespace imap {

struct ListRow {
    std::string name;
    std::uint32_t attributes = 0;  ///< ListResponse::Attribute
    bool child_info = false;       ///< RFC 5258 section 3.5
    base::FolderId folder;         ///< 0: not selectable, so no STATUS
};

/// In order of name, INBOX first.
std::vector<ListRow> list_rows(const store::FolderTree& tree, const cmd::List& list);

}  // namespace imap
