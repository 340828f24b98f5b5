// What DNS must say of a domain, and how what it says is judged.
#include "mta/domain_records.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace mta {
namespace {

using Type = net::RecordType;
using State = RecordCheck::State;

DomainFacts facts() {
    DomainFacts out;
    out.domain = "acme.test";
    out.hostname = "mail.acme.test";
    DomainFacts::Key key;
    key.selector = "s1";
    key.record = "v=DKIM1; k=ed25519; p=" + std::string(43, 'A') + "=";
    key.active = true;
    out.keys.push_back(key);
    out.certificate_digest = std::string(64, 'a');
    out.services.push_back({"imaps", 993});
    return out;
}

WantedRecord wanted(std::string_view name, Type type) {
    const auto records = wanted_records(facts());
    const auto found = std::ranges::find_if(
        records, [&](const WantedRecord& record) { return record.name == name && record.type == type; });
    EXPECT_NE(found, records.end()) << name;
    return found == records.end() ? WantedRecord() : *found;
}

std::string text_data(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += 255) {
        const auto piece = text.substr(at, 255);
        out += static_cast<char>(piece.size());
        out += piece;
    }
    return out;
}

net::DnsAnswer answer(std::vector<std::string> data) {
    net::DnsAnswer out;
    out.state = data.empty() ? net::DnsAnswer::State::no_name : net::DnsAnswer::State::records;
    out.data = std::move(data);
    return out;
}

TEST(DomainRecords, what_is_wanted) {
    EXPECT_EQ(wanted("acme.test", Type::mx).value, "10 mail.acme.test.");
    EXPECT_TRUE(wanted("acme.test", Type::mx).must);
    EXPECT_TRUE(wanted("s1._domainkey.acme.test", Type::txt).must);
    EXPECT_EQ(wanted("_25._tcp.mail.acme.test", Type::tlsa).value, "3 1 1 " + std::string(64, 'a'));
    EXPECT_EQ(wanted("_imaps._tcp.acme.test", Type::srv).value, "0 1 993 mail.acme.test.");
    EXPECT_FALSE(wanted("_imaps._tcp.acme.test", Type::srv).must);
}

TEST(DomainRecords, mx_and_srv_by_their_target) {
    const WantedRecord mx = wanted("acme.test", Type::mx);
    const std::string name(
        "\x04mail\x04"
        "acme\x04test\0",
        16),
        other("\x05other\x04test\0", 12);
    const std::string five("\0\x05", 2);
    EXPECT_EQ(shown_record(Type::mx, five + name), "5 mail.acme.test.");
    EXPECT_EQ(check_record(mx, answer({five + other, five + name})).state, State::good);
    const RecordCheck differs = check_record(mx, answer({five + other}));
    EXPECT_EQ(differs.state, State::differs);
    EXPECT_EQ(differs.found, std::vector<std::string>{"5 other.test."});
    EXPECT_EQ(check_record(mx, answer({})).state, State::missing);
    net::DnsAnswer silent;
    EXPECT_EQ(check_record(mx, silent).state, State::unknown);
    const WantedRecord srv = wanted("_imaps._tcp.acme.test", Type::srv);
    EXPECT_EQ(check_record(srv, answer({std::string("\0\x07\0\x01\x03\xe1", 6) + name})).state, State::good);
    EXPECT_EQ(check_record(srv, answer({std::string("\0\x07\0\x01\x03\xe2", 6) + name})).state,
              State::differs);
}

TEST(DomainRecords, texts_by_what_they_are) {
    const WantedRecord spf = wanted("acme.test", Type::txt);
    EXPECT_EQ(check_record(spf, answer({text_data("other=1")})).state, State::missing);
    EXPECT_EQ(check_record(spf, answer({text_data("v=spf1 include:relay.test -all"), text_data("x")})).state,
              State::good);
    EXPECT_EQ(check_record(spf, answer({text_data("v=spf1 ip4:nonsense")})).state, State::differs);
    EXPECT_EQ(check_record(spf, answer({text_data("v=spf1 -all"), text_data("v=spf1 mx")})).state,
              State::differs);
    const WantedRecord key = wanted("s1._domainkey.acme.test", Type::txt);
    const std::string_view good(key.value.data() + 1, key.value.size() - 2);
    EXPECT_EQ(check_record(key, answer({text_data(good)})).state, State::good);
    std::string changed(good);
    changed[changed.size() - 10] = 'B';
    EXPECT_EQ(check_record(key, answer({text_data(changed)})).why, "it is another key");
    const WantedRecord dmarc = wanted("_dmarc.acme.test", Type::txt);
    EXPECT_EQ(check_record(dmarc, answer({text_data("v=DMARC1; p=none")})).state, State::good);
}

TEST(DomainRecords, malformed_octets_are_shown_and_no_more) {
    EXPECT_EQ(shown_record(Type::tlsa, "x"), "78");
    EXPECT_EQ(shown_record(Type::cname, std::string("\x3f"
                                                    "ab",
                                                    3)),
              "?");
    EXPECT_EQ(shown_record(Type::mx, ""), "0 ?");
}

}  // namespace
}  // namespace mta
