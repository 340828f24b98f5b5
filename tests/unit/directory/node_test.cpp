// Which server has a mailbox: of mailbox, domain and post office the nearest that says so.
#include "fixture.hpp"

namespace directory {
namespace {

class Nodes : public DirectoryTest {
protected:
    Nodes() {
        add_office();
        account_ = add("demo", {"demo@example.test"});
    }
    void mailbox(std::string node) {
        auto found = run(directory().mailbox(account_));
        ASSERT_TRUE(found);
        found->node = std::move(node);
        ASSERT_TRUE(run(directory().set_mailbox(*found)));
    }
    void domain(std::string node) {
        Domain domain = domain_of("example.test");
        domain.node = std::move(node);
        ASSERT_TRUE(run(directory().set_domain(domain)));
    }
    void office(std::string node) {
        PostOffice office = office_of("acme");
        office.node = std::move(node);
        ASSERT_TRUE(run(directory().set_post_office(office)));
    }
    std::string node() {
        reopen(options_);  // as it is stored
        const auto login = run(directory().login("demo@example.test"));
        const auto route = run(directory().route("demo+detail@example.test"));
        if (!login || !route) return "nothing";
        EXPECT_EQ(login->node, route->node);
        return login->node;
    }
    base::AccountId account_;
};

TEST_F(Nodes, TheNearestCounts) {
    EXPECT_EQ(node(), "");
    office("b1");
    EXPECT_EQ(node(), "b1");
    domain("b2");
    EXPECT_EQ(node(), "b2");
    mailbox("b3");
    EXPECT_EQ(node(), "b3");
    mailbox("here");
    EXPECT_EQ(node(), "");
    mailbox("");
    domain("");
    EXPECT_EQ(node(), "b1");
    office("");
    EXPECT_EQ(node(), "");
}

TEST_F(Nodes, TheDomainIsThatOfThePrimaryAddress) {
    ASSERT_TRUE(run(directory().add_domain(domain_of("other.test"))));
    auto found = run(directory().mailbox(account_));
    ASSERT_TRUE(found);
    found->addresses = {"demo@other.test", "demo@example.test"};
    ASSERT_TRUE(run(directory().set_mailbox(*found)));
    domain("b2");
    EXPECT_EQ(node(), "");
}

TEST_F(Nodes, NamesAreChecked) {
    EXPECT_TRUE(is_node_name(""));
    EXPECT_TRUE(is_node_name("Mail-1.example_x"));
    EXPECT_FALSE(is_node_name("a b"));
    EXPECT_FALSE(is_node_name("a/b"));
    EXPECT_FALSE(is_node_name(std::string(65, 'a')));
    PostOffice office = office_of("acme");
    office.node = "a b";
    EXPECT_TRUE(run(directory().set_post_office(office)).error().is(Errc::invalid));
    office.name = "other";
    EXPECT_TRUE(run(directory().add_post_office(office)).error().is(Errc::invalid));
    Domain domain = domain_of("example.test");
    domain.node = "a b";
    EXPECT_TRUE(run(directory().set_domain(domain)).error().is(Errc::invalid));
    domain.name = "more.test";
    EXPECT_TRUE(run(directory().add_domain(domain)).error().is(Errc::invalid));
    auto found = run(directory().mailbox(account_));
    ASSERT_TRUE(found);
    found->node = "a b";
    EXPECT_TRUE(run(directory().set_mailbox(*found)).error().is(Errc::invalid));
}

}  // namespace
}  // namespace directory
