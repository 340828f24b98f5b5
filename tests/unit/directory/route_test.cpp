#include "fixture.hpp"

namespace directory {
namespace {

using RouteTo = DirectoryTest;

TEST_F(RouteTo, AddressesInAnySpelling) {
    add_office();
    const auto demo = add("demo", {"Demo@example.test", "\"john doe\"@example.test"});
    for (const char* text : {"demo@example.test", "DEMO@EXAMPLE.TEST", "\"demo\"@example.test"}) {
        const Route found = route(text);
        EXPECT_EQ(found.kind, Route::Kind::mailbox) << text;
        EXPECT_EQ(found.account, demo);
        EXPECT_EQ(found.address, "Demo@example.test");
    }
    EXPECT_EQ(route("\"John Doe\"@example.test").account, demo);
    EXPECT_EQ(route("nobody@example.test").kind, Route::Kind::unknown_mailbox);
    EXPECT_EQ(route("demo@elsewhere.test").kind, Route::Kind::foreign);
    EXPECT_EQ(route("not an address").kind, Route::Kind::foreign);
    EXPECT_EQ(route("demo@acme").kind, Route::Kind::foreign);  // a login name is not an address
}

// RFC 5233 section 4
TEST_F(RouteTo, Subaddress) {
    add_office();
    const auto demo = add("demo", {"demo@example.test"});
    const auto own = add("own", {"demo+own@example.test"});
    EXPECT_EQ(route("demo+lists@example.test").account, demo);
    EXPECT_EQ(route("demo+lists@example.test").address, "demo@example.test");
    EXPECT_EQ(route("demo+own@example.test").account, own);
    EXPECT_EQ(route("+lists@example.test").kind, Route::Kind::unknown_mailbox);
    EXPECT_TRUE(*run(directory().owns(demo, "DEMO+x@example.test")));
    EXPECT_FALSE(*run(directory().owns(demo, "demo+own@example.test")));
    EXPECT_FALSE(*run(directory().owns(demo, "nobody@example.test")));
    EXPECT_FALSE(*run(directory().owns(demo, "postmaster")));
}

TEST_F(RouteTo, CatchAll) {
    add_office();
    const auto demo = add("demo", {"demo@example.test"});
    const auto other = add("other", {"other@example.test"});
    Domain domain = domain_of("example.test");
    domain.catch_all = "demo@example.test";
    ASSERT_TRUE(run(directory().set_domain(domain)));
    EXPECT_EQ(route("nobody@example.test").account, demo);
    EXPECT_EQ(route("nobody@example.test").address, "demo@example.test");
    EXPECT_EQ(route("other@example.test").account, other);
    EXPECT_FALSE(*run(directory().owns(demo, "nobody@example.test")));  // to receive is not to own
}

// RFC 5321 section 4.5.1
TEST_F(RouteTo, Postmaster) {
    add_office("acme", {"example.test", "second.test"});
    const auto demo = add("demo", {"demo@example.test"});
    EXPECT_EQ(route("postmaster").kind, Route::Kind::unknown_mailbox);
    Options options;
    options.postmaster = "demo@example.test";
    reopen(options);
    EXPECT_EQ(route("postmaster").account, demo);
    EXPECT_EQ(route("Postmaster@second.test").account, demo);
    EXPECT_EQ(route("Postmaster@elsewhere.test").kind, Route::Kind::foreign);
    const auto master = add("master", {"postmaster@example.test"});
    EXPECT_EQ(route("POSTMASTER").account, master);  // of the first domain
    EXPECT_EQ(route("postmaster@example.test").account, master);
    EXPECT_EQ(route("postmaster@second.test").account, demo);
    reopen({});
    EXPECT_EQ(route("postmaster@second.test").account, master);
    options.default_domain = "second.test";
    reopen(options);
    EXPECT_EQ(route("postmaster").account, demo);
    const auto second = add("second", {"postmaster@second.test"});
    EXPECT_EQ(route("postmaster").account, second);
}

TEST_F(RouteTo, Disabled) {
    add_office();
    const auto demo = add("demo", {"demo@example.test"});
    Mailbox mailbox = *run(directory().mailbox(demo));
    mailbox.enabled = false;
    ASSERT_TRUE(run(directory().set_mailbox(mailbox)));
    EXPECT_EQ(route("demo@example.test").kind, Route::Kind::disabled);
    mailbox.enabled = true;
    ASSERT_TRUE(run(directory().set_mailbox(mailbox)));
    EXPECT_EQ(route("demo@example.test").kind, Route::Kind::mailbox);

    Domain domain = domain_of("example.test");
    domain.enabled = false;
    ASSERT_TRUE(run(directory().set_domain(domain)));
    EXPECT_EQ(route("demo@example.test").kind, Route::Kind::disabled);
    EXPECT_FALSE(run(directory().login("demo@example.test"))->mailbox.login_allowed);
    EXPECT_TRUE(run(directory().login("demo@acme"))->mailbox.login_allowed);
    domain.enabled = true;
    ASSERT_TRUE(run(directory().set_domain(domain)));

    PostOffice office = office_of("acme");
    office.enabled = false;
    ASSERT_TRUE(run(directory().set_post_office(office)));
    EXPECT_EQ(route("demo@example.test").kind, Route::Kind::disabled);
    EXPECT_FALSE(run(directory().login("demo@example.test"))->post_office_enabled);
}

TEST_F(RouteTo, LoginNames) {
    add_office();
    const auto demo = add("demo", {"mail@example.test"});
    for (const char* name : {"demo@acme", "DEMO@ACME", "mail@example.test", "MAIL@example.TEST"}) {
        auto found = run(directory().login(name));
        ASSERT_TRUE(found) << name;
        EXPECT_EQ(found->mailbox.account, demo);
        EXPECT_EQ(found->credentials.password_hash, "hash of demo");
        EXPECT_TRUE(found->post_office_enabled);
    }
    for (const char* name : {"demo", "demo@example.test", "demo@other", "", "@", "@acme", "demo@",
                             "mail+x@example.test", "a\0b@acme"}) {
        EXPECT_EQ(error_of(run(directory().login(name))), Errc::not_found) << name;
    }
    Options options;
    options.default_domain = "Example.Test";
    reopen(options);
    EXPECT_EQ(run(directory().login("mail"))->mailbox.account, demo);
}

TEST_F(RouteTo, HotAnswersNeedNoStore) {
    add_office();
    const auto demo = add("demo", {"demo@example.test"});
    route("demo@example.test");
    route("nobody@example.test");
    ASSERT_TRUE(run(directory().login("demo@acme")));
    const auto before = engine().steps();
    EXPECT_EQ(route("demo@example.test").account, demo);
    EXPECT_EQ(route("nobody@example.test").kind, Route::Kind::unknown_mailbox);
    EXPECT_TRUE(run(directory().login("demo@acme")));
    EXPECT_TRUE(run(directory().mailbox(demo)));
    EXPECT_EQ(engine().steps(), before);
    // What is remembered is believed for a while only: another node's hint may have been lost.
    clock_.advance(std::chrono::seconds(61));
    EXPECT_EQ(route("demo@example.test").account, demo);
    EXPECT_GT(engine().steps(), before);
}

TEST_F(RouteTo, AnotherNodeHearsOfChanges) {
    add_office();
    Options options;
    options.clock = &clock_;
    const auto other = make_directory(engine(), options);
    EXPECT_EQ(run(other->route("demo@example.test"))->kind, Route::Kind::unknown_mailbox);
    const auto demo = add("demo", {"demo@example.test"});
    EXPECT_EQ(run(other->route("demo@example.test"))->account, demo);
    ASSERT_TRUE(run(directory().remove_mailbox(demo)));
    EXPECT_EQ(run(other->route("demo@example.test"))->kind, Route::Kind::unknown_mailbox);
}

TEST_F(RouteTo, AStoreThatDoesNotAnswerIsNotAnUnknownUser) {
    add_office();
    add("demo", {"demo@example.test"});
    reopen({});
    engine().inject([](const store::engine::Step&) { return store::engine::Fault::unavailable; });
    EXPECT_EQ(error_of(run(directory().route("demo@example.test"))), Errc::unavailable);
    EXPECT_EQ(error_of(run(directory().login("demo@acme"))), Errc::unavailable);
    engine().inject({});
    EXPECT_EQ(route("demo@example.test").kind, Route::Kind::mailbox);
}

}  // namespace
}  // namespace directory
