// A message's header as it stands, and its signed forms (RFC 6376 section 3.4).
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailauth {

struct HeaderField {
    std::string_view name;    ///< as written, without blanks before the colon
    std::string_view octets;  ///< the whole field with its line ends
    /// After the colon, folding and the last line end included.
    std::string_view value() const;
};

/// The fields of a header, up to the empty line or the end. Lines that are no fields are passed over.
std::vector<HeaderField> split_header(std::string_view header);
/// Where the body begins: behind the empty line; the end when there is none.
std::size_t body_offset(std::string_view message);
/// Bare LF as CRLF; for mail from files. What comes from SMTP has CRLF already.
std::string with_crlf(std::string_view message);

enum class Canonical : std::uint8_t { simple, relaxed };
std::string_view name_of(Canonical canonical);

/// One field in its canonical form, with the line end. Appended to \p out.
void canonical_field(Canonical canonical, std::string_view octets, std::string& out);

using Sha256Digest = std::array<std::uint8_t, 32>;

/// SHA-256 over a canonical body, which comes in pieces of any size. Holds a few hundred octets, whatever
/// the size of the body.
class BodyHash {
public:
    /// \p length: the l= tag; what comes after so many canonical octets is counted but not hashed.
    explicit BodyHash(Canonical canonical, std::optional<std::uint64_t> length = {});
    ~BodyHash();
    BodyHash(BodyHash&&) noexcept;
    void update(std::string_view octets);
    /// Once, at the end of the body.
    Sha256Digest finish();
    /// After finish(): the canonical octets in all.
    std::uint64_t octets() const { return octets_; }
    Canonical canonical() const { return canonical_; }
    std::optional<std::uint64_t> length() const { return length_; }

private:
    void update_simple(std::string_view octets);
    void update_relaxed(std::string_view octets);
    void release();
    void emit(std::string_view octets);
    void flush();

    struct Digest;
    Canonical canonical_;
    std::optional<std::uint64_t> length_;
    std::uint64_t octets_ = 0;
    std::uint64_t held_lines_ = 0;  // empty lines that count only when something follows
    bool held_cr_ = false;          // a CR at the end of the last piece
    bool held_blank_ = false;       // relaxed: blanks that count only when something follows on the line
    std::string out_;
    std::unique_ptr<Digest> digest_;
};

}  // namespace mailauth
