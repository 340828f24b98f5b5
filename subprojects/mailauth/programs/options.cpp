#include "options.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>

namespace mailauth {

std::string Options::value(const std::string& name, const std::string& otherwise) const {
    const auto found = named.find(name);
    return found == named.end() ? otherwise : found->second;
}

std::optional<long long> Options::number(const std::string& name) const {
    const std::string text = value(name);
    long long out = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (code != std::errc() || end != text.data() + text.size()) return {};
    return out;
}

Options read_options(int argc, char** argv, std::initializer_list<std::string_view> with_value,
                     std::initializer_list<std::string_view> flags) {
    Options options;
    const auto known = [](std::initializer_list<std::string_view> names, std::string_view name) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        const std::size_t equals = argument.find('=');
        const std::string_view name = argument.substr(0, equals);
        if (!argument.starts_with("--")) {
            options.rest.emplace_back(argument);
        } else if (known(flags, argument)) {
            options.named[std::string(argument)] = "";
        } else if (!known(with_value, name)) {
            options.fault = "unknown option " + std::string(argument);
        } else if (equals != std::string_view::npos) {
            options.named[std::string(name)] = argument.substr(equals + 1);
        } else if (i + 1 < argc) {
            options.named[std::string(name)] = argv[++i];
        } else {
            options.fault = std::string(name) + " needs a value";
        }
    }
    return options;
}

std::optional<DnsClient> resolver_of(const Options& options) {
    const std::chrono::milliseconds patience(options.number("--timeout").value_or(2000));
    return DnsClient::to(options.value("--dns"), patience);
}

std::chrono::seconds now_of(const Options& options) {
    if (const auto given = options.number("--now")) return std::chrono::seconds(*given);
    return std::chrono::duration_cast<std::chrono::seconds>(
        std::chrono::system_clock::now().time_since_epoch());
}

std::optional<std::string> read_file(const std::string& path) {
    if (path == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
    std::ifstream file(path, std::ios::binary);
    if (!file) return {};
    return std::string(std::istreambuf_iterator<char>(file), {});
}

int usage(std::string_view usage, const std::string& fault) {
    if (!fault.empty()) std::fprintf(stderr, "%s\n", fault.c_str());
    std::fprintf(stderr, "usage: %.*s\n", static_cast<int>(usage.size()), usage.data());
    return 2;
}

}  // namespace mailauth
