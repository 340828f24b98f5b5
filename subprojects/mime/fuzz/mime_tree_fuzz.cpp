// Any octets as a stored tree: refused, or a tree that lies within itself and is written the same. Likewise
// BODYSTRUCTURE.
#include <cstdint>
#include <cstdlib>

#include "mime/imap.hpp"
#include "mime/tree.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view stored(reinterpret_cast<const char*>(data), size);
    const std::string body = mime::body_from_body_structure(stored);
    if (!body.empty() && mime::body_from_body_structure(body) != body) std::abort();
    mime::Tree tree;
    if (!mime::decode_tree(stored, tree)) return 0;
    mime::Tree again;
    if (!mime::decode_tree(mime::encode_tree(tree), again) || !(again == tree)) std::abort();
    const std::uint64_t end = tree.parts[0].body_offset + tree.parts[0].body_bytes;
    for (std::uint32_t part = 0; part < tree.parts.size() && part < 200; ++part) {
        const auto numbers = mime::section_numbers(tree, part);
        for (const auto section :
             {mime::Section::whole, mime::Section::header, mime::Section::text, mime::Section::mime}) {
            const auto range = mime::locate(tree, numbers, section);
            if (range && range->offset + range->bytes > end) std::abort();
        }
    }
    return 0;
}
