// Client: one HTTP/1.1 request and its answer, over net::Client, by Boost.Beast's parser. For what the server
// itself asks of others: key sets, introspection. No redirects, no cookies, no connection kept; time and size
// are bounded, and TLS certificates are verified.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "base/result.hpp"
#include "http/url.hpp"
#include "net/resolver.hpp"
#include "net/tls_context.hpp"

namespace http {

/// The octets of a request that are not held in memory as a whole. One reader.
class BodySource {
public:
    virtual ~BodySource() = default;
    virtual std::uint64_t size() const = 0;
    /// The next piece, together exactly size() octets. Nothing: it cannot be read.
    virtual boost::asio::awaitable<std::optional<std::string>> next() = 0;
};

struct Request {
    Url url;
    std::string body;                    ///< posted; empty: GET
    std::shared_ptr<BodySource> source;  ///< posted instead, where it is set
    std::string content_type = "application/x-www-form-urlencoded";
    std::string accept = "application/json";
    std::vector<std::pair<std::string, std::string>> fields;
    std::size_t octets_max = 65'536;  ///< of the answer's body
};

struct Answer {
    unsigned status = 0;
    std::string content_type;  ///< lower case, without parameters
    std::string body;
};

/// What went wrong, for the log.
class Failed {
public:
    Failed() = default;
    explicit Failed(std::string what) : what_(std::move(what)) {}
    const std::string& what() const { return what_; }

private:
    std::string what_;
};
using Result = base::Result<Answer, Failed>;

struct ClientSettings {
    std::string ca_file;                           ///< PEM; empty: the system's authorities
    std::chrono::milliseconds request_max{5'000};  ///< from the first look-up to the last octet
    static constexpr std::size_t header_bytes_max = 16'384;
    static constexpr std::size_t addresses_max = 4;  ///< tried, of a host that has more
};

/// Thread-safe; the resolver outlives it.
class Client {
public:
    Client(net::Resolver& resolver, ClientSettings settings);
    /// Why no request can succeed (a file of authorities that is none); empty: all is well.
    const std::string& fault() const { return fault_; }
    boost::asio::awaitable<Result> request(Request request);

private:
    net::Resolver& resolver_;
    ClientSettings settings_;
    std::shared_ptr<const net::TlsContext> tls_;  // of the connections that use it
    std::string fault_;
};

}  // namespace http
