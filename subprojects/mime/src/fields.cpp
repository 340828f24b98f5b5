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
// By length.
constexpr Name names[] = {
    {"to", Known::to},
    {"cc", Known::cc},
    {"bcc", Known::bcc},
    {"date", Known::date},
    {"from", Known::from},
    {"sender", Known::sender},
    {"subject", Known::subject},
    {"reply-to", Known::reply_to},
    {"received", Known::received},
    {"content-id", Known::content_id},
    {"message-id", Known::message_id},
    {"references", Known::references},
    {"content-md5", Known::content_md5},
    {"in-reply-to", Known::in_reply_to},
    {"content-type", Known::content_type},
    {"content-language", Known::content_language},
    {"content-location", Known::content_location},
    {"content-description", Known::content_description},
    {"content-disposition", Known::content_disposition},
    {"content-transfer-encoding", Known::content_transfer_encoding},
};
constexpr std::size_t name_max = 25;

/// Where the names of each length begin.
constexpr auto first_of_length = [] {
    std::array<std::uint8_t, name_max + 2> table{};
    for (std::size_t length = 0; length < table.size(); ++length) {
        std::uint8_t at = 0;
        while (at < std::size(names) && names[at].text.size() < length) ++at;
        table[length] = at;
    }
    return table;
}();

}  // namespace

Known known_field(std::string_view name) {
    if (name.size() > name_max) return Known::none;
    for (std::size_t at = first_of_length[name.size()]; at < first_of_length[name.size() + 1]; ++at) {
        if (names[at].text.front() == lower(name.front()) && same_name(names[at].text, name))
            return names[at].field;
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

KnownFields remember_known_fields(Index& index, std::uint32_t part) {
    const KnownFields found = find_known_fields(index.header(part));
    Index::Kept& kept = index.kept[part];
    kept.first_field = index.fields.size();
    if (index.fields.empty()) index.fields.reserve(found.values.size());
    for (std::size_t field = 0; field < found.values.size(); ++field) {
        const KnownFields::Value& value = found.values[field];
        if (!value.data) continue;
        index.fields.push_back({.known = static_cast<std::uint8_t>(field),
                                .count = value.count,
                                .offset = static_cast<std::size_t>(value.data - index.headers.data()),
                                .bytes = value.size});
    }
    kept.field_count = index.fields.size() - kept.first_field;
    return found;
}

KnownFields known_fields(const Index& index, std::uint32_t part) {
    KnownFields found;
    const Index::Kept& kept = index.kept[part];
    for (std::size_t at = kept.first_field; at < kept.first_field + kept.field_count; ++at) {
        const Index::Place& place = index.fields[at];
        found.values[place.known] = {
            .data = index.headers.data() + place.offset, .size = place.bytes, .count = place.count};
    }
    return found;
}

}  // namespace mime
