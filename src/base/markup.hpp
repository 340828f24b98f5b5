// Text inside XML and HTML.
#pragma once
#include <string>
#include <string_view>

namespace base {

/// As the text of an element, or of an attribute in double quotes. Control characters but tab and line feed
/// are left out: XML 1.0 has none of them.
std::string xml_escaped(std::string_view text);

}  // namespace base
