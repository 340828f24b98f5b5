// Named filters (RFC 5466) put in the place of their names. Pure: the filters go in, parsed.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "imap/syntax/search_key.hpp"

namespace imap {

/// The names of its FILTER keys, each once.
std::vector<std::string> filters_in(const SearchProgram& program);

/// Puts each filter that is known in the place of its name, as one key: "OR FILTER a FILTER b" stays what it
/// looks like. uses_filter says whether some are left. False: the program would have more keys than it may,
/// or be nested deeper.
bool put_filters(SearchProgram& program, const std::map<std::string, SearchProgram>& filters);

}  // namespace imap
