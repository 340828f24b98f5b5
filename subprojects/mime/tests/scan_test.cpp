// The SIMD scans say what the plain one says: any octets, at any alignment, of any length, from any state.
#include "scan.hpp"

#include <cstdint>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace {

using mime::Facts;
using mime::ScanWay;

struct Answer {
    std::size_t stop = 0;
    std::uint64_t lines = 0;
    bool eight_bit = false;
    bool nul = false;
    bool operator==(const Answer&) const = default;
};

Answer ask(const ScanWay& way, std::string_view text, bool stop, bool line_start) {
    Facts facts;
    Answer answer;
    answer.stop = way.scan(text.data(), text.size(), stop, line_start, facts);
    answer.lines = facts.lines;
    answer.eight_bit = facts.eight_bit;
    answer.nul = facts.nul;
    return answer;
}

/// By the definition, without the code under test.
Answer expected(std::string_view text, bool stop, bool line_start) {
    Answer answer;
    for (; answer.stop < text.size(); ++answer.stop) {
        const char c = text[answer.stop];
        if (stop && line_start && c == '-') break;
        line_start = c == '\n';
        if (line_start) ++answer.lines;
        if (static_cast<unsigned char>(c) > 127) answer.eight_bit = true;
        if (c == '\0') answer.nul = true;
    }
    return answer;
}

/// All ways, from all four states, on octets that end where their memory ends (AddressSanitizer looks on).
void compare(const std::string& text, std::size_t from) {
    const std::string_view view = std::string_view(text).substr(from);
    for (const bool stop : {false, true}) {
        for (const bool line_start : {false, true}) {
            const Answer wanted = expected(view, stop, line_start);
            for (const ScanWay& way : mime::scan_ways()) {
                ASSERT_EQ(ask(way, view, stop, line_start), wanted)
                    << way.name << " stop " << stop << " line start " << line_start << " offset " << from
                    << " size " << view.size();
            }
        }
    }
}

/// Octets of which \p rare in a thousand matter to the scan.
std::string random_text(std::mt19937& random, std::size_t size, unsigned rare) {
    std::string text(size, 'a');
    for (char& c : text) {
        const auto draw = static_cast<unsigned>(random());
        c = static_cast<char>('a' + draw % 26);
        if (draw / 32 % 1'000 >= rare) continue;
        constexpr std::string_view special("\n\n\n--\r\0\x80\xff\x0b\x7f", 11);
        c = special[draw / 65'536 % special.size()];
    }
    return text;
}

TEST(Scan, has_every_way_of_this_processor) {
    const auto ways = mime::scan_ways();
    ASSERT_GE(ways.size(), 2U);
    EXPECT_EQ(ways.back().name, "octets");
#if defined(__x86_64__)
    EXPECT_GE(ways.size(), 3U);
#endif
}

TEST(Scan, every_alignment_and_length) {
    std::mt19937 random(1);
    for (std::size_t size = 0; size <= 200; ++size) {
        for (std::size_t from = 0; from < 64; ++from) {
            const std::string text = random_text(random, from + size, from % 2 == 0 ? 15 : 200);
            compare(text, from);
            if (HasFatalFailure()) return;
        }
    }
}

TEST(Scan, one_octet_that_matters_at_every_place) {
    for (const std::string_view mark :
         {std::string_view("\n-"), std::string_view("-"), std::string_view("\n"), std::string_view("\0", 1),
          std::string_view("\x80"), std::string_view("\xff")}) {
        for (const std::size_t size : {63U, 64U, 65U, 127U, 128U, 131U, 200U}) {
            for (std::size_t at = 0; at + mark.size() <= size; ++at) {
                std::string text(size, 'x');
                text.replace(at, mark.size(), mark);
                compare(text, 0);
                // What is behind a dash line is not of the answer.
                if (at > 2) text.replace(0, 2, "\n-");
                compare(text, 0);
                if (HasFatalFailure()) return;
            }
        }
    }
}

TEST(Scan, long_texts) {
    std::mt19937 random(2);
    for (int round = 0; round < 200; ++round) {
        const std::size_t size = random() % 20'000;
        compare(random_text(random, size,
                            round % 3 == 0   ? 0
                            : round % 3 == 1 ? 1
                                             : 30),
                random() % (size + 1));
        if (HasFatalFailure()) return;
    }
}

}  // namespace
