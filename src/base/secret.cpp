#include "base/secret.hpp"

#include <sodium.h>

namespace base {

bool Secret::equals(std::string_view other) const noexcept {
    return octets_.size() == other.size() && sodium_memcmp(octets_.data(), other.data(), other.size()) == 0;
}

void Secret::wipe() noexcept {
    // The whole capacity: a moved-from small string keeps its octets in place.
    octets_.resize(octets_.capacity());
    sodium_memzero(octets_.data(), octets_.size());
    octets_.clear();
}

}  // namespace base
