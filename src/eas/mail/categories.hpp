// Categories of messages, which are keywords of IMAP: atoms (RFC 9051 section 9). Pure.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "store/snapshot.hpp"

namespace eas {

/// False: a keyword of programs, which says nothing to people.
bool is_category(std::string_view keyword);
/// What an atom cannot have is shifted, in modified UTF-7: as Thunderbird writes its tags.
std::string keyword_of_category(std::string_view name);
/// The same back; a keyword that is none of these is its own name.
std::string category_of_keyword(std::string_view keyword);
/// The keywords of a message that its user set, and not programs for each other.
std::vector<std::string> category_keywords(const store::Entry& entry, const store::Keywords& keywords);

}  // namespace eas
