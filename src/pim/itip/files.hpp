// Files of events that this server keeps: an ATTACH with a MANAGED-ID (RFC 8607 section 4.2), whose value is
// the Content-ID of a part beside the event. Pure.
#pragma once
#include <string>
#include <string_view>

#include "pim/component.hpp"

namespace pim::itip {

/// What nobody else may tell this server: which files are its own.
inline constexpr std::string_view file_name_parameter = "MANAGED-ID";

/// Of a file that came with the organizer's message: the next one says which there are.
inline constexpr std::string_view mailed_file_parameter = "X-BARID-MAILED";

inline constexpr std::size_t files_max = 50;  ///< of an event and its occurrences; a meeting has five

/// An ATTACH that is the file itself: RFC 5545 section 3.8.1.1.
bool holds_octets(const Property& property);

/// As this server writes them: 16 hex digits.
bool is_file_name(std::string_view text);
/// The Content-ID of its part.
std::string file_content_id(std::string_view name);
/// The name of the file that it stands for; empty: it is of another kind. Nothing is allocated: an event may
/// have thousands of properties.
std::string_view file_name_in(const Property& property);
/// The name in a value: in messages to others that alone is left.
std::string_view file_name_in_value(std::string_view value);

}  // namespace pim::itip
