// store::Error: what can go wrong in the store, as protocols see it. The detail is logged where it was found.
#pragma once
#include <cstdint>
#include <string_view>

#include "base/result.hpp"

namespace store {

enum class Errc : std::uint8_t {
    none,
    not_found,  ///< no such account, folder, message, blob, row
    exists,     ///< the name is taken
    conflict,   ///< the partition's version moved: reload and redo (only the engine and the services see it)
    unknown,    ///< time-out: it may or may not have happened (only the engine and the services see it)
    unavailable,  ///< the store cannot answer now; try again later
    no_space,     ///< the disk is full: nothing was kept
    corrupt,      ///< a row does not decode or its checksum is wrong
    over_quota,   ///< the account's limit would be passed
    limit,        ///< a named limit of StoreLimits or EngineLimits was reached
    invalid,      ///< the request makes no sense (a name with a control character, a folder inside itself …)
    denied,       ///< not allowed: INBOX cannot be deleted, a special folder keeps its role …
};

class Error {
public:
    constexpr Error() = default;
    constexpr Error(Errc code, const char* what) : code_(code), what_(what) {}  // NOLINT: converts on purpose
    constexpr Errc code() const { return code_; }
    /// Static text, safe to show to a client.
    constexpr std::string_view what() const { return what_; }
    constexpr bool is(Errc code) const { return code_ == code; }
    /// True when the same request may succeed later.
    constexpr bool temporary() const {
        return code_ == Errc::unavailable || code_ == Errc::no_space || code_ == Errc::unknown ||
               code_ == Errc::conflict;
    }

private:
    Errc code_ = Errc::none;
    const char* what_ = "";
};

template <class T>
using Result = base::Result<T, Error>;

}  // namespace store
