// Drafts that a device writes item by item (16.0): from the elements of ApplicationData to a message. Pure.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "eas/syntax/attachments.hpp"
#include "eas/syntax/mail_item.hpp"
#include "wbxml/document.hpp"

namespace eas {

/// Of To, Cc and Bcc together: as many as submission takes. A draft with more cannot be written.
constexpr std::size_t draft_recipients_max = 1'000;

/// What a device says of a draft; what is absent stays as it was.
struct DraftChanges {
    std::optional<std::string> to, cc, bcc, subject, text;
    BodyType text_type = BodyType::plain;
    std::optional<std::uint8_t> importance;
    std::optional<std::string> whole;  ///< a body of type 4: the message itself
    AttachmentChanges files;
    bool any() const { return to || cc || bcc || subject || text || importance || whole || files.any(); }
};
DraftChanges parse_draft(wbxml::Element data);

struct Draft {
    std::string from, to, cc, bcc, subject, text;  ///< UTF-8
    BodyType text_type = BodyType::plain;
    std::uint8_t importance = 1;
    std::vector<std::string> parts;  ///< attachments: header and body as they stand
    std::string date, message_id;
    std::string other_fields;  ///< of the header, as they stand: In-Reply-To and what else the draft had
};
/// The fields that write_draft() does not write itself.
std::string other_fields(std::string_view header);
void apply(const DraftChanges& changes, Draft& draft);
bool has_too_many_recipients(const Draft& draft);
std::string write_draft(const Draft& draft, base::Random& random);
/// Which parts of the message its last `count` attachments are.
std::vector<std::uint32_t> parts_of_draft(std::string_view message, std::size_t count);

}  // namespace eas
