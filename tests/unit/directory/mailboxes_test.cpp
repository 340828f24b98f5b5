#include <algorithm>
#include <atomic>
#include <filesystem>
#include <thread>

#include <boost/asio/detached.hpp>

#include "fixture.hpp"
#include "support/kept_io_context.hpp"

namespace directory {
namespace {

using Mailboxes = DirectoryTest;

TEST_F(Mailboxes, AddressesBelongToOne) {
    add_office();
    add_office("other", {"other.test"});
    add("demo", {"demo@example.test", "DEMO@example.test"});
    EXPECT_EQ(run(directory().login("demo@acme"))->mailbox.addresses.size(), 1U);
    const auto fails = [&](Mailbox mailbox) {
        return error_of(run(directory().add_mailbox(std::move(mailbox), Credentials())));
    };
    EXPECT_EQ(fails(mailbox_of("two", {"Demo@EXAMPLE.test"})), Errc::exists);
    EXPECT_EQ(fails(mailbox_of("demo", {})), Errc::exists);
    EXPECT_EQ(fails(mailbox_of("two", {"two@other.test"})), Errc::invalid);  // another office's domain
    EXPECT_EQ(fails(mailbox_of("two", {"two@foreign.test"})), Errc::invalid);
    EXPECT_EQ(fails(mailbox_of("two", {"postmaster"})), Errc::invalid);
    EXPECT_EQ(fails(mailbox_of("t wo", {})), Errc::invalid);
    EXPECT_EQ(fails(mailbox_of("two", {}, "none")), Errc::not_found);
    // A refused add leaves nothing: name and first address are free.
    EXPECT_EQ(fails(mailbox_of("two", {"two@example.test", "demo@example.test"})), Errc::exists);
    EXPECT_EQ(route("two@example.test").kind, Route::Kind::unknown_mailbox);
    add("two", {"two@example.test"});
    add("demo", {"demo@other.test"}, "other");  // names are the office's own
}

TEST_F(Mailboxes, NumbersAreNeverGivenTwice) {
    add_office();
    const auto first = add("a", {});
    ASSERT_TRUE(run(directory().remove_mailbox(first)));
    const auto second = add("a", {});
    EXPECT_GT(second, first);
    open(engine().power_cut());
    EXPECT_GT(add("b", {}), second);
}

TEST_F(Mailboxes, SetChangesEverythingButTheOffice) {
    add_office("acme", {"example.test", "second.test"});
    add_office("other", {"other.test"});
    const auto account = add("demo", {"demo@example.test", "old@example.test"});
    add("taken", {"taken@example.test"});
    Mailbox mailbox = *run(directory().mailbox(account));
    mailbox.name = "Renamed";
    mailbox.addresses = {"new@second.test", "demo@example.test"};
    mailbox.quota_bytes = 5;
    mailbox.login_allowed = false;
    mailbox.administrator = true;
    ASSERT_TRUE(run(directory().set_mailbox(mailbox)));
    EXPECT_EQ(route("new@second.test").account, account);
    EXPECT_EQ(route("demo@example.test").account, account);
    EXPECT_EQ(route("old@example.test").kind, Route::Kind::unknown_mailbox);
    EXPECT_EQ(error_of(run(directory().login("demo@acme"))), Errc::not_found);
    auto found = run(directory().login("renamed@acme"));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->mailbox.quota_bytes, 5U);
    EXPECT_FALSE(found->mailbox.login_allowed);
    EXPECT_TRUE(found->mailbox.administrator);
    EXPECT_EQ(found->credentials.password_hash, "hash of demo");
    add("demo", {"old@example.test"});  // both are free again

