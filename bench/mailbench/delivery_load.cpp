// LMTP and SMTP: one message after another on each connection, or one on each. DELIVER is from MAIL to the
// answer behind the dot; the rows of its steps are from sending to the answer, those of one pipeline from its
// sending.
#include <fmt/format.h>

#include "mailbench/load.hpp"

namespace mailbench {
namespace {

/// Reads one reply of however many lines. False: the connection is gone. `code` is its first digit.
awaitable<bool> read_reply(Wire* wire, char* code) {
    do {
        const bool more = co_await wire->read_line();
        if (!more) co_return false;
    } while (wire->line().size() > 3 && wire->line()[3] == '-');
    *code = wire->line().empty() ? '5' : wire->line()[0];
    co_return true;
}

std::string stuffed(const std::string& message) {
    std::string out;
    out.reserve(message.size() + 64);
    bool line_start = true;
    for (const char c : message) {
        if (line_start && c == '.') out += '.';
        out += c;
        line_start = c == '\n';
    }
    return out + ".\r\n";
}

/// One connection's side of the dialogue. What it is given outlives it.
class Dialogue {
public:
    Dialogue(Run& run, boost::asio::io_context& context)
        : run_(run), context_(context), lmtp_(run.options.protocol == "lmtp") {}

    awaitable<bool> open();
    /// One message. False: the connection is gone.
    awaitable<bool> deliver(std::vector<std::string> users, const std::string* body, Clock::time_point due);
    awaitable<void> quit();
    bool is_open() const { return wire_ != nullptr; }

private:
    awaitable<bool> reply(const char* step, Clock::time_point since);
    void drop();

    Run& run_;
    boost::asio::io_context& context_;
    const bool lmtp_;
    std::unique_ptr<Wire> wire_;
    char code_ = 0;  ///< first digit of the last reply
    bool ok_ = true;
};

/// Reads one reply and notes how long it took. False: the connection is gone.
awaitable<bool> Dialogue::reply(const char* step, Clock::time_point since) {
    const bool more = co_await read_reply(wire_.get(), &code_);
    if (!more) co_return false;
    run_.statistics.add_step(step, Clock::now() - since);
    const bool good = code_ == '2' || code_ == '3';
    if (!good && ok_) run_.statistics.error(step, wire_->line());
    ok_ = ok_ && good;
    co_return true;
}

void Dialogue::drop() {
    if (!wire_) return;
    run_.statistics.traffic(wire_->octets_in(), wire_->octets_out());
    wire_->close();
    wire_.reset();
    --run_.ready;
}

awaitable<bool> Dialogue::open() {
    wire_ = std::make_unique<Wire>(context_);
    ++run_.ready;
    ok_ = true;
    const Clock::time_point start = Clock::now();
    bool up = co_await wire_->connect(run_.options.host, run_.options.port);
    if (up) up = co_await reply("CONNECT", start);
    const Clock::time_point hello = Clock::now();
    if (up) up = co_await wire_->send(lmtp_ ? "LHLO load.test\r\n" : "EHLO load.test\r\n");
    if (up) up = co_await reply(lmtp_ ? "LHLO" : "EHLO", hello);
    if (!up) run_.statistics.error("CONNECT", "no connection");
    if (!up || !ok_) drop();
    co_return up&& ok_;
}

awaitable<bool> Dialogue::deliver(std::vector<std::string> users, const std::string* body,
                                  Clock::time_point due) {
    std::vector<std::pair<const char*, std::string>> commands;
    commands.emplace_back("MAIL", fmt::format("MAIL FROM:<{}>\r\n", run_.options.sender));
    for (const std::string& user : users)
        commands.emplace_back("RCPT", fmt::format("RCPT TO:<{}>\r\n", user));
    commands.emplace_back("DATA", "DATA\r\n");
    std::string together;  // PIPELINING (RFC 2920)
    for (const auto& [name, command] : commands) together += command;
    ok_ = true;
    Clock::time_point since = Clock::now();
    bool up = run_.options.in_turn;
    if (!up) up = co_await wire_->send(std::move(together));
    for (std::size_t i = 0; up && i < commands.size(); ++i) {
        if (run_.options.in_turn) since = Clock::now();
        if (run_.options.in_turn) up = co_await wire_->send(std::move(commands[i].second));
        if (up) up = co_await reply(commands[i].first, since);
    }
    if (up && code_ == '3') {
        since = Clock::now();
        up = co_await wire_->send_with(std::string(), *body, std::string());
        // LMTP answers for each recipient (RFC 2033 section 4.2).
        for (std::size_t i = 0; up && i < (lmtp_ ? users.size() : 1); ++i) up = co_await reply("END", since);
    } else if (up) {  // refused: the next one begins anew
        since = Clock::now();
        up = co_await wire_->send("RSET\r\n");
        if (up) up = co_await reply("RSET", since);
    }
    if (!up) {
        if (!run_.over()) run_.statistics.error("DELIVER", "the server closed the connection");
        drop();
        co_return false;
    }
    if (ok_) {
        run_.statistics.add("DELIVER", Clock::now() - due, true);
        ++run_.delivered;
    }
    co_return true;
}

awaitable<void> Dialogue::quit() {
    if (!wire_) co_return;
    bool up = co_await wire_->send("QUIT\r\n");
    if (up) up = co_await read_reply(wire_.get(), &code_);
    drop();
}

}  // namespace

awaitable<void> delivery_connection(RunPtr run, std::uint32_t number, boost::asio::io_context* context) {
    Dialogue dialogue(*run, *context);
    Schedule schedule(*run, number);
    std::mt19937_64 random(run->options.seed + number);
    std::vector<std::string> bodies;
    for (const std::string& message : run->messages) bodies.push_back(stuffed(message));
    const std::uint32_t most = run->options.messages;
    while (!run->over() && (most == 0 || run->delivered < most)) {
        const Clock::time_point due = co_await schedule.next();
        bool up = dialogue.is_open();
        if (!up) up = co_await dialogue.open();
        if (!up) co_return;
        std::vector<std::string> users;
        const auto first = static_cast<std::uint32_t>(random() % run->options.users);
        for (std::uint32_t i = 0; i < run->options.recipients; ++i)
            users.push_back(run->options.user(1 + (first + i) % run->options.users));
        const std::string* const body = &bodies[random() % bodies.size()];
        up = co_await dialogue.deliver(std::move(users), body, due);
        if (!up) co_return;
        if (run->options.one_a_connection) co_await dialogue.quit();
    }
    co_await dialogue.quit();
}

}  // namespace mailbench
