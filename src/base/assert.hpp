// BASE_ASSERT: a broken invariant in shared state (store, engine) ends the process, in release builds too:
// going on could write the damage to disk. Never use it on input from outside.
#pragma once

namespace base {
[[noreturn]] void assert_failed(const char* expression, const char* file, int line) noexcept;
}

#define BASE_ASSERT(expression) \
    ((expression) ? static_cast<void>(0) : ::base::assert_failed(#expression, __FILE__, __LINE__))
