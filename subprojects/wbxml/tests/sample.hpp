// What a Sync answer with many mails looks like, and documents made at random.
#pragma once
#include <cstdint>
#include <string>

namespace wbxml::sample {

/// One page of a first Sync: `items` mails with all properties that a phone asks for and a short body.
std::string sync_answer(int items);

/// A well-formed document of any tags, texts and opaque data; the same for the same seed.
std::string random_document(std::uint32_t seed);

}  // namespace wbxml::sample
