// Line ends, text in markup, fingerprints.
#include "base/markup.hpp"

#include <gtest/gtest.h>

#include "base/fingerprint.hpp"
#include "base/line_ends.hpp"

namespace base {
namespace {

TEST(LineEnds, BecomeWhatTheFormatNeeds) {
    EXPECT_EQ(with_crlf("a\nb\r\nc\r\rd\n"), "a\r\nb\r\nc\r\rd\r\n");
    EXPECT_EQ(with_crlf("a\nb\r\nc\r\rd\r", LoneCr::line_end), "a\r\nb\r\nc\r\n\r\nd\r\n");
    EXPECT_EQ(with_lf("a\r\nb\nc\rd\r\n"), "a\nb\nc\rd\n");
}

TEST(Markup, HoldsAnyText) {
    EXPECT_EQ(xml_escaped("a<b> & \"c\"\x01\t\r\n"), "a&lt;b&gt; &amp; &quot;c&quot;\t\n");
}

TEST(Fingerprint, IsFnv) {
    EXPECT_EQ(fingerprint(""), 0xcbf29ce484222325ULL);
    EXPECT_EQ(fingerprint("foobar"), 0x85944171f73967e8ULL);
    EXPECT_EQ(fingerprint("bar", fingerprint("foo")), fingerprint("foobar"));
}

}  // namespace
}  // namespace base
