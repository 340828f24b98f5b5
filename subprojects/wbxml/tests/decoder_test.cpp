// The decoder takes what MS-ASWBXML allows and nothing else.
#include "wbxml/decoder.hpp"

#include <string>

#include <gtest/gtest.h>

#include "sample.hpp"
#include "wbxml/encoder.hpp"
#include "wbxml/tags.hpp"

namespace wbxml {
namespace {

using namespace std::literals;
using Kind = Event::Kind;

const std::string header("\x03\x01\x6A\x00", 4);

Fault fault_of(std::string_view octets, const DecodeLimits& limits = {}) {
    Decoder in(octets, limits);
    for (;;) {
        const Event event = in.next();
        if (event.kind == Kind::done) return Fault::none;
        if (event.kind == Kind::fault) return in.fault();
    }
}

TEST(Decoder, ReadsASyncRequest) {
    // <Sync><Collections><Collection><SyncKey>0</SyncKey><GetChanges/></Collection></Collections></Sync>
    const std::string octets = header + "\x45\x5C\x4F\x4B\x03"s + "0\0"s + "\x01\x13\x01\x01\x01"s;
    Decoder in(octets);
    const auto expect = [&](Kind kind, Tag tag, std::string_view data = {}) {
        const Event event = in.next();
        EXPECT_EQ(event.kind, kind);
        if (kind != Kind::text) {
            EXPECT_EQ(name(event.tag), name(tag));
        }
        EXPECT_EQ(event.data, data);
        return event.empty;
    };
    EXPECT_FALSE(expect(Kind::start, airsync::sync));
    expect(Kind::start, airsync::collections);
    expect(Kind::start, airsync::collection);
    expect(Kind::start, airsync::sync_key);
    expect(Kind::text, {}, "0");
    expect(Kind::end, airsync::sync_key);
    EXPECT_TRUE(expect(Kind::start, airsync::get_changes));
    expect(Kind::end, airsync::collection);
    expect(Kind::end, airsync::collections);
    expect(Kind::end, airsync::sync);
    EXPECT_EQ(in.next().kind, Kind::done);
    EXPECT_EQ(in.next().kind, Kind::done);
}

TEST(Decoder, ViewsAreOfTheBuffer) {
    const std::string octets = header + "\x00\x15\x45\x50\xC3\x05"s + "\0\x01\xFF<\x03"s + "\x01\x01"s;
    Decoder in(octets);
    in.next();
    in.next();
    const Event event = in.next();
    EXPECT_EQ(event.kind, Kind::opaque);
    EXPECT_EQ(event.data, "\0\x01\xFF<\x03"sv);
    EXPECT_EQ(event.data.data(), octets.data() + 10);
}

TEST(Decoder, TheHeaderIsExact) {
    EXPECT_EQ(fault_of(""), Fault::truncated);
    EXPECT_EQ(fault_of("\x03\x01\x6A"sv), Fault::truncated);
    EXPECT_EQ(fault_of("\x02\x01\x6A\x00\x05"sv), Fault::header);
    EXPECT_EQ(fault_of("\x03\x01\x04\x00\x05"sv), Fault::header) << "ISO 8859-1";
    EXPECT_EQ(fault_of("\x03\x01\x6A\x02hi\x05"sv), Fault::header) << "a string table";
    EXPECT_EQ(fault_of("<?xml version=\"1.0\"?>"), Fault::header);
    EXPECT_EQ(fault_of(header), Fault::no_root);
    EXPECT_EQ(fault_of(header + "\x05"), Fault::none);
}

TEST(Decoder, EveryTokenThatActiveSyncDoesNotUseIsRefused) {
    for (int octet = 0; octet < 256; ++octet) {
        const auto token = static_cast<std::uint8_t>(octet);
        if (token == 0x00 || token == 0x01 || token == 0x03 || token == 0xC3) continue;
        const std::string inside = header + "\x45"s + static_cast<char>(octet) + "\x01\x01\x01\x01"s;
        const bool is_tag = (token & 0x3F) >= 5 && token < 0x80;
        const bool known = is_tag && !name(Tag(0, token)).empty();
        const Fault fault = fault_of(inside);
        if (!is_tag) {
            EXPECT_EQ(fault, Fault::unsupported) << octet;
        } else if (!known) {
            EXPECT_EQ(fault, Fault::unknown_tag) << octet;
        } else {
            EXPECT_TRUE(fault == Fault::no_root || fault == Fault::trailing) << octet;
        }
    }
}

TEST(Decoder, PagesThatDoNotExistAreRefused) {
    for (int page = 0; page < 256; ++page) {
        const bool known = page <= 25 && page != 3;
        const Fault fault = fault_of(header + "\0"s + static_cast<char>(page) + "\x05"s);
        EXPECT_EQ(fault, known ? Fault::none : Fault::unknown_tag) << page;
    }
}

TEST(Decoder, WhatEndsTooEarlyOrTooLateIsRefused) {
    const std::string whole = sample::sync_answer(2);
    ASSERT_EQ(fault_of(whole), Fault::none);
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_NE(fault_of(std::string_view(whole).substr(0, size)), Fault::none) << size;
    EXPECT_EQ(fault_of(whole + '\x01'), Fault::trailing);
    EXPECT_EQ(fault_of(whole + '\0'), Fault::trailing);
    EXPECT_EQ(fault_of(whole + "\x05"), Fault::trailing);
    EXPECT_EQ(fault_of(header + "\x01"), Fault::no_root);
    EXPECT_EQ(fault_of(header + "\x03hi\0"s), Fault::no_root);
    EXPECT_EQ(fault_of(header + "\xC3\x01x"s), Fault::no_root);
}

TEST(Decoder, LengthsOfOpaqueData) {
    const auto length = [&](std::string_view octets) {
        return fault_of(header + "\x45\xC3"s + std::string(octets) + "\x01"s);
    };
    EXPECT_EQ(length("\x00"sv), Fault::none);
    EXPECT_EQ(length("\x80\x80\x01"
                     "a"sv),
              Fault::none)
        << "leading zeros are allowed";
    EXPECT_EQ(length("\x05"
                     "abc"sv),
              Fault::bad_length);
    EXPECT_EQ(length("\xFF\xFF\xFF\xFF\xFF\x01"sv), Fault::bad_length) << "six octets";
    EXPECT_EQ(length("\x90\x80\x80\x80\x00"sv), Fault::bad_length) << "2^32";
    EXPECT_EQ(length("\x8F\xFF\xFF\xFF\x7F"sv), Fault::bad_length) << "2^32 - 1, and nothing behind it";
    EXPECT_EQ(fault_of(header + "\x45\xC3\x81"s), Fault::truncated);
}

TEST(Decoder, LimitsHold) {
    DecodeLimits limits;
    limits.depth_max = 3;
    EXPECT_EQ(fault_of(header + "\x45\x45\x45\x01\x01\x01"s, limits), Fault::none);
    EXPECT_EQ(fault_of(header + "\x45\x45\x45\x05\x01\x01\x01"s, limits), Fault::none)
        << "an empty one is not nested";
    EXPECT_EQ(fault_of(header + "\x45\x45\x45\x45\x01\x01\x01\x01"s, limits), Fault::too_deep);
    limits.depth_max = 1'000'000;
    EXPECT_EQ(fault_of(header + std::string(100'000, '\x45'), limits), Fault::too_deep);
    limits = {};
    limits.tokens_max = 100;
    EXPECT_EQ(fault_of(header + "\x45"s + std::string(99, '\x05') + "\x01", limits), Fault::none);
    EXPECT_EQ(fault_of(header + "\x45"s + std::string(100, '\x05') + "\x01", limits), Fault::too_many);
    std::string pages = header;
    for (int i = 0; i < 200; ++i) pages += "\0\x01"s;
    EXPECT_EQ(fault_of(pages + "\x05", limits), Fault::too_many) << "page after page is work too";
    limits.octets_max = 5;
    EXPECT_EQ(fault_of(header + "\x05", limits), Fault::none);
    EXPECT_EQ(fault_of(header + "\x45\x01", limits), Fault::too_large);
}

TEST(Decoder, SkipReadsToTheEndOfTheElement) {
    const std::string octets = sample::sync_answer(3);
    Decoder in(octets);
    int items = 0;
    for (Event event = in.next(); event.kind != Kind::done; event = in.next()) {
        ASSERT_NE(event.kind, Kind::fault);
        if (event.kind != Kind::start || event.tag != airsync::add) continue;
        ++items;
        const Event end = in.skip();
        EXPECT_EQ(end.kind, Kind::end);
        EXPECT_EQ(end.tag, airsync::add);
    }
    EXPECT_EQ(items, 3);
}

TEST(Decoder, AFaultStays) {
    const std::string octets = header + "\x45\x02\x01\x01";
    Decoder in(octets);
    in.next();
    EXPECT_EQ(in.next().kind, Kind::fault);
    EXPECT_EQ(in.next().kind, Kind::fault);
    EXPECT_EQ(in.fault(), Fault::unsupported);
    EXPECT_EQ(in.offset(), 5u);
    EXPECT_FALSE(describe(in.fault()).empty());
}

}  // namespace
}  // namespace wbxml
