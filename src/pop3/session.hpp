// Session: one POP3 client, from banner to QUIT. RFC 1939, with RFC 2449, RFC 2595, RFC 5034 and RFC 6856.
//
// Runs on its connection's strand; a local of serve(). Replies collect in the connection's output and leave
// just before the session sleeps, so that a pipeline costs one write.
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/line_framer.hpp"
#include "pop3/maildrop.hpp"
#include "pop3/services.hpp"
#include "pop3/syntax/command.hpp"

namespace pop3 {

class Session {
public:
    Session(std::unique_ptr<net::Connection> connection, std::shared_ptr<const Services> services);
    awaitable<void> run();

private:
    enum class Next : std::uint8_t { go_on, close };

    // The loop (session.cpp).
    awaitable<bool> read_line(std::size_t line_bytes_max);  ///< into line_; false: the session is over
    awaitable<Next> run_line();
    Next bad_command(std::string_view what);
    awaitable<void> leave();
    std::chrono::milliseconds patience() const;

    // commands/
    awaitable<Next> handle(cmd::Apop command);
    awaitable<Next> handle(cmd::Auth command);
    awaitable<Next> handle(cmd::Capa command);
    awaitable<Next> handle(cmd::Dele command);
    awaitable<Next> handle(cmd::Lang command);
    awaitable<Next> handle(cmd::List command);
    awaitable<Next> handle(cmd::Noop command);
    awaitable<Next> handle(cmd::Pass command);
    awaitable<Next> handle(cmd::Quit command);
    awaitable<Next> handle(cmd::Retr command);
    awaitable<Next> handle(cmd::Rset command);
    awaitable<Next> handle(cmd::Stat command);
    awaitable<Next> handle(cmd::Stls command);
    awaitable<Next> handle(cmd::Top command);
    awaitable<Next> handle(cmd::Uidl command);
    awaitable<Next> handle(cmd::User command);
    awaitable<Next> handle(cmd::Utf8 command);

    auth::Client client() const;
    awaitable<Next> enter(auth::Outcome outcome);
    awaitable<Next> lead_on(auth::Identity identity);
    awaitable<Next> open_maildrop(auth::Identity identity);
    Next refused(auth::Failure failure);
    awaitable<std::optional<std::string>> challenge(std::string octets);  ///< and its answer; nothing: over
    awaitable<Next> exchange_to_end(std::unique_ptr<auth::Exchange> exchange,
                                    std::optional<std::string> initial);
    void list_mechanisms();
    /// The message's octets [0, …): `body_lines` of its body, or all. Ends the reply.
    awaitable<Next> send_message(std::uint32_t number, std::optional<std::uint64_t> body_lines);
    awaitable<void> keep_seen();

    void ok(std::string_view text);
    void error(std::string_view text);
    void line(std::string_view text);

    std::unique_ptr<net::Connection> connection_;
    std::shared_ptr<const Services> services_;
    net::SessionRegistry::Handle registered_;
    base::LineFramer framer_;
    std::string line_;
    bool line_too_long_ = false;
    State state_ = State::authorization;
    std::string timestamp_;  // of the banner, for APOP
    std::optional<std::string> user_;
    std::string identity_;
    std::optional<Maildrop> maildrop_;
    std::chrono::steady_clock::time_point started_;
    std::uint32_t bad_commands_ = 0, login_failures_ = 0;
    bool utf8_ = false;
};

}  // namespace pop3
