// The part tree: its stored form and section numbers.
#include "mime/tree.hpp"

#include <gtest/gtest.h>

namespace {

using mime::Kind;
using mime::Part;
using mime::Range;
using mime::Section;

struct Row {
    std::uint32_t parent;
    Kind kind;
    std::uint64_t header_offset, header_bytes, body_bytes;
};

mime::Tree make(std::initializer_list<Row> rows) {
    mime::Tree tree;
    for (const Row& row : rows) {
        Part part;
        part.parent = row.parent;
        part.kind = row.kind;
        part.header_offset = row.header_offset;
        part.header_bytes = row.header_bytes;
        part.body_offset = row.header_offset + row.header_bytes;
        part.body_bytes = row.body_bytes;
        if (row.parent != mime::no_part) {
            part.depth = static_cast<std::uint16_t>(tree.parts[row.parent].depth + 1);
            part.number = 1;
            for (const Part& other : tree.parts) part.number += other.parent == row.parent ? 1U : 0U;
        }
        part.type = row.kind == Kind::leaf ? "text" : row.kind == Kind::message ? "message" : "multipart";
        part.subtype = row.kind == Kind::leaf ? "x-rare" : row.kind == Kind::message ? "rfc822" : "mixed";
        tree.parts.push_back(part);
    }
    for (std::uint32_t i = 0; i < tree.parts.size(); ++i) {
        std::uint32_t end = i + 1;
        while (end < tree.parts.size() && tree.parts[end].depth > tree.parts[i].depth) ++end;
        tree.parts[i].end = end;
    }
    return tree;
}

// The example of RFC 9051 section 6.4.5: 1 text, 2 octet-stream, 3 message(3.1, 3.2), 4 multipart(4.1
// gif, 4.2 message(4.2.1, 4.2.2(…))).
mime::Tree rfc_example() {
    return make({{mime::no_part, Kind::multipart, 0, 10, 1000},
                 {0, Kind::leaf, 12, 3, 20},
                 {0, Kind::leaf, 40, 3, 20},
                 {0, Kind::message, 70, 5, 200},
                 {3, Kind::multipart, 75, 10, 190},
                 {4, Kind::leaf, 90, 2, 30},
                 {4, Kind::leaf, 130, 2, 40},
                 {0, Kind::multipart, 300, 8, 600},
                 {7, Kind::leaf, 310, 2, 40},
                 {7, Kind::message, 360, 4, 400},
                 {9, Kind::multipart, 364, 6, 394},
                 {10, Kind::leaf, 380, 2, 20},
                 {10, Kind::multipart, 410, 2, 300},
                 {12, Kind::leaf, 420, 2, 20},
                 {12, Kind::leaf, 450, 2, 20}});
}

TEST(Tree, reads_back_equal) {
    const mime::Tree tree = rfc_example();
    mime::Tree back;
    ASSERT_TRUE(mime::decode_tree(mime::encode_tree(tree), back));
    EXPECT_EQ(back, tree);
}

TEST(Tree, refuses_damage) {
    const std::string stored = mime::encode_tree(rfc_example());
    mime::Tree tree;
    for (std::size_t bytes = 0; bytes < stored.size(); ++bytes) {
        EXPECT_FALSE(mime::decode_tree(std::string_view(stored).substr(0, bytes), tree)) << bytes;
        EXPECT_TRUE(tree.parts.empty());
    }
    EXPECT_FALSE(mime::decode_tree(stored + "x", tree));
    EXPECT_FALSE(mime::decode_tree("\1\xff\xff\xff\xff\xff\xff\xff\xff\x7f", tree));
}

// RFC 9051 section 6.4.5, "Here is an example of a complex message with some of its part specifiers".
TEST(Tree, finds_the_sections_of_the_rfc) {
    const mime::Tree tree = rfc_example();
    using Numbers = std::vector<std::uint32_t>;
    const struct {
        Numbers numbers;
        Section section;
        std::optional<Range> range;
    } rows[] = {
        {{}, Section::whole, Range{0, 1010}},
        {{}, Section::header, Range{0, 10}},
        {{}, Section::text, Range{10, 1000}},
        {{}, Section::mime, std::nullopt},
        {{1}, Section::whole, Range{15, 20}},
        {{1}, Section::mime, Range{12, 3}},
        {{1}, Section::header, std::nullopt},
        {{1}, Section::text, std::nullopt},
        {{1, 1}, Section::whole, std::nullopt},
        {{3}, Section::whole, Range{75, 200}},
        {{3}, Section::mime, Range{70, 5}},
        {{3}, Section::header, Range{75, 10}},
        {{3}, Section::text, Range{85, 190}},
        {{3, 1}, Section::whole, Range{92, 30}},
        {{3, 2}, Section::mime, Range{130, 2}},
        {{4}, Section::whole, Range{308, 600}},
        {{4}, Section::mime, Range{300, 8}},
        {{4}, Section::header, std::nullopt},
        {{4, 1}, Section::mime, Range{310, 2}},
        {{4, 2, 1}, Section::whole, Range{382, 20}},
        {{4, 2, 2, 2}, Section::whole, Range{452, 20}},
        {{4, 2, 2, 3}, Section::whole, std::nullopt},
        {{5}, Section::whole, std::nullopt},
        {{0}, Section::whole, std::nullopt},
        {{4'000'000'000}, Section::whole, std::nullopt},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(mime::locate(tree, row.numbers, row.section), row.range)
            << testing::PrintToString(row.numbers) << static_cast<int>(row.section);
    }
    for (std::uint32_t part = 1; part < tree.parts.size(); ++part) {
        if (part == 4 || part == 10) continue;  // bodies of messages inside have no number
        EXPECT_EQ(mime::find_part(tree, mime::section_numbers(tree, part)), part);
    }
}

// "Every message has at least one part number. … non-multipart messages … have only part 1".
TEST(Tree, a_message_without_multipart_has_part_one) {
    const mime::Tree text = make({{mime::no_part, Kind::leaf, 0, 10, 90}});
    EXPECT_EQ(mime::locate(text, std::vector<std::uint32_t>{1}, Section::whole), (Range{10, 90}));
    EXPECT_EQ(mime::locate(text, std::vector<std::uint32_t>{1}, Section::mime), (Range{0, 10}));
    EXPECT_EQ(mime::locate(text, std::vector<std::uint32_t>{1, 1}, Section::whole), std::nullopt);
    EXPECT_EQ(mime::locate(text, std::vector<std::uint32_t>{2}, Section::whole), std::nullopt);
    const mime::Tree forwarded =
        make({{mime::no_part, Kind::message, 0, 10, 90}, {0, Kind::leaf, 10, 20, 70}});
    EXPECT_EQ(mime::locate(forwarded, std::vector<std::uint32_t>{1}, Section::whole), (Range{10, 90}));
    EXPECT_EQ(mime::locate(forwarded, std::vector<std::uint32_t>{1}, Section::header), (Range{10, 20}));
    EXPECT_EQ(mime::locate(forwarded, std::vector<std::uint32_t>{1, 1}, Section::whole), (Range{30, 70}));
    EXPECT_EQ(mime::section_numbers(forwarded, 1), (std::vector<std::uint32_t>{1, 1}));
}

// A multipart without parts shows one empty text part, as its BODYSTRUCTURE does.
TEST(Tree, an_empty_multipart_has_an_empty_part) {
    const mime::Tree tree = make({{mime::no_part, Kind::multipart, 0, 10, 90}});
    EXPECT_EQ(mime::locate(tree, std::vector<std::uint32_t>{1}, Section::whole), (Range{100, 0}));
    EXPECT_EQ(mime::locate(tree, std::vector<std::uint32_t>{1, 1}, Section::whole), std::nullopt);
    EXPECT_EQ(mime::locate(tree, std::vector<std::uint32_t>{2}, Section::whole), std::nullopt);
    EXPECT_EQ(mime::find_part(tree, std::vector<std::uint32_t>{1}), mime::no_part);
}

}  // namespace
