// MessageUrl: an IMAP URL of a message or a part of one in this session, as CATENATE names them. RFC 5092,
// and RFC 4469 section 3: relative ones only.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "imap/syntax/fetch_item.hpp"

namespace imap {

struct MessageUrl {
    std::string mailbox;  ///< UTF-8 in NFC; never empty
    std::optional<std::uint32_t> uid_validity;
    base::Uid uid;
    Section section;
    std::optional<Partial> partial;  ///< a length of 0: up to the end
    bool operator==(const MessageUrl&) const = default;
};

/// \param selected the selected mailbox, which ";UID=…" is about; empty: none.
/// Nothing: it is no such URL, or one of another server, of a whole mailbox, or with URLAUTH.
std::optional<MessageUrl> parse_message_url(std::string_view text, std::string_view selected);

/// As BADURL quotes it: without what a response code cannot hold. RFC 4469 section 5: url-resp-text
std::string url_for_response(std::string_view url);

}  // namespace imap
