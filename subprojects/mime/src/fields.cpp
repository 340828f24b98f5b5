// Known field names: by length and first letter, then by comparison.
#include "fields.hpp"

#include "ascii.hpp"
#include "mime/header.hpp"

namespace mime {
namespace {

struct Name {
    std::string_view text;
    Known field;
};
constexpr Name names[] = {
    {"content-type", Known::content_type},
    {"content-transfer-encoding", Known::content_transfer_encoding},
    {"content-disposition", Known::content_disposition},
    {"content-id", Known::content_id},
    {"content-description", Known::content_description},
    {"content-md5", Known::content_md5},
    {"content-language", Known::content_language},
    {"content-location", Known::content_location},
    {"date", Known::date},
    {"subject", Known::subject},
    {"from", Known::from},
    {"sender", Known::sender},
    {"reply-to", Known::reply_to},
    {"to", Known::to},
    {"cc", Known::cc},
    {"bcc", Known::bcc},
    {"in-reply-to", Known::in_reply_to},
    {"message-id", Known::message_id},
    {"references", Known::references},
    {"received", Known::received},
};

}  // namespace

Known known_field(std::string_view name) {
    if (name.empty() || name.size() > 25) return Known::none;
    const char first = lower(name.front());
    for (const Name& known : names) {
        if (known.text.size() == name.size() && known.text.front() == first && same_name(known.text, name))
            return known.field;
    }
    return Known::none;
}

KnownFields find_known_fields(std::string_view header) {
    KnownFields found;
    FieldReader reader(header);
    Field field;
    while (reader.next(field)) {
        const Known known = known_field(field.name);
        if (known == Known::none) continue;
        KnownFields::Value& value = found.values[static_cast<std::size_t>(known)];
        if (value.count++ == 0) {
            value.data = field.value.data();
            value.size = field.value.size();
        }
    }
    return found;
}

}  // namespace mime
