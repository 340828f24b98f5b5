// SearchText: how much of a message SEARCH looks at. The index and the matcher must agree: what one of them
// leaves out the other may not find.
#pragma once
#include <cstddef>

namespace store {

struct SearchText {
    static constexpr std::size_t header_bytes_max = 16U << 20;  ///< of one header held in memory
    /// Of one field: what is behind is no text that anybody looks for, and it is decoded in one go.
    static constexpr std::size_t field_bytes_max = 1U << 20;
};

}  // namespace store
