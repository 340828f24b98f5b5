// Header fields as they stand: iteration, search, and the exact octets of a subset.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace mime {

struct Field {
    std::string_view name;    ///< as written; empty for a line that is no field
    std::string_view value;   ///< after the colon, with folding, without the last line end
    std::string_view octets;  ///< the whole field with its line ends
    std::size_t offset = 0;   ///< of octets, in the header
};

/// Reads a header field by field, up to the empty line or the end. Lines that are no fields come with an
/// empty name.
class FieldReader {
public:
    explicit FieldReader(std::string_view header) : header_(header) {}
    /// False at the end of the header.
    bool next(Field& field);
    /// After next() said false: the octets of the empty line; empty when there was none.
    std::string_view rest() const { return header_.substr(at_); }

private:
    std::string_view header_;
    std::size_t at_ = 0;
};

/// ASCII only, any case.
bool same_name(std::string_view a, std::string_view b);

/// The first field of that name; an empty name in \p field when there is none.
bool find_field(std::string_view header, std::string_view name, Field& field);

/// BODY[HEADER.FIELDS (names)] or, with \p all_but, BODY[HEADER.FIELDS.NOT (names)]: the exact octets of
/// these fields and of the empty line, when the header has one (RFC 9051 section 7.5.2: it is always
/// included).
std::string header_subset(std::string_view header, std::span<const std::string_view> names, bool all_but);

/// A value on one line: line ends of folding go, nothing else (RFC 5322 section 2.2.3).
std::string unfold(std::string_view value);

}  // namespace mime
