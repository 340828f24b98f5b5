// The header fields that the index and IMAP speak of, found in one pass.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "mime/address.hpp"
#include "mime/index.hpp"

namespace mime {

enum class Known : std::uint8_t {
    content_type,
    content_transfer_encoding,
    content_disposition,
    content_id,
    content_description,
    content_md5,
    content_language,
    content_location,
    date,
    subject,
    from,
    sender,
    reply_to,
    to,
    cc,
    bcc,
    in_reply_to,
    message_id,
    references,
    received,
    none,
};

struct KnownFields {
    struct Value {
        const char* data = nullptr;  // null: absent
        std::size_t size = 0;
        std::uint32_t count = 0;
    };
    std::array<Value, static_cast<std::size_t>(Known::none)> values{};

    bool has(Known field) const { return values[static_cast<std::size_t>(field)].data != nullptr; }
    /// The first occurrence, raw.
    std::string_view operator[](Known field) const {
        const Value& value = values[static_cast<std::size_t>(field)];
        return value.data ? std::string_view(value.data, value.size) : std::string_view();
    }
    std::uint32_t count(Known field) const { return values[static_cast<std::size_t>(field)].count; }
};

/// Of a list of addresses, looked for among the first \p addresses_max: what parse_addresses() has first.
std::optional<Address> first_mailbox(std::string_view value, std::size_t addresses_max);

Known known_field(std::string_view name);
/// Views into \p header.
KnownFields find_known_fields(std::string_view header);
/// Looks once, when the part's header is complete.
KnownFields remember_known_fields(Index& index, std::uint32_t part);
/// What was found then. Views into \p index.
KnownFields known_fields(const Index& index, std::uint32_t part);

}  // namespace mime
