// WBXML as XML text: for logs, transcripts and schema checks. No part of serving a request.
#pragma once
#include <span>
#include <string>

#include "wbxml/document.hpp"

namespace wbxml {

/// Indented by two blanks; an element names its namespace where it is not its parent's. Opaque octets are
/// text if they are text, else base64. What is no UTF-8 or no XML character is U+FFFD. What elements of
/// `secret` hold is left out.
std::string to_xml(const Document& document, std::span<const Tag> secret = {});

}  // namespace wbxml
