// Items other than mail, whatever their kind: as they are stored and as devices see them. Pure.
#pragma once
#include "eas/items/item.hpp"
#include "store/account.hpp"

namespace eas {

pim::Component empty_item(store::FolderKind kind);
/// What an Add or Change says goes into the item. False: it cannot be kept (status 6).
bool apply_item(store::FolderKind kind, wbxml::Element data, pim::Component& item,
                const ItemContext& context);
/// The children of ApplicationData.
void write_item(wbxml::Encoder& to, store::FolderKind kind, const pim::Component& item, const ItemView& view);
ItemFacts facts_of(store::FolderKind kind, const pim::Component& item);

/// An event that people are asked to.
bool is_meeting(store::FolderKind kind, const pim::Component& item);

/// The same but for when it was written: REV, DTSTAMP, LAST-MODIFIED.
bool differ_in_stamps_only(const pim::Component& one, const pim::Component& other);

/// Of an item's UID: by it the item is found again, without its text.
std::string item_message_id(std::string_view uid);
/// The header of the message that holds an item, without what says how its body is written.
std::string item_header(store::FolderKind kind, const pim::Component& item, std::int64_t now);
/// The item's text as a part, or as the rest of the message.
std::string item_part(store::FolderKind kind, const pim::Component& item);
/// Of the octets behind the header. Nothing: it is none.
std::optional<pim::Component> unwrap_item(store::FolderKind kind, std::string_view text);

/// "Contacts", as 12.1 names it.
std::string_view class_of(store::FolderKind kind);
/// Whether there is such a FilterType for these: MS-ASCMD section 2.2.3.68.2. Of contacts and notes any,
/// without effect.
bool has_filter(store::FolderKind kind, std::uint8_t filter);
/// What a FilterType means for the dates of ItemFacts; nothing: it does not matter.
std::optional<std::int64_t> item_window(store::FolderKind kind, std::uint8_t filter, std::int64_t now);

}  // namespace eas
