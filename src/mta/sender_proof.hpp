// What is known of the sender of an envelope, by the Authentication-Results that we wrote in front of its
// message: whether something sent to that address reaches who sent the message, or somebody whose address was
// taken. Pure.
#pragma once
#include <cstdint>
#include <string_view>

namespace mta {

enum class SenderProof : std::uint8_t {
    unchecked,  ///< nobody of us looked: he logged in, or a host brought it that is trusted
    unproven,   ///< nothing speaks for it, nor against it
    proven,     ///< SPF, a signature or DMARC of its domain
    disproven,  ///< its domain says that it is not its own
};

/// `fields`: what stands in front of the message as it came. `hostname`: under which we write results.
SenderProof sender_proof(std::string_view fields, std::string_view hostname, std::string_view sender);

}  // namespace mta
