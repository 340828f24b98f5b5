// Which names a LIST, LSUB or XLIST answers with, and their attributes. Pure: a tree of folders and the
// command go in.
#pragma once
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "imap/syntax/command.hpp"
#include "imap/syntax/list_pattern.hpp"
#include "store/account.hpp"

namespace imap {

struct ListRow {
    std::string name;
    std::uint32_t attributes = 0;  ///< ListResponse::Attribute
    bool child_info = false;       ///< RFC 5258 section 3.5
    base::FolderId folder;         ///< 0: not selectable, so no STATUS
};

/// As LIST shows it: children, special use, whether it can be selected; \Subscribed where it is. Null: of a
/// name that is no mailbox.
std::uint32_t list_attributes(const store::FolderTree& tree, const std::string& name,
                              const store::FolderInfo* folder);

/// Names are judged in steps: ten thousand of them against a thousand patterns take minutes, in which other
/// sessions must go on.
class ListRows {
public:
    /// Both must outlive it.
    ListRows(const store::FolderTree& tree, const cmd::List& list);

    /// Judges more names, some milliseconds long. False: all are judged.
    bool step();
    /// Once, at the end. In order of name, INBOX first.
    std::vector<ListRow> take();

private:
    /// INBOX before all others, the rest by octets.
    struct NameOrder {
        bool operator()(const std::string& a, const std::string& b) const {
            if (a == b) return false;
            if (a == "INBOX") return true;
            if (b == "INBOX") return false;
            return a < b;
        }
    };
    struct Parent {
        bool unmatched_child = false;  // a selected name under it that the pattern does not show
    };

    bool matches(std::string_view name) const;
    void consider(const std::string& name, const store::FolderInfo* folder);
    void add_parents();
    ListRow& add(const std::string& name, const store::FolderInfo* folder);

    const store::FolderTree& tree_;
    const cmd::List& list_;
    std::vector<ListPattern> patterns_;
    std::size_t pattern_words_ = 0;
    bool by_subscription_;
    std::set<std::string, std::less<>>::const_iterator subscribed_;  // the next to be judged
    std::size_t folder_ = 0;                                         // likewise
    std::map<std::string, ListRow, NameOrder> rows_;
    std::map<std::string, Parent> parents_;
};

}  // namespace imap
