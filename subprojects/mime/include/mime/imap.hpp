// What IMAP says about a message: ENVELOPE and BODYSTRUCTURE (RFC 9051 section 7.5.2), made once, when it is
// delivered.
#pragma once
#include <string>
#include <string_view>

#include "mime/index.hpp"

namespace mime {

/// ENVELOPE as a parenthesised list, 7-bit: raw 8-bit text becomes encoded words, encoded words stay as they
/// are.
std::string envelope(const Index& index, const Limits& limits = {});
/// The same from the octets of a header.
std::string envelope(std::string_view header, const Limits& limits = {});
/// For a session with UTF8=ACCEPT or IMAP4rev2: raw UTF-8 of the header stays (RFC 6855 section 3).
std::string envelope_utf8(std::string_view header, const Limits& limits = {});

/// BODYSTRUCTURE with all extension data, 7-bit.
std::string body_structure(const Index& index, const Limits& limits = {});
/// BODY: the same without extension data. Any octets give a balanced answer; empty when they are no body
/// structure.
std::string body_from_body_structure(std::string_view body_structure);

}  // namespace mime
