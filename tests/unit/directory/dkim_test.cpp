// Keys that sign a domain's mail.
#include "fixture.hpp"

namespace directory {
namespace {

class DkimKeys : public DirectoryTest {
protected:
    DkimKeys() { add_office(); }
    static DkimKey key(std::string selector, bool active = false) {
        DkimKey out;
        out.selector = std::move(selector);
        out.pem = "pem of " + out.selector;
        out.active = active;
        out.created = 1'795'000'000;
        return out;
    }
    std::string selectors() {
        std::string out;
        const auto keys = run(directory().dkim_keys("Example.test"));
        if (!keys) return "fault";
        for (const DkimKey& one : *keys) out += one.selector + (one.active ? "+ " : " ");
        return out;
    }
};

TEST_F(DkimKeys, are_kept_changed_and_removed) {
    EXPECT_EQ(selectors(), "");
    ASSERT_TRUE(run(directory().add_dkim_key("example.test", key("s2"))));
    ASSERT_TRUE(run(directory().add_dkim_key("example.test", key("s1", true))));
    EXPECT_EQ(run(directory().add_dkim_key("example.test", key("s1"))).error().code(), Errc::exists);
    EXPECT_EQ(selectors(), "s1+ s2 ");
    reopen(options_);
    EXPECT_EQ(selectors(), "s1+ s2 ");
    DkimKey changed = key("s2", true);
    changed.pem = "another";
    changed.testing = true;
    ASSERT_TRUE(run(directory().set_dkim_key("example.test", changed)));
    reopen(options_);
    const auto keys = run(directory().dkim_keys("example.test"));
    ASSERT_TRUE(keys);
    EXPECT_EQ(keys->back().pem, "pem of s2") << "a key itself is never changed";
    EXPECT_TRUE(keys->back().active && keys->back().testing);
    EXPECT_EQ(keys->back().created, 1'795'000'000);
    ASSERT_TRUE(run(directory().remove_dkim_key("example.test", "s1")));
    EXPECT_EQ(run(directory().remove_dkim_key("example.test", "s1")).error().code(), Errc::not_found);
    EXPECT_EQ(selectors(), "s2+ ");
}

TEST_F(DkimKeys, go_with_their_domain) {
    ASSERT_TRUE(run(directory().add_dkim_key("example.test", key("s1"))));
    ASSERT_TRUE(run(directory().remove_domain("example.test")));
    EXPECT_EQ(selectors(), "");
    EXPECT_EQ(run(directory().add_dkim_key("example.test", key("s1"))).error().code(), Errc::not_found);
    ASSERT_TRUE(run(directory().add_domain(domain_of("example.test"))));
    EXPECT_EQ(selectors(), "");
}

TEST_F(DkimKeys, have_bounds) {
    for (const char* selector : {"", "A", "a b", ".a", "a.", "a..b", "\xc3\xa4"})
        EXPECT_EQ(run(directory().add_dkim_key("example.test", key(selector))).error().code(), Errc::invalid)
            << selector;
    for (int i = 0; i < 16; ++i)
        EXPECT_TRUE(run(directory().add_dkim_key("example.test", key("s" + std::to_string(i)))));
    EXPECT_EQ(run(directory().add_dkim_key("example.test", key("more"))).error().code(), Errc::limit);
}

}  // namespace
}  // namespace directory
