// What a calendar says in a message: its text/calendar part. RFC 6047.
#pragma once
#include <string>

#include "eas/mail/mail_reader.hpp"

namespace eas {

/// The part beside the message's text; or the one that is attached, as Mail of macOS and Nextcloud write it,
/// if its Content-Type has a method: a file that somebody passes on has none, and asks nobody for anything.
/// mime::no_part: there is none.
awaitable<store::Result<std::uint32_t>> find_calendar(MessageOctets* message);
/// Its text in UTF-8, unfolded; empty: there is none, or none of that size.
awaitable<store::Result<std::string>> read_calendar(MessageOctets* message);

/// RFC 5545 section 3.1: lines may be folded within a character, so that they are joined before anybody looks
/// at characters. In place; of a charset that has ASCII.
void unfold_calendar(std::string& octets);

}  // namespace eas
