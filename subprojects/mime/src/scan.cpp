// SIMD in plain functions: AVX2 where the processor has it, SSE2 on any x86-64, else eight octets at a time.
#include "scan.hpp"

#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#define MIME_HAS_SIMD 1
#endif

namespace mime {
namespace {

/// Both questions in one body: \p stop false only counts.
std::size_t scan_octets(const char* data, std::size_t size, bool stop, bool line_start, Facts& facts) {
    for (std::size_t i = 0; i < size; ++i) {
        const char c = data[i];
        if (stop && line_start && c == '-') return i;
        line_start = c == '\n';
        facts.lines += line_start ? 1 : 0;
        facts.eight_bit |= static_cast<unsigned char>(c) >= 0x80;
        facts.nul |= c == '\0';
    }
    return size;
}

std::uint64_t matches(std::uint64_t word, unsigned char octet) {
    constexpr std::uint64_t low = 0x7f7f7f7f7f7f7f7fULL;
    const std::uint64_t x = word ^ (0x0101010101010101ULL * octet);
    return ~(((x & low) + low) | x | low);  // 0x80 in each octet that is equal, exact
}

std::size_t scan_words(const char* data, std::size_t size, bool stop, bool line_start, Facts& facts) {
    std::size_t i = 0;
    for (; i + 8 <= size; i += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, data + i, 8);
        const std::uint64_t ends = matches(word, '\n');
        if (stop) {
            // Little endian or not: an octet that follows a line end and is a dash is rare enough to look for
            // plainly.
            if ((ends != 0 || line_start) && matches(word, '-') != 0) {
                const std::size_t found = scan_octets(data + i, 8, true, line_start, facts);
                if (found < 8) return i + found;
                line_start = data[i + 7] == '\n';
                continue;
            }
            line_start = data[i + 7] == '\n';
        }
        facts.lines += static_cast<unsigned>(std::popcount(ends));
        facts.eight_bit |= (word & 0x8080808080808080ULL) != 0;
        facts.nul |= matches(word, 0) != 0;
    }
    return i + scan_octets(data + i, size - i, stop, line_start, facts);
}

#ifdef MIME_HAS_SIMD
constexpr std::size_t block_bytes = 64;

/// A bit for each octet of a block.
struct Block {
    std::uint64_t ends;
    std::uint64_t dashes;
    std::uint64_t high;
    std::uint64_t nuls;
};

/// How far a block of \p bytes goes: all of it, or up to the dash that opens a line. Adds the facts of what
/// is before.
std::size_t settle(const Block& block, std::size_t bytes, bool stop, std::uint64_t line_start, Facts& facts) {
    const std::uint64_t here = stop ? (block.ends << 1 | line_start) & block.dashes : 0;
    const auto at = static_cast<std::size_t>(std::countr_zero(here));
    const std::uint64_t before = here != 0 ? (std::uint64_t{1} << at) - 1 : ~std::uint64_t{0};
    facts.lines += static_cast<unsigned>(std::popcount(block.ends & before));
    facts.eight_bit |= (block.high & before) != 0;
    facts.nul |= (block.nuls & before) != 0;
    return here != 0 ? at : bytes;
}

/// The last octets, less than a block: they are read again together with octets before them, or in a copy.
std::size_t scan_rest(Block (*read)(const char*), const char* data, std::size_t size, std::size_t at,
                      bool stop, std::uint64_t line_start, Facts& facts) {
    const std::size_t rest = size - at;
    if (rest == 0) return size;
    Block block{};
    if (size >= block_bytes) {
        block = read(data + size - block_bytes);
        const std::size_t seen = block_bytes - rest;
        block = {block.ends >> seen, block.dashes >> seen, block.high >> seen, block.nuls >> seen};
    } else {
        std::array<char, block_bytes> copy;
        copy.fill('x');  // says nothing
        std::memcpy(copy.data(), data + at, rest);
        block = read(copy.data());
    }
    return at + settle(block, rest, stop, line_start, facts);
}

/// Attachments come from memory, not from a cache: asked for this far ahead, across pages as well, they
/// arrive in time. More than the processor does by itself.
constexpr std::size_t ahead = 4'096;

__attribute__((target("avx2"))) inline std::uint64_t bits_avx2(__m256i low, __m256i high) {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm256_movemask_epi8(low))) |
           static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm256_movemask_epi8(high))) << 32;
}

__attribute__((target("avx2"))) inline std::uint64_t equal_avx2(__m256i low, __m256i high, char octet) {
    const __m256i wanted = _mm256_set1_epi8(octet);
    return bits_avx2(_mm256_cmpeq_epi8(low, wanted), _mm256_cmpeq_epi8(high, wanted));
}

__attribute__((target("avx2"))) Block read_avx2(const char* data) {
    const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(data));
    const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(data + 32));
    return {equal_avx2(low, high, '\n'), equal_avx2(low, high, '-'), bits_avx2(low, high),
            equal_avx2(low, high, '\0')};
}

