// QR codes of a short text, such as a URL: as a picture, and for a terminal. ISO/IEC 18004 by libqrencode.
#pragma once
#include <string>
#include <string_view>

namespace discovery {

/// An SVG element, with the white margin that readers need. Empty: the text is too long (2,331 octets).
std::string qr_svg(std::string_view text);

/// Lines of block characters, two rows of the code in each, for light text on a dark ground. Empty: too long.
std::string qr_lines(std::string_view text);

}  // namespace discovery
