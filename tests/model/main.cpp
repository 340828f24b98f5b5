// imap_model: plays seed after seed until the time is up or one fails, which it then makes small and prints.
//
//   imap_model [--minutes N | --plays N] [--seed S] [--steps N] [--only 3,17,20]
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>

#include <fmt/format.h>

#include "model/shrink.hpp"

namespace {

using namespace model;

std::uint64_t number_of(const char* text) {
    std::uint64_t number = 0;
    std::from_chars(text, text + std::strlen(text), number);
    return number;
}

void report(PlayOptions options, const Failure& failure) {
    fmt::print("seed {}: step {}: {}\nmaking it small...\n", options.seed, failure.step, failure.what);
    std::fflush(stdout);
    if (options.only.empty()) {
        options = shortest_prefix(options, failure);
        fmt::print("shortest prefix: --seed {} --steps {}\n", options.seed, options.steps);
        std::fflush(stdout);
        options = fewest_steps(options, 600);
    }
    const Outcome outcome = play(options);
    if (!outcome.failure) return;
    for (const std::string& line : outcome.failure->talk) fmt::print("{}\n", line);
    std::string only;
    for (const std::size_t step : options.only) only += fmt::format("{}{}", only.empty() ? "" : ",", step);
    fmt::print("FAILED: {}\nagain: imap_model --seed {} --steps {} --only {}\n", outcome.failure->what,
               options.seed, options.steps, only);
}

}  // namespace

int main(int argc, char** argv) {
    PlayOptions options;
    std::uint64_t minutes = 1, plays = 0;
    for (int at = 1; at + 1 < argc; at += 2) {
        const std::string_view name = argv[at];
        const std::uint64_t number = number_of(argv[at + 1]);
        if (name == "--minutes") {
            minutes = number;
        } else if (name == "--plays") {
            plays = number;
        } else if (name == "--seed") {
            options.seed = number;
        } else if (name == "--steps") {
            options.steps = number;
        } else if (name == "--only") {
            for (const std::uint32_t step : numbers_of(argv[at + 1])) options.only.push_back(step);
            plays = 1;
        } else {
            fmt::print(stderr, "imap_model: unknown option {}\n", name);
            return 2;
        }
    }
    const auto start = std::chrono::steady_clock::now();
    const auto end = start + std::chrono::minutes(minutes);
    std::uint64_t done = 0, commands = 0, checks = 0, messages = 0;
    for (; plays != 0 ? done < plays : std::chrono::steady_clock::now() < end; ++done, ++options.seed) {
        const Outcome outcome = play(options);
        commands += outcome.commands;
        checks += outcome.checks;
        messages += outcome.messages;
        if (!outcome.failure) continue;
        report(options, *outcome.failure);
        return 1;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    fmt::print("{} plays, up to seed {}: {} commands ({:.0f} a second), {} checks of {} messages, no fault\n",
               done, options.seed - 1, commands, static_cast<double>(commands) / took.count(), checks,
               messages);
    return 0;
}
