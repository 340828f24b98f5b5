#include "store/search/index_rows.hpp"

#include "store/keys.hpp"
#include "store/wire.hpp"
#include "trigram/fold.hpp"

namespace store::search {
namespace {

constexpr std::uint8_t header_format = 0x61, segment_format = 0x62, mark_format = 0x63;

}  // namespace

std::string encode(const IndexHeader& header) {
    WireWriter out(header_format);
    out.u32(trigram::folding());
    out.u64(header.last_id);
    out.u64(header.opid);
    return std::move(out).seal();
}

std::optional<IndexHeader> decode_index_header(std::string_view value) {
    WireReader in(value, header_format);
    IndexHeader header;
    const std::uint32_t folding = in.u32();
    header.last_id = in.u64();
    header.opid = in.u64();
    if (!in.done() || folding != trigram::folding()) return std::nullopt;
    return header;
}

std::string encode(const SegmentRow& row) {
    WireWriter out(segment_format);
    out.varint(row.bytes);
    out.varint(row.documents);
    return std::move(out).seal();
}

std::optional<SegmentRow> decode_segment_row(base::BlobId blob, std::string_view value) {
    WireReader in(value, segment_format);
    SegmentRow row;
    row.blob = blob;
    row.bytes = in.varint();
    row.documents = in.varint32();
    if (!in.done()) return std::nullopt;
    return row;
}

std::string encode_mark(base::Uid uid) {
    WireWriter out(mark_format);
    out.varint(uid.value);
    return std::move(out).seal();
}

std::optional<base::Uid> decode_mark(std::string_view value) {
    WireReader in(value, mark_format);
    const base::Uid uid(in.varint32());
    if (!in.done()) return std::nullopt;
    return uid;
}

void read_row(Manifest& manifest, const engine::Row& row) {
    if (row.key == keys::header) {
        const auto header = decode_index_header(row.value);
        if (header) manifest.header = *header;
        manifest.damaged |= !header;
    } else if (const auto blob = keys::number_in(row.key, 's')) {
        const auto segment = decode_segment_row(base::BlobId(*blob), row.value);
        if (segment) manifest.segments.push_back(*segment);
        manifest.damaged |= !segment;
    } else if (const auto folder = keys::number_in(row.key, 'm')) {
        const auto mark = decode_mark(row.value);
        if (mark) manifest.marks[base::FolderId(*folder)] = *mark;
        manifest.damaged |= !mark;
    } else {
        manifest.damaged = true;
    }
}

std::string partition(base::AccountId account) { return "x/" + keys::hex(account.value, 8); }
std::string segment_key(base::BlobId blob) { return "s" + keys::hex(blob.value, 16); }
std::string mark_key(base::FolderId folder) { return "m" + keys::hex(folder.value, 16); }
std::string tag(base::AccountId account) { return partition(account); }

std::optional<base::AccountId> parse_tag(std::string_view tag) {
    if (tag.size() != 10 || !tag.starts_with("x/")) return std::nullopt;
    const auto number = keys::parse_hex(tag.substr(2));
    if (!number) return std::nullopt;
    return base::AccountId(static_cast<std::uint32_t>(*number));
}

}  // namespace store::search
