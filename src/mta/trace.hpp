// Trace: what happened to each message, step by step, for "where is my mail?". JSON lines in files of their
// own with a bound on all together, not rows of the store: steps are written once, read seldom and dropped by
// age, which a log does by unlinking a file, at no cost for the mail. A crash may lose the last quarter of a
// second of it, never mail. docs/mta.md lists the events.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include "base/clock.hpp"

namespace mta {

struct TraceSettings {
    std::filesystem::path folder;            ///< empty: only what follow() sees is kept
    std::uint64_t bytes_max = 512ULL << 20;  ///< of all files
    std::uint64_t file_bytes = 32ULL << 20;
    std::size_t recent_max = 4'096;  ///< lines in memory, for follow()
    std::size_t buffer_bytes_max = 8U
                                   << 20;  ///< when the disk does not keep up, lines are dropped and counted
};

struct TraceQuery {
    std::string id;       ///< of the queue; empty: any
    std::string address;  ///< sender or recipient, in any case; empty: any
    std::string message_id;
    std::int64_t since = 0;  ///< milliseconds since 1970
    std::size_t messages_max = 100;
    std::size_t lines_max = 5'000;
};

class Trace {
public:
    Trace(TraceSettings settings, const base::Clock& clock);
    /// Writes what is left.
    ~Trace();
    Trace(const Trace&) = delete;
    Trace& operator=(const Trace&) = delete;

    struct Field {
        std::string_view key;
        std::string_view value;
    };
    /// One step of the message `id`. Any thread; costs a microsecond and no I/O.
    void add(std::string_view id, std::string_view event, std::initializer_list<Field> fields);

    /// JSON lines of the messages that match, in order of time; every step of each.
    boost::asio::awaitable<std::vector<std::string>> find(TraceQuery query);
    /// Lines after the one with this number, and the number of the last.
    std::pair<std::vector<std::string>, std::uint64_t> after(std::uint64_t number) const;
    std::uint64_t last_number() const;
    std::uint64_t dropped() const;

private:
    void write_lines();
    void write_out();
    void open_file();
    void drop_old();
    std::vector<std::filesystem::path> files() const;
    std::vector<std::string> search(const TraceQuery& query);

    const TraceSettings settings_;
    const base::Clock& clock_;
    mutable std::mutex mutex_;  // what follows
    std::string buffer_;
    std::deque<std::string> recent_;
    std::uint64_t number_ = 0, dropped_ = 0;
    bool stop_ = false;
    std::condition_variable something_;

    std::mutex file_mutex_;  // file_, file_bytes_
    int file_ = -1;
    std::uint64_t file_bytes_ = 0;
    std::unique_ptr<boost::asio::thread_pool> readers_;  ///< null: no files
    std::thread writer_;
};

/// Appends `text` as a JSON string; octets that are not UTF-8, and controls, as escapes.
void append_json(std::string& out, std::string_view text);

}  // namespace mta
