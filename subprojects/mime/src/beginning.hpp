// The beginning of a text where it decides alone: previews need the first lines of a part, rarely all of
// them.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mime {

/// preview_of() of every text that begins so; nothing when what follows has a say.
std::optional<std::string> preview_of_beginning(std::string_view beginning, std::size_t characters_max);

/// What html_to_text() begins with for all HTML that begins so: over \p bytes_max octets or a little more.
/// Nothing when what follows has a say in these.
std::optional<std::string> html_text_of_beginning(std::string_view beginning, std::size_t bytes_max);

}  // namespace mime
