// An attachment that a device sends apart, as a part of a message. Pure.
#pragma once
#include <string>
#include <string_view>

#include "eas/syntax/attachments.hpp"
#include "mime/tree.hpp"

namespace eas {

/// The part's header with the empty line behind it; the body stands in that encoding. `content_id` as below.
std::string attachment_header(const AddedAttachment& one, std::string_view content_id,
                              mime::Encoding encoding);
/// Header and body of the part; `content_id` without its brackets, empty: none.
std::string write_attachment_part(const AddedAttachment& one, std::string_view content_id);
/// "image/png"; what is no type, or may not stand in base64, is application/octet-stream.
std::string_view attachment_type(const AddedAttachment& one);
/// Its name, as long as one may be.
std::string attachment_title(const AddedAttachment& one);

}  // namespace eas
