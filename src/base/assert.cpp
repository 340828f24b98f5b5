#include "base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace base {

void assert_failed(const char* expression, const char* file, int line) noexcept {
    std::fprintf(stderr, "level=fatal msg=\"assertion failed\" expression=\"%s\" at=%s:%d\n", expression,
                 file, line);
    std::fflush(stderr);
    std::abort();
}

}  // namespace base
