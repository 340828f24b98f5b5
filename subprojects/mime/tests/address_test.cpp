// Addresses and dates: the examples of RFC 5322 and what real mail adds. Header fields.
#include "mime/address.hpp"

#include <gtest/gtest.h>

#include "corpus.hpp"
#include "mime/date.hpp"
#include "mime/header.hpp"

namespace {

/// "name <route:mailbox|host>" of each, groups as "name:" and ";".
std::string show(std::string_view value) {
    std::string out;
    for (const mime::Address& address : mime::parse_addresses(value)) {
        if (!out.empty()) out += ", ";
        if (address.kind == mime::Address::Kind::group_start) {
            out += address.name + ":";
        } else if (address.kind == mime::Address::Kind::group_end) {
            out += ";";
        } else {
            out += address.name + "<" + address.route + (address.route.empty() ? "" : ":") + address.mailbox +
                   "|" + address.host + ">";
        }
    }
    return out;
}

TEST(Addresses, of_rfc_5322) {
    const std::pair<const char*, const char*> rows[] = {
        // Appendix A.1.2
        {"\"Joe Q. Public\" <john.q.public@example.com>", "Joe Q. Public<john.q.public|example.com>"},
        {"Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>",
         "Mary Smith<mary|x.test>, <jdoe|example.org>, Who?<one|y.test>"},
        {"<boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>",
         "<boss|nil.test>, Giant; \"Big\" Box<sysservices|example.net>"},
        // Appendix A.1.3
        {"A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;",
         "A Group:, Ed Jones<c|a.test>, <joe|where.test>, John<jdoe|one.test>, ;"},
        {"Undisclosed recipients:;", "Undisclosed recipients:, ;"},
        // Appendix A.5
        {"Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>", "Pete<pete|silly.test>"},
        {"A Group(Some people)\r\n     :Chris Jones <c@(Chris's host.)public.example>,\r\n         "
         "joe@example.org,\r\n  John <jdoe@one.test> (my dear friend); (the end of the group)",
         "A Group:, Chris Jones<c|public.example>, <joe|example.org>, John<jdoe|one.test>, ;"},
        {"(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;", "Hidden recipients:, ;"},
        // Appendix A.6.1
        {"Joe Q. Public <john.q.public@example.com>", "Joe Q. Public<john.q.public|example.com>"},
        {"Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example",
         "Mary Smith<@node.test:mary|example.net>, <jdoe|test.example>"},
        {"<@a.test,@b.test:x@c.test>", "<@a.test,@b.test:x|c.test>"},
        {"a . b @ c . d", "<a.b|c.d>"},
    };
    for (const auto& [in, out] : rows) EXPECT_EQ(show(in), out) << in;
}

TEST(Addresses, as_found_in_the_wild) {
    const std::pair<const char*, const char*> rows[] = {
        {"user@host (Full Name)", "Full Name<user|host>"},
        {"(Full Name) user@host", "Full Name<user|host>"},
        {"root", "<root|>"},
        {"John Doe", "John Doe<|>"},
        {"John Doe jd@example.org", "John Doe<jd|example.org>"},
        {"a@b c@d", "<a|b>, <c|d>"},
        {"<a@b> <c@d>", "<a|b>, <c|d>"},
        {"a@b; c@d", "<a|b>, <c|d>"},
        {"<a@b", "<a|b>"},
        {"<<a@b>>", "<a|b>"},
        {"a@b>", "<a|b>"},
        {"<>", ""},
        {"\"odd local\"@example.org", "<odd local|example.org>"},
        {"\"a@b\" <a@b>", "a@b<a|b>"},
        {"a@b@c", "<a@b|c>"},
        {"user@[192.0.2.1]", "<user|[192.0.2.1]>"},
        {"=?utf-8?Q?J=C3=B6rg?= =?utf-8?Q?M?= <j@m>", "=?utf-8?Q?J=C3=B6rg?= =?utf-8?Q?M?=<j|m>"},
        {"Jörg <j@m>", "Jörg<j|m>"},
        {"\"never closed <a@b>", "<never closed <a@b>|>"},
        {"(never closed", ""},
        {",,,;;;", ""},
        {"group: a@b", "group:, <a|b>, ;"},
        {"g1: a@b;, g2:;", "g1:, <a|b>, ;, g2:, ;"},
        {"\"Doe, John\" <jd@example.org>", "Doe, John<jd|example.org>"},
        {"", ""},
    };
    for (const auto& [in, out] : rows) EXPECT_EQ(show(in), out) << in;
    EXPECT_EQ(mime::parse_addresses("a@b,a@b,a@b,a@b", 2).size(), 2U);
}

TEST(Dates, of_rfc_5322_and_of_the_wild) {
    const struct {
        const char* in;
        std::int64_t seconds;
        int zone;
    } rows[] = {
        {"Fri, 21 Nov 1997 09:55:06 -0600", 880'127'706, -360},
        {"Tue, 1 Jul 2003 10:52:37 +0200", 1'057'049'557, 120},
        {"Thu,\r\n      13\r\n        Feb\r\n          1969\r\n      23:32\r\n               -0330 "
         "(Newfoundland Time)",
         -27'723'480, -210},
        {"21 Nov 97 09:55:06 GMT", 880'106'106, 0},
        {"Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", 880'127'706, -360},  // appendix A.5
        {"Thu, 1 Jan 1970 00:00:00 +0000", 0, 0},
        {"Tue, 29 Feb 2000 12:00:00 EST", 951'843'600, -300},
        {"Mon Jul  7 11:22:33 2025", 1'751'887'353, 0},
        {"2025-07-07 11:22:33 +0200", 1'751'880'153, 120},
        {"2025-07-07T11:22:33Z", 1'751'887'353, 0},
        {"Mon, 7-Jul-2025 11:22:33 +0200", 1'751'880'153, 120},
        {"7 Jul 25 11:22 PM", 1'751'930'520, 0},
        {"7 Jul 125 11:22:33 GMT+0200", 1'751'880'153, 120},
        {"Mon, 07 July 2025 11.22.33 +0200", 1'751'880'153, 120},
        {"Mon, 07 Jul 2025 11:22:33 +02:00", 1'751'880'153, 120},
        {"Mon, 07 Jul 2025 11:22:33 -0000", 1'751'887'353, 0},
        {"Mon, 07 Jul 2025 11:22:60 Z", 1'751'887'380, 0},
        {"Mon, 07 Jul 2025 11:22:33 +9999", 1'751'887'353, 0},
    };
    for (const auto& row : rows) {
        const auto date = mime::parse_date(row.in);
        ASSERT_TRUE(date.has_value()) << row.in;
        EXPECT_EQ(date->seconds, row.seconds) << row.in;
        EXPECT_EQ(date->zone_minutes, row.zone) << row.in;
    }
    for (const char* wrong :
         {"", "nonsense", "Mon, 32 Jul 2025 11:22:33 +0200", "Mon, 7 Foo 2025 11:22:33",
          "7 Jul 2025 25:00:00", "7 Jul 99999999 00:00:00", "(((((((((", "0 Jan 2000 00:00:00"}) {
        EXPECT_FALSE(mime::parse_date(wrong).has_value()) << wrong;
    }
}

TEST(Header, fields_and_subsets) {
    const std::string header =
        "From: a@b\r\nX-Long: one\r\n two\r\n\tthree\r\nbad line\r\nfrom : second\r\nTo:c\r\n\r\nrest";
    mime::FieldReader reader(header);
    mime::Field field;
    std::vector<std::string> seen;
    while (reader.next(field)) seen.push_back(std::string(field.name) + "=" + std::string(field.value));
    EXPECT_EQ(seen, (std::vector<std::string>{"From= a@b", "X-Long= one\r\n two\r\n\tthree", "=bad line",
                                              "from= second", "To=c"}));
    const std::string_view head = std::string_view(header).substr(0, header.size() - 4);
    const std::vector<std::string_view> names{"FROM", "x-long"};
    // RFC 9051 section 6.4.5.1: the field names are matched without case, the empty line is always there.
    EXPECT_EQ(mime::header_subset(head, names, false),
              "From: a@b\r\nX-Long: one\r\n two\r\n\tthree\r\nfrom : second\r\n\r\n");
    EXPECT_EQ(mime::header_subset(head, names, true), "bad line\r\nTo:c\r\n\r\n");
    EXPECT_EQ(mime::header_subset(head, {}, true), head);
    EXPECT_EQ(mime::header_subset(head, {}, false), "\r\n");
    EXPECT_EQ(mime::header_subset("A: b\r\n", std::vector<std::string_view>{"b"}, false),
              "");  // no empty line, none added
    EXPECT_EQ(mime::header_subset("A: b\n\n", std::vector<std::string_view>{"a"}, false), "A: b\n\n");
    EXPECT_TRUE(mime::find_field(header, "x-LONG", field));
    EXPECT_EQ(mime::unfold(field.value), " one two\tthree");
    EXPECT_FALSE(mime::find_field(header, "Subject", field));
    for (const auto& message : mime_test::corpus()) {
        const std::string_view octets = message.octets;
        mime::FieldReader all(octets);
        std::size_t bytes = 0;
        while (all.next(field)) {
            ASSERT_EQ(field.offset, bytes);
            bytes += field.octets.size();
        }
        ASSERT_EQ(octets.substr(bytes), all.rest());
    }
}

}  // namespace
