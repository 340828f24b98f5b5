#include "config/value.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "config/keys.hpp"

namespace config {
namespace {

std::int64_t number(Type type, std::string_view text) {
    const auto value = value_of(type, Bounds(), text);
    return value ? value->number : -1;
}

TEST(Value, Sizes) {
    EXPECT_EQ(number(Type::size, "64MiB"), 64LL << 20);
    EXPECT_EQ(number(Type::size, "64 MiB"), 64LL << 20);
    EXPECT_EQ(number(Type::size, "1GiB512MiB"), (1LL << 30) + (512LL << 20));
    EXPECT_EQ(number(Type::size, "10kB"), 10'000);
    EXPECT_EQ(number(Type::size, "7B"), 7);
    for (const char* bad : {"", "64", "MiB", "64mib", "-1B", "1.5GiB", "64MiB ", "9999999999TiB",
                            "8388608TiB", "1MiB1", "99999999999999999999B"}) {
        EXPECT_EQ(number(Type::size, bad), -1) << bad;
    }
    EXPECT_EQ(value_of(Type::size, Bounds(), 4096)->number, 4096);
}

TEST(Value, Durations) {
    EXPECT_EQ(number(Type::duration, "30m"), 1'800'000);
    EXPECT_EQ(number(Type::duration, "1h30m"), 5'400'000);
    EXPECT_EQ(number(Type::duration, "250ms"), 250);
    EXPECT_EQ(number(Type::duration, "2w"), 14LL * 86'400'000);
    for (const char* bad : {"", "30", "m", "-3s", "3 hours", "1h30"})
        EXPECT_EQ(number(Type::duration, bad), -1) << bad;
    EXPECT_EQ(value_of(Type::duration, Bounds(), 30)->number, 30'000);
    EXPECT_FALSE(value_of(Type::duration, Bounds(), -1));
    EXPECT_FALSE(value_of(Type::duration, Bounds(), std::numeric_limits<std::int64_t>::max()));
}

TEST(Value, WrittenAsRead) {
    for (const char* text : {"64MiB", "1001B", "3kB", "0B"}) {
        EXPECT_EQ(to_toml(Type::size, *value_of(Type::size, Bounds(), text)), toml_text(text));
    }
    for (const char* text : {"90m", "1d", "250ms", "0s"}) {
        EXPECT_EQ(to_toml(Type::duration, *value_of(Type::duration, Bounds(), text)), toml_text(text));
    }
    EXPECT_EQ(toml_text("a\"b\\c\n\x7F\xC3\xBC"), "\"a\\\"b\\\\c\\u000A\\u007F\xC3\xBC\"");
}

TEST(Value, Bounds) {
    const Bounds bounds{10, 20, {}};
    EXPECT_TRUE(value_of(Type::count, bounds, 10));
    EXPECT_TRUE(value_of(Type::count, bounds, 20));
    EXPECT_EQ(value_of(Type::count, bounds, 9).error().why(), "must be at least 10");
    EXPECT_EQ(value_of(Type::count, bounds, 21).error().why(), "must be at most 20");
    EXPECT_EQ(value_of(Type::choice, Bounds{0, 0, "one two"}, "three").error().why(),
              "must be one of one, two");
}

TEST(Value, Nearest) {
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
    EXPECT_EQ(edit_distance("", "abc"), 3U);
    const std::vector<std::string> known{"hostname", "store.path", "store.cache"};
    EXPECT_EQ(nearest("hostnam", known), "hostname");
    EXPECT_EQ(nearest("store.pth", known), "store.path");
    EXPECT_EQ(nearest("completely_different", known), "");
}

TEST(Keys, EveryDefaultIsValidAndDocumented) {
    for (const Key& key : keys()) {
        SCOPED_TRACE(key.name);
        EXPECT_FALSE(key.doc.empty());
        EXPECT_TRUE(key.doc.ends_with('.')) << key.doc;
        EXPECT_EQ(key.doc.find('|'), std::string_view::npos);
        EXPECT_EQ((key.set != nullptr) + (key.set_listener != nullptr) + (key.set_node != nullptr) +
                      (key.set_milter != nullptr) + (key.set_dnsbl != nullptr) +
                      (key.set_blacklist != nullptr) + (key.set_rule != nullptr) +
                      (key.set_discovery != nullptr) + (key.set_certificate != nullptr),
                  1);
        EXPECT_EQ(key.set_listener != nullptr, key.name.starts_with(listener_prefix));
        if (!key.initial.empty()) {
            const auto value = value_of(key.type, key.bounds, key.initial);
            ASSERT_TRUE(value) << value.error().why();
            EXPECT_EQ(to_toml(key.type, *value), key.type == Type::boolean || key.type == Type::count
                                                     ? std::string(key.initial)
                                                     : toml_text(key.initial));
        }
        EXPECT_EQ(
            std::count_if(keys().begin(), keys().end(), [&](const Key& k) { return k.name == key.name; }), 1);
    }
}

}  // namespace
}  // namespace config
