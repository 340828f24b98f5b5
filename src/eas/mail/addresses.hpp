// The fields of a message's header as devices show them: UTF-8, addresses with their names.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace eas {

struct HeaderTexts {
    std::string to, cc, bcc, from, sender, reply_to, subject, display_to, thread_topic;
    std::uint8_t importance = 1;  ///< 0 low, 2 high
};
HeaderTexts read_header_texts(std::string_view header);

/// `"Anna Example" <anna@example.org>, b@example.org` in UTF-8, from a field's value.
std::string readable_addresses(std::string_view value);

}  // namespace eas
