#include "store/attachments.hpp"

#include <algorithm>
#include <array>

namespace store {
namespace {

bool is_one_of(std::string_view word, const auto& words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_attachment(const mime::Tree& tree, const mime::Part& part) {
    constexpr std::array<std::string_view, 3> signatures{"pgp-signature", "pkcs7-signature",
                                                         "x-pkcs7-signature"};
    constexpr std::array<std::string_view, 4> wholes{"related", "report", "signed", "encrypted"};
    if (part.kind == mime::Kind::multipart || is_one_of(part.subtype, signatures)) return false;
    if (part.attachment) return true;
    // Parts of one whole: RFC 2387, RFC 6522, RFC 1847.
    if (part.parent != mime::no_part && is_one_of(tree.parts[part.parent].subtype, wholes)) return false;
    if (part.kind == mime::Kind::message) return part.parent != mime::no_part;
    return part.type != "text" && part.type != "message" && !part.type.empty();
}

}  // namespace

bool has_attachments(const mime::Tree& tree) {
    return std::any_of(tree.parts.begin(), tree.parts.end(),
                       [&tree](const mime::Part& part) { return is_attachment(tree, part); });
}

}  // namespace store
