// What one request may cost: ranges of attachments, searches, names that are looked up; and that what it is
// answered is text.
#include "device_stage.hpp"
#include "eas/syntax/ids.hpp"
#include "wbxml/xml.hpp"

namespace eas {
namespace {

namespace search = wbxml::search;
namespace items = wbxml::itemoperations;

std::string letter(std::string_view subject, std::string_view body) {
    std::string out = "From: a@elsewhere.test\r\nTo: anna@example.test\r\nSubject: ";
    out.append(subject).append("\r\nContent-Type: text/plain\r\n\r\n").append(body);
    return out;
}

std::string with_file(std::size_t octets) {
    return "From: a@elsewhere.test\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
           "--x\r\n\r\nsee there\r\n--x\r\nContent-Type: application/pdf\r\n\r\n" +
           std::string(octets, 'P') + "\r\n--x--\r\n";
}

class RequestBounds : public testing::Test {
protected:
    static void write_fetch(wbxml::Encoder& to, ItemId item) {
        to.open(items::fetch);
        to.text(items::store, "Mailbox");
        to.text(wbxml::airsync::collection_id, write_folder_id(item.folder));
        to.text(wbxml::airsync::server_id, write_item_id(item));
        to.close();
    }
    static std::vector<std::string> fetch_statuses(const std::string& body) {
        std::vector<std::string> out;
        const wbxml::Document answer(body);
        for (const wbxml::Element one : answer.root().child(items::response))
            out.emplace_back(one.child(items::status).text());
        return out;
    }
    struct Found {
        std::string range, total;
        std::size_t results = 0;
    };
    Found find(DeviceStage& stage, bool by_word) {
        std::string body;
        wbxml::Encoder to(body);
        to.open(search::search);
        to.open(search::store);
        to.text(search::name, "Mailbox");
        to.open(search::query);
        to.open(search::and_);
        to.text(airsync::class_, "Email");
        if (by_word) {
            to.text(search::free_text, "letter");
        } else {
            to.open(search::greater_than);
            to.empty(wbxml::email::date_received);
            to.text(search::value, "1970-01-02T00:00:00.000Z");
            to.close();
        }
        to.close();
        to.close();
        to.open(search::options);
        to.open(wbxml::airsyncbase::body_part_preference);
        to.number(wbxml::airsyncbase::type, 2);
        to.close();
        to.close();
        to.close();
        to.close();
        const auto answered = stage.ask("phone", "Search", body);
        const wbxml::Document read(answered.body);
        const wbxml::Element there = read.root().child(search::response).child(search::store);
        EXPECT_EQ(there.child(search::status).text(), "1") << wbxml::to_xml(read);
        Found out;
        out.range = there.child(search::range).text();
        out.total = there.child(search::total).text();
        for (const wbxml::Element one : there)
            if (one.tag() == search::result && one.child(search::properties)) ++out.results;
        return out;
    }
};

TEST_F(RequestBounds, PartsOfBodiesCountInASearch) {
    Limits limits;
    limits.fetched_bytes_max = 1'500;
    DeviceStage stage(limits);
    for (int i = 0; i < 3; ++i) stage.put(stage.inbox(), letter("A letter", std::string(1'000, 'a')));
    const Found found = find(stage, true);
    EXPECT_EQ(found.results, 1U);
    EXPECT_EQ(found.range, "0-0");
    EXPECT_EQ(found.total, "3");
}

TEST_F(RequestBounds, ASearchEndsBetweenFolders) {
    Limits limits;
    DeviceStage patient(limits);
    limits.answer_time = std::chrono::milliseconds(0);
    DeviceStage stage(limits);
    for (DeviceStage* one : {&patient, &stage})
        for (const auto use : {store::SpecialUse::drafts, store::SpecialUse::sent})
            one->put(one->account()->folders()->find(use)->id, letter("A letter", "text"));
    EXPECT_EQ(find(patient, false).total, "2");
    EXPECT_NE(find(stage, false).total, "2");
}

/// A name that no address is may be anybody; an address that nobody has is nobody.
TEST_F(RequestBounds, AddressesAreToldWithoutTimeForAllPeople) {
    namespace tags = wbxml::resolverecipients;
    Limits limits;
    limits.answer_time = std::chrono::milliseconds(0);
    DeviceStage stage(limits);
    for (int i = 0; i < 500; ++i) {
        const std::string name = "u" + std::to_string(i);
        directory::Credentials credentials;
        credentials.password_hash = "hash";
        ASSERT_TRUE(directory::run(stage.services().directory.add_mailbox(
            directory::mailbox_of(name, {name + "@example.test"}), std::move(credentials))));
    }
    const auto statuses = [&](std::string_view other) {
        std::string body;
        wbxml::Encoder to(body);
        to.open(tags::resolve_recipients);
        to.text(tags::to, "anna@example.test");
        to.text(tags::to, other);
        to.close();
        const auto answered = stage.ask("phone", "ResolveRecipients", body);
        const wbxml::Document read(answered.body);
        std::vector<std::string> out{std::string(read.root().child(tags::status).text())};
        for (const wbxml::Element one : read.root())
            if (one.tag() == tags::response) out.emplace_back(one.child(tags::status).text());
        return out;
    };
    EXPECT_EQ(statuses("zoe@elsewhere.test"), (std::vector<std::string>{"1", "1", "4"}));
    EXPECT_EQ(statuses("zoe"), std::vector<std::string>{"6"});
}

std::string resolve_request(std::size_t names) {
    namespace tags = wbxml::resolverecipients;
    std::string body;
    wbxml::Encoder to(body);
    to.open(tags::resolve_recipients);
    for (std::size_t i = 0; i < names; ++i) to.text(tags::to, "nobody" + std::to_string(i));
    to.text(tags::to, "ann");
    to.close();
    return body;
}

TEST_F(RequestBounds, AllNamesAreLookedForInOneWalk) {
    namespace tags = wbxml::resolverecipients;
    DeviceStage stage;
    const auto steps = [&](std::size_t names) {
        const std::uint64_t before = stage.engine().steps();
        const auto answered = stage.ask("phone", "ResolveRecipients", resolve_request(names));
        const wbxml::Document read(answered.body);
        std::size_t answers = 0;
        std::string last;
        for (const wbxml::Element one : read.root()) {
            if (one.tag() != tags::response) continue;
            ++answers;
            last = one.child(tags::recipient).child(tags::email_address).text();
        }
        EXPECT_EQ(answers, names + 1);
        EXPECT_EQ(last, "anna@example.test");
        return stage.engine().steps() - before;
    };
    steps(1);  // the device is known then
    EXPECT_EQ(steps(90), steps(1));
}

TEST_F(RequestBounds, RangesOfAttachmentsAreReadSoOften) {
    Limits limits;
    limits.attachments_read_max = 3'500;
    DeviceStage stage(limits);
    const ItemId mail = stage.put(stage.inbox(), with_file(1'000));
    std::string body;
    wbxml::Encoder to(body);
    to.open(items::item_operations);
    for (int i = 0; i < 5; ++i) {
        to.open(items::fetch);
        to.text(items::store, "Mailbox");
        to.text(wbxml::airsyncbase::file_reference, write_part_id({mail, 2}));
        to.open(items::options);
        to.text(items::range, "10-11");
        to.close();
        to.close();
    }
    to.close();
    const auto answered = stage.ask("phone", "ItemOperations", body);
    EXPECT_EQ(fetch_statuses(answered.body), (std::vector<std::string>{"1", "1", "1", "11", "11"}));
}

TEST_F(RequestBounds, WhatThereIsNoTimeForIsNotFetched) {
    Limits limits;
    limits.answer_time = std::chrono::milliseconds(0);
    DeviceStage stage(limits);
    const ItemId mail = stage.put(stage.inbox(), letter("A letter", "text"));
    std::string body;
    wbxml::Encoder to(body);
    to.open(items::item_operations);
    write_fetch(to, mail);
    write_fetch(to, mail);
    to.close();
    const auto answered = stage.ask("phone", "ItemOperations", body);
    EXPECT_EQ(fetch_statuses(answered.body), (std::vector<std::string>{"3", "3"}));
}

TEST_F(RequestBounds, AStrangersOctetsAreNoTexts) {
    DeviceStage stage;
    const ItemId mail = stage.put(
        stage.inbox(),
        "From: j\xFCrgen@elsewhere.test\r\nTo: anna@example.test\r\nSubject: \xE4\r\n"
        "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\ntext\r\n--x\r\n"
        "Content-Type: image/png; name=a.png\r\nContent-ID: <\xFC@x>\r\nContent-Location: \xE4.png\r\n\r\n"
        "PNG\r\n--x--\r\n");
    std::string body;
    wbxml::Encoder to(body);
    to.open(items::item_operations);
    write_fetch(to, mail);
    to.close();
    const auto answered = stage.ask("phone", "ItemOperations", body);
    const wbxml::Document read(answered.body);
    const wbxml::Element properties =
        read.root().child(items::response).child(items::fetch).child(items::properties);
    EXPECT_EQ(properties.child(wbxml::email::from).text(), "j\u00FCrgen@elsewhere.test");
    EXPECT_EQ(properties.child(wbxml::email::subject).text(), "\u00E4");
    const wbxml::Element file =
        properties.child(wbxml::airsyncbase::attachments).child(wbxml::airsyncbase::attachment);
    EXPECT_EQ(file.child(wbxml::airsyncbase::content_id).text(), "\u00FC@x");
    EXPECT_EQ(file.child(wbxml::airsyncbase::content_location).text(), "\u00E4.png");
}

}  // namespace
}  // namespace eas
