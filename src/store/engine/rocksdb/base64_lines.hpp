// Base64Lines: a chunk that is lines of base64, as the body of an attachment is, kept as the octets that they
// stand for. That is as small as zstd makes it (which finds nothing in base64 but its alphabet), several
// times as fast both ways, and any part of it is written again without the rest.
//
// Form: line length u8, lead u16, lines u16, all little endian; the lead (octets before the first line of
// base64), the tail (octets behind the last), then the octets of the lines.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace store::engine::rocks {

class Base64Lines {
public:
    static constexpr std::size_t head_bytes = 5;

    /// How many octets of `raw`, which is not empty, are best one chunk: all of them, or those before a run
    /// of lines that is worth a chunk of its own, or that run.
    static std::size_t cut(std::string_view raw);

    /// The form of `raw`; nothing where less than three quarters of it are whole lines of one length, each of
    /// canonical base64 and ended by CRLF. What is made here reads back as it was.
    static std::optional<std::string> pack(std::string_view raw);

    /// `form` with `raw_size` octets as they were. \returns nothing when it cannot be that
    static std::optional<Base64Lines> parse(std::string_view form, std::size_t raw_size);
    /// Writes the raw octets [from, to) to `out`.
    void write(std::size_t from, std::size_t to, char* out) const;

    /// Where the octets of the lines begin in the form: what is before them is head, lead and tail.
    static std::size_t octets_at(std::string_view form, std::size_t raw_size);
    /// How many there are.
    static std::size_t octets_of(std::string_view form);

private:
    std::size_t line_ = 0;  // its octets in the text, with CRLF
    std::string_view lead_, tail_, octets_;
};

}  // namespace store::engine::rocks
