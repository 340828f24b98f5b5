// Arguments of the command-line programs: `--name value`, `--name=value` and the rest.
#pragma once
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dns_client.hpp"

namespace mailauth {

struct Options {
    std::map<std::string, std::string> named;
    std::vector<std::string> rest;
    std::string fault;  // not empty: say it and end with 2

    bool has(const std::string& name) const { return named.contains(name); }
    std::string value(const std::string& name, const std::string& otherwise = {}) const;
    std::optional<long long> number(const std::string& name) const;
};

/// \p with_value take one, \p flags take none.
Options read_options(int argc, char** argv, std::initializer_list<std::string_view> with_value,
                     std::initializer_list<std::string_view> flags = {});
/// Of --dns and --timeout.
std::optional<DnsClient> resolver_of(const Options& options);
/// Of --now, else the clock's.
std::chrono::seconds now_of(const Options& options);
/// "-" is standard input. Nothing when it cannot be read.
std::optional<std::string> read_file(const std::string& path);
/// Prints \p usage and the fault to standard error; 2.
int usage(std::string_view usage, const std::string& fault);

}  // namespace mailauth
