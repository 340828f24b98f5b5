// WebForward: one HTTP request of a client to the web server of its node, and the answer back, piece by
// piece.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/response_reader.hpp"
#include "relay/connector.hpp"
#include "relay/web_relay.hpp"

namespace relay {

/// A local of NodeRelay::forward(), on the connection's strand. A piece of the body is in memory at a time.
class WebForward {
public:
    WebForward(Connector::Parts parts, http::Exchange exchange, WebRequest request);
    /// Empty, or why it did not come to an end. What the exchange has not answered then is the caller's.
    awaitable<std::string> run();

    /// Servers that a request may pass one after the other, by its Via field (RFC 9110 section 7.6.3).
    static constexpr std::size_t servers_max = 5;
    /// What run() says where nobody is to blame.
    static constexpr std::string_view client_left = "the client left", stopping = "the server is stopping";
    static constexpr std::size_t header_bytes_max = 16'384;
    static constexpr std::size_t piece_bytes_max = 65'536;

private:
    struct Upstream;
    static awaitable<void> watch(std::shared_ptr<Upstream> upstream, std::shared_ptr<net::Waker> told,
                                 std::chrono::milliseconds patience);

    std::string fault() const;
    std::string authorization();
    std::string head();
    awaitable<std::string> send_request();
    awaitable<std::string> send_body();
    awaitable<std::string> answer();
    awaitable<std::string> read_head();
    awaitable<std::string> pass_body();
    enum class News : std::uint8_t { octets, end, client_gone, shutdown, late };
    awaitable<News> news();

    const Connector::Parts parts_;
    http::Exchange exchange_;
    WebRequest request_;
    std::shared_ptr<Upstream> upstream_;
    std::optional<std::uint64_t> body_length_;
    http::ResponseReader reader_;
};

}  // namespace relay
