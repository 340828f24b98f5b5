// An authenticator over a directory in memory; penalties are written down instead of waited out.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "auth/authenticator.hpp"
#include "auth/password.hpp"
#include "unit/directory/fixture.hpp"

namespace auth {

using directory::run;
using namespace std::chrono_literals;

inline awaitable<void> write_down(std::vector<std::chrono::milliseconds>* pauses,
                                  std::chrono::milliseconds time) {
    pauses->push_back(time);
    co_return;
}

class AuthTest : public directory::DirectoryTest {
protected:
    AuthTest() {
        base::log::set_level("auth", base::log::Level::off);
        add_office("acme", {"example.test"});
        configure(Policy());
    }
    ~AuthTest() override { authenticator_.reset(); }
    void configure(Policy policy) {
        authenticator_.reset();
        Environment environment;
        environment.clock = &clock_;
        environment.random = &random_;
        authenticator_ = make_authenticator(directory(), std::move(policy), environment);
    }
    Authenticator& authenticator() { return *authenticator_; }

    base::AccountId add_user(std::string name, std::string password) {
        auto made = run(authenticator().make_credentials(base::Secret(std::move(password))));
        EXPECT_TRUE(made);
        return keep(std::move(name), made ? *made : directory::Credentials());
    }
    base::AccountId import_user(std::string name, std::string hash) {
        directory::Credentials credentials;
        credentials.password_hash = std::move(hash);
        return keep(std::move(name), std::move(credentials));
    }
    base::AccountId keep(std::string name, directory::Credentials credentials) {
        auto added = run(directory().add_mailbox(directory::mailbox_of(name, {name + "@example.test"}),
                                                 std::move(credentials)));
        EXPECT_TRUE(added);
        return added ? added->account : base::AccountId();
    }
    Client client(std::string address = "192.0.2.1") {
        Client out;
        out.protocol = "imap";
        out.address = std::move(address);
        out.tls = true;
        out.pause = [this](std::chrono::milliseconds time) { return write_down(&pauses_, time); };
        return out;
    }
    Outcome login(std::string user, std::string password) {
        return login(std::move(user), std::move(password), client());
    }
    Outcome login(std::string user, std::string password, Client from) {
        return run(
            authenticator().login(std::move(user), base::Secret(std::move(password)), std::move(from)));
    }
    static bool good(const Outcome& outcome) { return outcome.kind == Outcome::Kind::success; }
    /// The pauses since the last call, in milliseconds.
    std::vector<std::int64_t> pauses() {
        std::vector<std::int64_t> out;
        for (const auto one : pauses_) out.push_back(one.count());
        pauses_.clear();
        return out;
    }

    base::SeededRandom random_{42};
    std::vector<std::chrono::milliseconds> pauses_;
    std::unique_ptr<Authenticator> authenticator_;
};

using Names = std::vector<std::string>;

}  // namespace auth
