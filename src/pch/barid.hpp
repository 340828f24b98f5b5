// What nearly every file needs and what is slow to parse. Precompiled once for each library; include what you
// use in your own file all the same, since the build without precompiled headers (-Db_pch=false) must pass
// too.
#ifndef BARID_PCH  // g++ compiles this file itself, and "#pragma once" in it is an error then
#define BARID_PCH
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/result.hpp>
#include <fmt/format.h>

#endif
