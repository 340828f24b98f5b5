// Object ids as text: RFC 8474 section 4 allows letters, digits, '_' and '-', and tells case apart.
#pragma once
#include <string>

#include <fmt/format.h>

#include "base/ids.hpp"

namespace imap {

inline std::string folder_id_text(base::FolderId id) { return fmt::format("F{:x}", id.value); }
inline std::string message_id_text(base::MessageId id) { return fmt::format("M{:x}", id.value); }
/// Empty: the message has no thread.
inline std::string thread_id_text(base::ThreadId id) {
    return id ? fmt::format("T{:x}", id.value) : std::string();
}

}  // namespace imap
