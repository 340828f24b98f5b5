// The stored form of the part tree, and section numbers.
#include "mime/tree.hpp"

#include <algorithm>
#include <array>

namespace mime {
namespace {

constexpr char version = 1;
constexpr std::uint32_t depth_limit = 1'000;  // of a stored tree: more is damage, not mail

struct MediaName {
    std::string_view type, subtype;
};
// Codes are places in these tables: append only. 0 means that the names follow.
constexpr std::array<MediaName, 20> media_names{{{},
                                                 {"text", "plain"},
                                                 {"text", "html"},
                                                 {"multipart", "mixed"},
                                                 {"multipart", "alternative"},
                                                 {"multipart", "related"},
                                                 {"multipart", "signed"},
                                                 {"multipart", "report"},
                                                 {"multipart", "digest"},
                                                 {"message", "rfc822"},
                                                 {"message", "delivery-status"},
                                                 {"application", "octet-stream"},
                                                 {"application", "pdf"},
                                                 {"application", "pgp-signature"},
                                                 {"application", "pkcs7-signature"},
                                                 {"image", "jpeg"},
                                                 {"image", "png"},
                                                 {"image", "gif"},
                                                 {"text", "calendar"},
                                                 {"text", "rfc822-headers"}}};
constexpr std::array<std::string_view, 8> charset_names{
    {{}, "", "utf-8", "us-ascii", "iso-8859-1", "UTF-8", "US-ASCII", "windows-1252"}};

void put_number(std::string& out, std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
    out.push_back(static_cast<char>(value));
}

void put_string(std::string& out, std::string_view text) {
    put_number(out, text.size());
    out += text;
}

/// Reads what put_… wrote. After a fault everything reads as 0 and good() is false.
class Reader {
public:
    explicit Reader(std::string_view in) : in_(in) {}

    std::uint64_t number() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            if (in_.empty()) break;
            const auto octet = static_cast<unsigned char>(in_.front());
            in_.remove_prefix(1);
            if (shift == 63 && octet > 1) break;
            value |= static_cast<std::uint64_t>(octet & 0x7f) << shift;
            if (octet < 0x80) return value;
        }
        good_ = false;
        in_ = {};
        return 0;
    }

    std::string_view string() {
        const std::uint64_t size = number();
        if (size > in_.size()) {
            good_ = false;
            in_ = {};
            return {};
        }
        const std::string_view text = in_.substr(0, size);
        in_.remove_prefix(size);
        return text;
    }

    bool good() const { return good_; }
    std::size_t left() const { return in_.size(); }

private:
    std::string_view in_;
    bool good_ = true;
};

void put_names(std::string& out, const Part& part) {
    std::size_t code = 1;
    while (code < media_names.size() &&
           (media_names[code].type != part.type || media_names[code].subtype != part.subtype))
        ++code;
    if (code < media_names.size()) {
        put_number(out, code);
    } else {
        put_number(out, 0);
        put_string(out, part.type);
        put_string(out, part.subtype);
    }
    const auto* charset = std::find(charset_names.begin() + 1, charset_names.end(), part.charset);
    if (charset != charset_names.end()) {
        put_number(out, static_cast<std::uint64_t>(charset - charset_names.begin()));
    } else {
        put_number(out, 0);
        put_string(out, part.charset);
    }
}

bool read_names(Reader& in, Part& part) {
    const std::uint64_t media = in.number();
    if (media >= media_names.size()) return false;
    part.type = media ? media_names[media].type : in.string();
    part.subtype = media ? media_names[media].subtype : in.string();
    const std::uint64_t charset = in.number();
    if (charset >= charset_names.size()) return false;
    part.charset = charset ? charset_names[charset] : in.string();
    return in.good();
}

std::uint64_t part_end(const Part& part) { return part.body_offset + part.body_bytes; }

/// Offsets must lie in the body around them, after the sibling before: what locate() gives is then in the
/// message.
bool read_part(Reader& in, std::vector<Part>& parts, std::vector<std::uint32_t>& open,
               std::vector<std::uint64_t>& from) {
    Part part;
    const std::uint64_t flags = in.number();
    const std::uint64_t depth = in.number();
    if (!in.good() || flags >= 64 || (flags & 3) > 2 || ((flags >> 2) & 7) > 5) return false;
    if (depth > open.size() || depth > depth_limit || (depth == 0) != parts.empty()) return false;
    part.kind = static_cast<Kind>(flags & 3);
    part.encoding = static_cast<Encoding>((flags >> 2) & 7);
    part.attachment = (flags & 32) != 0;
    part.depth = static_cast<std::uint16_t>(depth);
    const auto self = static_cast<std::uint32_t>(parts.size());
    while (open.size() > depth) {
        parts[open.back()].end = self;
        open.pop_back();
        from.pop_back();
    }
    std::uint64_t start = 0;
    std::uint64_t end = std::uint64_t{1} << 62;
    if (depth > 0) {
        Part& parent = parts[open.back()];
        if (parent.kind == Kind::leaf || (parent.kind == Kind::message && parent.end != 0)) return false;
        part.parent = open.back();
        part.number = ++parent.end;  // counts children until the part is closed
        start = from.back();
        end = part_end(parent);
    }
    const std::uint64_t skip = in.number();
    part.header_bytes = in.number();
    part.body_bytes = in.number();
    part.body_lines = in.number();
    const std::uint64_t room = end - start;
    if (skip > room || part.header_bytes > room - skip || part.body_bytes > room - skip - part.header_bytes)
        return false;
    part.header_offset = start + skip;
    part.body_offset = part.header_offset + part.header_bytes;
    if (depth > 0) from.back() = part_end(part);
    if (!read_names(in, part)) return false;
    open.push_back(self);
    from.push_back(part.body_offset);
    parts.push_back(std::move(part));
    return true;
}

}  // namespace

