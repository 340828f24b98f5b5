// What the parts of a session hand to each other.
#pragma once
#include <string>
#include <vector>

#include "pim/itip/write.hpp"

namespace eas {

/// What ItemOperations has fetched.
struct FetchedParts {
    bool apart = false;               ///< the octets go beside the WBXML
    std::vector<std::string> octets;  ///< if they do
    std::size_t room = 0;             ///< for so many more octets
};

/// What the change of an event asks its organizer's server to tell others.
struct MeetingChange {
    std::vector<pim::itip::Notice> notices;
    pim::itip::Owner owner;
};

/// Of the post office, whom users may look up.
struct Person {
    std::string name, address;
};

}  // namespace eas
