// The clockwork of a run: connections as coroutines, an open or closed schedule, the end.
#pragma once
#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "mailbench/options.hpp"
#include "mailbench/statistics.hpp"

namespace mailbench {

using boost::asio::awaitable;
using Clock = std::chrono::steady_clock;

/// A client's side of one connection: lines and octets.
class Wire {
public:
    explicit Wire(boost::asio::io_context& context) : socket_(context) {}
    awaitable<bool> connect(std::string host, std::uint16_t port);
    awaitable<bool> send(std::string octets);
    /// `shared` lives until the answer: it is not copied.
    awaitable<bool> send_with(std::string before, const std::string& shared, std::string after);
    /// Without its line end. False: the connection is gone.
    awaitable<bool> read_line();
    const std::string& line() const { return line_; }
    /// Appends so many octets to `to`, which lives until the answer.
    awaitable<bool> read(std::uint64_t octets, std::string* to);
    /// Reads and drops octets: the body of a literal.
    awaitable<bool> skip(std::uint64_t octets);
    std::uint64_t octets_in() const { return in_; }
    std::uint64_t octets_out() const { return out_; }
    void close();

private:
    awaitable<bool> fill();
    boost::asio::ip::tcp::socket socket_;
    std::string buffer_, line_;
    std::size_t filled_ = 0, consumed_ = 0;  ///< of buffer_: what was read, and what of it was taken
    std::uint64_t in_ = 0, out_ = 0;
};

/// What every connection of a run shares.
struct Run {
    Options options;
    Statistics statistics;
    Clock::time_point start, end;
    std::vector<std::string> messages;    ///< to deliver or append, CRLF, without the final dot
    std::atomic<std::uint32_t> ready{0};  ///< connections that are logged in
    std::atomic<std::uint64_t> delivered{0};
    std::atomic<bool> stopping{false};
    bool over() const { return stopping || Clock::now() >= end; }
};
using RunPtr = std::shared_ptr<Run>;

/// When commands are due on one connection. Open loop: at its share of the rate; closed: at once.
class Schedule {
public:
    Schedule(const Run& run, std::uint32_t connection);
    /// Waits until the next command is due, and says when that was.
    awaitable<Clock::time_point> next();

private:
    Clock::duration step_{};
    Clock::time_point due_;
};

/// Commands by their weight: "FETCH=5,NOOP=1".
class Mix {
public:
    explicit Mix(const std::string& text);
    bool empty() const { return sum_ == 0; }
    /// Not of an empty one.
    const std::string& pick(std::mt19937_64& random) const;

private:
    struct Weighted {
        std::string name;
        std::uint32_t weight;
    };
    std::vector<Weighted> commands_;
    std::uint32_t sum_ = 0;
};

/// Made-up mail of many sizes, a third with a base64 attachment; or the files of a directory.
std::vector<std::string> make_messages(const Options& options);

awaitable<void> imap_connection(RunPtr run, std::uint32_t number, boost::asio::io_context* context);
awaitable<void> delivery_connection(RunPtr run, std::uint32_t number, boost::asio::io_context* context);
awaitable<void> idle_connection(RunPtr run, std::uint32_t number, boost::asio::io_context* context);
/// A phone: FolderSync, Sync of all of the inbox, then a mix; or Ping and Sync for ever.
awaitable<void> eas_connection(RunPtr run, std::uint32_t number, boost::asio::io_context* context);
/// The run only holds connections that wait for deliveries.
bool waits_for_push(const Options& options);
/// Whichever comes second, the 250 of a delivery or the push of it, closes the pair and is the latency: a
/// push may overtake the 250, which counts as 0.
void note_push(const RunPtr& run, std::uint32_t user, bool push);
/// Delivers to each user in turn and notes when; waiting connections measure from there.
awaitable<void> idle_deliverer(RunPtr run, boost::asio::io_context* context);

}  // namespace mailbench
