// Url: "https://host:port/path?query", as configuration has it. RFC 3986, the part that HTTP uses.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace http {

struct Url {
    bool tls = true;
    std::string host;  ///< lower case; IPv6 without brackets
    std::uint16_t port = 443;
    std::string target;  ///< path and query: "/" at least

    /// \errors nullopt: another scheme, user information, a fragment, blanks, no host
    static std::optional<Url> parse(std::string_view text);
    /// "host:port" as the Host field has it
    std::string authority() const;
    bool loopback() const { return host == "localhost" || host == "127.0.0.1" || host == "::1"; }
};

}  // namespace http
