// Records: the values of the store's rows, to octets and back. Pure. Decoders take any octets: nothing on
// damage. docs/store.md describes each; tests/fuzz/store/store_records_fuzz.cpp proves decode(encode(x)) ==
// x.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/account.hpp"
#include "store/message.hpp"
#include "store/snapshot.hpp"
#include "store/uid_ranges.hpp"

namespace store {

/// Row h of a folder.
struct FolderHeader {
    FolderTotals totals;
    base::AccountId account;
    ModSeq log_floor{1};  ///< log rows of all transactions after this one exist
    Uid recent_floor{1};  ///< messages before it were told to some session as \Recent
    std::uint64_t entries_xor = 0;
    Keywords keywords;
    bool operator==(const FolderHeader&) const = default;
};
std::string encode(const FolderHeader& header);
std::optional<FolderHeader> decode_folder_header(std::string_view value);

/// Row p: the entries of 64 neighbouring uids.
std::string encode(const Page& page);
/// `number` comes from the row's key.
std::shared_ptr<Page> decode_page(std::uint32_t number, std::string_view value);

enum class LogOp : std::uint8_t { append = 1, flags = 2, expunge = 3 };

/// Row l: one for each transaction.
struct LogRow {
    LogOp op = LogOp::append;
    std::uint64_t opid = 0;  ///< who did it: read again after a commit with unknown outcome
    std::int64_t time = 0;   ///< seconds since 1970
    UidRanges uids;          ///< of the messages that changed, or some more when there were very many ranges
    FlagSet added, removed;  ///< of op flags
    bool operator==(const LogRow&) const = default;
};
std::string encode(const LogRow& row);
std::optional<LogRow> decode_log(std::string_view value);

/// A message by both its numbers.
struct MessageRef {
    Uid uid;
    base::MessageId id;
    bool operator==(const MessageRef&) const = default;
};

/// Row g: messages that are gone from the pages and whose static rows and blobs must go.
struct Garbage {
    static constexpr std::size_t messages_max = 8'192;  ///< of one row: ≤ 128 KiB
    std::int64_t time = 0;
    std::vector<MessageRef> messages;
    bool operator==(const Garbage&) const = default;
};
std::string encode(const Garbage& row);
std::optional<Garbage> decode_garbage(std::string_view value);

/// Row m, in the destination: these messages of the source were moved here and must be expunged there.
struct MoveIntent {
    base::FolderId source;
    base::AccountId account;  ///< of the source
    std::vector<MessageRef> messages;
    bool operator==(const MoveIntent&) const = default;
};
std::string encode(const MoveIntent& row);
std::optional<MoveIntent> decode_move_intent(std::string_view value);

/// Row h of an account.
struct AccountHeader {
    std::uint64_t bytes_max = 0, messages_max = 0;  ///< quota; 0: none
    std::uint32_t uid_validity = 0;                 ///< the last one given to a folder
    std::int64_t created = 0;
    bool removed = false;    ///< to be collected
    std::uint64_t opid = 0;  ///< of the last commit: read again after one with unknown outcome
    bool operator==(const AccountHeader&) const = default;
};
std::string encode(const AccountHeader& header);
std::optional<AccountHeader> decode_account_header(std::string_view value);

/// Row f of an account.
struct FolderRow {
    base::FolderId parent;
    std::string leaf;  ///< the last level of the name
    SpecialUse use = SpecialUse::none;
    bool selectable = true;
    std::uint32_t uid_validity = 0;
    FolderKind kind = FolderKind::mail;
    bool first = false;
    bool operator==(const FolderRow&) const = default;
};
std::string encode(const FolderRow& row);
std::optional<FolderRow> decode_folder_row(std::string_view value);

/// Row x of an account: a deleted folder whose content must go.
std::string encode_tombstone(std::int64_t time);
std::optional<std::int64_t> decode_tombstone(std::string_view value);

/// Row w of an account: another one that shares folders with it, or with everybody of the post office.
std::string encode_sharer(base::AccountId owner);
std::optional<base::AccountId> decode_sharer(std::string_view value);

/// Row i of an account: what its user says of a folder of somebody else, none of mail.
std::string encode(const ItemSubscription& row);
std::optional<ItemSubscription> decode_item_subscription(std::string_view value);

/// Row s of an account: a subscribed name.
std::string encode_subscription(std::string_view name);
std::optional<std::string> decode_subscription(std::string_view value);

}  // namespace store
