// A clamd that says anything: an answer that is complete stays what it is whatever follows, and no part of it
// clears a message.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "filter/syntax/clamd.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace filter::clamd;
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const Answer whole = parse(input, false);
    for (std::size_t cut = 0; cut < size; cut = cut * 2 + 1) {
        const Answer part = parse(input.substr(0, cut), false);
        if (part.kind != Answer::Kind::incomplete && part.kind != Answer::Kind::failed &&
            part.kind != whole.kind)
            std::abort();
        if (parse(input.substr(0, cut), true).kind == Answer::Kind::incomplete) std::abort();
    }
    for (const char c : whole.text)
        if (c < 0x20 || c == 0x7F) std::abort();
    return 0;
}
