// The fields of a message's header as devices show them: UTF-8, addresses with their names.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace eas {

struct HeaderTexts {
    std::string to, cc, bcc, from, sender, reply_to, subject, display_to, thread_topic;
    std::uint8_t importance = 1;  ///< 0 low, 2 high
};
/// Of each field so many addresses: devices cut longer lists themselves.
constexpr std::size_t addresses_shown_max = 500;
HeaderTexts read_header_texts(std::string_view header, std::size_t addresses_max = addresses_shown_max);

/// `"Anna Example" <anna@example.org>, b@example.org` in UTF-8, from a field's value.
std::string readable_addresses(std::string_view value, std::size_t addresses_max = addresses_shown_max);

}  // namespace eas
