// How a device wants items: which of them, and how much of their bodies. Of Sync, ItemOperations, Search and
// GetItemEstimate. MS-ASCMD section 2.2.3.125, MS-ASAIRS section 2.2.2.12.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "wbxml/document.hpp"

namespace eas {

enum class BodyType : std::uint8_t { none = 0, plain = 1, html = 2, rtf = 3, mime = 4 };

struct BodyPreference {
    BodyType type = BodyType::plain;
    std::uint32_t truncation = UINT32_MAX;  ///< octets of UTF-8
    bool all_or_none = false;   ///< a body that would be cut is left out, if another type was asked for too
    std::uint32_t preview = 0;  ///< characters
    bool operator==(const BodyPreference&) const = default;
};

enum class MimeSupport : std::uint8_t { never = 0, signed_only = 1, always = 2 };

struct ItemOptions {
    std::uint8_t filter = 0;    ///< FilterType: 0 all … 5 a month, 6 three months, 7 six
    std::uint8_t conflict = 1;  ///< 0: the device wins
    MimeSupport mime_support = MimeSupport::never;
    std::uint32_t mime_truncation = UINT32_MAX;  ///< octets
    bool octets_apart = false;           ///< a MIME body goes beside the WBXML: as it stands, not as a text
    std::vector<BodyPreference> bodies;  ///< in the device's order
    /// What is new in a message, without the history below it; from 14.1 on. MS-ASAIRS section 2.2.2.11.
    std::optional<BodyPreference> part;
    /// MS-ASCON section 3.2.5.7: of parts there is HTML alone.
    bool part_is_served() const { return !part || part->type == BodyType::html; }
    bool operator==(const ItemOptions&) const = default;
};

/// Whether the children are of these tags alone, in this order, each once at most: MS-ASAIRS section 3.2.5.1.
bool stand_in_order(wbxml::Element parent, std::span<const wbxml::Tag> order);

/// Whether the Options of a Collection have each a Class of its own, and none beside Email but SMS: MS-ASCMD
/// sections 2.2.3.27.1 and 2.2.3.27.5.
bool have_classes_that_go_together(wbxml::Element collection);

/// Reads an Options element. False: a value that the specification does not have.
bool parse_options(wbxml::Element options, ItemOptions& out);
/// The parts that items alone have (BodyPreference, MIMESupport, MIMETruncation), where they stand bare.
bool parse_item_preferences(wbxml::Element parent, ItemOptions& out);

/// The first second of the window that a FilterType of mail means; moves once a day, so that a window that
/// moved costs a look at the folder once a day. nullopt: no window.
std::optional<std::int64_t> window_start(std::uint8_t filter, std::int64_t now);

/// "0-99": first and last place. False: not so written, or the wrong way round.
struct PlaceRange {
    std::uint32_t first = 0, last = 0;
};
std::optional<PlaceRange> parse_range(std::string_view text);

}  // namespace eas
