// What the parts of a session hand to each other.
#pragma once
#include <string>
#include <vector>

namespace eas {

/// What ItemOperations has fetched.
struct FetchedParts {
    bool apart = false;               ///< the octets go beside the WBXML
    std::vector<std::string> octets;  ///< if they do
    std::size_t room = 0;             ///< for so many more octets
};

/// Of the post office, whom users may look up.
struct Person {
    std::string name, address;
};

}  // namespace eas
