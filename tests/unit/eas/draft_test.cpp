// What devices write and ask for beyond Sync: drafts, answers in parts, searches, out-of-office answers,
// certificates.
#include "eas/mail/draft.hpp"

#include <gtest/gtest.h>

#include "eas/mail/certificate.hpp"
#include "eas/syntax/multipart.hpp"
#include "eas/syntax/search_request.hpp"
#include "eas/syntax/settings_request.hpp"
#include "mime/index.hpp"
#include "wbxml/encoder.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

/// What `fill` writes, read again.
class Written {
public:
    template <class Fill>
    explicit Written(Fill fill) {
        wbxml::Encoder out(octets_);
        fill(out);
        document_.emplace(octets_);
    }
    wbxml::Element root() const { return document_->root(); }

private:
    std::string octets_;
    std::optional<wbxml::Document> document_;
};

TEST(Draft, BecomesAMessage) {
    namespace base_tags = wbxml::airsyncbase;
    const Written data([](wbxml::Encoder& out) {
        out.open(wbxml::airsync::application_data);
        out.text(wbxml::email::to, "\"Änne, x\" <a@b.test>, c@d.test");
        out.text(wbxml::email::subject, "Grüße\r\nBcc: all@evil.test");
        out.number(wbxml::email::importance, 2);
        out.open(base_tags::body);
        out.number(base_tags::type, 2);
        out.text(base_tags::data, "<b>ä</b>");
        out.close();
        out.open(base_tags::attachments);
        out.open(base_tags::add);
        out.text(base_tags::display_name, "dätä \"1\".bin");
        out.opaque(base_tags::content, std::string_view("\0\1\2", 3));
        out.text(base_tags::content_type, "message/rfc822");
        out.close();
        out.open(base_tags::delete_);
        out.text(base_tags::file_reference, "5:1:2");
        out.close();
        out.close();
        out.close();
    });
    const DraftChanges changes = parse_draft(data.root());
    EXPECT_TRUE(changes.any());
    EXPECT_EQ(changes.files.removed, std::vector<std::string>{"5:1:2"});
    Draft draft;
    draft.from = "me@b.test";
    draft.cc = "before@b.test";
    draft.other_fields =
        other_fields("In-Reply-To: <1@x>\r\nSubject: old\r\nContent-Type: text/plain\r\n\r\n");
    apply(changes, draft);
    EXPECT_EQ(draft.cc, "before@b.test");
    const std::string message = write_draft(draft, base::Random::system());
    const std::string header = message.substr(0, message.find("\r\n\r\n"));
    EXPECT_EQ(header.find("\nBcc:"), std::string::npos);
    EXPECT_NE(header.find("In-Reply-To: <1@x>\r\n"), std::string::npos);
    EXPECT_EQ(header.find("old"), std::string::npos);
    EXPECT_NE(header.find("<a@b.test>,\r\n c@d.test\r\n"), std::string::npos);
    EXPECT_NE(header.find("Importance: high\r\n"), std::string::npos);
    const mime::Index index = mime::index(message);
    ASSERT_GE(index.tree.parts.size(), 5U);  // mixed, alternative, its two, the file
    const mime::Part& file = index.tree.parts.back();
    EXPECT_EQ(file.type + "/" + file.subtype, "application/octet-stream");
    EXPECT_NE(message.find("filename*=utf-8''d%C3%A4t%C3%A4%20%221%22.bin"), std::string::npos);
    EXPECT_NE(message.find("AAEC"), std::string::npos);
}