__attribute__((target("avx2,popcnt,bmi"))) std::size_t scan_avx2(const char* data, std::size_t size,
                                                                 bool stop, bool line_start, Facts& facts) {
    const __m256i zero = _mm256_setzero_si256();
    __m256i any = zero;
    __m256i least = _mm256_set1_epi8(-1);
    std::uint64_t lines = 0;
    std::uint64_t carry = line_start ? 1 : 0;
    std::size_t i = 0;
    bool found = false;
    for (; i + block_bytes <= size; i += block_bytes) {
        if (size - i > ahead) _mm_prefetch(data + i + ahead, _MM_HINT_T0);
        const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(data + i));
        const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(data + i + 32));
        const std::uint64_t ends = equal_avx2(low, high, '\n');
        if (stop) {
            found = ((ends << 1 | carry) & equal_avx2(low, high, '-')) != 0;
            if (found) break;
            carry = ends >> 63;
        }
        lines += static_cast<unsigned>(std::popcount(ends));
        any = _mm256_or_si256(any, _mm256_or_si256(low, high));
        least = _mm256_min_epu8(least, _mm256_min_epu8(low, high));
    }
    facts.lines += lines;
    facts.eight_bit |= _mm256_movemask_epi8(any) != 0;
    facts.nul |= _mm256_movemask_epi8(_mm256_cmpeq_epi8(least, zero)) != 0;
    if (found) return i + settle(read_avx2(data + i), block_bytes, stop, carry, facts);
    return scan_rest(read_avx2, data, size, i, stop, carry, facts);
}

struct Quarters {
    __m128i a, b, c, d;
};

Quarters load_sse2(const char* data) {
    const auto* from = reinterpret_cast<const __m128i*>(data);
    return {_mm_loadu_si128(from), _mm_loadu_si128(from + 1), _mm_loadu_si128(from + 2),
            _mm_loadu_si128(from + 3)};
}

std::uint64_t bits_sse2(const Quarters& in) {
    const auto bits = [](__m128i of) { return static_cast<std::uint64_t>(_mm_movemask_epi8(of)); };
    return bits(in.a) | bits(in.b) << 16 | bits(in.c) << 32 | bits(in.d) << 48;
}

Quarters equal_sse2(const Quarters& in, char octet) {
    const __m128i wanted = _mm_set1_epi8(octet);
    return {_mm_cmpeq_epi8(in.a, wanted), _mm_cmpeq_epi8(in.b, wanted), _mm_cmpeq_epi8(in.c, wanted),
            _mm_cmpeq_epi8(in.d, wanted)};
}

Block read_sse2(const char* data) {
    const Quarters in = load_sse2(data);
    return {bits_sse2(equal_sse2(in, '\n')), bits_sse2(equal_sse2(in, '-')), bits_sse2(in),
            bits_sse2(equal_sse2(in, '\0'))};
}

/// Equal octets are -1 each: at most 4 a lane are added, and SAD sums them up. SSE2 has no POPCNT.
__m128i count_sse2(const Quarters& equal) {
    const __m128i sum = _mm_add_epi8(_mm_add_epi8(equal.a, equal.b), _mm_add_epi8(equal.c, equal.d));
    const __m128i zero = _mm_setzero_si128();
    return _mm_sad_epu8(_mm_sub_epi8(zero, sum), zero);
}

std::size_t scan_sse2(const char* data, std::size_t size, bool stop, bool line_start, Facts& facts) {
    const __m128i zero = _mm_setzero_si128();
    __m128i any = zero;
    __m128i least = _mm_set1_epi8(-1);
    __m128i lines = zero;
    std::uint64_t carry = line_start ? 1 : 0;
    std::size_t i = 0;
    bool found = false;
    for (; i + block_bytes <= size; i += block_bytes) {
        if (size - i > ahead) _mm_prefetch(data + i + ahead, _MM_HINT_T0);
        const Quarters in = load_sse2(data + i);
        const Quarters ends = equal_sse2(in, '\n');
        if (stop) {
            const std::uint64_t bits = bits_sse2(ends);
            found = ((bits << 1 | carry) & bits_sse2(equal_sse2(in, '-'))) != 0;
            if (found) break;
            carry = bits >> 63;
        }
        lines = _mm_add_epi64(lines, count_sse2(ends));
        any = _mm_or_si128(any, _mm_or_si128(_mm_or_si128(in.a, in.b), _mm_or_si128(in.c, in.d)));
        least = _mm_min_epu8(least, _mm_min_epu8(_mm_min_epu8(in.a, in.b), _mm_min_epu8(in.c, in.d)));
    }
    facts.lines += static_cast<std::uint64_t>(_mm_cvtsi128_si64(lines)) +
                   static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_unpackhi_epi64(lines, lines)));
    facts.eight_bit |= _mm_movemask_epi8(any) != 0;
    facts.nul |= _mm_movemask_epi8(_mm_cmpeq_epi8(least, zero)) != 0;
    if (found) return i + settle(read_sse2(data + i), block_bytes, stop, carry, facts);
    return scan_rest(read_sse2, data, size, i, stop, carry, facts);
}
#endif

const Scan scan = scan_ways().front().scan;

}  // namespace

std::vector<ScanWay> scan_ways() {
    std::vector<ScanWay> ways;
#ifdef MIME_HAS_SIMD
    if (__builtin_cpu_supports("avx2")) ways.push_back({"avx2", scan_avx2});
    ways.push_back({"sse2", scan_sse2});
#endif
    ways.push_back({"words", scan_words});
    ways.push_back({"octets", scan_octets});
    return ways;
}

void count_octets(const char* data, std::size_t size, Facts& facts) { scan(data, size, false, false, facts); }

std::size_t find_dash_line(const char* data, std::size_t size, bool at_line_start, Facts& facts) {
    return scan(data, size, true, at_line_start, facts);
}

}  // namespace mime
