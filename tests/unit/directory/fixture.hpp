// A directory over the in-memory engine, and coroutines run to their end.
#pragma once
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "base/clock.hpp"
#include "base/id_source.hpp"
#include "base/log.hpp"
#include "directory/make_directory.hpp"
#include "store/engine/memory/memory_engine.hpp"
#include "support/kept_io_context.hpp"

namespace directory {

template <class T>
T run(awaitable<T> work) {
    test::KeptIoContext kept;
    auto& io = *kept;
    std::optional<T> answer;
    std::exception_ptr failure;
    boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr thrown, T value) {
        failure = thrown;
        answer.emplace(std::move(value));
    });
    io.run();
    if (failure) std::rethrow_exception(failure);
    return std::move(*answer);
}

inline Mailbox mailbox_of(std::string name, std::vector<std::string> addresses, std::string office = "acme") {
    Mailbox mailbox;
    mailbox.name = std::move(name);
    mailbox.post_office = std::move(office);
    mailbox.addresses = std::move(addresses);
    return mailbox;
}

inline PostOffice office_of(std::string name) {
    PostOffice office;
    office.name = std::move(name);
    return office;
}

inline Domain domain_of(std::string name, std::string office = "acme") {
    Domain domain;
    domain.name = std::move(name);
    domain.post_office = std::move(office);
    return domain;
}

class DirectoryTest : public testing::Test {
protected:
    DirectoryTest() {
        base::log::set_level("directory", base::log::Level::off);  // faults make it talk
        open();
    }

    void open(store::engine::MemoryImagePtr image = nullptr) {
        directory_.reset();
        engine_ = store::engine::make_memory_engine(ids_, std::move(image));
        reopen(options_);
    }
    /// Another directory over the same engine: nothing is cached.
    void reopen(Options options) {
        directory_.reset();
        options.clock = &clock_;
        options_ = options;
        directory_ = make_directory(*engine_, std::move(options));
    }
    Directory& directory() { return *directory_; }
    store::engine::MemoryEngine& engine() { return *engine_; }

    void add_office(std::string name = "acme", std::vector<std::string> domains = {"example.test"}) {
        ASSERT_TRUE(run(directory().add_post_office(office_of(name))));
        for (std::string& domain : domains) {
            ASSERT_TRUE(run(directory().add_domain(domain_of(std::move(domain), name))));
        }
    }
    base::AccountId add(std::string name, std::vector<std::string> addresses, std::string office = "acme") {
        Credentials credentials;
        credentials.password_hash = "hash of " + name;
        auto added = run(directory().add_mailbox(
            mailbox_of(std::move(name), std::move(addresses), std::move(office)), std::move(credentials)));
        EXPECT_TRUE(added) << (added ? "" : added.error().what());
        return added ? added->account : base::AccountId();
    }
    Route route(std::string address) {
        auto found = run(directory().route(std::move(address)));
        EXPECT_TRUE(found);
        return found ? *found : Route();
    }
    Errc error_of(const auto& result) { return result ? Errc::none : result.error().code(); }

    base::ManualClock clock_{base::SystemTime(std::chrono::seconds(1'800'000'000))};
    base::IdSource ids_{clock_};
    Options options_;
    std::unique_ptr<store::engine::MemoryEngine> engine_;
    std::unique_ptr<Directory> directory_;
};

}  // namespace directory
