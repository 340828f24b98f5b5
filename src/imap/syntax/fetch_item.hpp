// What FETCH asks for. RFC 9051 section 6.4.5, RFC 3501 (RFC822), RFC 7162, RFC 8474, RFC 8514, RFC 8970.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace imap {

/// Items without arguments, as bits of Fetch::items.
enum FetchItem : std::uint32_t {
    fetch_uid = 1U << 0,
    fetch_flags = 1U << 1,
    fetch_internal_date = 1U << 2,
    fetch_size = 1U << 3,  ///< RFC822.SIZE
    fetch_envelope = 1U << 4,
    fetch_body = 1U << 5,  ///< BODY: the structure without extension data
    fetch_body_structure = 1U << 6,
    fetch_mod_seq = 1U << 7,
    fetch_preview = 1U << 8,
    fetch_preview_lazy = 1U << 9,  ///< PREVIEW (LAZY); comes with fetch_preview
    fetch_email_id = 1U << 10,
    fetch_thread_id = 1U << 11,
    fetch_save_date = 1U << 12,
    fetch_gm_message_id = 1U << 13,  ///< X-GM-MSGID: docs/decisions/0013-gmail-ids.md
    fetch_gm_thread_id = 1U << 14,
};

/// What is inside the brackets: "1.2.HEADER.FIELDS (DATE)".
struct Section {
    enum class Text : std::uint8_t {
        whole,  ///< [] or [1.2]
        header,
        text,  ///< of the message, or of the message/rfc822 part
        header_fields,
        header_fields_not,
        mime,  ///< only after a part number
    };
    std::vector<std::uint32_t> part;  ///< empty: the message itself
    Text text = Text::whole;
    std::vector<std::string> fields;  ///< field names as written
    bool operator==(const Section&) const = default;
};

/// "<0.2048>"
struct Partial {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;  ///< > 0
    bool operator==(const Partial&) const = default;
};

struct FetchSection {
    enum class Kind : std::uint8_t {
        body,         ///< BODY[…]
        binary,       ///< BINARY[…]: decoded; only a part number inside
        binary_size,  ///< BINARY.SIZE[…]
        rfc822,
        rfc822_header,
        rfc822_text  ///< RFC 3501: like BODY[], BODY.PEEK[HEADER], BODY[TEXT]; own names in the reply
    };

    Kind kind = Kind::body;
    bool peek = false;  ///< does not set \Seen; also true for binary_size and rfc822_header
    Section section;    ///< for the rfc822 kinds too: what they stand for
    std::optional<Partial> partial;
    bool operator==(const FetchSection&) const = default;
};

}  // namespace imap
