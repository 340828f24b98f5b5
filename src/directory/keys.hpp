// Keys: where the directory's rows lie.
//
//   d/<h2>           256 shards by hash: u<address> → account, n<domain> → domain, k<domain> → its DKIM keys,
//   m<account> → mailbox,
//                    c<account> → credentials (in the mailbox's own shard),
//                    r<account> → recovery passwords of its devices (there too)
//   d/offices        p<post office>
//   d/sequence       account: the last number given out
//   d/o/<office>/domains   n<domain>: which domains an office has
//   d/o/<office>/groups    g<address> → group
//   d/o/<office>/policies  o, m<account> → what devices must obey
//   d/o/<office>/<h1>      16 lists of mailboxes by hash: m<name> → account, c: how many names
#pragma once
#include <array>
#include <string>
#include <string_view>

#include "base/ids.hpp"

namespace directory {

constexpr std::size_t office_lists = 16;  ///< 100,000 mailboxes make lists of some 6,000 rows
constexpr std::size_t shards = 256;

/// `prefix` and `text` as printable ASCII: other octets and '%' as %XX; a text too long for a row key keeps
/// its beginning and a hash.
std::string row_key(char prefix, std::string_view text);
std::string account_key(char prefix, base::AccountId account);

std::string shard_name(std::size_t shard);
std::string shard_of(std::string_view text);
std::string shard_of(base::AccountId account);
std::string office_list(std::string_view office, std::size_t list);
std::string office_list_of(std::string_view office, std::string_view name);
std::string office_domains(std::string_view office);
std::string office_groups(std::string_view office);
std::string office_policies(std::string_view office);

inline const std::string offices_partition = "d/offices";
inline const std::string sequence_partition = "d/sequence";
inline const std::string sequence_key = "account";
inline const std::string count_key = "c";

}  // namespace directory
