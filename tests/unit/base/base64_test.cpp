#include "base/base64.hpp"

#include <gtest/gtest.h>

namespace {

TEST(Base64, reads_what_it_wrote) {
    // RFC 4648 section 10
    const std::pair<const char*, const char*> vectors[] = {
        {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}};
    for (const auto& [octets, text] : vectors) {
        EXPECT_EQ(base::base64_encode(octets), text);
        EXPECT_EQ(base::base64_decode(text), octets);
    }
    const std::string all("\0\xFF\x80u\0p", 6);
    EXPECT_EQ(base::base64_decode(base::base64_encode(all)), all);
}

TEST(Base64, refuses_what_is_none) {
    for (const char* text :
         {"Zg", "Zg=", "Z", "Zg==\t", " Zg==", "Zh==", "Zg==Zg==", "Zm9v\r\n", "Zm-v", "===="})
        EXPECT_FALSE(base::base64_decode(text)) << text;
}

}  // namespace
