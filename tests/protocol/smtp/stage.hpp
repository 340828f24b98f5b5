// The stage for SMTP transcripts.
//
// Options: role inbound|submission|lmtp, starttls yes, tls yes, remote yes (not loopback), size N, rcptmax N,
// mailmax N, header N, early refuse, delay yes, authequals yes, modern yes
// (FakeAuthenticator::modern), relay up|down|refused (user "away" is on the node "b1"). Events: "copies N"
// (messages in mailboxes), "commits N" (calls of the store), "has N TEXT" and "lacks N TEXT" and "starts N
// TEXT" about copy N with \r
// \n \0 \t \x41 escapes, "in N ACCOUNT", "fail write|finish|deliver[@account] CODE", "heal", "directory
// down", "writers N".
#pragma once
#include "base/clock.hpp"
#include "base/random.hpp"
#include "fakes.hpp"
#include "net/session_registry.hpp"
#include "smtp/services.hpp"
#include "support/fake_authenticator.hpp"
#include "support/fake_relay.hpp"
#include "support/transcript.hpp"

namespace smtp_test {

class Stage final : public support::Stage {
public:
    explicit Stage(const support::StageOptions& options);
    boost::asio::awaitable<void> serve(std::unique_ptr<net::Connection> connection) override;
    support::MemoryOptions connection_options(unsigned number) override;
    std::string event(std::string_view text) override;

private:
    std::string about_copy(std::string_view what, std::string_view rest);
    std::string fail(std::string_view rest);

    support::StageOptions options_;
    base::ManualClock clock_{base::SystemTime(std::chrono::seconds(1795299545))};
    base::SeededRandom random_{1};
    FakeStore store_{clock_};
    FakeDirectory directory_;
    support::FakeAuthenticator authenticator_;
    std::unique_ptr<support::FakeRelay> relay_;
    net::SessionRegistry sessions_;
    std::shared_ptr<smtp::Services> services_;
};

}  // namespace smtp_test
