// The command line of `barid`.
#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "config/config.hpp"

namespace cli {

struct DevOptions {
    std::string data;  ///< empty: a temporary directory that goes when the server ends
    bool json = false;
    std::uint16_t port_base = 10000;
    std::uint32_t users = 0;  ///< u1…uN beside the two demo accounts
    std::string log_level = "warn";
    unsigned threads = 0;
    bool search_index = true;
};

struct ServeOptions {
    std::string config = "/etc/barid/barid.toml";
};

/// The programs that only main.cpp can put together. Each returns an exit code.
struct Programs {
    std::function<int(const ServeOptions&)> serve;
    std::function<int(const DevOptions&)> dev;
    config::Examine examine;  ///< for `config check`
};

/// Exit codes: 0 ok, 1 failed, 2 usage, 3 a check found problems.
int run(int argc, char** argv, const Programs& programs);

}  // namespace cli
