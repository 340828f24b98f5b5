// Names of partitions and keys of rows: printable, numbers as lowercase hex of fixed width, so that octet
// order is number order. docs/store.md lists them.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"

namespace store::keys {

std::string hex(std::uint64_t number, unsigned digits);
/// Exactly lowercase hex, at most 16 digits; nothing else.
std::optional<std::uint64_t> parse_hex(std::string_view text);

inline constexpr std::string_view header = "h";

std::string account(base::AccountId id);  // a/<aid hex8>
std::optional<base::AccountId> parse_account(std::string_view partition);
std::string folder_row(base::FolderId id);         // f<fid hex16>
std::string tombstone(base::FolderId id);          // x<fid hex16>
std::string subscription(std::string_view name);   // s<BLAKE2b of the name, hex32>
std::string name_hash(std::string_view name);      // BLAKE2b of it, hex32
std::string acl(base::FolderId id);                // c<fid hex16>
std::string sharer(base::AccountId owner);         // w<aid hex8>
std::string item_subscription(base::FolderId id);  // i<fid hex16>

/// What devices keep of a mailbox; theirs alone go on with "/<device>". The rows are of src/eas/state.
std::string devices(base::AccountId id);  // e/<aid hex8>
std::optional<base::AccountId> parse_devices(std::string_view partition);

/// Threads of an account: of each half year a partition.
std::string threads(base::AccountId id);                        // t/<aid hex8>/
std::string threads(base::AccountId id, std::uint32_t period);  // t/<aid hex8>/<period hex4>
std::string thread(std::uint64_t message_id_hash);              // i<hash hex16>
struct ThreadsName {
    base::AccountId account;
    std::uint32_t period = 0;
};
std::optional<ThreadsName> parse_threads(std::string_view partition);

std::string folder(base::FolderId id);  // f/<fid hex16>
std::optional<base::FolderId> parse_folder(std::string_view partition);
std::string page(std::uint32_t number);                             // p<uid >> 6, hex7>
std::string log(base::ModSeq modseq);                               // l<modseq hex12>
std::string garbage(base::ModSeq modseq, std::uint32_t part);       // g<modseq hex12><part hex4>
std::string move_intent(std::uint64_t opid);                        // m<opid hex16>
std::string follow_up(base::Uid uid);                               // t<uid hex8>
std::string user_pages(base::AccountId user);                       // u<aid hex8>
std::string user_page(base::AccountId user, std::uint32_t number);  // u<aid hex8><uid >> 6, hex7>
struct UserPageKey {
    base::AccountId user;
    std::uint32_t number = 0;
};
std::optional<UserPageKey> parse_user_page(std::string_view key);
/// The number in a key with a one-letter prefix.
std::optional<std::uint64_t> number_in(std::string_view key, char prefix);

std::string shards(base::FolderId id);                   // s/<fid hex16>/
std::string shard(base::FolderId id, base::Uid uid);     // s/<fid hex16>/<uid >> 12, hex5>
std::string message(base::Uid uid, base::MessageId id);  // m<uid hex8><mid hex16>
/// Sorts before the message rows of that uid and after those of smaller ones.
std::string before_message(base::Uid uid);
struct MessageKey {
    base::Uid uid;
    base::MessageId id;
};
std::optional<MessageKey> parse_message(std::string_view key);

/// Who needs a blob: "<fid hex16>.<mid hex16>", for a copy with ".<link hex16>" more: a folder may hold
/// several messages with the same id (RFC 8474 section 5.1: a copy keeps its EMAILID).
std::string tag(base::FolderId folder, base::MessageId id, std::uint64_t link);
struct TagKey {
    base::FolderId folder;
    base::MessageId id;
    std::uint64_t link = 0;
};
std::optional<TagKey> parse_tag(std::string_view tag);

// The queue.
inline constexpr std::size_t queue_shards = 64;  ///< each may be sent by a node of its own one day
std::size_t queue_shard(std::uint64_t id);
std::string queue_partition(std::size_t shard);      // q/<shard hex2>
std::string queue(std::uint64_t id);                 // the partition of a message
std::string queue_row(char kind, std::uint64_t id);  // <kind><id hex16>
std::string queue_tag(std::uint64_t id);             // q.<id hex16>
std::optional<std::uint64_t> parse_queue_tag(std::string_view tag);

}  // namespace store::keys
