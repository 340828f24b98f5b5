// Any octets, cut anywhere, give the same index; what is rendered from it is well formed and lies within the
// message.
#include <cstdint>
#include <cstdlib>

#include "imap_list.hpp"
#include "mime/imap.hpp"

namespace {

void check(bool good) {
    if (!good) std::abort();
}

void check_parts(const mime::Index& index) {
    mime::Tree back;
    check(mime::decode_tree(mime::encode_tree(index.tree), back));
    check(back == index.tree);
    for (std::uint32_t part = 0; part < index.tree.parts.size(); ++part) {
        const mime::Part& at = index.tree.parts[part];
        check(at.body_offset + at.body_bytes <= index.size);
        const auto numbers = mime::section_numbers(index.tree, part);
        const auto range = mime::locate(index.tree, numbers, mime::Section::whole);
        check(range && range->offset + range->bytes <= index.size);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::string_view message(reinterpret_cast<const char*>(data) + 2, size - 2);
    mime::Limits limits;
    if (data[1] & 1) {  // small limits are reached by small inputs
        limits.depth_max = 3;
        limits.parts_max = 5;
        limits.boundary_line_max = 16;
        limits.boundary_bytes_max = 8;
        limits.field_bytes_max = 40;
        limits.headers_bytes_max = 200;
        limits.string_bytes_max = 20;
        limits.rendered_bytes_max = 300;
        limits.preview_source_bytes = 32;
    }
    const mime::Index whole = mime::index(message, limits);
    mime::Indexer indexer(limits);
    const std::size_t piece = data[0] % 32 + 1U;
    for (std::size_t at = 0; at < message.size(); at += piece) indexer.feed(message.substr(at, piece));
    check(indexer.finish() == whole);
    check(whole.size == message.size());
    check_parts(whole);
    const std::string structure = mime::body_structure(whole, limits);
    check(mime_test::well_formed_list(structure));
    check(mime_test::well_formed_list(mime::envelope(whole, limits)));
    check(mime_test::well_formed_list(mime::envelope_utf8(whole.header(0), limits), true));
    check(mime_test::well_formed_list(mime::body_from_body_structure(structure)));
    return 0;
}
