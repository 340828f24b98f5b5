// The index of a message: one pass over its octets in any pieces, in bounded memory, that never fails.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mime/limits.hpp"
#include "mime/tree.hpp"

namespace mime {

/// A person in a sort key.
struct Correspondent {
    std::string name;     ///< display name in UTF-8; empty: none
    std::string mailbox;  ///< local part: what SORT (FROM) compares (RFC 5256 section 3)
    std::string host;
    bool operator==(const Correspondent&) const = default;
};

/// What SORT, THREAD and lists of messages compare. Ids are 64-bit hashes (mime::hash_id), 0 when absent.
struct SortKeys {
    std::string base_subject;       ///< RFC 5256 section 2.1, UTF-8, case kept
    bool subject_is_reply = false;  ///< "Re:", "Fwd:" … was taken off
    bool has_sent = false;
    std::int64_t sent = 0;       ///< Date: seconds since 1970, UTC
    std::int32_t sent_zone = 0;  ///< minutes east of UTC
    Correspondent from, to, cc;  ///< the first of each
    std::uint64_t message_id = 0;
    std::uint64_t in_reply_to = 0;
    std::vector<std::uint64_t> references;  ///< oldest first
    bool operator==(const SortKeys&) const = default;
};

struct Index {
    std::uint64_t size = 0;
    std::uint64_t header_bytes = 0;     ///< of the message's header, with the empty line
    std::uint32_t received_fields = 0;  ///< Received: fields of the message's header
    bool eight_bit_header = false;      ///< any octet over 127 in a header of the message or of its parts
    bool eight_bit_body = false;        ///< any elsewhere
    bool has_nul = false;
    bool bare_lf = false;  ///< some line of a header ends without CR
    Tree tree;
    SortKeys keys;
    std::string preview;  ///< UTF-8, RFC 8970

    /// The header octets that were kept, one part's after the other's: what ENVELOPE and BODYSTRUCTURE are
    /// made from.
    std::string headers;
    struct Kept {
        std::size_t offset = 0;
        std::size_t bytes = 0;
        std::size_t first_field = 0;  ///< in fields
        std::size_t field_count = 0;
        bool operator==(const Kept&) const = default;
    };
    /// A field that the renderings need, so that nobody looks for it again.
    struct Place {
        std::uint8_t known = 0;   ///< which: src/fields.hpp
        std::uint32_t count = 0;  ///< how often it occurs; the place is the first one's
        std::size_t offset = 0;   ///< of its value, in headers
        std::size_t bytes = 0;
        bool operator==(const Place&) const = default;
    };
    std::vector<Kept> kept;  ///< by part
    std::vector<Place> fields;
    /// A part's header as far as it was kept.
    std::string_view header(std::uint32_t part) const {
        return std::string_view(headers).substr(kept[part].offset, kept[part].bytes);
    }
    bool operator==(const Index&) const = default;
};

/// Takes a message in pieces of any size. One use: feed()…, finish().
class Indexer {
public:
    explicit Indexer(const Limits& limits = {});
    ~Indexer();
    Indexer(Indexer&&) noexcept;
    Indexer& operator=(Indexer&&) noexcept;

    void feed(std::string_view octets);
    Index finish();

private:
    class State;
    std::unique_ptr<State> state_;
};

/// A whole message at once.
Index index(std::string_view message, const Limits& limits = {});

}  // namespace mime
