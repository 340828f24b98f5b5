// What a message says itself, without the history below it.
#include "eas/mail/new_text.hpp"

#include <string>

#include <gtest/gtest.h>

namespace eas {
namespace {

TEST(NewText, Plain) {
    struct Row {
        const char *text, *wanted;
    };
    const Row rows[] = {
        {"", ""},
        {"Hello\r\nthere\r\n", "Hello\r\nthere"},
        {"Yes.\r\n\r\nOn Monday a wrote:\r\n> Will you?\r\n> b\r\n", "Yes."},
        {"Yes.\r\n\r\nOn Monday, somebody with a long name\r\n<a@b.test> wrote:\r\n\r\n> Will you?\r\n",
         "Yes."},
        {"Yes.\nfor sure\n> quoted\n\n>> more\n\n", "Yes.\nfor sure"},
        {"Yes.\r\n-----Original Message-----\r\nFrom: a\r\n\r\nWill you?\r\n", "Yes."},
        // Somebody answers below: nothing is left out.
        {"> Will you?\r\nYes.\r\n", "> Will you?\r\nYes."},
        {"A wrote:\r\n> Will you?\r\nYes.\r\n> And you?\r\nNo.\r\n",
         "A wrote:\r\n> Will you?\r\nYes.\r\n> And you?\r\nNo."},
        // Nothing of his own.
        {"A wrote:\r\n> Will you?\r\n", "A wrote:\r\n> Will you?\r\n"},
        {"-----Original Message-----\r\nx", "-----Original Message-----\r\nx"},
        {"This is a list:\r\n\r\n> a\r\n", "This is a list:\r\n\r\n> a\r\n"},
    };
    for (const Row& row : rows) EXPECT_EQ(new_part_of_plain(row.text), row.wanted) << row.text;
}

TEST(NewText, Html) {
    struct Row {
        const char *html, *wanted;
    };
    const Row rows[] = {
        {"", ""},
        {"<p>Hello</p>", "<p>Hello</p>"},
        {"<div>Yes.</div><div class=\"gmail_quote\"><div>A wrote:</div><blockquote "
         "class=\"gmail_quote\">Will you?</blockquote></div>",
         "<div>Yes.</div>"},
        {"<p>Yes.</p><DIV class=\"moz-cite-prefix\">A wrote:</DIV> <blockquote type=\"cite\">Will "
         "<blockquote "
         "type=cite>x</blockquote>you?</blockquote><p>&nbsp;</p></body>",
         "<p>Yes.</p>"},
        {"Yes.<div id=\"divRplyFwdMsg\">From: a</div><div>Will you?</div>", "Yes."},
        {"Yes.<div id=\"appendonsend\"></div><hr><div>From: a</div>", "Yes."},
        {"Yes.<hr>\r\n<div><b>From:</b> a</div>Will you?", "Yes."},
        {"One<hr>two<hr><hr><b>From:</b> a", "One<hr>two"},
        {"Yes.<br>-----Original Message-----<br>x", "Yes.<br>"},
        // A quotation that is answered below, or indented text.
        {"<blockquote type=\"cite\">Will you?</blockquote>Yes.",
         "<blockquote type=\"cite\">Will you?</blockquote>Yes."},
        {"Yes. <blockquote>indented</blockquote>", "Yes. <blockquote>indented</blockquote>"},
        {"Top<blockquote type=\"cite\">a</blockquote>between<blockquote type=\"cite\">b</blockquote>",
         "Top<blockquote type=\"cite\">a</blockquote>between"},
        // Nothing of his own; and what is no HTML.
        {"<blockquote type=\"cite\">x</blockquote>", "<blockquote type=\"cite\">x</blockquote>"},
        {"a < b <blockquote", "a < b <blockquote"},
        {"Yes.<blockquote type=\"cite\">never closed", "Yes."},
        {"Yes.<!-- <blockquote type=\"cite\"> --> More", "Yes.<!-- <blockquote type=\"cite\"> --> More"},
    };
    for (const Row& row : rows) EXPECT_EQ(new_part_of_html(row.html), row.wanted) << row.html;
}

/// Once over the text, whatever it is.
TEST(NewText, ManyQuotations) {
    for (const char* piece :
         {"<blockquote type=\"cite\"></blockquote>", "<blockquote type=\"cite\">", "<hr>", "<",
          "</blockquote>", "<div class=\"gmail_quote\">x", "<!--", "> x\n", "a:\n", "\n"}) {
        std::string text;
        while (text.size() < 2U << 20) text += piece;
        EXPECT_LE(new_part_of_html(text).size(), text.size());
        EXPECT_LE(new_part_of_plain(text).size(), text.size());
    }
}

}  // namespace
}  // namespace eas
