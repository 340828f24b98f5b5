// The stage for POP3 transcripts: the real store over the memory engine, with a mailbox "demo" (password
// "secret").
//
// INBOX holds three messages: a short one, one with dots and a body of four lines, one without an end of
// line. Options: empty yes, starttls yes, tls yes, remote yes, apop yes, delay N (LOGIN-DELAY), inuse N
// (sessions of a user), large N (one more message of N octets), utf8 strict, bare yes (one more message with
// lone LFs). Events: "exists N" (messages in INBOX), "seen N", "expunge N" (uid), "deliver".
#pragma once
#include "base/clock.hpp"
#include "base/id_source.hpp"
#include "directory/directory.hpp"
#include "net/session_registry.hpp"
#include "pop3/services.hpp"
#include "store/engine/memory/memory_engine.hpp"
#include "support/transcript.hpp"

namespace pop3_test {

/// PLAIN, LOGIN (the server speaks first) and X-FINAL (PLAIN with data at the end). Name "demo", password
/// "secret".
class FakeAuthenticator final : public auth::Authenticator {
public:
    std::vector<std::string> mechanisms(const auth::Client& client) const override;
    bool plain_text_refused(const auth::Client& client) const override {
        return !client.tls && !client.loopback;
    }
    std::unique_ptr<auth::Exchange> start(std::string_view name, auth::Client client) override;
    auth::awaitable<auth::Outcome> login(std::string user, base::Secret password,
                                         auth::Client client) override;
    auth::awaitable<auth::Outcome> apop(std::string user, std::string timestamp, std::string digest,
                                        auth::Client client) override;
    bool apop_offered() const override { return apop_on; }
    auth::awaitable<directory::Result<directory::Credentials>> make_credentials(
        base::Secret password) override;

    bool apop_on = false;
};

class Stage final : public support::Stage {
public:
    explicit Stage(const support::StageOptions& options);
    boost::asio::awaitable<void> serve(std::unique_ptr<net::Connection> connection) override;
    support::MemoryOptions connection_options(unsigned number) override;
    std::string event(std::string_view text) override;

private:
    boost::asio::awaitable<void> fill();
    boost::asio::awaitable<void> add(std::string text);
    boost::asio::awaitable<void> remove(std::uint32_t uid);
    void finish(boost::asio::awaitable<void> work);

    support::StageOptions options_;
    base::ManualClock clock_{base::SystemTime(std::chrono::seconds(1'800'000'000))};
    base::IdSource ids_{clock_};
    store::engine::MemoryImagePtr image_;
    std::unique_ptr<store::engine::Engine> engine_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<directory::Directory> directory_;
    store::FolderPtr inbox_;
    FakeAuthenticator authenticator_;
    net::SessionRegistry sessions_;
    std::shared_ptr<pop3::Services> services_;
};

}  // namespace pop3_test
