// What the conversions of items other than mail share: who asks, which properties a device leaves out without
// meaning to delete them, bodies, categories. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eas/syntax/attachments.hpp"
#include "eas/syntax/ids.hpp"
#include "eas/syntax/mail_item.hpp"
#include "eas/syntax/options.hpp"
#include "pim/component.hpp"
#include "wbxml/document.hpp"
#include "wbxml/encoder.hpp"

namespace eas {

/// What of an item its folder needs to know beside its text.
struct ItemFacts {
    std::string subject;
    std::string uid;
    /// In place of the internal date: the end of the last occurrence, or when a task was done; what a
    /// FilterType looks at.
    std::int64_t date = 0;
};
/// Without an end: in all windows.
inline constexpr std::int64_t no_end = 253'402'300'799;  // the year 9999

/// Ghosted properties: MS-ASCMD section 2.2.3.179, Supported.
struct Ghosts {
    /// Tags that the device manages; nothing: it never said, and manages all.
    std::optional<std::vector<std::uint16_t>> supported;
    bool all = false;  ///< calendars from 16.0 on: MS-ASCAL section 3.1.5.3
    /// Whether what a Change leaves out stays as it was.
    bool keeps(wbxml::Tag tag) const;
};

/// For whom an item is written, and how.
struct ItemView {
    ItemOptions options;
    std::uint16_t version = 161;
    std::string user;  ///< whose mailbox it is
    ItemId id;         ///< of the item, for what refers to it
};

struct ItemContext {
    std::uint16_t version = 161;
    std::string user, user_name;  ///< whose mailbox it is: address, and how people call him
    std::int64_t now = 0;
    std::string fresh_uid;  ///< for an item that has none
    Ghosts ghosts;
    bool is_new = false;                             ///< an Add: nothing is there to be kept
    const AttachmentChanges* attachments = nullptr;  ///< of an event; null: none
    bool keeps(wbxml::Tag tag) const { return !is_new && ghosts.keeps(tag); }
};

/// The text of a property in `data` goes to the component. False: its kind cannot be kept (RTF).
bool take_body(wbxml::Element data, pim::Component& component, std::string_view property);
/// In the form that the device asked for.
void write_item_body(wbxml::Encoder& to, const pim::Component& component, std::string_view property,
                     const ItemOptions& options);
/// The same without NativeBodyType, which an exception of a series has not.
void write_bare_body(wbxml::Encoder& to, const pim::Component& component, std::string_view property,
                     const ItemOptions& options);

/// A property of one text: set, emptied, or left alone.
void take_text(wbxml::Element data, wbxml::Tag tag, pim::Component& component, std::string_view property,
               const ItemContext& context);
void text_if(wbxml::Encoder& to, wbxml::Tag tag, std::string_view text);

struct CategoryTags {
    wbxml::Tag list, one;
};
void take_list(wbxml::Element data, CategoryTags tags, pim::Component& component, std::string_view property,
               const ItemContext& context);
void write_list(wbxml::Encoder& to, CategoryTags tags, const pim::Component& component,
                std::string_view property);

/// "20261122T120000Z", as calendars have dates.
std::string write_compact(std::int64_t seconds);

}  // namespace eas