TEST(Draft, NoLineIsTooLong) {
    Draft draft;
    draft.from = "me@b.test";
    for (int i = 0; i < 300; ++i) draft.subject += "wörd wörd ";
    for (int i = 0; i < 200; ++i) draft.to += (i == 0 ? "" : ", ") + std::string("someone@example.test");
    draft.text = std::string(5'000, 'x');
    const std::string message = write_draft(draft, base::Random::system());
    for (std::size_t at = 0; at < message.size();) {
        const std::size_t end = message.find("\r\n", at);
        ASSERT_NE(end, std::string::npos);
        EXPECT_LE(end - at, 998U);
        at = end + 2;
    }
}

TEST(Multipart, SaysWhereItsPartsAre) {
    const std::string out = write_multipart("wbxml", {"one", "three"});
    const auto number = [&out](std::size_t at) {
        return static_cast<unsigned>(static_cast<unsigned char>(out[at])) |
               static_cast<unsigned>(static_cast<unsigned char>(out[at + 1])) << 8U;
    };
    EXPECT_EQ(number(0), 3U);
    EXPECT_EQ(out.substr(number(4), number(8)), "wbxml");
    EXPECT_EQ(out.substr(number(12), number(16)), "one");
    EXPECT_EQ(out.substr(number(20), number(24)), "three");
    EXPECT_EQ(out.size(), 28U + 13U);
}

template <class Fill>
SearchRequest search_of(std::string_view store, Fill fill) {
    namespace tags = wbxml::search;
    const Written request([&](wbxml::Encoder& out) {
        out.open(tags::search);
        out.open(tags::store);
        out.text(tags::name, store);
        fill(out);
        out.close();
        out.close();
    });
    return parse_search(request.root());
}

TEST(SearchRequest, MailByWordsFoldersAndDates) {
    namespace tags = wbxml::search;
    const SearchRequest found = search_of("Mailbox", [](wbxml::Encoder& out) {
        out.open(tags::query);
        out.open(tags::and_);
        out.text(wbxml::airsync::collection_id, "5");
        out.text(tags::free_text, "one \"two three\" fo*");
        out.open(tags::greater_than);
        out.empty(wbxml::email::date_received);
        out.text(tags::value, "2026-11-01T00:00:00.000Z");
        out.close();
        out.close();
        out.close();
        out.open(tags::options);
        out.text(tags::range, "5-9");
        out.empty(tags::deep_traversal);
        out.close();
    });
    EXPECT_EQ(found.status, search_status::ok);
    EXPECT_EQ(found.mail.words, (std::vector<std::string>{"one", "two three", "fo"}));
    EXPECT_EQ(found.mail.folders, std::vector<base::FolderId>{base::FolderId(5)});
    EXPECT_EQ(found.mail.from, 1'793'491'200);
    EXPECT_FALSE(found.mail.to);
    EXPECT_TRUE(found.mail.deep);
    EXPECT_EQ(found.range.first, 5U);
    EXPECT_EQ(found.range.last, 9U);
}

TEST(SearchRequest, FaultsHaveTheirStatus) {
    namespace tags = wbxml::search;
    const auto query = [](auto fill) {
        return [fill](wbxml::Encoder& out) {
            out.open(tags::query);
            fill(out);
            out.close();
        };
    };
    const auto bare_words = [](wbxml::Encoder& out) { out.text(tags::free_text, "x"); };
    const auto words = [&](wbxml::Encoder& out) {
        out.open(tags::and_);
        bare_words(out);
        out.close();
    };
    EXPECT_EQ(search_of("Mailbox", query(bare_words)).status, search_status::too_complex);
    EXPECT_EQ(search_of("Mailbox", query(words)).status, search_status::ok);
    EXPECT_EQ(search_of("Mailbox", [](wbxml::Encoder&) {}).status, search_status::protocol_error);
    EXPECT_EQ(search_of("Mailbox", query([](wbxml::Encoder&) {})).status, search_status::protocol_error);
    EXPECT_EQ(search_of("DocumentLibrary", query(words)).store, SearchRequest::Store::other);
    const auto either = [&](wbxml::Encoder& out) {
        out.open(tags::or_);
        words(out);
        out.close();
    };
    EXPECT_EQ(search_of("Mailbox", query(either)).status, search_status::too_complex);
    const auto deep = [&](wbxml::Encoder& out) {
        for (int i = 0; i < 12; ++i) out.open(tags::and_);
        words(out);
        for (int i = 0; i < 12; ++i) out.close();
    };
    EXPECT_EQ(search_of("Mailbox", query(deep)).status, search_status::too_complex);
    const auto bad_range = [&](wbxml::Encoder& out) {
        query(words)(out);
        out.open(tags::options);
        out.text(tags::range, "9-5");
        out.close();
    };
    EXPECT_EQ(search_of("Mailbox", bad_range).status, search_status::protocol_error);
}

TEST(OutOfOffice, IsReadAsItIsWritten) {
    namespace tags = wbxml::settings;
    OutOfOffice oof;
    oof.state = 2;
    oof.start = "2026-12-01T00:00:00.000Z";
    oof.end = "2026-12-24T00:00:00.000Z";
    oof.internal = {true, "Away ä", "TEXT"};
    oof.external_known = {false, "", "HTML"};
    oof.external_unknown = {false, "", "HTML"};
    const Written written([&](wbxml::Encoder& out) { write_oof(out, oof, "HTML"); });
    EXPECT_EQ(written.root().tag(), tags::get);
    const auto read = parse_oof(written.root());
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, oof);
}

TEST(Certificate, WhatIsNone) {
    const auto statuses =
        validate_certificates({"nothing", std::string(1'000, '\xff')}, {}, base::SystemTime());
    EXPECT_EQ(statuses, (std::vector<int>{certificate_status::malformed, certificate_status::malformed}));
    EXPECT_EQ(validate_certificates({"nothing"}, {"neither"}, base::SystemTime()),
              std::vector<int>{certificate_status::bad_chain});
}

}  // namespace
}  // namespace eas
