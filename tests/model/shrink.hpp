// From a play that fails to a small one that fails too.
#pragma once
#include "model/world.hpp"

namespace model {

/// The first steps that are enough.
PlayOptions shortest_prefix(PlayOptions options, const Failure& failure);
/// Of these the ones that are needed; `plays_max` bounds the work.
PlayOptions fewest_steps(PlayOptions options, std::size_t plays_max);

}  // namespace model
