// The part tree of a message: what is where, its compact stored form, and IMAP section numbers (RFC 9051
// section 6.4.5).
#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mime {

enum class Kind : std::uint8_t {
    leaf,       ///< a body of octets
    multipart,  ///< children are its parts; may have none
    message,    ///< message/rfc822 or message/global: one child, the message inside
};

/// Content-Transfer-Encoding. Absent is seven_bit; unknown is a word that no RFC gave a meaning.
enum class Encoding : std::uint8_t { seven_bit, eight_bit, binary, quoted_printable, base64, unknown };

inline constexpr std::uint32_t no_part = std::numeric_limits<std::uint32_t>::max();

/// One part. Offsets count from the first octet of the message that was indexed.
struct Part {
    std::uint32_t parent = no_part;  ///< index of the part around it; no_part for the message itself
    std::uint32_t end = 0;           ///< index after its last descendant: the next sibling, if there is one
    std::uint32_t number = 1;        ///< place among its siblings, from 1
    std::uint16_t depth = 0;         ///< 0: the message itself
    Kind kind = Kind::leaf;
    Encoding encoding = Encoding::seven_bit;
    bool attachment = false;  ///< Content-Disposition says so
    std::uint64_t header_offset = 0;
    std::uint64_t header_bytes = 0;  ///< with the empty line
    std::uint64_t body_offset = 0;
    std::uint64_t body_bytes = 0;  ///< without the line end that belongs to the boundary after it
    std::uint64_t body_lines = 0;  ///< line ends in these octets
    std::string type;              ///< lower case: "text"
    std::string subtype;           ///< lower case: "plain"
    std::string charset;           ///< as the message names it; empty: none named

    bool operator==(const Part&) const = default;
};

/// Parts in IMAP order: each before its children, children in their order. Part 0 is the message.
struct Tree {
    std::vector<Part> parts;
    bool operator==(const Tree&) const = default;
};

/// The stored form: a version octet, then varints and short strings. Reads back equal.
std::string encode_tree(const Tree& tree);
/// Hardened against any octets; false leaves \p tree empty.
[[nodiscard]] bool decode_tree(std::string_view stored, Tree& tree);

enum class Section : std::uint8_t {
    whole,   ///< BODY[] or BODY[1.2]
    header,  ///< HEADER: of the message, or of the message inside a message part
    text,    ///< TEXT: likewise
    mime,    ///< 1.2.MIME: the part's own header
};

struct Range {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    bool operator==(const Range&) const = default;
};

/// Where a section is; nothing when the message has no such section (the answer is NIL then).
/// \p numbers are the part numbers before the word: {} and whole is BODY[], {2, 1} and mime is
/// BODY[2.1.MIME].
std::optional<Range> locate(const Tree& tree, std::span<const std::uint32_t> numbers, Section section);

/// The part that \p numbers name, for BINARY and for text; no_part when there is none. {} is the message
/// itself. A message that is no multipart has part 1: its own body (RFC 9051 section 6.4.5).
std::uint32_t find_part(const Tree& tree, std::span<const std::uint32_t> numbers);

/// The numbers of a part, as a client would write them: empty for the message itself. The multipart that is
/// the body of a message inside has no number of its own and gets those of the message part.
std::vector<std::uint32_t> section_numbers(const Tree& tree, std::uint32_t part);

}  // namespace mime
