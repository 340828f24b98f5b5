// The border: rocksdb::Status in, store::Error out, the detail to the log.
#pragma once
#include <string_view>

#include <rocksdb/status.h>

#include "store/error.hpp"

namespace store::engine::rocks {

/// `status` is not ok. Logs at most one line a second, with the number of those left out. `doing`: "commit",
/// "scan" …
Error translate(const rocksdb::Status& status, std::string_view doing);
bool no_space(const rocksdb::Status& status);
/// What we wrote does not read back as we wrote it.
Error damaged(std::string_view what, std::string_view where);

inline constexpr Error no_such_blob{Errc::not_found, "no such blob"};
inline constexpr Error moved{Errc::conflict, "the partition has changed"};
inline constexpr Error closed{Errc::unavailable, "the store is closed"};
inline constexpr Error disk_full{Errc::no_space, "no space left"};

}  // namespace store::engine::rocks
