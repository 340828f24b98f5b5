// Programs that look at messages: started without a shell, the message as standard input, a time limit, a
// bounded number at one time. Nothing of a message ever becomes a part of a command line.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/thread_pool.hpp>

#include "filter/facts.hpp"
#include "filter/message.hpp"
#include "filter/turns.hpp"

namespace filter {

struct ProgramLimits {
    std::size_t output_bytes_max = 4'096;    ///< kept of what it writes; the rest is read and dropped
    std::size_t variable_bytes_max = 1'024;  ///< of one environment variable that holds a stranger's words
    std::size_t recipients_bytes_max = 16'384;
    std::size_t waiting_factor = 10;  ///< so many wait in line for each that runs
};

struct ProgramSettings {
    std::vector<std::string> argv;  ///< the first is a path; no search, no shell
    std::chrono::milliseconds time_max{30'000};
    std::size_t running_max = 4;
    std::string folder = "/tmp";  ///< for large messages: a file without a name
};

struct Ran {
    enum class End : std::uint8_t { exited, killed, timed_out, not_started, no_room };
    End end = End::not_started;
    int status = 0;      ///< exit status, or the signal's number
    std::string output;  ///< the first line of what it wrote, to either of its outputs; printable

    /// "exit status 1", "killed by signal 9" …
    std::string text() const;
};

/// Thread-safe; outlives the coroutines in run().
class Programs {
public:
    Programs(boost::asio::thread_pool& pool, ProgramLimits limits = {}) : pool_(pool), limits_(limits) {}
    /// Of a caller on a strand: turns are his to keep per program.
    std::shared_ptr<Turns> turns_for(const ProgramSettings& settings) const {
        return std::make_shared<Turns>(settings.running_max, settings.running_max * limits_.waiting_factor);
    }
    awaitable<Ran> run(std::shared_ptr<const ProgramSettings> settings, std::shared_ptr<Turns> turns,
                       FactsPtr facts, MessagePtr message);

private:
    boost::asio::thread_pool& pool_;
    const ProgramLimits limits_;
};

/// What a program's environment says of a message: BARID_SENDER, BARID_CLIENT … Controls become '?'.
std::vector<std::string> environment_of(const Facts& facts, const ProgramLimits& limits = {});

/// Words parted by blanks, quotes "…" round those that have any. Empty: a quote is missing.
std::vector<std::string> split_words(std::string_view line);

}  // namespace filter
