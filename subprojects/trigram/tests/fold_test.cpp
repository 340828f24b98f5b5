// What every comparison of letters takes for equal must fold to the same units: proven for all characters.
#include "trigram/fold.hpp"

#include <gtest/gtest.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

namespace trigram {
namespace {

std::vector<Unit> units_of(const icu::UnicodeString& text) {
    std::vector<Unit> out;
    for (std::int32_t at = 0; at < text.length(); at = text.moveIndex32(at, 1)) {
        const auto units = fold_character(static_cast<char32_t>(text.char32At(at)));
        out.insert(out.end(), units.begin(), units.end());
    }
    return out;
}
std::vector<Unit> fold_of(std::string_view text) {
    std::vector<Unit> out;
    fold(text, out);
    return out;
}

TEST(Fold, NoComparisonSeesMoreAlikeThanTheIndex) {
    UErrorCode fault = U_ZERO_ERROR;
    const icu::Normalizer2* nfkd = icu::Normalizer2::getNFKDInstance(fault);
    ASSERT_TRUE(U_SUCCESS(fault));
    std::size_t wrong = 0;
    for (UChar32 c = 0; c < 0x110000; ++c) {
        if (!u_isdefined(c) || U_IS_SURROGATE(c) || u_charType(c) == U_PRIVATE_USE_CHAR) continue;
        const icu::UnicodeString self(c);
        const std::vector<Unit> units = units_of(self);
        ASSERT_FALSE(units.empty());
        for (const Unit unit : units) ASSERT_TRUE(unit != 0 && unit < 4096);
        icu::UnicodeString decomposed;
        if (!nfkd->getDecomposition(c, decomposed)) decomposed = self;
        icu::UnicodeString raw;  // one step of it, as UnicodeData.txt has it
        if (!nfkd->getRawDecomposition(c, raw)) raw = self;
        const icu::UnicodeString title(u_totitle(c));
        icu::UnicodeString title_decomposed;  // RFC 5051 section 2
        if (!nfkd->getDecomposition(u_totitle(c), title_decomposed)) title_decomposed = title;
        icu::UnicodeString folded = self;
        folded.foldCase(U_FOLD_CASE_DEFAULT);
        icu::UnicodeString simple(u_foldCase(c, U_FOLD_CASE_DEFAULT));
        for (const auto& other : {decomposed, raw, title, title_decomposed, folded, simple}) {
            if (units_of(other) == units) continue;
            if (++wrong < 20) ADD_FAILURE() << std::hex << c;
        }
        if (c == 0x130) continue;  // its simple lower case drops the dot, which no comparison does
        for (const UChar32 cased : {u_tolower(c), u_toupper(c)})
            if (units_of(icu::UnicodeString(cased)) != units && ++wrong < 20) ADD_FAILURE() << std::hex << c;
    }
    EXPECT_EQ(wrong, 0U);
}

TEST(Fold, TextThatMeansTheSame) {
    EXPECT_EQ(fold_of("Straße"), fold_of("STRASSE"));
    EXPECT_EQ(fold_of("ﬁn"), fold_of("FIN"));
    EXPECT_EQ(fold_of("Ångström"), fold_of("a\u030Angstro\u0308m"));
    EXPECT_EQ(fold_of("ＡＢＣ"), fold_of("abc"));
    EXPECT_EQ(fold_of("ПРИВЕТ"), fold_of("привет"));
    EXPECT_EQ(fold_of("한"), fold_of("\u1112\u1161\u11AB"));
    EXPECT_EQ(fold_of("ΣΊΣΥΦΟΣ"), fold_of("σίσυφος"));
    EXPECT_NE(fold_of("漢"), fold_of("字"));
}

TEST(Fold, OctetsThatAreNoText) {
    const auto broken = [](std::string_view text, std::size_t at) {
        return fold_of(text).at(at) == broken_unit;
    };
    EXPECT_TRUE(broken("\xFF", 0));
    EXPECT_TRUE(broken("a\xC3", 1));
    EXPECT_TRUE(broken("\xC0\x80", 0));
    EXPECT_TRUE(broken("\xED\xA0\x80", 0));
    EXPECT_TRUE(broken("\xF4\x90\x80\x80", 0));
    EXPECT_TRUE(broken("\xE2\x82z", 0));
    EXPECT_EQ(fold_of("\xE2\x82z").back(), 'z');
    EXPECT_EQ(fold_of(std::string_view("\0", 1)).front(), 1);
}

}  // namespace
}  // namespace trigram
