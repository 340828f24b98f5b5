#include "store/static_record.hpp"

#include <cstring>

#include "base/assert.hpp"
#include "base/crc32c.hpp"
#include "mime/imap.hpp"
#include "store/wire.hpp"

namespace store {
namespace {

constexpr std::uint8_t format_static = 0x31, format_sort = 0x32;
// A row's flags. Rows of older versions have no checksum of their prefix.
constexpr std::uint8_t flag_eight_bit = 1, flag_prefix_sum = 2;
constexpr std::size_t sort_text_bytes = 256, references_max = 64;

/// The views of a row, in the order they are stored.
struct Views {
    std::uint64_t link = 0, blob = 0, blob_bytes = 0, header_bytes = 0;
    bool eight_bit = false;
    std::string_view prefix, envelope, body_structure, tree, preview, sort;
};

std::optional<Views> parse(std::string_view row) {
    WireReader in(row, format_static);
    Views out;
    out.link = in.u64();  // at a fixed place: relinked()
    out.blob = in.u64();
    const std::uint8_t flags = in.u8();
    if (flags > (flag_eight_bit | flag_prefix_sum)) in.fail();
    out.eight_bit = (flags & flag_eight_bit) != 0;
    out.blob_bytes = in.varint();
    out.header_bytes = in.varint();
    out.prefix = in.text();
    if ((flags & flag_prefix_sum) != 0)
        in.u32();  // the row's own checksum covers it: salvage() alone needs it
    out.envelope = in.text();
    out.body_structure = in.text();
    out.tree = in.text();
    out.preview = in.text();
    out.sort = in.text();
    if (!in.done() || out.header_bytes > out.blob_bytes) return std::nullopt;
    return out;
}

/// At most `bytes` octets, whole UTF-8 characters.
std::string_view cut(std::string_view text, std::size_t bytes) {
    if (text.size() <= bytes) return text;
    while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80) --bytes;
    return text.substr(0, bytes);
}

void write(WireWriter& out, const mime::Correspondent& who) {
    out.text(cut(who.name, sort_text_bytes));
    out.text(cut(who.mailbox, sort_text_bytes));
    out.text(cut(who.host, sort_text_bytes));
}

mime::Correspondent read_correspondent(WireReader& in) {
    mime::Correspondent who;
    who.name = in.text();
    who.mailbox = in.text();
    who.host = in.text();
    return who;
}

std::size_t weight(const StaticRecord& record) {
    return record.envelope.size() + record.body_structure.size() + record.tree.size() +
           record.preview.size() + record.sort.size();
}

/// Header fields as a delivery makes them: printable lines, each ended by CRLF.
bool sane_prefix(std::string_view prefix) {
    if (!prefix.ends_with("\r\n")) return false;
    for (std::size_t i = 0; i < prefix.size(); ++i) {
        const auto c = static_cast<unsigned char>(prefix[i]);
        const bool ends_line = c == '\r' ? i + 1 < prefix.size() && prefix[i + 1] == '\n'
                                         : c == '\n' && i > 0 && prefix[i - 1] == '\r';
        if (!ends_line && c != '\t' && (c < 0x20 || c == 0x7F)) return false;
    }
    return true;
}

/// Only the message itself, as octets: what is shown of a structure that does not fit.
mime::Tree only_root(const mime::Tree& tree) {
    mime::Tree root;
    root.parts.push_back(tree.parts.front());
    root.parts.front().end = 1;
    root.parts.front().kind = mime::Kind::leaf;
    root.parts.front().type = "application";
    root.parts.front().subtype = "octet-stream";
    return root;
}

}  // namespace

std::string encode(const StaticRecord& record) {
    WireWriter out(format_static, 64 + record.prefix.size() + weight(record));
    out.u64(record.link);
    out.u64(record.blob.value);
    const bool prefixed = !record.prefix.empty();
    out.u8(static_cast<std::uint8_t>((record.eight_bit_header ? flag_eight_bit : 0) |
                                     (prefixed ? flag_prefix_sum : 0)));
    out.varint(record.blob_bytes);
    out.varint(record.header_bytes);
    out.text(record.prefix);
    if (prefixed) out.u32(base::crc32c(record.prefix));
    out.text(record.envelope);
    out.text(record.body_structure);
    out.text(record.tree);
    out.text(record.preview);
    out.text(record.sort);
    return std::move(out).seal();
}

std::optional<StaticRecord> decode_static(std::string_view row) {
    const std::optional<Views> views = parse(row);
    if (!views) return std::nullopt;
    StaticRecord out;
    out.link = views->link;
    out.blob = base::BlobId(views->blob);
    out.blob_bytes = views->blob_bytes;
    out.header_bytes = views->header_bytes;
    out.eight_bit_header = views->eight_bit;
    out.prefix = views->prefix;
    out.envelope = views->envelope;
    out.body_structure = views->body_structure;
    out.tree = views->tree;
    out.preview = views->preview;
    out.sort = views->sort;
    return out;
}

std::string relinked(std::string row, std::uint64_t link) {
    std::memcpy(row.data() + 1, &link, sizeof link);
    const std::uint32_t crc = base::crc32c(std::string_view(row).substr(0, row.size() - 4));
    std::memcpy(row.data() + row.size() - 4, &crc, sizeof crc);
    return row;
}

std::optional<StaticFacts> static_facts(std::string_view row) {
    const std::optional<Views> views = parse(row);
    if (!views) return std::nullopt;
    return StaticFacts{views->link, base::BlobId(views->blob), views->blob_bytes + views->prefix.size()};
}

