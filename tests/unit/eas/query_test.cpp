// Queries, user names and ids: what devices write, and what nobody may.
#include "eas/syntax/query.hpp"

#include <gtest/gtest.h>

#include "eas/syntax/ids.hpp"

namespace eas {
namespace {

TEST(Query, Plain) {
    const auto [query, fault] = parse_query(
        "Cmd=Sync&User=anna%40example.org&DeviceId=Appl123&DeviceType=iPhone&SaveInSent=T&CollectionId=5");
    ASSERT_EQ(fault, QueryFault::none);
    EXPECT_EQ(query.command, Command::sync);
    EXPECT_EQ(query.user, "anna@example.org");
    EXPECT_EQ(query.device_id, "Appl123");
    EXPECT_EQ(query.device_type, "iPhone");
    EXPECT_EQ(query.collection_id, "5");
    EXPECT_TRUE(query.save_in_sent);
    EXPECT_FALSE(query.encoded);
}

// MS-ASHTTP section 2.2.1.1.1.1: as a Windows Mail and a Nine have sent it.
TEST(Query, Encoded) {
    const auto [windows, fault] = parse_query("jQAHBBC5KA1Wkp/fDGN0EqhqG2XOBAAAAAALV2luZG93c01haWw=");
    ASSERT_EQ(fault, QueryFault::none);
    EXPECT_EQ(windows.version, 141);
    EXPECT_EQ(windows.command, Command::sync);
    EXPECT_EQ(windows.device_id, "B9280D56929FDF0C637412A86A1B65CE");
    EXPECT_EQ(windows.device_type, "WindowsMail");
    EXPECT_EQ(windows.policy_key, 0U);
    const auto nine = parse_query("jQAJBBBOaW5lMzQyQkEzRjNFNkM2BAAAAAAHQW5kcm9pZAcBAA");
    ASSERT_EQ(nine.fault, QueryFault::none);
    EXPECT_EQ(nine.query.device_id, "Nine342BA3F3E6C6");
    EXPECT_FALSE(nine.query.save_in_sent);
    // Percent-encoded, and with the URL's own letters.
    EXPECT_EQ(parse_query("jQAHBBC5KA1Wkp%2FfDGN0EqhqG2XOBAAAAAALV2luZG93c01haWw%3D").fault,
              QueryFault::none);
    EXPECT_EQ(parse_query("jQAHBBC5KA1Wkp_fDGN0EqhqG2XOBAAAAAALV2luZG93c01haWw").fault, QueryFault::none);
}

TEST(Query, Faults) {
    for (const char* text :
         {"", "!!", "jQ", "jQAHBBC5KA1Wkp", "a=b&c=d", "Cmd=Sync&DeviceId=a&DeviceType=x&User=%01"})
        EXPECT_EQ(parse_query(text).fault, QueryFault::malformed) << text;
    // MS-ASCMD section 2.2.4: statuses 108 and 109. The last is of 12.1, FolderSync, English, and so on.
    for (const char* text :
         {"Cmd=Sync", "Cmd=Sync&DeviceType=x", "Cmd=Sync&DeviceId=&DeviceType=x",
          "Cmd=Sync&DeviceId=a b&DeviceType=x",
          "Cmd=Sync&DeviceId=123456789012345678901234567890123&DeviceType=x", "eQkJBAAAAXg="})
        EXPECT_EQ(parse_query(text).fault, QueryFault::no_device_id) << text;
    for (const char* text : {"Cmd=Sync&DeviceId=a", "Cmd=Sync&DeviceId=a&DeviceType="})
        EXPECT_EQ(parse_query(text).fault, QueryFault::no_device_type) << text;
    EXPECT_EQ(parse_query("Cmd=Sync&DeviceId=a&DeviceType=" + std::string(65, 'x')).fault,
              QueryFault::no_device_type);
    EXPECT_EQ(parse_query("Cmd=Nothing&DeviceId=a&DeviceType=x").fault, QueryFault::no_command);
    EXPECT_EQ(parse_query("Cmd=sync&DeviceId=a&DeviceType=x").fault, QueryFault::no_command);
}

TEST(Query, Users) {
    EXPECT_EQ(parse_user("anna").name, "anna");
    EXPECT_EQ(parse_user("anna@example.org").domain, "");
    EXPECT_EQ(parse_user("EXAMPLE\\anna").name, "anna");
    EXPECT_EQ(parse_user("EXAMPLE\\anna").domain, "example");
}

TEST(Command, Versions) {
    EXPECT_EQ(parse_version("16.1"), 161);
    EXPECT_EQ(parse_version("12.1"), 121);
    for (const char* text : {"", "2.5", "16.2", "16.1 ", "1661", "a6.1"})
        EXPECT_EQ(parse_version(text), 0) << text;
}

TEST(Ids, RoundTrips) {
    const ItemId item{base::FolderId(0x5f3a92c1deULL), base::Uid(4'294'967'295)};
    EXPECT_EQ(parse_item_id(write_item_id(item)), item);
    const PartId part{item, 17};
    EXPECT_EQ(parse_part_id(write_part_id(part)), part);
    EXPECT_LE(write_part_id(part).size(), 64U);
    const AttachmentId file{item, "0123456789abcdef"};
    EXPECT_EQ(parse_attachment_id(write_attachment_id(file)), file);
    EXPECT_FALSE(parse_part_id(write_attachment_id(file)));
    EXPECT_LE(write_attachment_id(file).size(), 64U);
    for (const char* text : {"5:1:@", "5:1:@7", "5:1:@0123456789ABCDEF", "5:1:@0123456789abcdef0",
                             "5:1:@0123456789abcde>", "5:@0123456789abcdef", ":@0123456789abcdef", "5:1:1"})
        EXPECT_FALSE(parse_attachment_id(text)) << text;
    const SyncKey key{0xdeadbeef, 42};
    EXPECT_EQ(parse_sync_key(write_sync_key(key)), key);
    EXPECT_TRUE(parse_sync_key("0")->is_zero());
    for (const char* text :
         {"", ":", "5", "5:", ":5", "5:0", "0:5", "5:-1", "5:4294967296", "5:5:", "g:5", "5: 5"})
        EXPECT_FALSE(parse_item_id(text)) << text;
    for (const char* text : {"", ".", "1", "1.", ".1", "1.0", "1.-1", "123456789.1", "1.1.1", "00"})
        EXPECT_FALSE(parse_sync_key(text)) << text;
}

}  // namespace
}  // namespace eas
