// What was measured: a histogram for each command, errors, octets; and what is printed and written of it.
#pragma once
#include <cstdint>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/histogram.hpp"
#include "mailbench/options.hpp"

namespace mailbench {

struct CommandFigures {
    base::Histogram latency;
    std::uint64_t errors = 0;
    bool step = false;  ///< a part of an operation: shown, not counted again
};

/// Thread-safe: connections on all threads add to one.
class Statistics {
public:
    void add(const std::string& command, std::chrono::nanoseconds latency, bool ok);
    /// A part of an operation: a row of its own, but no operation.
    void add_step(const std::string& command, std::chrono::nanoseconds latency);
    void error(const std::string& command, const std::string& text);
    void traffic(std::uint64_t in, std::uint64_t out);
    /// Forgets what the warm-up gave.
    void reset();

    std::uint64_t operations() const;
    std::uint64_t errors() const;
    /// Percentile over all commands since the last call, for the line that is printed while it runs.
    struct Interval {
        std::uint64_t operations = 0, errors = 0;
        double p50_ms = 0, p99_ms = 0, max_ms = 0;
    };
    Interval take_interval();

    nlohmann::json to_json(const Options& options, double seconds) const;
    void print(double seconds) const;
    /// Fills `failed` with the expectations that do not hold. False: one is not understood.
    bool check(const std::vector<std::string>& expectations, std::vector<std::string>& failed) const;

private:
    mutable std::mutex mutex_;
    std::map<std::string, CommandFigures> commands_;
    std::vector<std::string> error_texts_;
    base::Histogram interval_;
    std::uint64_t interval_errors_ = 0, octets_in_ = 0, octets_out_ = 0;
};

/// CPU and memory of a process and all its descendants.
struct ProcessFigures {
    double cpu_seconds = 0;
    std::uint64_t resident_bytes = 0;
    std::uint32_t processes = 0;
};
ProcessFigures process_tree(int pid);

/// A page that needs nothing else: the figures as a table and the histograms as pictures (SVG).
std::string html_page(const nlohmann::json& report);

}  // namespace mailbench
