// Names that devices know folders, items and attachments by, and what they stand for. Printable, at most 64
// octets.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"

namespace eas {

/// Of folders that no store has: Outbox, which devices look for and never fill.
inline constexpr base::FolderId outbox_id{1};

struct ItemId {
    base::FolderId folder;
    base::Uid uid;
    bool operator==(const ItemId&) const = default;
};
struct PartId {
    ItemId item;
    std::uint32_t part = 0;  ///< of mime::Tree
    bool operator==(const PartId&) const = default;
};

/// A file of an event, by the name that the event has for it.
struct AttachmentId {
    ItemId item;
    std::string name;  ///< 16 hex digits in small letters
    bool operator==(const AttachmentId&) const = default;
};

std::string write_folder_id(base::FolderId id);
std::string write_item_id(const ItemId& id);
std::string write_part_id(const PartId& id);
std::string write_attachment_id(const AttachmentId& id);
std::optional<base::FolderId> parse_folder_id(std::string_view text);
std::optional<ItemId> parse_item_id(std::string_view text);
std::optional<PartId> parse_part_id(std::string_view text);
std::optional<AttachmentId> parse_attachment_id(std::string_view text);

/// "5f3a92c1.7": which life of the collection, and how many keys were given in it. "0" is {0, 0}.
struct SyncKey {
    std::uint32_t epoch = 0;
    std::uint32_t counter = 0;
    bool is_zero() const { return counter == 0; }
    bool operator==(const SyncKey&) const = default;
};
std::string write_sync_key(SyncKey key);
/// Nothing: no key that was ever given.
std::optional<SyncKey> parse_sync_key(std::string_view text);

}  // namespace eas
