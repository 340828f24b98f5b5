// Content: what rules ask of a message beyond its header: attachments and text, decoded, in bounded memory.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "filter/message.hpp"

namespace filter {

struct ContentLimits {
    std::size_t text_bytes_max = 1U << 20;   ///< decoded, of all text parts together
    std::size_t parts_bytes_max = 4U << 20;  ///< read for that: base64 and markup are larger than their text
    std::size_t attachments_max = 1'000;     ///< noted
    std::size_t name_bytes_max = 1'024;      ///< of a name
};

struct Attachment {
    std::vector<std::string> names;  ///< decoded, as any reader could take them: filename and name, each
    std::string type;                ///< "application/zip", lower case
};

struct Content {
    std::vector<Attachment> attachments;  ///< parts with a name, or marked so
    std::string text;                     ///< UTF-8; HTML without its tags
};

/// \errors of the message
awaitable<store::Result<Content>> read_content(MessagePtr message, ContentLimits limits = ContentLimits());

}  // namespace filter
