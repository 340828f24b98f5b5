// IMAP: each connection logs in, selects INBOX and runs a mix of commands.
#include <algorithm>
#include <charconv>
#include <functional>

#include <fmt/format.h>

#include "mailbench/load.hpp"

namespace mailbench {
namespace {

class ImapClient {
public:
    ImapClient(RunPtr run, std::uint32_t number, boost::asio::io_context* context)
        : run_(std::move(run)),
          number_(number),
          wire_(*context),
          random_(run_->options.seed * 1000 + number) {}

    awaitable<bool> log_in() {
        bool up = co_await wire_.connect(run_->options.host, run_->options.port);
        if (up) up = co_await wire_.read_line();
        if (!up) co_return false;
        const std::string user = run_->options.user(1 + number_ % run_->options.users);
        up =
            co_await command("LOGIN", fmt::format("LOGIN {} {}", user, run_->options.password), Clock::now());
        if (up) up = co_await command("SELECT", "SELECT INBOX", Clock::now());
        co_return up;
    }

    awaitable<bool> step(const std::string& what, Clock::time_point due) {
        if (what == "APPEND") co_return co_await append(due);
        const std::uint32_t most = std::max(1U, exists_);
        const std::uint32_t one = 1 + static_cast<std::uint32_t>(random_() % most);
        std::string text = what;
        if (what == "FETCH") text = fmt::format("FETCH {} (UID FLAGS RFC822.SIZE)", one);
        if (what == "FLAGS") text = "FETCH 1:* (UID FLAGS)";
        if (what == "ENVELOPE")
            text = fmt::format("FETCH {}:{} (UID ENVELOPE)", most > 50 ? most - 49 : 1, most);
        if (what == "ENVELOPES") text = "FETCH 1:* (ENVELOPE)";
        if (what == "BODY") text = fmt::format("FETCH {} (BODY.PEEK[])", one);
        if (what == "PARTIAL")
            text = fmt::format("FETCH {} (BODY.PEEK[]<{}.65536>)", one, random_() % 20'000'000);
        if (what == "HEADER")
            text = fmt::format("FETCH {} (BODY.PEEK[HEADER.FIELDS (FROM TO SUBJECT DATE)])", one);
        if (what == "STORE")
            text = fmt::format("STORE {} {}FLAGS.SILENT (\\Flagged)", one, random_() % 2 != 0 ? '+' : '-');
        if (what == "STORES")
            text = fmt::format("STORE 1:* {}FLAGS.SILENT (\\Flagged)", ++toggles_ % 2 != 0 ? '+' : '-');
        if (what == "STATUS") text = "STATUS Sent (MESSAGES UNSEEN UIDNEXT)";
        if (what == "SEARCH") text = "SEARCH UNSEEN";
        if (what == "SELECT") text = "SELECT INBOX";
        if (what == "LIST") text = "LIST \"\" *";
        co_return co_await command(what, std::move(text), due);
    }

    /// Many of one small command in one write.
    awaitable<bool> pipelined(const std::string& what, std::uint32_t count, Clock::time_point due) {
        std::string out;
        for (std::uint32_t i = 0; i < count; ++i) out += fmt::format("p{} {}\r\n", ++tag_, what);
        bool up = co_await wire_.send(std::move(out));
        for (std::uint32_t i = 0; up && i < count; ++i) {
            up = co_await read_answer('p');
            if (up) run_->statistics.add(what, Clock::now() - due, ok_);
        }
        co_return up;
    }

    void done() {
        run_->statistics.traffic(wire_.octets_in(), wire_.octets_out());
        wire_.close();
    }

private:
    awaitable<bool> command(std::string name, std::string text, Clock::time_point due) {
        bool up = co_await wire_.send(fmt::format("a{} {}\r\n", ++tag_, text));
        if (up) up = co_await read_answer('a');
        if (!up) co_return false;
        note(name, due);
        co_return true;
    }

    void note(const std::string& name, Clock::time_point due) {
        if (ok_) {
            run_->statistics.add(name, Clock::now() - due, true);
        } else {
            run_->statistics.error(name, wire_.line());
        }
    }

    awaitable<bool> append(Clock::time_point due) {
        const std::string& message = run_->messages[random_() % run_->messages.size()];
        std::string command = fmt::format("a{} APPEND INBOX {{{}+}}\r\n", ++tag_, message.size());
        bool up = co_await wire_.send_with(std::move(command), message, "\r\n");
        if (up) up = co_await read_answer('a');
        if (!up) co_return false;
        note("APPEND", due);
        co_return true;
    }

    /// Reads to the tagged answer; passes over literals.
    awaitable<bool> read_answer(char first) {
        for (;;) {
            const bool up = co_await wire_.read_line();
            if (!up) co_return false;
            const std::string& line = wire_.line();
            if (line.ends_with('}')) {
                std::uint64_t octets = 0;
                const auto open = line.rfind('{');
                if (open != std::string::npos)
                    std::from_chars(line.data() + open + 1, line.data() + line.size(), octets);
                const bool skipped = co_await wire_.skip(octets);
                if (!skipped) co_return false;
            } else if (line.starts_with("* ") && line.ends_with(" EXISTS")) {
                std::from_chars(line.data() + 2, line.data() + line.size(), exists_);
            } else if (!line.empty() && line[0] == first) {
                ok_ = line.find(" OK") != std::string::npos;
                co_return true;
            }
        }
    }

    RunPtr run_;
    std::uint32_t number_;
    Wire wire_;
    std::mt19937_64 random_;
    std::uint64_t tag_ = 0, toggles_ = 0;
    std::uint32_t exists_ = 0;
    bool ok_ = false;
};

}  // namespace

awaitable<void> imap_connection(RunPtr run, std::uint32_t number, boost::asio::io_context* context) {
    ImapClient client(run, number, context);
    bool up = co_await client.log_in();
    if (!up) {
        run->statistics.error("CONNECT", "no connection or login");
        co_return;
    }
    ++run->ready;
    const std::string standard =
        "NOOP=10,FETCH=30,HEADER=10,BODY=10,ENVELOPE=5,STORE=10,STATUS=5,SEARCH=5,APPEND=5";
    const Mix mix(run->options.mix.empty() ? standard : run->options.mix);
    Schedule schedule(*run, number);
    std::mt19937_64 random(run->options.seed * 77 + number);
    while (up && !run->over() && !mix.empty()) {
        const Clock::time_point due = co_await schedule.next();
        const std::string& what = mix.pick(random);
        if (run->options.pipeline > 1) {
            up = co_await client.pipelined(what, run->options.pipeline, due);
        } else {
            up = co_await client.step(what, due);
        }
    }
    if (!up && !run->over()) run->statistics.error("CONNECT", "the server closed the connection");
    client.done();
}

}  // namespace mailbench
