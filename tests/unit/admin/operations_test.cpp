// What operations take, do and refuse.
#include "fixture.hpp"

namespace admin {
namespace {

TEST_F(AdminTest, ArgumentsOfAWrongTypeAreRefusedAndChangeNothing) {
    add_demo();
    const Json before = result("account.show", {{"address", "demo@example.test"}});
    const std::vector<std::pair<Json, std::string>> table = {
        {{{"enabled", "no"}}, "usage: 'enabled' must be true or false"},
        {{{"login_allowed", 0}}, "usage: 'login_allowed' must be true or false"},
        {{{"quota_bytes", "5G"}}, "usage: 'quota_bytes' must be a number of octets"},
        {{{"quota_bytes", -1}}, "usage: 'quota_bytes' must be a number of octets"},
        {{{"quota_bytes", nullptr}}, "usage: 'quota_bytes' must be a number of octets"},
        {{{"addresses", "x@example.test"}}, "usage: 'addresses' must be a list of texts"},
        {{{"addresses", {"x@example.test", 1}}}, "usage: 'addresses' must be a list of texts"},
    };
    for (const auto& [changes, expected] : table) {
        Json arguments = changes;
        arguments["address"] = "demo@example.test";
        EXPECT_EQ(fault(run("account.set", arguments)), expected) << changes.dump();
    }
    EXPECT_EQ(fault(run("account.show", {{"address", 17}})), "usage: 'address' must be a text");
    EXPECT_EQ(fault(run("postoffice.set", {{"name", "acme"}, {"mailboxes_max", 4294967296}})),
              "usage: 'mailboxes_max' must be a number below 2^32");
    EXPECT_EQ(fault(run("session.kick", {{"id", "1"}})), "usage: 'id' must be a number");
    EXPECT_EQ(result("account.show", {{"address", "demo@example.test"}}), before);
}

TEST_F(AdminTest, StatusLooksAtWhatIsSealedOnceAMinute) {
    add_demo();
    EXPECT_EQ(result("status")["sealed_rows"], "none");
    directory::Domain domain;
    domain.name = "example.test";
    domain.post_office = "acme";
    domain.smart_host = "sealed:AAAA";
    io.restart();
    boost::asio::co_spawn(io, directory->set_domain(domain),
                          [](const std::exception_ptr&, auto done) { EXPECT_TRUE(done); });
    io.run();
    EXPECT_EQ(result("status")["sealed_rows"], "none");
    clock.advance(std::chrono::seconds(60));
    EXPECT_EQ(result("status")["sealed_rows"], "closed");
}

TEST_F(AdminTest, AFailedLookAtWhatIsSealedIsNoAnswer) {
    add_demo();
    const auto silent = [](const store::engine::Step& step) {
        return store::engine::only_reads(step.op) ? store::engine::Fault::unavailable
                                                  : store::engine::Fault::none;
    };
    engine->inject(silent);
    EXPECT_EQ(result("status")["sealed_rows"], "unknown");
    engine->inject({});
    EXPECT_EQ(result("status")["sealed_rows"], "none") << "the next who asks looks again, at once";
    clock.advance(std::chrono::seconds(60));
    engine->inject(silent);
    EXPECT_EQ(result("status")["sealed_rows"], "none") << "as it was";
}

TEST_F(AdminTest, PostOfficesDomainsAndAccounts) {
    add_demo();
    EXPECT_EQ(fault(run("postoffice.add", {{"name", "acme"}})).substr(0, 7), "exists:");
    EXPECT_EQ(fault(run("postoffice.show", {{"name", "none"}})).substr(0, 10), "not_found:");
    EXPECT_EQ(result("postoffice.show", {{"name", "acme"}})["domains"], Json({"example.test"}));
    result("postoffice.set", {{"name", "acme"}, {"mailboxes_max", 2}});
    EXPECT_EQ(result("postoffice.list")[0]["mailboxes_max"], 2);
    EXPECT_EQ(fault(run("account.add", {{"address", "nonsense"}})), "invalid: not an address: nonsense");
    EXPECT_EQ(fault(run("account.add", {{"address", "a@elsewhere.test"}})).substr(0, 10), "not_found:");
    EXPECT_EQ(fault(run("account.add", {{"address", "demo@example.test"}})).substr(0, 7), "exists:");
    const Json made =
        result("account.add", {{"address", "Two@Example.test"}, {"alias", {"second@example.test"}}});
    EXPECT_GE(made["password"].get<std::string>().size(), 12U);  // none was given
    EXPECT_EQ(fault(run("account.add", {{"address", "three@example.test"}})).substr(0, 6), "limit:");
    const Json shown = result("account.show", {{"address", "second@example.test"}});
    EXPECT_EQ(shown["name"], "two");
    EXPECT_EQ(shown["folders"].size(), 6U);
    result("account.set", {{"address", "two@example.test"}, {"quota_bytes", 1000}, {"enabled", false}});
    EXPECT_EQ(result("account.show", {{"address", "two@example.test"}})["quota_bytes"], 1000);
    EXPECT_EQ(result("account.show", {{"address", "two@example.test"}})["administrator"], false);
    EXPECT_EQ(
        result("account.set", {{"address", "two@example.test"}, {"administrator", true}})["administrator"],
        true);
    EXPECT_EQ(result("account.show", {{"address", "two@example.test"}})["administrator"], true);
    EXPECT_FALSE(run("postoffice.remove", {{"name", "acme"}})["ok"]);  // it has domains
    result("account.remove", {{"address", "two@example.test"}});
    EXPECT_EQ(fault(run("account.show", {{"address", "two@example.test"}})).substr(0, 10), "not_found:");
}

TEST_F(AdminTest, WhoAsksWhatIsSharedChangesNothing) {
    add_demo();
    const auto version = [this] {
        std::uint64_t out = 0;
        io.restart();
        boost::asio::co_spawn(io, engine->version("a/00000001"),
                              [&out](const std::exception_ptr&, auto found) { out = found ? *found : 0; });
        io.run();
        return out;
    };
    const std::uint64_t before = version();
    ASSERT_NE(before, 0U);
    EXPECT_EQ(result("share.list", {{"mailbox", "demo@example.test"}})["by"].size(), 0U);
    EXPECT_EQ(version(), before);
    EXPECT_EQ(
        run("share.acl",
            {{"owner", "demo@example.test"}, {"folder", "Notes"}, {"who", "anyone"}, {"rights", "lr"}})["ok"],
        true);  // no device has come yet
    EXPECT_GT(version(), before);
}

TEST_F(AdminTest, WhatMailboxesShare) {
    add_demo();
    result("account.add", {{"address", "two@example.test"}, {"password", "secret"}});
    const auto acl = [this](const char* folder, const char* who, const char* rights, const char* kind) {
        return run("share.acl", {{"owner", "demo@example.test"},
                                 {"folder", folder},
                                 {"who", who},
                                 {"rights", rights},
                                 {"kind", kind}});
    };
    const auto subscribe = [this](const char* mailbox, const char* owner, const char* folder) {
        return run("share.subscribe", {{"mailbox", mailbox}, {"owner", owner}, {"folder", folder}});
    };
    const auto shares = [this](const char* mailbox) { return result("share.list", {{"mailbox", mailbox}}); };
    EXPECT_EQ(acl("Calendar", "two@example.test", "lr", "")["ok"], true);  // no device has come yet
    EXPECT_EQ(acl("Archive", "two@example.test", "l", "mail")["ok"], true);
    EXPECT_EQ(fault(acl("Archive", "two@example.test", "lq", "")).substr(0, 8), "invalid:");
    EXPECT_EQ(fault(acl("Archive", "none@example.test", "l", "")).substr(0, 10), "not_found:");
    EXPECT_EQ(fault(acl("None", "two@example.test", "l", "")), "not_found: None: no such folder");
    EXPECT_EQ(fault(acl("Archive", "two@example.test", "l", "notes")), "not_found: Archive: no such folder");
    EXPECT_EQ(fault(acl("Archive", "two@example.test", "l", "photos")).substr(0, 8), "invalid:");
    EXPECT_EQ(shares("demo@example.test")["by"].size(), 2U);
    EXPECT_EQ(subscribe("two@example.test", "demo@example.test", "Calendar")["result"]["rights"], "lr");
    EXPECT_EQ(subscribe("two@example.test", "demo@example.test", "Drafts")["result"]["rights"], "");
    EXPECT_EQ(fault(subscribe("two@example.test", "two@example.test", "Drafts")).substr(0, 8), "invalid:");
    Json with = shares("two@example.test")["with"];
    ASSERT_EQ(with.size(), 2U);
    EXPECT_EQ(with[0], Json({{"folder", "Other Users/demo/Archive"},
                             {"kind", "mail"},
                             {"rights", "l"},
                             {"subscribed", false}}));
    EXPECT_EQ(with[1], Json({{"folder", "Other Users/demo/Calendar"},
                             {"kind", "calendar"},
                             {"rights", "lr"},
                             {"subscribed", true}}));
    result("share.unsubscribe",
           {{"mailbox", "two@example.test"}, {"owner", "demo@example.test"}, {"folder", "Calendar"}});
    EXPECT_EQ(shares("two@example.test")["with"][1]["subscribed"], false);
    // A public folder, by the name of its office; people of other offices share nothing.
    EXPECT_EQ(fault(subscribe("two@example.test", "acme", "News")).substr(0, 10), "not_found:");
    result("folder.add", {{"postoffice", "acme"}, {"name", "News"}});
    EXPECT_EQ(subscribe("two@example.test", "acme", "News")["result"]["rights"], "lrs");
    EXPECT_EQ(shares("two@example.test")["with"].size(), 3U);
    result("postoffice.add", {{"name", "other"}});
    result("domain.add", {{"name", "other.test"}, {"postoffice", "other"}});
    result("account.add", {{"address", "x@other.test"}, {"password", "secret"}});
    EXPECT_EQ(fault(subscribe("x@other.test", "demo@example.test", "Calendar")).substr(0, 8), "invalid:");
    EXPECT_EQ(fault(acl("Calendar", "x@other.test", "lr", "")).substr(0, 8), "invalid:");
    // For all of a post office at once; who does not want it says so.
    EXPECT_EQ(acl("Contacts", "anyone", "lr", "")["ok"], true);
    EXPECT_EQ(subscribe("acme", "demo@example.test", "Contacts")["result"]["rights"], "lr");
    EXPECT_EQ(fault(subscribe("acme", "demo@example.test", "Archive")).substr(0, 8), "invalid:");
    EXPECT_EQ(fault(subscribe("other", "demo@example.test", "Contacts")).substr(0, 8), "invalid:");
    const auto sees = [&](const char* mailbox) {
        const Json all = shares(mailbox);
        for (const Json& row : all["with"])
            if (row["folder"] == "Other Users/demo/Contacts") return row["subscribed"].get<bool>();
        return false;
    };
    EXPECT_TRUE(sees("two@example.test"));
    EXPECT_TRUE(sees("acme"));
    result("share.unsubscribe",
           {{"mailbox", "two@example.test"}, {"owner", "demo@example.test"}, {"folder", "Contacts"}});
    EXPECT_FALSE(sees("two@example.test"));
    EXPECT_TRUE(sees("acme"));
    result("share.unsubscribe",
           {{"mailbox", "acme"}, {"owner", "demo@example.test"}, {"folder", "Contacts"}});
    EXPECT_FALSE(sees("acme"));
    EXPECT_EQ(acl("Calendar", "two@example.test", "", "")["ok"], true);
    EXPECT_EQ(shares("demo@example.test")["by"].size(), 2U);
}

TEST_F(AdminTest, PublicFolders) {
    add_demo();
    EXPECT_EQ(result("folder.list", {{"postoffice", "acme"}}), Json::array());
    EXPECT_EQ(result("folder.quota", {{"postoffice", "acme"}})["bytes"], 0);
    EXPECT_EQ(fault(run("folder.list", {{"postoffice", "none"}})).substr(0, 10), "not_found:");
    EXPECT_EQ(fault(run("folder.acl", {{"postoffice", "acme"}, {"name", "News"}, {"who", "anyone"}})),
              "not_found: acme: no public folders");
    EXPECT_EQ(result("folder.add", {{"postoffice", "acme"}, {"name", "News"}})["name"], "News");
    EXPECT_EQ(fault(run("folder.add", {{"postoffice", "acme"}, {"name", "News"}})).substr(0, 7), "exists:");
    result("folder.add", {{"postoffice", "acme"}, {"name", "Board/Minutes"}, {"anyone", ""}});
    const auto acl = [this](const char* name, const char* who, const char* rights) {
        return run("folder.acl", {{"postoffice", "acme"}, {"name", name}, {"who", who}, {"rights", rights}});
    };
    EXPECT_EQ(acl("News", "demo@example.test", "lrswit")["ok"], true);
    EXPECT_EQ(acl("News", "-demo@example.test", "t")["ok"], true);
    EXPECT_EQ(acl("Board/Minutes", "demo@example.test", "lr")["ok"], true);
    EXPECT_EQ(fault(acl("News", "anyone", "lq")), "invalid: rights are letters of \"lrswipkxtea\": lq");
    EXPECT_EQ(fault(acl("News", "nobody@example.test", "l")).substr(0, 10), "not_found:");
    EXPECT_EQ(fault(acl("None", "anyone", "l")), "not_found: None: no such folder");
    // A mailbox of another post office gains nothing here.
    result("postoffice.add", {{"name", "other"}});
    result("domain.add", {{"name", "other.test"}, {"postoffice", "other"}});
    result("account.add", {{"address", "x@other.test"}, {"password", "secret"}});
    EXPECT_EQ(fault(acl("News", "x@other.test", "l")).substr(0, 8), "invalid:");
    EXPECT_EQ(result("folder.list", {{"postoffice", "other"}}), Json::array());

    Json list = result("folder.list", {{"postoffice", "acme"}});
    ASSERT_EQ(list.size(), 3U);
    EXPECT_EQ(list[1]["name"], "Board/Minutes");
    EXPECT_EQ(list[1]["acl"], Json({{"demo@example.test", "lr"}}));
    EXPECT_EQ(list[2]["name"], "News");
    EXPECT_EQ(list[2]["messages"], 0);
    EXPECT_EQ(list[2]["acl"],
              Json({{"anyone", "lrs"}, {"demo@example.test", "lrswit"}, {"-demo@example.test", "t"}}));
    EXPECT_EQ(result("folder.quota", {{"postoffice", "acme"}, {"quota_bytes", 4096}})["quota_bytes"], 4096);
    EXPECT_EQ(result("folder.quota", {{"postoffice", "acme"}})["quota_bytes"], 4096);
    EXPECT_EQ(fault(run("folder.quota", {{"postoffice", "acme"}, {"quota_bytes", "4K"}})),
              "usage: 'quota_bytes' must be a number of octets");

    result("folder.rename", {{"postoffice", "acme"}, {"name", "News"}, {"to", "Old"}});
    EXPECT_EQ(acl("Old", "anyone", "")["ok"], true);
    EXPECT_EQ(acl("Old", "demo@example.test", "")["ok"], true);
    EXPECT_EQ(acl("Old", "-demo@example.test", "")["ok"], true);
    result("folder.remove", {{"postoffice", "acme"}, {"name", "Board/Minutes"}});
    list = result("folder.list", {{"postoffice", "acme"}});
    ASSERT_EQ(list.size(), 2U);
    EXPECT_EQ(list[1]["acl"], Json::object());
    EXPECT_EQ(fault(run("folder.remove", {{"postoffice", "acme"}, {"name", "News"}})).substr(0, 10),
              "not_found:");
    // The office goes, and its public tree with it.
    result("account.remove", {{"address", "demo@example.test"}});
    result("domain.remove", {{"name", "example.test"}});
    result("postoffice.remove", {{"name", "acme"}});
    EXPECT_EQ(fault(run("folder.list", {{"postoffice", "acme"}})).substr(0, 10), "not_found:");
}

TEST_F(AdminTest, SessionsAreListedAndEnded) {
    auto pair = support::make_memory_pair(io, {});
    net::PeerInfo peer;
    peer.address = "192.0.2.1";
    auto handle = server->sessions().add("imap", peer, pair.connection->waker());
    handle.set_user("demo@example.test");
    const Json list = result("session.list");
    ASSERT_EQ(list.size(), 1U);
    EXPECT_EQ(list[0]["address"], "192.0.2.1");
    EXPECT_EQ(result("session.list", {{"user", "other"}}).size(), 0U);
    EXPECT_EQ(result("status")["sessions"]["imap"], 1);
    EXPECT_EQ(fault(run("session.kick")), "usage: session.kick needs one of 'id', 'user' and 'address'");
    EXPECT_EQ(fault(run("session.kick", {{"id", 1}, {"user", "x"}})).substr(0, 6), "usage:");
    EXPECT_EQ(fault(run("session.kick", {{"address", "192.0.2"}})),
              "invalid: not an address or a network: 192.0.2");
    EXPECT_EQ(result("session.kick", {{"address", "198.51.100.0/24"}})["kicked"], 0);
    EXPECT_EQ(result("session.list", {{"protocol", "pop3"}}).size(), 0U);
    EXPECT_EQ(result("session.list", {{"protocol", "imap"}}).size(), 1U);
    EXPECT_EQ(fault(run("session.kick", {{"id", 999}})), "not_found: no such session");
    EXPECT_EQ(pair.connection->take_events(), 0U);
    EXPECT_EQ(result("session.kick", {{"id", list[0]["id"]}})["kicked"], 1);
    EXPECT_EQ(pair.connection->take_events(), std::uint32_t{net::event_kicked});
    EXPECT_EQ(result("session.kick", {{"user", "demo@example.test"}})["kicked"], 1);
    EXPECT_EQ(pair.connection->take_events(), std::uint32_t{net::event_kicked});
    EXPECT_EQ(result("session.kick", {{"address", "192.0.2.0/24"}})["kicked"], 1);
    EXPECT_EQ(pair.connection->take_events(), std::uint32_t{net::event_kicked});
}

TEST_F(AdminTest, AStoreThatFailsIsToldAndNothingElseBreaks) {
    add_demo();
    engine->inject([](const store::engine::Step&) { return store::engine::Fault::unavailable; });
    EXPECT_EQ(fault(run("postoffice.add", {{"name", "other"}})).substr(0, 12), "unavailable:");
    engine->inject({});
    result("postoffice.add", {{"name", "other"}});
    const Json report = result("store.check");
    EXPECT_EQ(report["problems"], Json::array());
    EXPECT_EQ(report["accounts"], 1);
    result("store.collect");
    EXPECT_EQ(fault(run("log.level", {{"level", "loud"}})),
              "invalid: levels are trace, debug, info, warn, error, off");
}

TEST_F(AdminTest, TimesAreUtc) {
    EXPECT_EQ(iso_time(base::SystemTime(std::chrono::seconds(1'800'000'000))), "2027-01-15T08:00:00Z");
    EXPECT_EQ(result("status")["started"], "2027-01-15T08:00:00Z");
}

}  // namespace
}  // namespace admin
