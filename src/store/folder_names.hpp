// Folder names: one canonical spelling (UTF-8 in NFC, levels parted by '/', INBOX in capitals), and their
// order.
#pragma once
#include <string>
#include <string_view>

#include "store/error.hpp"
#include "store/store.hpp"

namespace store {

/// \errors invalid: no UTF-8, a control character, an empty level, or INBOX inside INBOX · limit: too long or
/// deep
Result<std::string> canonical_name(std::string_view name, const StoreLimits& limits);

/// The last level, and all before it ("" at the top).
std::string_view leaf_of(std::string_view name);
std::string_view parent_of(std::string_view name);
/// True for a level below `parent`, however deep.
bool is_below(std::string_view name, std::string_view parent);

/// INBOX and what is in it first; then level by level in the order of octets, a folder before its children.
bool name_before(std::string_view a, std::string_view b);

}  // namespace store
