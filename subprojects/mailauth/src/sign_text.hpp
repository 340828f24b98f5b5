// The text of a signature field while it is made; for DKIM-Signature and ARC-Message-Signature.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "signature.hpp"
#include "text.hpp"

namespace mailauth {

/// h=: each name as often as its field is there, and the oversigned ones once more.
std::vector<std::string> names_to_sign(const std::vector<std::string>& fields,
                                       const std::vector<std::string>& oversigned, const FieldIndex& index);
void append_names(Folder& field, const std::vector<std::string>& names);
/// \p unsigned_field ends with "b=".
std::string with_signature(std::string unsigned_field, std::string_view signature);

}  // namespace mailauth
