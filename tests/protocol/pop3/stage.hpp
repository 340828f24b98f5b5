// The stage for POP3 transcripts: the real store over the memory engine, with a mailbox "demo" (password
// "secret").
//
// INBOX holds three messages: a short one, one with dots and a body of four lines, one without an end of
// line. Options: empty yes, starttls yes, tls yes, remote yes, apop yes, delay N (LOGIN-DELAY), inuse N
// (sessions of a user), large N (one more message of N octets), utf8 strict, bare yes (one more message with
// lone LFs), modern yes (FakeAuthenticator::modern), relay up|down|refused|CODE (user "away" is on the node
// "b1"). Events: "exists N" (messages in INBOX), "seen N", "expunge N" (uid), "deliver".
#pragma once
#include "base/clock.hpp"
#include "base/id_source.hpp"
#include "directory/directory.hpp"
#include "net/session_registry.hpp"
#include "pop3/services.hpp"
#include "store/engine/memory/memory_engine.hpp"
#include "support/fake_authenticator.hpp"
#include "support/fake_relay.hpp"
#include "support/transcript.hpp"

namespace pop3_test {

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

    support::StageOptions options_;
    base::ManualClock clock_{base::SystemTime(std::chrono::seconds(1'800'000'000))};
    base::IdSource ids_{clock_};
    store::engine::MemoryImagePtr image_;
    std::unique_ptr<store::engine::Engine> engine_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<directory::Directory> directory_;
    store::FolderPtr inbox_;
    support::FakeAuthenticator authenticator_;
    std::unique_ptr<support::FakeRelay> relay_;
    net::SessionRegistry sessions_;
    std::shared_ptr<pop3::Services> services_;
};

}  // namespace pop3_test
