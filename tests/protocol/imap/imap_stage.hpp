// ImapStage: an IMAP server over the real store and the in-memory engine, for transcripts.
//
// Accounts: demo and two, password "secret". The store's clock stands at 2026-01-02 03:04:05 UTC.
// Options: starttls, tls_fails, tls, remote (not loopback), message_bytes_max N, copy_messages_max N,
// limit.NAME N, modern (FakeAuthenticator::modern), relay up|down|refused|CODE (user "away" is on the node
// "b1"), clock_step MS (the sessions' clock goes on so much with each look at it).
// People: both are in the post office "office" of the directory, as demo@example.test and two@example.test;
// so is "off", who never logs in. Events: public NAME (a public folder), annotate_server NAME VALUE (for
// all), share NAME IDENTIFIER RIGHTS (of a public folder), unshared NAME,
//         quotas OCTETS MESSAGES (of demo), remove_two (two's account goes), append MAILBOX TEXT, deliver
//         TEXT (into demo's INBOX; "|" in TEXT is CRLF), clock SECONDS,
// mailbox_deleted NAME,
//         store_fails no_space|unavailable|damaged (octets of messages), store_works, login_fails_with
//         temporary|too_many|disabled.
#pragma once
#include <memory>

#include "base/clock.hpp"
#include "base/id_source.hpp"
#include "directory/make_directory.hpp"
#include "imap/server.hpp"
#include "net/session_registry.hpp"
#include "store/engine/memory/memory_engine.hpp"
#include "store/store.hpp"
#include "support/fake_authenticator.hpp"
#include "support/fake_relay.hpp"
#include "support/transcript.hpp"

namespace imap_test {

/// A clock that goes on by itself each time somebody looks at it.
class SteppingClock final : public base::Clock {
public:
    SteppingClock(base::ManualClock& clock, std::chrono::milliseconds step) : clock_(clock), step_(step) {}
    base::SystemTime now() const noexcept override {
        clock_.advance(step_);
        return clock_.now();
    }

private:
    base::ManualClock& clock_;
    const std::chrono::milliseconds step_;
};

/// What came is in the search index at once, and the index is asked however few messages there are.
inline constexpr const char* indexed_option = "indexed";

class ImapStage final : public support::Stage {
public:
    explicit ImapStage(const support::StageOptions& options);
    ~ImapStage() override;

    boost::asio::awaitable<void> serve(std::unique_ptr<net::Connection> connection) override;
    support::MemoryOptions connection_options(unsigned number) override;
    std::string event(std::string_view text) override;

    store::Store& store() { return *store_; }

private:
    store::ContentPtr content(std::string_view text);
    void set_limit(const std::string& name, const std::string& value);
    bool set_faults(std::string_view how);
    void index_all();

    support::StageOptions options_;
    base::ManualClock clock_, session_time_;
    SteppingClock session_clock_;  // of the sessions, when clock_step is given
    base::IdSource ids_;
    std::unique_ptr<store::engine::MemoryEngine> engine_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<directory::Directory> directory_;
    support::FakeAuthenticator authenticator_;
    std::unique_ptr<support::FakeRelay> relay_;
    net::SessionRegistry sessions_;
    std::shared_ptr<imap::Services> services_;
    store::AccountPtr demo_;
};

}  // namespace imap_test
