// What a search in the mailbox has found, and how words are compared. Pure.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "store/account.hpp"

namespace eas {

/// A message, or another item.
struct SearchHit {
    base::FolderId folder;
    store::Entry entry;
    store::FolderKind kind = store::FolderKind::mail;
};
/// What hits are put in order by: when a message was received, or an item was saved, whose internal date is
/// that of its last occurrence.
std::int64_t date_of(const SearchHit& hit);
/// A mailbox may hold millions: only the newest are looked at.
void keep_newest(std::vector<SearchHit>& hits, std::size_t most);

/// Upper and lower case are the same.
std::string folded(std::string_view utf8);
/// `words` are folded; `text` is not.
bool has_words(std::string_view text, const std::vector<std::string>& words);

}  // namespace eas
