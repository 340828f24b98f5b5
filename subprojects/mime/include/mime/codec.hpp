// Transfer encodings in pieces of any size: base64 and quoted-printable (RFC 2045 section 6).
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "mime/tree.hpp"

namespace mime {

/// Junk is skipped, padding may stand anywhere (a new run begins after it) or be missing.
class Base64Decoder {
public:
    void decode(std::string_view text, std::string& out);
    void finish(std::string& out);

private:
    std::uint32_t bits_ = 0;
    unsigned have_ = 0;  // sextets in bits_
};

/// Bad escapes stay as they are; blanks at the end of a line go; line ends stay as written.
class QuotedPrintableDecoder {
public:
    void decode(std::string_view text, std::string& out);
    void finish(std::string& out);

private:
    std::string held_;  // the unfinished escape or the blanks before a possible line end
};

/// The decoder that a part's encoding asks for; octets pass as they are for 7bit, 8bit, binary and unknown
/// words.
class TransferDecoder {
public:
    explicit TransferDecoder(Encoding encoding) : encoding_(encoding) {}
    void decode(std::string_view text, std::string& out);
    void finish(std::string& out);

private:
    Encoding encoding_;
    Base64Decoder base64_;
    QuotedPrintableDecoder quoted_printable_;
};

std::string base64_decode(std::string_view text);
std::string quoted_printable_decode(std::string_view text);
/// \p line_bytes 0: one line; else CRLF after each line of that length, the last one too.
std::string base64_encode(std::string_view octets, std::size_t line_bytes = 76);
/// Text with CRLF or LF line ends; lines come out ≤ 76 octets and with CRLF.
std::string quoted_printable_encode(std::string_view text);

/// "7bit", "8BIT", "Base64 " …; anything else is unknown; empty is seven_bit.
Encoding parse_encoding(std::string_view value);
/// The word in lower case.
std::string_view encoding_name(Encoding encoding);

}  // namespace mime