namespace {
std::shared_ptr<Detail> make_detail(Uid uid, base::MessageId id, std::string&& row) {
    auto detail = std::make_shared<Detail>();
    detail->row = std::move(row);
    const std::optional<Views> views = parse(detail->row);
    if (!views) {
        row = std::move(detail->row);
        return nullptr;
    }
    detail->uid = uid;
    detail->id = id;
    detail->blob = base::BlobId(views->blob);
    detail->size = views->prefix.size() + views->blob_bytes;
    detail->header_bytes = views->prefix.size() + views->header_bytes;
    detail->prefix = views->prefix;
    detail->envelope = views->envelope;
    detail->body_structure = views->body_structure;
    detail->tree = views->tree;
    detail->preview = views->preview;
    detail->sort_keys = views->sort;
    detail->has_eight_bit_header = views->eight_bit;
    return detail;
}
}  // namespace

DetailPtr decode_detail(Uid uid, base::MessageId id, std::string&& row) {
    return make_detail(uid, id, std::move(row));
}

DetailPtr stand_in(const Entry& entry) {
    mime::Index plain;
    plain.size = entry.size;
    plain.tree.parts.emplace_back();
    plain.tree.parts.front().body_bytes = entry.size;
    plain.tree = only_root(plain.tree);
    plain.kept.resize(1);
    const mime::Limits limits;
    StaticRecord record;
    record.blob_bytes = entry.size;
    record.tree = mime::encode_tree(plain.tree);
    record.envelope = mime::envelope(plain, limits);
    record.body_structure = mime::body_structure(plain, limits);
    record.sort = encode_sort_keys(plain.keys);
    const auto detail = make_detail(entry.uid, entry.id, encode(record));
    BASE_ASSERT(detail != nullptr);
    detail->damaged = true;
    return detail;
}

Salvage salvage(std::string_view row) {
    Salvage out;
    if (row.size() < 5) return out;
    std::string resealed(row.substr(0, row.size() - 4));  // so that it is taken as it is, as far as it goes
    const std::uint32_t crc = base::crc32c(resealed);
    resealed.append(reinterpret_cast<const char*>(&crc), sizeof crc);  // NOLINT: octets
    WireReader in(resealed, format_static);
    out.link = in.u64();
    out.blob = base::BlobId(in.u64());
    const std::uint8_t flags = in.u8();
    in.varint();
    in.varint();
    const std::string_view prefix = in.text();
    if (!in.ok() || !sane_prefix(prefix)) return out;
    out.prefix = prefix;
    const bool has_sum = (flags & flag_prefix_sum) != 0;
    const std::uint32_t sum = has_sum ? in.u32() : 0;
    out.prefix_proved = has_sum && in.ok() && sum == base::crc32c(prefix);
    return out;
}

std::string encode_sort_keys(const mime::SortKeys& keys) {
    WireWriter out(format_sort, 128);
    out.text(cut(keys.base_subject, 2 * sort_text_bytes));
    out.u8(static_cast<std::uint8_t>((keys.subject_is_reply ? 1U : 0U) | (keys.has_sent ? 2U : 0U)));
    out.zigzag(keys.sent);
    out.zigzag(keys.sent_zone);
    write(out, keys.from);
    write(out, keys.to);
    write(out, keys.cc);
    out.u64(keys.message_id);
    out.u64(keys.in_reply_to);
    const std::size_t skip =
        keys.references.size() > references_max ? keys.references.size() - references_max : 0;
    out.varint(keys.references.size() - skip);
    for (std::size_t i = skip; i < keys.references.size(); ++i) out.u64(keys.references[i]);
    return std::move(out).seal();
}

std::optional<mime::SortKeys> decode_sort_keys(std::string_view text) {
    WireReader in(text, format_sort);
    mime::SortKeys keys;
    keys.base_subject = in.text();
    const std::uint8_t flags = in.u8();
    if (flags > 3) in.fail();
    keys.subject_is_reply = (flags & 1U) != 0;
    keys.has_sent = (flags & 2U) != 0;
    keys.sent = in.zigzag();
    keys.sent_zone = static_cast<std::int32_t>(in.zigzag());
    keys.from = read_correspondent(in);
    keys.to = read_correspondent(in);
    keys.cc = read_correspondent(in);
    keys.message_id = in.u64();
    keys.in_reply_to = in.u64();
    const std::uint64_t references = in.varint();
    if (references > references_max) in.fail();
    for (std::uint64_t i = 0; i < references && in.ok(); ++i) keys.references.push_back(in.u64());
    if (!in.done()) return std::nullopt;
    return keys;
}

StaticRecord describe(const mime::Index& index, std::size_t bytes_max) {
    StaticRecord out;
    out.blob_bytes = index.size;
    out.header_bytes = index.header_bytes;
    out.eight_bit_header = index.eight_bit_header;
    out.preview = cut(index.preview, 1'024);
    out.sort = encode_sort_keys(index.keys);
    out.tree = mime::encode_tree(index.tree);
    mime::Limits limits;
    limits.rendered_bytes_max = bytes_max / 4;
    out.envelope = mime::envelope(index, limits);
    out.body_structure = mime::body_structure(index, limits);
    if (weight(out) > bytes_max) out.preview.clear();
    for (std::size_t room = bytes_max / 8; weight(out) > bytes_max && room >= 1'024; room /= 2) {
        limits.rendered_bytes_max = room;
        out.envelope = mime::envelope(index, limits);
        out.body_structure = mime::body_structure(index, limits);
    }
    if (weight(out) > bytes_max) {
        mime::Index plain;
        plain.size = index.size;
        plain.header_bytes = index.header_bytes;
        plain.tree = only_root(index.tree);
        plain.kept.resize(1);
        out.tree = mime::encode_tree(plain.tree);
        out.envelope = mime::envelope(plain, limits);
        out.body_structure = mime::body_structure(plain, limits);
    }
    return out;
}

}  // namespace store
