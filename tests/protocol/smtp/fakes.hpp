// The parts around an SMTP session, in memory and without waiting: a store that shows what was delivered, and
// a directory of a few mailboxes. They say what the real ones must do.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/id_source.hpp"
#include "directory/directory.hpp"
#include "store/store.hpp"

namespace smtp_test {

using boost::asio::awaitable;

struct DeliveredMessage {
    std::uint32_t account = 0;
    std::string octets;  ///< prefix and content, as a client would fetch it
};

/// Faults that the next calls are to have.
struct StoreFaults {
    store::Errc write = store::Errc::none;
    store::Errc finish = store::Errc::none;
    std::map<std::uint32_t, store::Errc> deliver;  ///< by account; 0: all
};

class FakeStore final : public store::Store {
public:
    explicit FakeStore(const base::Clock& clock) : ids_(clock) {}

    const store::StoreLimits& limits() const override { return limits_; }
    store::engine::Engine& engine() override { throw base::Bug("no engine here"); }
    base::IdSource& ids() override { return ids_; }
    awaitable<store::Result<store::AccountPtr>> create_account(base::AccountId account) override;
    awaitable<store::Result<store::AccountPtr>> account(base::AccountId account) override;
    awaitable<store::Result<void>> remove_account(base::AccountId account) override;
    std::unique_ptr<store::MessageWriter> new_message() override;
    awaitable<std::vector<store::Result<store::Delivered>>> deliver(
        std::vector<store::Delivery> deliveries) override;
    awaitable<store::Result<store::CheckReport>> check(
        std::function<void(std::string_view)> progress) override;
    awaitable<void> collect() override;
    std::vector<std::pair<std::string, std::uint64_t>> figures() const override { return {}; }

    StoreFaults faults;
    std::vector<DeliveredMessage> delivered;
    std::size_t commits = 0;  ///< calls of deliver()
    std::size_t writers = 0;  ///< not yet dropped or delivered

private:
    store::StoreLimits limits_;
    base::IdSource ids_;
    std::uint64_t next_message_ = 0xabc001;
};

/// example.test: demo (1), two (2), full (3, over its quota), off (disabled); catch.test: all to demo.
class FakeDirectory final : public directory::Directory {
public:
    bool broken = false;                   ///< the store behind it does not answer
    std::vector<directory::DkimKey> keys;  ///< of example.test

    awaitable<store::Result<std::vector<directory::DkimKey>>> dkim_keys(std::string domain) override;
    awaitable<store::Result<directory::Route>> route(std::string address) override;
    awaitable<store::Result<directory::Login>> login(std::string name) override;
    awaitable<store::Result<directory::Mailbox>> mailbox(base::AccountId account) override;
    awaitable<store::Result<bool>> owns(base::AccountId account, std::string address) override;
    awaitable<store::Result<bool>> is_local_domain(std::string domain) override;
    awaitable<store::Result<void>> update_credentials(base::AccountId, directory::Credentials) override;
    awaitable<store::Result<void>> add_post_office(directory::PostOffice) override;
    awaitable<store::Result<void>> set_post_office(directory::PostOffice) override;
    awaitable<store::Result<directory::PostOffice>> post_office(std::string) override;
    awaitable<store::Result<std::vector<directory::PostOffice>>> post_offices() override;
    awaitable<store::Result<void>> remove_post_office(std::string) override;
    awaitable<store::Result<void>> add_domain(directory::Domain) override;
    awaitable<store::Result<void>> set_domain(directory::Domain) override;
    awaitable<store::Result<std::vector<directory::Domain>>> domains(std::string) override;
    awaitable<store::Result<void>> remove_domain(std::string) override;
    awaitable<store::Result<directory::Mailbox>> add_mailbox(directory::Mailbox,
                                                             directory::Credentials) override;
    awaitable<store::Result<void>> set_mailbox(directory::Mailbox) override;
    awaitable<store::Result<std::vector<directory::Mailbox>>> mailboxes(std::string, std::string,
                                                                        std::size_t) override;
    awaitable<store::Result<void>> remove_mailbox(base::AccountId) override;
};

}  // namespace smtp_test
