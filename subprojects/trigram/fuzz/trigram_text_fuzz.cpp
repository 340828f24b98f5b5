// Any text, cut anywhere: what is in it is found. The first octet says where it is cut, the second and third
// which part is looked for.
#include "../tests/index.cpp"  // NOLINT: the tests' own reader

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace trigram;
    if (size < 4) return 0;
    const std::string text(reinterpret_cast<const char*>(data) + 3, size - 3);
    const std::size_t from = data[1] % text.size();
    const std::string needle = text.substr(from, 1 + data[2] % 40);
    const auto segment =
        test::make_segment({{1, {{Field::body, text}}}, {2, {{Field::body, "other"}}}}, data[0]);
    const auto whole = test::make_segment({{1, {{Field::body, text}}}, {2, {{Field::body, "other"}}}});
    if (segment.octets != whole.octets) __builtin_trap();
    std::vector<Unit> in, what;
    fold(text, in);
    fold(needle, what);
    const bool there = std::search(in.begin(), in.end(), what.begin(), what.end()) != in.end();
    if (there && !segment.candidates(needle, Field::body).contains(1)) __builtin_trap();
    if (!there && segment.certain(needle, Field::body).contains(1)) __builtin_trap();
    return 0;
}
