// One play from its seed, and how a failure is made small.
#include <algorithm>
#include <numeric>

#include "model/shrink.hpp"

namespace model {

namespace {

/// Whether step `number` is played.
bool wanted(const PlayOptions& options, std::size_t number) {
    return options.only.empty() || std::binary_search(options.only.begin(), options.only.end(), number);
}

void play_steps(const PlayOptions& options, World& world, std::size_t& at, Outcome& outcome) {
    for (; at < options.steps; ++at) {
        if (wanted(options, at)) {
            Chance chance(options.seed, at);
            world.step(at, chance);
        }
        if ((at + 1) % options.check_every != 0 && at + 1 != options.steps) continue;
        world.check(at);
        ++outcome.checks;
    }
    world.check_store();
}

}  // namespace

Outcome play(const PlayOptions& options) {
    Outcome outcome;
    std::size_t at = 0;
    World world(options.seed);
    try {
        play_steps(options, world, at, outcome);
    } catch (const std::exception& fault) {
        outcome.failure = Failure{at, fault.what(), world.talk()};
    }
    outcome.commands = world.commands();
    outcome.messages = world.messages();
    return outcome;
}

PlayOptions shortest_prefix(PlayOptions options, const Failure& failure) {
    std::size_t good = 0, bad = std::min(failure.step + 1, options.steps);
    options.steps = bad;
    while (bad - good > 1) {
        options.steps = good + (bad - good) / 2;
        if (play(options).failure) {
            bad = options.steps;
        } else {
            good = options.steps;
        }
    }
    options.steps = bad;
    return options;
}

PlayOptions fewest_steps(PlayOptions options, std::size_t plays_max) {
    std::vector<std::size_t> steps(options.steps);
    std::iota(steps.begin(), steps.end(), 0U);
    for (std::size_t piece = std::max<std::size_t>(steps.size() / 2, 1); plays_max > 0;
         piece = (piece + 1) / 2) {
        bool shorter = false;
        for (std::size_t at = 0; at < steps.size() && plays_max > 0;) {
            PlayOptions less = options;
            less.only = steps;
            const auto from = less.only.begin() + static_cast<std::ptrdiff_t>(at);
            less.only.erase(
                from, less.only.begin() + static_cast<std::ptrdiff_t>(std::min(at + piece, steps.size())));
            --plays_max;
            if (!less.only.empty() && play(less).failure) {
                steps = std::move(less.only);
                shorter = true;
            } else {
                at += piece;
            }
        }
        if (piece == 1 && !shorter) break;
    }
    options.only = std::move(steps);
    return options;
}

}  // namespace model
