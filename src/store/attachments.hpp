// What the server says of a message that it delivers: whether it has attachments. RFC 9979 sections 4.1, 4.2.
#pragma once
#include <string_view>

#include "mime/tree.hpp"

namespace store {

inline constexpr std::string_view has_attachment = "$HasAttachment", has_no_attachment = "$HasNoAttachment";

/// Something that a reader would look for beside the text: not the images of its HTML, no signatures, and not
/// what a report is made of.
bool has_attachments(const mime::Tree& tree);

}  // namespace store
