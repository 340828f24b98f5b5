// A directory that answers what another one does, or, when told so, that it cannot answer now.
#pragma once
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "directory/directory.hpp"

namespace mta {

class ShyDirectory final : public directory::Directory {
public:
    template <class T>
    using awaitable = boost::asio::awaitable<T>;
    template <class T>
    using Result = store::Result<T>;
    explicit ShyDirectory(directory::Directory& known) : known_(known) {}

    /// Asked with each address; true: no answer.
    std::function<bool(const std::string&)> silent;

    awaitable<Result<directory::Route>> route(std::string address) override {
        if (silent && silent(address))
            co_return store::Error(store::Errc::unavailable, "the directory does not answer");
        co_return co_await known_.route(std::move(address));
    }
    awaitable<Result<directory::Domain>> find_domain(std::string name) override {
        return known_.find_domain(std::move(name));
    }
    awaitable<Result<directory::PostOffice>> post_office(std::string name) override {
        return known_.post_office(std::move(name));
    }

    // Nothing else is asked by a router.
    awaitable<Result<directory::Login>> login(std::string) override { co_return none; }
    awaitable<Result<directory::Mailbox>> mailbox(base::AccountId) override { co_return none; }
    awaitable<Result<bool>> owns(base::AccountId, std::string) override { co_return none; }
    awaitable<Result<bool>> is_local_domain(std::string) override { co_return none; }
    awaitable<Result<void>> update_credentials(base::AccountId, directory::Credentials) override {
        co_return none;
    }
    awaitable<Result<void>> add_post_office(directory::PostOffice) override { co_return none; }
    awaitable<Result<void>> set_post_office(directory::PostOffice) override { co_return none; }
    awaitable<Result<std::vector<directory::PostOffice>>> post_offices() override { co_return none; }
    awaitable<Result<void>> remove_post_office(std::string) override { co_return none; }
    awaitable<Result<void>> add_domain(directory::Domain) override { co_return none; }
    awaitable<Result<void>> set_domain(directory::Domain) override { co_return none; }
    awaitable<Result<std::vector<directory::Domain>>> domains(std::string) override { co_return none; }
    awaitable<Result<void>> remove_domain(std::string) override { co_return none; }
    awaitable<Result<directory::Mailbox>> add_mailbox(directory::Mailbox, directory::Credentials) override {
        co_return none;
    }
    awaitable<Result<void>> set_mailbox(directory::Mailbox) override { co_return none; }
    awaitable<Result<std::vector<directory::Mailbox>>> mailboxes(std::string, std::string,
                                                                 std::size_t) override {
        co_return none;
    }
    awaitable<Result<void>> remove_mailbox(base::AccountId) override { co_return none; }

private:
    static constexpr store::Error none{store::Errc::invalid, "it is not that kind of directory"};
    directory::Directory& known_;
};

}  // namespace mta
