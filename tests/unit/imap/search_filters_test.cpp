// Filters in the place of their names. RFC 5466 section 3.1.
#include "imap/search_filters.hpp"

#include <gtest/gtest.h>

#include "imap/syntax/parse_command.hpp"

namespace {

using imap::SearchProgram;

SearchProgram parse(std::string_view text) {
    auto parsed = imap::parse_search_criteria(text);
    EXPECT_TRUE(parsed) << text;
    return parsed ? *parsed : SearchProgram();
}

/// What comes out, which must be what the text in `expected` is parsed to.
void expect(std::string_view text, const std::map<std::string, std::string>& filters,
            std::string_view expected) {
    SearchProgram program = parse(text);
    std::map<std::string, SearchProgram> parsed;
    for (const auto& [name, value] : filters) parsed.emplace(name, parse(value));
    ASSERT_TRUE(imap::put_filters(program, parsed));
    EXPECT_TRUE(program == parse(expected)) << text;
}

TEST(SearchFilters, stand_where_their_names_stood) {
    expect("SEEN FILTER a DRAFT", {{"a", "FROM b"}}, "SEEN (FROM b) DRAFT");
    expect("OR FILTER a FILTER b", {{"a", "SEEN DRAFT"}, {"b", "FROM c"}}, "OR (SEEN DRAFT) (FROM c)");
    expect("NOT FILTER a SEEN", {{"a", "OR SEEN DRAFT"}}, "NOT (OR SEEN DRAFT) SEEN");
    expect("(FILTER a (FILTER a)) SEEN", {{"a", "DRAFT"}}, "((DRAFT) ((DRAFT))) SEEN");
    expect("FILTER a FILTER b", {{"a", "SEEN"}}, "(SEEN) FILTER b");
    expect("FUZZY FILTER a", {{"a", "FROM x NOT TO y"}}, "FUZZY (FROM x NOT TO y)");
    EXPECT_EQ(imap::filters_in(parse("OR FILTER b FILTER a FILTER b")), (std::vector<std::string>{"b", "a"}));
}

TEST(SearchFilters, are_bounded) {
    std::string many = "ALL";
    for (int i = 0; i < 400; ++i) many += " SEEN";
    SearchProgram program = parse("FILTER a FILTER a FILTER a");
    EXPECT_FALSE(imap::put_filters(program, {{"a", parse(many)}}));
    std::string deep;
    for (int i = 0; i < 20; ++i) deep += "(SEEN ";
    std::string inside = deep + "ALL" + std::string(20, ')');
    program = parse(deep + "FILTER a" + std::string(20, ')'));
    EXPECT_FALSE(imap::put_filters(program, {{"a", parse(inside)}}));
    program = parse("FILTER a");
    EXPECT_TRUE(imap::put_filters(program, {{"a", parse(inside)}}));
}

}  // namespace
