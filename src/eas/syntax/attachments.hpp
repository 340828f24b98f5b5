// Attachments as devices add and delete them by Sync, of drafts and events, from 16.0 on. MS-ASAIRS sections
// 2.2.2.2, 2.2.2.8 and 2.2.2.21.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "wbxml/document.hpp"

namespace eas {

struct AttachmentLimits {
    std::size_t changes_max = 100;         ///< of one item in one request: what fits a mail program's window
    std::size_t client_id_bytes_max = 64;  ///< it is kept with the answer; MS-ASCMD section 2.2.3.28
};

struct AddedAttachment {
    std::string client_id, name, type, content_id, octets;
    std::string name_in_event;  ///< name_of_attachment(), made once: it takes a walk over all octets
    bool is_inline = false;
};

struct AttachmentChanges {
    std::vector<AddedAttachment> added;
    std::vector<std::string> removed;  ///< references
    bool faulty = false;               ///< not as the specification has it, or beyond a limit
    bool any() const { return !added.empty() || !removed.empty() || faulty; }
};
AttachmentChanges parse_attachments(wbxml::Element attachments, const AttachmentLimits& limits = {});

/// The name that a file has in its event. It is made of what the device sends: what is sent again because an
/// answer was lost has the same, and is there once.
std::string name_of_attachment(const AddedAttachment& one);

/// The text of an element as one line; `otherwise` where there is none.
std::string line_of(wbxml::Element element, std::string_view otherwise = {});

}  // namespace eas