std::string encode_tree(const Tree& tree) {
    std::string out;
    out.reserve(8 + tree.parts.size() * 16);
    out.push_back(version);
    put_number(out, tree.parts.size());
    std::vector<std::uint64_t> from{0};  // by depth: where the next child may begin
    for (const Part& part : tree.parts) {
        put_number(out, static_cast<unsigned>(part.kind) | static_cast<unsigned>(part.encoding) << 2 |
                            (part.attachment ? 32U : 0U));
        put_number(out, part.depth);
        from.resize(part.depth + 1U);
        put_number(out, part.header_offset - from.back());
        put_number(out, part.header_bytes);
        put_number(out, part.body_bytes);
        put_number(out, part.body_lines);
        put_names(out, part);
        from.back() = part_end(part);
        from.push_back(part.body_offset);
    }
    return out;
}

bool decode_tree(std::string_view stored, Tree& tree) {
    tree.parts.clear();
    if (stored.empty() || stored.front() != version) return false;
    Reader in(stored.substr(1));
    const std::uint64_t count = in.number();
    constexpr std::size_t part_bytes_min = 8;
    if (count == 0 || count > in.left() / part_bytes_min) return false;
    std::vector<Part> parts;
    parts.reserve(count);
    std::vector<std::uint32_t> open;
    std::vector<std::uint64_t> from;
    for (std::uint64_t i = 0; i < count; ++i) {
        if (!read_part(in, parts, open, from)) return false;
    }
    if (in.left() != 0) return false;
    for (const std::uint32_t part : open) parts[part].end = static_cast<std::uint32_t>(count);
    tree.parts = std::move(parts);
    return true;
}

namespace {

/// Where a walk along section numbers has come to.
struct Place {
    std::uint32_t part = no_part;
    bool as_message = false;  // the next number names a part of it; else it is that part
    bool phantom = false;     // the empty text part that stands for a multipart without parts
    std::uint64_t at = 0;     // of the phantom
};

/// RFC 9051 section 6.4.5: a message part's numbers go on in the message inside, whose own part is 1 if it is
/// no multipart.
Place walk(const Tree& tree, std::span<const std::uint32_t> numbers) {
    const auto& parts = tree.parts;
    if (parts.empty()) return {};
    Place place{.part = 0, .as_message = true};
    for (const std::uint32_t number : numbers) {
        if (number == 0 || place.phantom) return {};
        if (!place.as_message && parts[place.part].kind == Kind::message) {
            if (place.part + 1 >= parts[place.part].end) return {};
            ++place.part;
            place.as_message = true;
        }
        const Part& part = parts[place.part];
        if (part.kind == Kind::multipart) {
            std::uint32_t child = place.part + 1;
            if (child == part.end) {
                if (number != 1) return {};
                place.phantom = true;
                place.at = part_end(part);
            } else {
                while (child < part.end && parts[child].number != number) child = parts[child].end;
                if (child >= part.end) return {};
                place.part = child;
            }
        } else if (!place.as_message || number != 1) {
            return {};
        }
        place.as_message = false;
    }
    return place;
}

}  // namespace

std::optional<Range> locate(const Tree& tree, std::span<const std::uint32_t> numbers, Section section) {
    Place place = walk(tree, numbers);
    if (place.part == no_part) return std::nullopt;
    if (place.phantom) {
        if (section == Section::header || section == Section::text) return std::nullopt;
        return Range{.offset = place.at, .bytes = 0};
    }
    const auto& parts = tree.parts;
    if (section == Section::header || section == Section::text) {
        if (!numbers.empty()) {
            if (parts[place.part].kind != Kind::message || place.part + 1 >= parts[place.part].end)
                return std::nullopt;
            ++place.part;
        }
        const Part& message = parts[place.part];
        if (section == Section::header)
            return Range{.offset = message.header_offset, .bytes = message.header_bytes};
        return Range{.offset = message.body_offset, .bytes = message.body_bytes};
    }
    const Part& part = parts[place.part];
    if (section == Section::mime) {
        if (numbers.empty()) return std::nullopt;
        return Range{.offset = part.header_offset, .bytes = part.header_bytes};
    }
    if (numbers.empty()) return Range{.offset = 0, .bytes = part_end(part)};
    return Range{.offset = part.body_offset, .bytes = part.body_bytes};
}

std::uint32_t find_part(const Tree& tree, std::span<const std::uint32_t> numbers) {
    const Place place = walk(tree, numbers);
    return place.phantom ? no_part : place.part;
}

std::vector<std::uint32_t> section_numbers(const Tree& tree, std::uint32_t part) {
    std::vector<std::uint32_t> numbers;
    const auto& parts = tree.parts;
    if (part == 0 || part >= parts.size()) return numbers;
    for (; part != 0; part = parts[part].parent) {
        if (parts[parts[part].parent].kind == Kind::multipart) {
            numbers.push_back(parts[part].number);
        } else if (parts[part].kind != Kind::multipart) {
            numbers.push_back(1);  // the one part of a message that is no multipart
        }
    }
    if (parts[0].kind != Kind::multipart) numbers.push_back(1);
    std::reverse(numbers.begin(), numbers.end());
    return numbers;
}

}  // namespace mime
