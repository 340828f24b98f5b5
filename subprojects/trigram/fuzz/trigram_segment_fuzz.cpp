// Any octets as a segment: no crash, no read past them, every walk ends. With the checksums made right, so
// that what lies behind them is reached too.
#include <cstring>

#include "../tests/index.cpp"  // NOLINT: the tests' own reader
#include "octets.hpp"

namespace {

void mend(std::string& octets, std::size_t offset, std::size_t bytes) {
    if (bytes < 5 || offset + bytes > octets.size()) return;
    const std::uint32_t sum = trigram::checksum(std::string_view(octets).substr(offset, bytes - 4));
    std::memcpy(octets.data() + offset + bytes - 4, &sum, 4);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    trigram::test::Segment segment;
    segment.octets.assign(reinterpret_cast<const char*>(data), size);
    const std::size_t footer = size < trigram::footer_bytes ? 0 : size - trigram::footer_bytes;
    if (size >= trigram::footer_bytes) {
        const auto directory = trigram::get_fixed<std::uint64_t>(segment.octets, footer + 8);
        if (directory < footer) mend(segment.octets, directory, footer - directory);
        mend(segment.octets, footer, trigram::footer_bytes);
    }
    if (!segment.open()) return 0;
    for (std::size_t i = 0; i < segment.directory->document_blocks(); ++i) {
        const auto& ref = segment.directory->document_block(i);
        mend(segment.octets, ref.offset, ref.bytes);
    }
    for (std::size_t i = 0; i < segment.directory->term_blocks(); ++i) {
        const auto& ref = segment.directory->term_block(i);
        mend(segment.octets, ref.offset, ref.bytes);
    }
    bool sound = true;
    const auto documents = segment.documents(sound);
    const auto all = segment.all(sound);
    for (const auto& [term, ordinals] : all) {
        segment.find(term, sound);
        for (const auto ordinal : ordinals)
            if (ordinal >= segment.directory->documents()) __builtin_trap();
    }
    std::vector<trigram::MergeInput> inputs;
    inputs.push_back({segment.directory, documents});
    inputs.push_back({segment.directory, documents});
    trigram::Merger merger(std::move(inputs), [](trigram::DocumentId id) { return id % 3 != 0; });
    while (!merger.done()) {
        if (!merger.run(1'000)) return 0;
        merger.output().take();
        if (const auto need = merger.need()) merger.give(std::string(segment.at(need->block)));
    }
    return 0;
}
