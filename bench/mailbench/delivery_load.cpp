// LMTP and SMTP: one message after another on each connection; a latency is from MAIL to the answer after the
// dot.
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

/// One message. False: the connection is gone.
awaitable<bool> deliver(RunPtr run, Wire* wire, std::string user, std::string body, Clock::time_point due) {
    char code = 0;
    // MAIL, RCPT and DATA in one piece: PIPELINING (RFC 2920).
    bool sent =
        co_await wire->send(fmt::format("MAIL FROM:<load@load.test>\r\nRCPT TO:<{}>\r\nDATA\r\n", user));
    bool ok = sent;
    for (int i = 0; sent && i < 3; ++i) {
        sent = co_await read_reply(wire, &code);
        ok = ok && (code == '2' || code == '3');
    }
    if (sent && code == '3') {
        sent = co_await wire->send(std::move(body));
        if (sent) sent = co_await read_reply(wire, &code);
        ok = ok && code == '2';
    }
    if (!sent) co_return false;
    if (ok) {
        run->statistics.add("DELIVER", Clock::now() - due, true);
        ++run->delivered;
    } else {
        run->statistics.error("DELIVER", wire->line());
    }
    co_return true;
}

}  // namespace

awaitable<void> delivery_connection(RunPtr run, std::uint32_t number, boost::asio::io_context* context) {
    Wire wire(*context);
    char code = 0;
    bool up = co_await wire.connect(run->options.host, run->options.port);
    if (up) up = co_await read_reply(&wire, &code);
    if (up)
        up =
            co_await wire.send(run->options.protocol == "lmtp" ? "LHLO load.test\r\n" : "EHLO load.test\r\n");
    if (up) up = co_await read_reply(&wire, &code);
    if (!up || code != '2') {
        run->statistics.error("CONNECT", up ? wire.line() : "no connection");
        co_return;
    }
    ++run->ready;
    Schedule schedule(*run, number);
    std::mt19937_64 random(run->options.seed + number);
    std::vector<std::string> bodies;
    for (const std::string& message : run->messages) bodies.push_back(stuffed(message));
    const std::uint32_t most = run->options.messages;
    while (up && !run->over() && (most == 0 || run->delivered < most)) {
        const Clock::time_point due = co_await schedule.next();
        const std::string user =
            run->options.user(1 + static_cast<std::uint32_t>(random() % run->options.users));
        std::string body = bodies[random() % bodies.size()];
        up = co_await deliver(run, &wire, user, std::move(body), due);
    }
    if (!up && !run->over()) run->statistics.error("DELIVER", "the server closed the connection");
    run->statistics.traffic(wire.octets_in(), wire.octets_out());
    wire.close();
}

}  // namespace mailbench
