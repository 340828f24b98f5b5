// SIMD in plain functions: AVX2 where the processor has it, else eight octets at a time.
#include "scan.hpp"

#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#define MIME_HAS_AVX2 1
#endif

namespace mime {
namespace {

using Scan = std::size_t (*)(const char*, std::size_t, bool, bool, Facts&);

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

#ifdef MIME_HAS_AVX2
__attribute__((target("avx2,popcnt,bmi"))) std::size_t scan_avx2(const char* data, std::size_t size,
                                                                 bool stop, bool line_start, Facts& facts) {
    const __m256i line_end = _mm256_set1_epi8('\n');
    const __m256i dash = _mm256_set1_epi8('-');
    const __m256i zero = _mm256_setzero_si256();
    __m256i any = zero;
    __m256i least = _mm256_set1_epi8(-1);
    std::uint64_t lines = 0;
    std::uint64_t carry = line_start ? 1 : 0;
    std::size_t i = 0;
    const auto mask = [](__m256i low, __m256i high) __attribute__((target("avx2"))) {
        return static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm256_movemask_epi8(low))) |
               static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm256_movemask_epi8(high))) << 32;
    };
    std::uint64_t last_high = 0;
    std::uint64_t last_nul = 0;
    bool found = false;
    for (; i + 64 <= size; i += 64) {
        const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(data + i));
        const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(data + i + 32));
        const std::uint64_t ends = mask(_mm256_cmpeq_epi8(low, line_end), _mm256_cmpeq_epi8(high, line_end));
        if (stop) {
            const std::uint64_t dashes = mask(_mm256_cmpeq_epi8(low, dash), _mm256_cmpeq_epi8(high, dash));
            const std::uint64_t here = (ends << 1 | carry) & dashes;
            carry = ends >> 63;
            if (here != 0) {
                const auto at = static_cast<unsigned>(std::countr_zero(here));
                const std::uint64_t before = (std::uint64_t{1} << at) - 1;  // at ≤ 63
                lines += static_cast<unsigned>(std::popcount(ends & before));
                last_high = mask(low, high) & before;
                last_nul = mask(_mm256_cmpeq_epi8(low, zero), _mm256_cmpeq_epi8(high, zero)) & before;
                i += at;
                found = true;
                break;
            }
        }
        lines += static_cast<unsigned>(std::popcount(ends));
        any = _mm256_or_si256(any, _mm256_or_si256(low, high));
        least = _mm256_min_epu8(least, _mm256_min_epu8(low, high));
    }
    facts.lines += lines;
    facts.eight_bit |= _mm256_movemask_epi8(any) != 0 || last_high != 0;
    facts.nul |= _mm256_movemask_epi8(_mm256_cmpeq_epi8(least, zero)) != 0 || last_nul != 0;
    if (found) return i;
    return i + scan_words(data + i, size - i, stop, carry != 0, facts);
}
#endif

Scan choose() {
#ifdef MIME_HAS_AVX2
    if (__builtin_cpu_supports("avx2")) return scan_avx2;
#endif
    return scan_words;
}

const Scan scan = choose();

}  // namespace

void count_octets(const char* data, std::size_t size, Facts& facts) { scan(data, size, false, false, facts); }

std::size_t find_dash_line(const char* data, std::size_t size, bool at_line_start, Facts& facts) {
    return scan(data, size, true, at_line_start, facts);
}

}  // namespace mime
