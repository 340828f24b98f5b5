// Messages as items and as what is sent: parts, texts, addresses, replies.
#include <gtest/gtest.h>

#include "eas/mail/addresses.hpp"
#include "eas/mail/categories.hpp"
#include "eas/mail/draft.hpp"
#include "eas/mail/message_text.hpp"
#include "eas/mail/outgoing_message.hpp"
#include "mime/decode.hpp"
#include "mime/index.hpp"

namespace eas {
namespace {

constexpr std::string_view mixed =
    "From: a@b.test\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
    "--x\r\nContent-Type: multipart/alternative; boundary=y\r\n\r\n"
    "--y\r\nContent-Type: text/plain\r\n\r\nplain\r\n"
    "--y\r\nContent-Type: text/html\r\n\r\n<b>rich</b>\r\n--y--\r\n"
    "--x\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\nPDF\r\n"
    "--x\r\nContent-Type: text/plain\r\n\r\nfooter\r\n"
    "--x\r\nContent-Type: text/plain\r\nContent-Disposition: attachment\r\n\r\nnotes\r\n--x--\r\n";

TEST(Layout, TextsAndAttachments) {
    const mime::Index index = mime::index(mixed);
    const Layout layout = lay_out(index.tree);
    ASSERT_EQ(layout.texts.size(), 2U);
    EXPECT_NE(layout.texts[0].plain, mime::no_part);
    EXPECT_NE(layout.texts[0].html, mime::no_part);
    EXPECT_EQ(layout.texts[1].html, mime::no_part);
    EXPECT_EQ(layout.attachments.size(), 2U);
    const auto octets = [&](std::uint32_t part) {
        return mixed.substr(index.tree.parts[part].body_offset, index.tree.parts[part].body_bytes);
    };
    EXPECT_EQ(text_as(BodyType::plain, index.tree, layout, octets).text, "plain\r\nfooter");
    EXPECT_EQ(text_as(BodyType::html, index.tree, layout, octets).text, "<b>rich</b>footer");
}

/// Some programs call a picture that the text shows an attachment: what stands beside the text tells.
TEST(Layout, WhatStandsBesideTheTextThatShowsIt) {
    const mime::Index index = mime::index(
        "Content-Type: multipart/mixed; boundary=x\r\n\r\n"
        "--x\r\nContent-Type: multipart/alternative; boundary=y\r\n\r\n"
        "--y\r\nContent-Type: text/plain\r\n\r\nplain\r\n"
        "--y\r\nContent-Type: multipart/related; boundary=z\r\n\r\n"
        "--z\r\nContent-Type: text/html\r\n\r\n<img src=cid:a>\r\n"
        "--z\r\nContent-Type: image/png\r\nContent-ID: <a>\r\nContent-Disposition: attachment\r\n\r\nPNG\r\n"
        "--z--\r\n--y--\r\n"
        "--x\r\nContent-Type: image/png\r\nContent-ID: <b>\r\nContent-Disposition: attachment\r\n\r\nPNG\r\n"
        "--x--\r\n");
    const Layout layout = lay_out(index.tree);
    ASSERT_EQ(layout.attachments.size(), 2U);
    EXPECT_EQ(layout.related, std::vector<std::uint32_t>{layout.attachments.front()});
}

TEST(Layout, OfWhatIsNoText) {
    const mime::Index image = mime::index("Content-Type: image/png\r\n\r\nPNG");
    EXPECT_EQ(lay_out(image.tree).attachments.size(), 1U);
    EXPECT_TRUE(lay_out(mime::Tree()).texts.empty());
    const mime::Index secret = mime::index(
        "Content-Type: multipart/signed; boundary=x\r\n\r\n--x\r\n\r\ntext\r\n"
        "--x\r\nContent-Type: application/pkcs7-signature\r\n\r\nsig\r\n--x--\r\n");
    EXPECT_TRUE(lay_out(secret.tree).is_signed);
    EXPECT_EQ(lay_out(secret.tree).attachments.size(), 1U);
}

TEST(Layout, ACalendarThatSpeaksAndOneThatIsAFile) {
    constexpr std::string_view head =
        "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\ntext\r\n--x\r\n";
    const auto calendar_of = [&](std::string_view part) {
        return lay_out(
                   mime::index(std::string(head) + std::string(part) + "\r\n\r\nBEGIN:VCALENDAR\r\n--x--\r\n")
                       .tree)
            .calendar;
    };
    EXPECT_EQ(calendar_of("Content-Type: text/calendar; method=REQUEST"), 2U);
    EXPECT_EQ(calendar_of("Content-Type: text/calendar\r\nContent-Disposition: attachment"), mime::no_part);
    EXPECT_EQ(calendar_of("Content-Type: application/calendar"), mime::no_part);
}

/// What IMAP cannot have in a keyword comes back as it was; other programs' keywords are their own names.
TEST(Categories, AsKeywordsAndBack) {
    for (const std::string name : {"Blue", "Blue category", "Übung (neu)", "a&b", "50%*\"\\]{}", "日本"}) {
        const std::string keyword = keyword_of_category(name);
        EXPECT_TRUE(store::valid_keyword(keyword)) << keyword;
        EXPECT_EQ(category_of_keyword(keyword), name);
    }
    EXPECT_EQ(keyword_of_category("Blue category"), "Blue&ACA-category");
    for (const std::string keyword : {"Blue_category", "NotUTF&7", "&AAE-", "$Label1"})
        EXPECT_EQ(category_of_keyword(keyword), keyword);
}

TEST(Body, ChoiceAndCut) {
    Layout rich;
    rich.texts.push_back({1, 2});
    ItemOptions options;
    EXPECT_EQ(choose_body(options, rich), nullptr);
    options.bodies = {
        {BodyType::plain, 5, false, 0}, {BodyType::html, 5, true, 0}, {BodyType::mime, 5, false, 0}};
    EXPECT_EQ(choose_body(options, rich)->type, BodyType::html);
    EXPECT_EQ(choose_body(options, Layout())->type, BodyType::plain);
    options.mime_support = MimeSupport::signed_only;
    EXPECT_EQ(choose_body(options, rich)->type, BodyType::html);
    rich.is_signed = true;
    EXPECT_EQ(choose_body(options, rich)->type, BodyType::mime);
    const ItemBody cut = make_body(BodyType::plain, std::string("abcdäf"), options.bodies[0]);
    EXPECT_EQ(cut.data, "abcd");
    EXPECT_EQ(cut.size, 7U);
    EXPECT_TRUE(cut.truncated);
    EXPECT_FALSE(make_body(BodyType::html, std::string("abcdef"), options.bodies[1]).has_data);
    const ItemBody whole = make_body(BodyType::html, std::string("abcde"), options.bodies[1]);
    EXPECT_FALSE(whole.truncated);
    EXPECT_TRUE(whole.has_data);
    EXPECT_EQ(whole.data, "abcde");
}

TEST(Addresses, Readable) {
    EXPECT_EQ(readable_addresses("=?utf-8?q?=C3=84nne?= <a@b.test>, c@d.test"),
              "\"Änne\" <a@b.test>, c@d.test");
    EXPECT_EQ(readable_addresses("j\xFCrgen@b.test, Anna <\xE4@b.test>"),
              "j\u00FCrgen@b.test, \"Anna\" <\u00E4@b.test>");
    EXPECT_EQ(read_header_texts("To: j\xFCrgen@b.test\r\n\r\n").display_to, "j\u00FCrgen@b.test");
    const HeaderTexts texts = read_header_texts(
        "To: Anna <a@b.test>, c@d.test\r\nSubject: Re: =?utf-8?b?w6Q=?=\r\nX-Priority: 1 (High)\r\n\r\n");
    EXPECT_EQ(texts.display_to, "Anna;c@d.test");
    EXPECT_EQ(texts.subject, "Re: ä");
    EXPECT_EQ(texts.thread_topic, "ä");
    EXPECT_EQ(texts.importance, 2);
}

TEST(Outgoing, RecipientsAndFields) {
    const std::string message =
        "From: Me <me@b.test>\nTo: a@b.test, A@B.test\nCc: group: c@d.test;\nBcc: e@f.test\n\nText\n";
    const OutgoingFacts facts = read_outgoing(message, 100);
    EXPECT_EQ(facts.recipients, (std::vector<std::string>{"a@b.test", "c@d.test", "e@f.test"}));
    EXPECT_EQ(facts.authors, std::vector<std::string>{"me@b.test"});
    EXPECT_TRUE(read_outgoing(message, 2).too_many);
    const MissingFields missing{"<me@b.test>", "DATE", "<id>"};
    EXPECT_EQ(complete_message(message, missing, false),
              "Date: DATE\r\nMessage-ID: <id>\r\nFrom: Me <me@b.test>\r\nTo: a@b.test, A@B.test\r\n"
              "Cc: group: c@d.test;\r\n\r\nText\r\n");
    EXPECT_NE(complete_message(message, missing, true).find("Bcc:"), std::string::npos);
    EXPECT_EQ(rfc5322_date(0), "Thu, 01 Jan 1970 00:00:00 +0000");
}

TEST(Outgoing, ReplyCarriesTheOriginal) {
    Original original;
    original.plain = "asked";
    original.html = "<i>asked</i>";
    original.from = "Anna <a@b.test>";
    original.message_id = "<1@b.test>";
    original.parts = {"Content-Type: image/png\r\n\r\nPNG"};
    const std::string out = with_original("Subject: Re: x\r\nContent-Type: text/plain\r\n\r\nanswer\r\n",
                                          original, base::Random::system());
    const mime::Index index = mime::index(out);
    const Layout layout = lay_out(index.tree);
    ASSERT_EQ(layout.texts.size(), 1U);
    EXPECT_TRUE(layout.has_html());
    EXPECT_EQ(layout.attachments.size(), 1U);
    EXPECT_NE(out.find("In-Reply-To: <1@b.test>\r\n"), std::string::npos);
    EXPECT_NE(out.find("answer"), std::string::npos);
    EXPECT_NE(out.find("<i>asked</i>"), std::string::npos);
}

TEST(Outgoing, ReferencesOfALongConversation) {
    Original original;
    original.message_id = "<last@b.test>";
    original.references = "<first@b.test> <" + std::string(5'000, 'x') + "@b.test>";
    for (int i = 0; i < 400; ++i) original.references += " <" + std::to_string(i) + "@b.test>";
    const std::string out =
        with_original("Subject: Re: x\r\n\r\nanswer\r\n", original, base::Random::system());
    const std::string header = out.substr(0, out.find("\r\n\r\n"));
    for (std::size_t at = 0; at < header.size();) {
        const std::size_t end = std::min(header.find("\r\n", at), header.size());
        EXPECT_LE(end - at, 998U) << "RFC 5322 section 2.1.1";
        at = end + 2;
    }
    const std::string references = field_of(header, "References");
    EXPECT_EQ(mime::parse_ids(references, SIZE_MAX).size(), 21U);
    EXPECT_TRUE(references.starts_with("<first@b.test> <381@b.test> <382@b.test>")) << references;
    EXPECT_TRUE(references.ends_with("<399@b.test> <last@b.test>")) << references;
    EXPECT_EQ(field_of(header, "In-Reply-To"), "<last@b.test>");
    original.message_id = "<" + std::string(5'000, 'x') + ">";
    EXPECT_EQ(with_original("\r\nanswer\r\n", original, base::Random::system()).find("References"),
              std::string::npos)
        << "what fits no line is no id";
    original.message_id =
        "<gr\xFC\xDF"
        "e@b.test>";
    EXPECT_EQ(with_original("\r\nanswer\r\n", original, base::Random::system()).find("References"),
              std::string::npos)
        << "RFC 5322 section 3.6.4: ASCII";
}

TEST(Outgoing, AHeaderThatEndsWithoutALineEnd) {
    const MissingFields missing{"<me@b.test>", "DATE", "<id>"};
    EXPECT_EQ(complete_message("From: me@b.test\r\nSubject: x", missing, false),
              "Date: DATE\r\nMessage-ID: <id>\r\nFrom: me@b.test\r\nSubject: x\r\n\r\n");
    Original original;
    original.plain = "asked";
    original.message_id = "<1@b.test>";
    const std::string out = with_original("Subject: x", original, base::Random::system());
    EXPECT_TRUE(out.starts_with("Subject: x\r\nIn-Reply-To: <1@b.test>\r\n")) << out;
    EXPECT_EQ(as_part("Content-Type: image/png", "PNG"), "Content-Type: image/png\r\n\r\nPNG");
    EXPECT_EQ(other_fields("Subject: y\r\nX-Mine: z"), "X-Mine: z\r\n");
}

TEST(Outgoing, AFileAloneStaysAFile) {
    const std::string out = with_original(
        "Subject: x\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nUERG\r\n",
        Original(), base::Random::system());
    EXPECT_NE(
        out.find("\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nUERG\r\n"),
        std::string::npos)
        << out;
}

// The files of others are copied as they stand: who knew what parts them could write parts of his own.
TEST(Outgoing, NobodyForeseesWhatPartsAMessage) {
    const std::vector<std::string> parts{"Content-Type: image/png\r\n\r\nPNG"};
    base::SeededRandom random(1);
    const std::string first = write_text_and_parts("text", BodyType::html, parts, random);
    const std::string second = write_text_and_parts("text", BodyType::html, parts, random);
    EXPECT_EQ(first.size(), second.size());
    for (std::size_t at = 0; (at = first.find("boundary=\"", at)) != std::string::npos; at += 10)
        EXPECT_EQ(second.find(first.substr(at + 10, first.find('"', at + 10) - at - 10)), std::string::npos);
    EXPECT_EQ(mime::index(first).tree.parts.size(), 5U);
}

}  // namespace
}  // namespace eas
