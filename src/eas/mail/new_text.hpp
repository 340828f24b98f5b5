// What a message says itself, without the history that mail programs put below an answer: what a device shows
// of a message in its conversation (MS-ASCON section 2.2.2.1). Nothing marks it, so this goes by what
// programs are known to write, and leaves a quotation that somebody has answered line by line where it is.
// Pure.
#pragma once
#include <string_view>

namespace eas {

/// The beginning of the text that is new; all of it where nothing else would be left.
std::string_view new_part_of_plain(std::string_view text);
/// Elements that begin before the quotation may stay open.
std::string_view new_part_of_html(std::string_view html);

}  // namespace eas
