// Tag: an element of ActiveSync by its code page and token. MS-ASWBXML section 2.1.2.1.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace wbxml {

class Tag {
public:
    constexpr Tag() = default;
    /// Page below 64, token from 5 to 63. wbxml/tags.hpp has a constant for each tag that exists.
    constexpr Tag(std::uint8_t page, std::uint8_t token)
        : value_(static_cast<std::uint16_t>(page << 6 | (token & 0x3F))) {}

    constexpr std::uint8_t page() const { return static_cast<std::uint8_t>(value_ >> 6); }
    constexpr std::uint8_t token() const { return value_ & 0x3F; }
    friend constexpr bool operator==(Tag, Tag) = default;
    /// For `switch` and tables.
    constexpr std::uint16_t value() const { return value_; }

private:
    std::uint16_t value_ = 0;
};

/// One bit a token of a code page, those that exist; 0 for a page that does not. Pages are below 256.
std::uint64_t known_tokens(std::uint8_t page);
/// "SyncKey"; empty if there is no such tag.
std::string_view name(Tag tag);
/// The XML namespace of a code page, without the colon that Microsoft's examples have: "AirSync". Empty if
/// there is none.
std::string_view page_namespace(std::uint8_t page);
std::optional<Tag> find_tag(std::string_view page_namespace, std::string_view name);

}  // namespace wbxml
