// The index: any cut gives the same, broken mail degrades, bombs stay bounded.
#include "mime/index.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "corpus.hpp"
#include "imap_list.hpp"
#include "mime/imap.hpp"

namespace {

using mime::Index;
using mime::Kind;
using mime_test::sample;

Index in_pieces(std::string_view message, std::size_t piece) {
    mime::Indexer indexer;
    for (std::size_t at = 0; at < message.size(); at += piece) indexer.feed(message.substr(at, piece));
    return indexer.finish();
}

TEST(Index, is_the_same_for_any_cut) {
    for (const auto& message : mime_test::corpus()) {
        const Index whole = mime::index(message.octets);
        for (const std::size_t piece : {1U, 2U, 3U, 7U, 64U, 4096U}) {
            ASSERT_TRUE(in_pieces(message.octets, piece) == whole)
                << message.name << " in pieces of " << piece;
        }
    }
}

TEST(Index, of_all_mail_is_sane) {
    ASSERT_GE(mime_test::corpus().size(), 20U);
    for (const auto& message : mime_test::corpus()) {
        SCOPED_TRACE(message.name);
        const Index index = mime::index(message.octets);
        ASSERT_EQ(index.size, message.octets.size());
        const mime::Part& root = index.tree.parts.at(0);
        ASSERT_EQ(root.header_bytes + root.body_bytes, index.size);
        mime::Tree back;
        ASSERT_TRUE(mime::decode_tree(mime::encode_tree(index.tree), back));
        ASSERT_EQ(back, index.tree);
        const std::string structure = mime::body_structure(index);
        ASSERT_TRUE(mime_test::well_formed_list(structure)) << structure;
        ASSERT_TRUE(mime_test::well_formed_list(mime::envelope(index))) << mime::envelope(index);
        ASSERT_TRUE(mime_test::well_formed_list(mime::envelope_utf8(index.header(0)), true));
        ASSERT_TRUE(mime_test::well_formed_list(mime::body_from_body_structure(structure)));
        for (const mime::Part& part : index.tree.parts) {
            ASSERT_EQ(part.header_offset + part.header_bytes, part.body_offset);
            const std::string_view body =
                std::string_view(message.octets).substr(part.body_offset, part.body_bytes);
            ASSERT_EQ(part.body_lines, static_cast<std::size_t>(std::count(body.begin(), body.end(), '\n')));
        }
    }
}

TEST(Index, counts_and_flags) {
    const Index simple = mime::index(sample("simple.eml"));
    EXPECT_EQ(simple.received_fields, 2U);
    EXPECT_FALSE(simple.eight_bit_header || simple.eight_bit_body || simple.has_nul || simple.bare_lf);
    const Index eight = mime::index(sample("raw-8bit.eml"));
    EXPECT_TRUE(eight.eight_bit_header && eight.eight_bit_body);
    EXPECT_TRUE(mime::index(sample("nul.eml")).has_nul);
    EXPECT_TRUE(mime::index(sample("lf-only.eml")).bare_lf);
    EXPECT_EQ(simple.header_bytes, sample("simple.eml").find("\r\n\r\n") + 4);
}

/// Kinds and bodies of all parts, as a reader would list them.
std::vector<std::string> bodies(const std::string& message) {
    std::vector<std::string> out;
    for (const mime::Part& part : mime::index(message).tree.parts) {
        if (part.kind == Kind::leaf) out.push_back(message.substr(part.body_offset, part.body_bytes));
    }
    return out;
}

using Bodies = std::vector<std::string>;

TEST(Index, broken_multiparts) {
    EXPECT_EQ(bodies(sample("unterminated.eml")), (Bodies{"first", "never ends"}));
    // RFC 2046 section 5.1.1: a line that only begins with the boundary is text.
    EXPECT_EQ(bodies(sample("boundary-prefix.eml")),
              (Bodies{"inside", "after\r\n--fooba\r\nstill after\r\n--foo--x\r\nstill after too"}));
    EXPECT_EQ(bodies(sample("missing-header.eml")),
              (Bodies{"no header here, and no empty line", "", "", ""}));
    EXPECT_EQ(bodies(sample("lf-only.eml")), (Bodies{"one\ntwo"}));
    EXPECT_EQ(bodies(sample("empty-multipart.eml")), Bodies{});
    // Without a boundary nobody knows the parts: all is shown as text.
    EXPECT_EQ(bodies(sample("no-boundary-parameter.eml")).size(), 1U);
}

TEST(Index, broken_headers) {
    EXPECT_EQ(mime::index(sample("no-header.eml")).header_bytes, 0U);
    const Index only = mime::index(sample("header-only.eml"));
    EXPECT_EQ(only.header_bytes, only.size);
    const Index mbox = mime::index(sample("mbox-from.eml"));
    EXPECT_EQ(mbox.keys.base_subject, "saved from an mbox");
    EXPECT_EQ(mbox.tree.parts[0].body_bytes, 6U);
    const Index empty = mime::index("");
    EXPECT_EQ(empty.tree.parts.size(), 1U);
    EXPECT_EQ(empty.size, 0U);
    // One bad line must not turn the rest of the header into text.
    const Index bad = mime::index("From: a@b\r\nthis is no field\r\nSubject: s\r\n\r\nbody");
    EXPECT_EQ(bad.keys.base_subject, "s");
    EXPECT_EQ(bad.tree.parts[0].body_bytes, 4U);
}

TEST(Index, messages_inside) {
    const Index index = mime::index(sample("forwarded.eml"));
    const auto& parts = index.tree.parts;
    ASSERT_EQ(parts.size(), 7U);
    EXPECT_EQ(parts[2].kind, Kind::message);
    EXPECT_TRUE(parts[2].attachment);
    EXPECT_EQ(parts[3].kind, Kind::multipart);
    EXPECT_EQ(parts[5].kind, Kind::message);
    EXPECT_EQ(parts[6].depth, 4);
    const Index digest = mime::index(sample("digest.eml"));  // RFC 2046 section 5.1.5
    ASSERT_EQ(digest.tree.parts.size(), 6U);
    EXPECT_EQ(digest.tree.parts[1].kind, Kind::message);
    EXPECT_EQ(digest.tree.parts[3].type, "text");
    EXPECT_EQ(digest.tree.parts[4].kind, Kind::message);
    EXPECT_EQ(mime::index(sample("encoded-message.eml")).tree.parts.size(), 1U);
}

TEST(Index, sort_keys) {
    const mime::SortKeys keys = mime::index(sample("simple.eml")).keys;
    EXPECT_EQ(keys.base_subject, "Lunch on Thursday");
    EXPECT_TRUE(keys.subject_is_reply);
    EXPECT_TRUE(keys.has_sent);
    EXPECT_EQ(keys.sent, 1751359957);
    EXPECT_EQ(keys.sent_zone, 120);
    EXPECT_EQ(keys.from, (mime::Correspondent{"Anna Example", "anna", "example.org"}));
    EXPECT_EQ(keys.to, (mime::Correspondent{"Bob \"the\" Builder", "bob", "example.test"}));
    EXPECT_EQ(keys.cc.mailbox, "dave");
    EXPECT_EQ(keys.references.size(), 3U);
    EXPECT_EQ(keys.references.back(), keys.in_reply_to);
    EXPECT_NE(keys.message_id, 0U);
}

TEST(Index, previews) {
    EXPECT_EQ(mime::index(sample("simple.eml")).preview, "Yes, at noon.");
    EXPECT_EQ(mime::index(sample("alternative.eml")).preview,
              "Grüße aus Köln, wo die Sonne scheint und der Rhein fließt.");
    EXPECT_EQ(mime::index(sample("html-only.eml")).preview, "Hello & welcome to our <shop> ☃");
    EXPECT_EQ(mime::index(sample("format-flowed-quote.eml")).preview,
              "On Monday, X wrote: all of this was said before");
    EXPECT_EQ(mime::index(sample("attachments.eml")).preview, "Look:");
    EXPECT_EQ(mime::index(sample("latin1-raw.eml")).preview, "déjà vu");
}

}  // namespace
