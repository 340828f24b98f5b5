#include "fixture.hpp"

namespace directory {
namespace {

using Offices = DirectoryTest;

TEST_F(Offices, AddSetListRemove) {
    add_office("acme", {});
    EXPECT_EQ(error_of(run(directory().add_post_office(office_of("acme")))), Errc::exists);
    EXPECT_EQ(error_of(run(directory().add_post_office(office_of("Not Valid")))), Errc::invalid);
    PostOffice office = office_of("acme");
    office.enabled = false;
    office.mailboxes_max = 7;
    office.quota_bytes_default = 1 << 30;
    EXPECT_TRUE(run(directory().set_post_office(office)));
    reopen({});
    auto found = run(directory().post_office("acme"));
    ASSERT_TRUE(found);
    EXPECT_FALSE(found->enabled);
    EXPECT_EQ(found->mailboxes_max, 7U);
    EXPECT_EQ(found->quota_bytes_default, 1U << 30U);
    add_office("zeta", {});
    auto all = run(directory().post_offices());
    ASSERT_TRUE(all);
    ASSERT_EQ(all->size(), 2U);
    EXPECT_EQ((*all)[0].name, "acme");
    EXPECT_EQ(error_of(run(directory().set_post_office(office_of("none")))), Errc::not_found);
    EXPECT_TRUE(run(directory().remove_post_office("acme")));
    EXPECT_EQ(error_of(run(directory().post_office("acme"))), Errc::not_found);
    EXPECT_EQ(error_of(run(directory().remove_post_office("acme"))), Errc::not_found);
}

TEST_F(Offices, OnlyAnEmptyOneGoes) {
    add_office();
    EXPECT_EQ(error_of(run(directory().remove_post_office("acme"))), Errc::denied);
    const auto account = add("demo", {});
    EXPECT_TRUE(run(directory().remove_domain("example.test")));
    EXPECT_EQ(error_of(run(directory().remove_post_office("acme"))), Errc::denied);
    EXPECT_TRUE(run(directory().remove_mailbox(account)));
    EXPECT_TRUE(run(directory().remove_post_office("acme")));
    auto left = run(engine().list("d/o/", "", 100));
    ASSERT_TRUE(left);
    EXPECT_TRUE(left->empty());
}

TEST_F(Offices, Domains) {
    add_office("acme", {"example.test",
                        "B\xC3\xBC"
                        "cher.example"});
    add_office("other", {"other.test"});
    EXPECT_EQ(error_of(run(directory().add_domain(domain_of("EXAMPLE.test", "other")))), Errc::exists);
    EXPECT_EQ(error_of(run(directory().add_domain(domain_of("new.test", "none")))), Errc::not_found);
    EXPECT_EQ(error_of(run(directory().add_domain(domain_of("under_score.test")))), Errc::invalid);
    EXPECT_EQ(error_of(run(directory().add_domain(domain_of("not valid")))), Errc::invalid);
    auto mine = run(directory().domains("acme"));
    ASSERT_TRUE(mine);
    ASSERT_EQ(mine->size(), 2U);
    EXPECT_EQ((*mine)[0].name, "example.test");
    EXPECT_EQ((*mine)[1].name, "xn--bcher-kva.example");
    EXPECT_EQ(run(directory().domains(""))->size(), 3U);
    EXPECT_EQ(run(directory().domains("other"))->size(), 1U);  // the refused one left nothing on its list
    EXPECT_TRUE(
        *run(directory().is_local_domain("b\xC3\xBC"
                                         "cher.EXAMPLE")));
    EXPECT_FALSE(*run(directory().is_local_domain("foreign.test")));

    Domain moved = domain_of("example.test", "other");
    EXPECT_EQ(error_of(run(directory().set_domain(moved))), Errc::invalid);
    add("demo", {"demo@example.test"});
    EXPECT_EQ(error_of(run(directory().remove_domain("example.test"))), Errc::denied);
    EXPECT_TRUE(
        run(directory().remove_domain("b\xC3\xBC"
                                      "cher.example")));
    EXPECT_EQ(error_of(run(directory().remove_domain("b\xC3\xBC"
                                                     "cher.example"))),
              Errc::not_found);
    EXPECT_FALSE(
        *run(directory().is_local_domain("b\xC3\xBC"
                                         "cher.example")));
    EXPECT_EQ(run(directory().domains("acme"))->size(), 1U);
}

TEST_F(Offices, CatchAllStaysInItsOffice) {
    add_office();
    add_office("other", {"other.test"});
    add("thief", {"thief@other.test"}, "other");
    add("demo", {"demo@example.test"});
    Domain domain = domain_of("example.test");
    domain.catch_all = "thief@other.test";
    EXPECT_EQ(error_of(run(directory().set_domain(domain))), Errc::invalid);
    domain.catch_all = "nobody@example.test";
    EXPECT_EQ(error_of(run(directory().set_domain(domain))), Errc::invalid);
    domain.catch_all = "demo@example.test";
    EXPECT_TRUE(run(directory().set_domain(domain)));
}

}  // namespace
}  // namespace directory