    Mailbox wrong = found->mailbox;
    wrong.addresses = {"free@example.test", "taken@example.test"};
    EXPECT_EQ(error_of(run(directory().set_mailbox(wrong))), Errc::exists);
    EXPECT_EQ(route("new@second.test").account, account);
    EXPECT_EQ(route("free@example.test").kind, Route::Kind::unknown_mailbox);
    wrong = found->mailbox;
    wrong.post_office = "other";
    EXPECT_EQ(error_of(run(directory().set_mailbox(wrong))), Errc::invalid);
    wrong = found->mailbox;
    wrong.account = base::AccountId(4711);
    EXPECT_EQ(error_of(run(directory().set_mailbox(wrong))), Errc::not_found);
    EXPECT_EQ(*run(directory().mend()), 0U);
}

TEST_F(Mailboxes, RemovedOnesAreGone) {
    add_office();
    const auto account = add("demo", {"demo@example.test"});
    route("demo@example.test");
    ASSERT_TRUE(run(directory().remove_mailbox(account)));
    EXPECT_EQ(route("demo@example.test").kind, Route::Kind::unknown_mailbox);
    EXPECT_EQ(error_of(run(directory().mailbox(account))), Errc::not_found);
    EXPECT_EQ(error_of(run(directory().login("demo@acme"))), Errc::not_found);
    EXPECT_EQ(error_of(run(directory().remove_mailbox(account))), Errc::not_found);
    EXPECT_EQ(error_of(run(directory().update_credentials(account, Credentials()))), Errc::not_found);
    EXPECT_EQ(*run(directory().mend()), 0U);
}

TEST_F(Mailboxes, LimitAndDefaultQuotaOfTheOffice) {
    PostOffice office = office_of("acme");
    office.mailboxes_max = 2;
    office.quota_bytes_default = 1'000;
    ASSERT_TRUE(run(directory().add_post_office(office)));
    const auto first = add("a", {});
    add("b", {});
    EXPECT_EQ(run(directory().mailbox(first))->quota_bytes, 1'000U);
    EXPECT_EQ(error_of(run(directory().add_mailbox(mailbox_of("c", {}), Credentials()))), Errc::limit);
    ASSERT_TRUE(run(directory().remove_mailbox(first)));
    add("c", {});
}

TEST_F(Mailboxes, ListInPages) {
    add_office();
    std::vector<std::string> names;
    for (int i = 0; i < 500; ++i) {
        names.push_back("u" + std::to_string(i));
        add(names.back(), {});
    }
    names.push_back("j\xC3\xBCrgen");
    add(names.back(), {});
    std::ranges::sort(names);
    for (const std::size_t page : {1U, 7U, 100U, 501U, 4'000U}) {
        std::vector<std::string> seen;
        std::string after;
        for (;;) {
            auto some = run(directory().mailboxes("acme", after, page));
            ASSERT_TRUE(some);
            if (some->empty()) break;
            EXPECT_LE(some->size(), page);
            for (const Mailbox& one : *some) seen.push_back(one.name);
            after = seen.back();
        }
        EXPECT_EQ(seen.size(), names.size()) << page;
        std::ranges::sort(seen);
        EXPECT_EQ(seen, names) << page;
    }
    EXPECT_TRUE(run(directory().mailboxes("none", "", 10))->empty());
}

TEST_F(Mailboxes, CredentialsAreReplaced) {
    add_office();
    const auto account = add("demo", {});
    ASSERT_TRUE(run(directory().login("demo@acme")));
    Credentials credentials;
    credentials.password_hash = "new";
    credentials.scram_sha_256 = "keys";
    ASSERT_TRUE(run(directory().update_credentials(account, credentials)));
    EXPECT_EQ(run(directory().login("demo@acme"))->credentials.password_hash, "new");
    reopen({});
    EXPECT_EQ(run(directory().login("demo@acme"))->credentials.scram_sha_256, "keys");
}

TEST_F(Mailboxes, PlainPasswordsAreSealed) {
    const auto folder = std::filesystem::path(testing::TempDir()) / "sealed";
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    add_office();
    Credentials credentials;
    credentials.plain = base::Secret("correct horse");
    // Without a key file no password is kept in a form that can be read.
    EXPECT_EQ(error_of(run(directory().add_mailbox(mailbox_of("demo", {}), credentials))), Errc::unavailable);
    Options options;
    options.key_file = (folder / "key").string();
    reopen(options);
    ASSERT_TRUE(run(directory().add_mailbox(mailbox_of("demo", {}), credentials)));
    using std::filesystem::perms;
    EXPECT_EQ(std::filesystem::status(options.key_file).permissions(),
              perms::owner_read | perms::owner_write);
    reopen(options);
    EXPECT_EQ(run(directory().login("demo@acme"))->credentials.plain.reveal(), "correct horse");
    for (int shard = 0; shard < 256; ++shard) {
        char name[8];
        std::snprintf(name, sizeof name, "d/%02x", static_cast<unsigned>(shard));
        auto rows = run(engine().scan(name, "", "", 0, 0));
        ASSERT_TRUE(rows);
        for (const auto& row : rows->rows) EXPECT_EQ(row.value.find("correct"), std::string::npos);
    }
    options.key_file = (folder / "another").string();
    reopen(options);
    EXPECT_TRUE(run(directory().login("demo@acme"))->credentials.plain.empty());
    std::filesystem::remove_all(folder);
}

awaitable<void> add_and_remove(Directory* directory, std::string name, int times, std::atomic<int>* good) {
    for (int i = 0; i < times; ++i) {
        Mailbox mailbox = mailbox_of(name, {name + "@example.test"});
        auto added = co_await directory->add_mailbox(std::move(mailbox), Credentials());
        if (!added) continue;
        auto found = co_await directory->route(name + "@example.test");
        if (found && found->account == added->account) ++*good;
        auto removed = co_await directory->remove_mailbox(added->account);
        if (!removed) *good -= 1'000'000;
    }
}

TEST_F(Mailboxes, ManyThreadsAtOnce) {
    add_office();
    test::KeptIoContext kept;
    auto& io = *kept;
    std::atomic<int> good{0};
    constexpr int workers = 8, times = 20;
    for (int i = 0; i < workers; ++i) {
        boost::asio::co_spawn(io, add_and_remove(&directory(), "u" + std::to_string(i), times, &good),
                              boost::asio::detached);
    }
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i) threads.emplace_back([&] { io.run(); });
    threads.clear();
    EXPECT_EQ(good, workers * times);
    EXPECT_EQ(*run(directory().mend()), 0U);
}

TEST_F(Mailboxes, TwoNodesFightForOneAddress) {
    add_office();
    Options options;
    options.clock = &clock_;
    const auto other = make_directory(engine(), options);
    engine().inject(store::engine::random_faults(7, {.delay = 300}));
    test::KeptIoContext kept;
    auto& io = *kept;
    std::atomic<int> good{0};
    for (int i = 0; i < 4; ++i) {
        Directory* const node = i % 2 == 0 ? &directory() : other.get();
        boost::asio::co_spawn(io, add_and_remove(node, "same", 30, &good), boost::asio::detached);
    }
    io.run();
    EXPECT_GT(good, 0);
    engine().inject({});
    // Whatever the fight left behind, the address is free and the directory agrees with itself.
    ASSERT_TRUE(run(directory().mend()));
    reopen({});
    const auto account = add("same", {"same@example.test"});
    EXPECT_EQ(route("same@example.test").account, account);
    EXPECT_EQ(*run(directory().mend()), 0U);
}

}  // namespace
}  // namespace directory
