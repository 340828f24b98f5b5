// Header text to UTF-8: encoded words (RFC 2047), parameters (RFC 2045, 2231), ids, and the base subject (RFC
// 5256).
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mime/codec.hpp"
#include "mime/limits.hpp"

namespace mime {

/// An unstructured field's text in UTF-8: unfolded, encoded words decoded (characters split over words too),
/// raw 8-bit guessed.
std::string decode_text(std::string_view value);

/// Text as encoded words of ≤ 75 octets each in UTF-8 and base64 or Q, whichever is shorter, joined by
/// blanks. ASCII text that needs none comes back as it is.
std::string encode_word(std::string_view utf8);

struct Parameter {
    std::string name;     ///< lower case, without "*"
    std::string value;    ///< decoded: UTF-8 where a charset was given, else the octets as they stand
    std::string charset;  ///< of RFC 2231, as written; empty: none given
    bool operator==(const Parameter&) const = default;
};

/// The value of Content-Type or Content-Disposition.
struct Structured {
    std::string value;  ///< "text/plain" or "attachment", lower case; empty: none
    std::vector<Parameter> parameters;
    /// Empty when absent.
    std::string_view parameter(std::string_view name) const;
};
Structured parse_structured(std::string_view value, const Limits& limits = {});

/// The <ids> of Message-ID, In-Reply-To or References, without the angles; words without angles are taken
/// when no id has them.
std::vector<std::string_view> parse_ids(std::string_view value, std::size_t max);
/// FNV-1a 64 of an id without its blanks; never 0.
std::uint64_t hash_id(std::string_view id);

struct BaseSubject {
    std::string text;
    bool reply_or_forward = false;
};
/// \p subject is decoded text. RFC 5256 section 2.1.
BaseSubject base_subject(std::string_view subject);

/// The text of a part in pieces: transfer encoding off, then to UTF-8.
class TextDecoder {
public:
    TextDecoder(Encoding encoding, std::string_view charset);
    ~TextDecoder();
    void decode(std::string_view octets, std::string& out);
    void finish(std::string& out);

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// HTML to readable text: tags, style, script and head gone, entities decoded, blocks and <br> as line ends.
/// Stops soon after \p bytes_max octets of text.
std::string html_to_text(std::string_view html, std::size_t bytes_max = std::string::npos);
/// RFC 8970 preview of a text in UTF-8: blanks collapsed, quotes and signature left out where something
/// better is there.
std::string preview_of(std::string_view text, std::size_t characters_max = 200);

}  // namespace mime
