// Comparators: how SORT, THREAD and SEARCH compare texts. RFC 4790 (i;octet, i;ascii-casemap), RFC 5051
// (i;unicode-casemap), chosen as RFC 5255 section 4 says.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace imap {

enum class Comparator : std::uint8_t { unicode_casemap, ascii_casemap, octet };
inline constexpr std::array comparators{Comparator::unicode_casemap, Comparator::ascii_casemap,
                                        Comparator::octet};
inline constexpr Comparator default_comparator = Comparator::unicode_casemap;  // RFC 5255 section 4.4: SHOULD

std::string_view name_of(Comparator comparator);

/// What to compare, octet by octet, in place of the text: equal keys are equal texts, smaller keys are
/// smaller texts. `text` is UTF-8; octets that are none are kept (RFC 5255 section 4.6).
std::string collation_key(Comparator comparator, std::string_view text);

/// What SEARCH looks for and looks in. For i;unicode-casemap its key with all case folding on top, so that
/// "STRASSE" also finds "Straße": more than RFC 5051 has, as people expect of it; never less.
std::string search_key_text(Comparator comparator, std::string_view text);

/// The comparators that a pattern of the COMPARATOR command names: "*" stands for any octets (RFC 4790
/// section 3.2), "default" for the default one.
std::vector<Comparator> match_comparators(std::string_view pattern);

}  // namespace imap
