#include "mailbench/statistics.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace mailbench {
namespace {

double ms(std::chrono::nanoseconds duration) { return static_cast<double>(duration.count()) / 1e6; }

constexpr std::array<std::pair<const char*, double>, 6> ranks{
    {{"p50", 50}, {"p90", 90}, {"p95", 95}, {"p99", 99}, {"p99.9", 99.9}, {"max", 100}}};

/// "5ms", "300us", "1.5s", "12": in milliseconds, or a bare number.
bool parse_value(std::string_view text, double& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc{}) return false;
    const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    if (unit == "us") out /= 1000;
    if (unit == "s") out *= 1000;
    return unit.empty() || unit == "us" || unit == "ms" || unit == "s";
}

}  // namespace

void Statistics::add(const std::string& command, std::chrono::nanoseconds latency, bool ok) {
    const std::scoped_lock lock(mutex_);
    CommandFigures& figures = commands_[command];
    figures.latency.add(latency);
    interval_.add(latency);
    if (!ok) {
        ++figures.errors;
        ++interval_errors_;
    }
}

void Statistics::add_step(const std::string& command, std::chrono::nanoseconds latency) {
    const std::scoped_lock lock(mutex_);
    CommandFigures& figures = commands_[command];
    figures.step = true;
    figures.latency.add(latency);
}

void Statistics::error(const std::string& command, const std::string& text) {
    const std::scoped_lock lock(mutex_);
    ++commands_[command].errors;
    ++interval_errors_;
    if (error_texts_.size() < 20) error_texts_.push_back(command + ": " + text);
}

void Statistics::traffic(std::uint64_t in, std::uint64_t out) {
    const std::scoped_lock lock(mutex_);
    octets_in_ += in;
    octets_out_ += out;
}

void Statistics::reset() {
    const std::scoped_lock lock(mutex_);
    commands_.clear();
    interval_ = {};
    octets_in_ = octets_out_ = interval_errors_ = 0;
}

std::uint64_t Statistics::operations() const {
    const std::scoped_lock lock(mutex_);
    std::uint64_t sum = 0;
    for (const auto& [name, figures] : commands_) sum += figures.step ? 0 : figures.latency.count();
    return sum;
}

std::uint64_t Statistics::errors() const {
    const std::scoped_lock lock(mutex_);
    std::uint64_t sum = 0;
    for (const auto& [name, figures] : commands_) sum += figures.errors;
    return sum;
}

Statistics::Interval Statistics::take_interval() {
    const std::scoped_lock lock(mutex_);
    Interval out{interval_.count(), interval_errors_, ms(interval_.percentile(50)),
                 ms(interval_.percentile(99)), ms(interval_.max())};
    interval_ = {};
    interval_errors_ = 0;
    return out;
}

nlohmann::json Statistics::to_json(const Options& options, double seconds) const {
    const std::scoped_lock lock(mutex_);
    nlohmann::json commands = nlohmann::json::object();
    std::uint64_t operations = 0, errors = 0;
    for (const auto& [name, figures] : commands_) {
        nlohmann::json row = {{"count", figures.latency.count()},
                              {"errors", figures.errors},
                              {"rate", static_cast<double>(figures.latency.count()) / seconds},
                              {"mean_ms", figures.latency.mean_ns() / 1e6}};
        for (const auto& [rank, percent] : ranks) row[rank] = ms(figures.latency.percentile(percent));
        nlohmann::json curve = nlohmann::json::array();
        for (double percent = 1; percent < 100; percent += 1)
            curve.push_back(ms(figures.latency.percentile(percent)));
        row["curve_ms"] = std::move(curve);
        commands[name] = std::move(row);
        operations += figures.step ? 0 : figures.latency.count();
        errors += figures.errors;
    }
    return {{"protocol", options.protocol},
            {"connections", options.connections},
            {"users", options.users},
            {"rate_asked", options.rate},
            {"seconds", seconds},
            {"operations", operations},
            {"rate", static_cast<double>(operations) / seconds},
            {"errors", errors},
            {"octets_in", octets_in_},
            {"octets_out", octets_out_},
            {"commands", std::move(commands)},
            {"error_texts", error_texts_}};
}

void Statistics::print(double seconds) const {
    const std::scoped_lock lock(mutex_);
    fmt::print("{:<14}{:>10}{:>12}{:>8}{:>10}{:>10}{:>10}{:>10}{:>10}   ms\n", "command", "count", "rate/s",
               "errors", "p50", "p90", "p99", "p99.9", "max");
    for (const auto& [name, figures] : commands_) {
        const auto at = [&](double percent) { return ms(figures.latency.percentile(percent)); };
        fmt::print("{:<14}{:>10}{:>12.1f}{:>8}{:>10.3f}{:>10.3f}{:>10.3f}{:>10.3f}{:>10.3f}\n", name,
                   figures.latency.count(), static_cast<double>(figures.latency.count()) / seconds,
                   figures.errors, at(50), at(90), at(99), at(99.9), at(100));
    }
    for (const std::string& text : error_texts_) fmt::print("error: {}\n", text);
}

bool Statistics::check(const std::vector<std::string>& expectations, std::vector<std::string>& failed) const {
    const std::scoped_lock lock(mutex_);
    for (const std::string& one : expectations) {
        const auto compare = one.find_first_of("<>=");
        if (compare == std::string::npos) return false;
        const bool two = compare + 1 < one.size() && one[compare + 1] == '=';
        const std::string left = one.substr(0, compare);
        double limit = 0, value = 0;
        if (!parse_value(std::string_view(one).substr(compare + (two ? 2 : 1)), limit)) return false;
        const auto dot = left.find('.');
        const std::string command = dot == std::string::npos ? "" : left.substr(0, dot);
        const std::string what = dot == std::string::npos ? left : left.substr(dot + 1);
        base::Histogram latency;
        std::uint64_t errors = 0;
        for (const auto& [name, figures] : commands_) {
            if (!command.empty() && name != command) continue;
            if (!command.empty() || !figures.step) latency.merge(figures.latency);
            errors += figures.errors;
        }
        const auto rank =
            std::ranges::find(ranks, what, [](const auto& row) { return std::string_view(row.first); });
        if (what == "errors") {
            value = static_cast<double>(errors);
        } else if (what == "count") {
            value = static_cast<double>(latency.count());
        } else if (rank != ranks.end()) {
            value = ms(latency.percentile(rank->second));
        } else {
            return false;
        }
        const char sign = one[compare];
        const bool holds = sign == '<'   ? value < limit || (two && value == limit)
                           : sign == '>' ? value > limit || (two && value == limit)
                                         : value == limit;
        if (!holds) failed.push_back(fmt::format("{} (it is {:.3f})", one, value));
    }
    return true;
}

}  // namespace mailbench
