// An answer in parts, whose octets stand beside the WBXML instead of in it: MS-ASHTTP section 2.2.3.1.1.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace eas {

/// How many, where each is and how long, in little endian; then the parts, the WBXML first.
std::string write_multipart(std::string_view wbxml, const std::vector<std::string>& parts);

}  // namespace eas
