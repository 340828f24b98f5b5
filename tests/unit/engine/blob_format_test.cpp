// Frames of chunks: whatever goes in comes out, whole and in part, and base64 takes no more room than what it
// stands for.
#include "store/engine/rocksdb/blob_format.hpp"

#include <cctype>
#include <dlfcn.h>
#include <random>

#include "base/crc32c.hpp"
#include "store/engine/rocksdb/base64_lines.hpp"
#include "store/engine/rocksdb/crc32c.hpp"
#include "unit/engine/conformance.hpp"

namespace store::engine::rocks {
namespace {

constexpr std::size_t chunk_size = 64 << 10;

/// Opens all of it, and parts by chance.
void expect_kept(std::string_view raw, Codec codec) {
    Chunk chunk;
    chunk.raw_size = static_cast<std::uint32_t>(raw.size());
    const std::string frame = make_frame(raw, chunk);
    EXPECT_EQ(chunk.codec, codec);
    EXPECT_EQ(chunk.stored_size, frame.size());
    std::mt19937 chance(1);
    for (int i = 0; i < 60; ++i) {
        std::size_t from = chance() % (raw.size() + 1), to = chance() % (raw.size() + 1);
        if (i == 0) from = 0, to = raw.size();
        if (i % 3 == 1) to = std::min(from + chance() % 200, raw.size());
        if (from > to) std::swap(from, to);
        std::string out(to - from + 1, '#');
        ASSERT_TRUE(open_frame(frame, chunk, {from, to}, out.data()));
        ASSERT_EQ(out, std::string(raw.substr(from, to - from)) + "#") << from << " to " << to;
    }
    std::string bad = frame;
    bad[bad.size() / 2] = static_cast<char>(bad[bad.size() / 2] ^ 1);
    std::string out(raw.size(), '\0');
    EXPECT_TRUE(open_frame(bad, chunk, {0, raw.size()}, out.data()).error().is(Errc::corrupt));
}

TEST(BlobFormat, AnyChunkComesBackWholeAndInPart) {
    expect_kept("short", Codec::stored);
    expect_kept(random_octets(chunk_size, 1), Codec::stored);
    expect_kept(text_octets(chunk_size, 1), Codec::zstd);
}

TEST(BlobFormat, AnAttachmentTakesTheRoomOfWhatItStandsFor) {
    for (const std::size_t line : {76U, 72U, 64U, 4U, 252U}) {
        const std::string text = base64_text(random_octets(200'000, 2), line);
        for (const std::size_t at : {0U, 1U, 2U, 3U, 70U, 76U, 77U, 78U, 1'000U}) {
            SCOPED_TRACE("lines of " + std::to_string(line) + " from " + std::to_string(at));
            const bool long_lead = line == 252 || line > 4;
            Chunk chunk;
            chunk.raw_size = chunk_size;
            const std::string_view raw = std::string_view(text).substr(at, chunk_size);
            const std::string frame = make_frame(raw, chunk);
            EXPECT_EQ(chunk.codec, Codec::base64);
            if (long_lead) EXPECT_LT(frame.size(), chunk_size / 100 * 76);
            expect_kept(raw, Codec::base64);
        }
    }
}

TEST(BlobFormat, WhatWasTextBeforeItWasEncodedIsCompressedToo) {
    const std::string text = base64_text(text_octets(200'000, 3), 76).substr(5, chunk_size);
    expect_kept(text, Codec::base64_zstd);
    Chunk chunk;
    chunk.raw_size = chunk_size;
    EXPECT_LT(make_frame(text, chunk).size(), chunk_size / 2);
}

TEST(BlobFormat, OnlyWhatReadsBackAsItWasIsTakenForBase64) {
    const std::string good = base64_text(random_octets(45'000, 4), 76);
    const auto packs = [](std::string_view text) { return Base64Lines::pack(text).has_value(); };
    EXPECT_TRUE(packs(good));
    EXPECT_FALSE(packs(base64_text(random_octets(45'000, 4), 76, "\n")));  // its line ends would change
    EXPECT_FALSE(packs(base64_text(random_octets(45'000, 4), 74)));        // never ends a line
    EXPECT_FALSE(packs(""));
    EXPECT_FALSE(packs("\r\n"));
    EXPECT_FALSE(packs("QUJD\r\n"));
    EXPECT_FALSE(packs(std::string(3'000, '\r') + "\n"));
    std::string early = good;
    early[1'000] = '=';
    EXPECT_FALSE(packs(early));
    for (const char c : {'=', '-', '_', ' ', '\0', '\xC3', '\n'}) {
        std::string late = good.substr(0, 60'000);
        late[59'000] = c;
        ASSERT_TRUE(packs(late));
        expect_kept(late, Codec::base64);
    }
}

TEST(BlobFormat, AnyOctetAnywhereInALineIsJudged) {
    const std::string good = base64_text(random_octets(3'000, 6), 76);
    const std::size_t line = 78, before = 42 * line;  // more than three quarters precede it
    for (std::size_t at = 0; at < 76; ++at) {
        for (int octet = 0; octet < 256; ++octet) {
            const char c = static_cast<char>(octet);
            std::string text = good;
            text[before + at] = c;
            const auto form = Base64Lines::pack(text);
            ASSERT_TRUE(form);
            const bool base64 = std::isalnum(static_cast<unsigned char>(octet)) != 0 || c == '+' || c == '/';
            const bool taken = Base64Lines::octets_of(*form) > before / line * 57;
            ASSERT_EQ(taken, base64) << "octet " << octet << " at " << at;
            std::string back(text.size(), '\0');
            Base64Lines::parse(*form, text.size())->write(0, text.size(), back.data());
            ASSERT_EQ(back, text);
        }
    }
}

/// The sizes that cut() makes of it.
std::vector<std::size_t> cuts(std::string_view raw) {
    std::vector<std::size_t> out;
    while (!raw.empty()) {
        out.push_back(Base64Lines::cut(raw));
        raw.remove_prefix(out.back());
    }
    return out;
}

TEST(BlobFormat, AnAttachmentAmongTextIsAChunkOfItsOwn) {
    using Sizes = std::vector<std::size_t>;
    const std::string text = text_octets(4'998, 7) + "\r\n";
    const std::string attachment = base64_text(random_octets(57 * 100, 8), 76);
    const std::string closing = "--=_b--\r\n";
    EXPECT_EQ(cuts(text), Sizes{text.size()});
    EXPECT_EQ(cuts(attachment), Sizes{attachment.size()});
    EXPECT_EQ(cuts(text + attachment), (Sizes{text.size(), attachment.size()}));
    EXPECT_EQ(cuts(text + attachment + closing), (Sizes{text.size(), attachment.size() + closing.size()}));
    EXPECT_EQ(cuts(attachment + text), (Sizes{attachment.size(), text.size()}));
    EXPECT_EQ(cuts(text + attachment + text + attachment),
              (Sizes{text.size(), attachment.size(), text.size(), attachment.size()}));
    const std::string part = "Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n";
    EXPECT_EQ(cuts(part + attachment), Sizes{part.size() + attachment.size()});
    EXPECT_TRUE(Base64Lines::pack(part + attachment));
    const std::string little = base64_text(random_octets(57 * 20, 9), 76);  // less than is worth it
    EXPECT_EQ(cuts(text + little + text), Sizes{2 * text.size() + little.size()});
}

TEST(BlobFormat, CutsOfAnythingAddUp) {
    std::mt19937 chance(10);
    for (int i = 0; i < 300; ++i) {
        std::string raw;
        while (raw.size() < chance() % chunk_size) {
            const std::size_t size = 3 * (chance() % 1'500);
            const std::size_t line = 4 + 4 * (chance() % 30);
            switch (chance() % 3) {
                case 0:
                    raw += base64_text(random_octets(size, static_cast<unsigned>(i)), line);
                    break;
                case 1:
                    raw += text_octets(size, static_cast<unsigned>(i));
                    break;
                default:
                    for (std::size_t n = 0; n < 40; ++n) raw += std::string(chance() % 5, 'A') + "\r\n";
            }
        }
        std::size_t sum = 0;
        for (const std::size_t size : cuts(raw)) {
            ASSERT_GT(size, 0U);
            sum += size;
        }
        ASSERT_EQ(sum, raw.size());
    }
}

TEST(BlobFormat, RocksDbSumsUpWithOurCode) {
    EXPECT_TRUE(own_crc32c_in_use());
    using Extend = std::uint32_t(std::uint32_t, const char*, std::size_t);
    void* const symbol = dlsym(RTLD_NEXT, "_ZN7rocksdb6crc32c6ExtendEjPKcm");
    ASSERT_NE(symbol, nullptr);
    const auto its_own = reinterpret_cast<Extend*>(symbol);
    std::uint32_t before = 0;
    for (const std::size_t size : {0U, 1U, 7U, 8U, 9U, 100U, 383U, 384U, 385U, 5'000U, 65'537U}) {
        const std::string octets = random_octets(size, static_cast<unsigned>(size));
        const std::uint32_t sum = base::crc32c(octets, before);
        EXPECT_EQ(sum, its_own(before, octets.data(), octets.size())) << size;
        before = sum;
    }
}

TEST(BlobFormat, AFormThatCannotBeIsRefused) {
    const std::string raw = base64_text(random_octets(30'000, 5), 76);
    const std::string form = *Base64Lines::pack(raw);
    ASSERT_TRUE(Base64Lines::parse(form, raw.size()));
    EXPECT_FALSE(Base64Lines::parse(form, raw.size() - 1));
    EXPECT_FALSE(Base64Lines::parse(form, raw.size() + 1));
    EXPECT_FALSE(Base64Lines::parse(form, 0));
    for (std::size_t size = 0; size < 300; ++size)
        EXPECT_FALSE(Base64Lines::parse(std::string_view(form).substr(0, size), raw.size()));
    std::mt19937 chance(6);
    for (int i = 0; i < 2'000; ++i) {  // whatever parse() takes must be written without leaving its bounds
        std::string bad = form;
        for (std::size_t n = 0; n < Base64Lines::head_bytes; ++n)
            if (chance() % 2 == 0) bad[n] = static_cast<char>(chance());
        const std::size_t size = chance() % 2 == 0 ? raw.size() : chance() % 70'000;
        const auto parsed = Base64Lines::parse(bad, size);
        if (!parsed) continue;
        std::string out(size, '\0');
        parsed->write(0, size, out.data());
    }
}

}  // namespace
}  // namespace store::engine::rocks
