// Client: a connection that we open: to another mail server, or to our own in tests and load tests.
//
// Plain or TLS from the start, or TLS after STARTTLS. Everything runs on the executor that it was made with,
// which must be that of the calling coroutine (a strand). Addresses are numeric: names are resolved
// elsewhere.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "base/result.hpp"
#include "net/connection.hpp"
#include "net/tls_context.hpp"

namespace net {

class Stream;

enum class ClientErrc : std::uint8_t {
    none,
    address,    ///< not a numeric address
    connect,    ///< refused, unreachable
    timeout,    ///< no connection, answer or progress in time
    closed,     ///< the server hung up
    too_long,   ///< a line over the limit
    tls,        ///< the handshake failed, or the certificate does not verify
    injection,  ///< octets in plain text behind the answer to STARTTLS (threats.md 2)
    cancelled,  ///< woken to end
};

class ClientError {
public:
    ClientError() = default;
    ClientError(ClientErrc code, std::string what) : code_(code), what_(std::move(what)) {}
    ClientErrc code() const { return code_; }
    const std::string& what() const { return what_; }
    bool is(ClientErrc code) const { return code_ == code; }

private:
    ClientErrc code_ = ClientErrc::none;
    std::string what_;
};
template <class T>
using ClientResult = base::Result<T, ClientError>;

struct ClientOptions {
    std::string address;  ///< "192.0.2.1", "2001:db8::1", "unix:/path"
    std::uint16_t port = 0;
    std::string source;    ///< address to connect from; empty: the system's choice
    std::stop_token stop;  ///< ends connect(); later use waker()
    std::chrono::milliseconds connect_max{30'000};
    std::chrono::milliseconds output_stall_max{300'000};
};

class Client {
public:
    static awaitable<ClientResult<std::unique_ptr<Client>>> connect(boost::asio::any_io_executor strand,
                                                                    ClientOptions options);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// `server_name` goes into SNI, and is what the certificate must be for when the context verifies.
    /// \errors injection · tls · closed
    /// With `dane` (of a context made for it) the certificate is checked by that alone.
    awaitable<ClientResult<void>> start_tls(std::shared_ptr<const TlsContext> context,
                                            std::string server_name, std::chrono::milliseconds handshake_max,
                                            std::shared_ptr<const DaneCheck> dane = nullptr);
    /// When start_tls() failed.
    CertificateFault certificate_fault() const { return certificate_fault_; }

    /// One line without its CRLF (or LF). \errors too_long · timeout · closed · cancelled
    awaitable<ClientResult<std::string>> read_line(std::size_t line_bytes_max,
                                                   std::chrono::milliseconds patience);
    /// Exactly that many octets. \errors as read_line
    awaitable<ClientResult<std::string>> read_octets(std::size_t octets, std::chrono::milliseconds patience);
    /// Appends to output() and sends all of it. \errors closed (also: did not take it in time)
    awaitable<ClientResult<void>> write(std::string octets);

    // As Connection has them, for callers that parse as it comes.
    awaitable<Wake> wait(std::chrono::milliseconds patience);
    std::string_view input() const;
    void consume(std::size_t octets);
    std::string& output();
    awaitable<bool> flush();
    std::shared_ptr<Waker> waker();
    std::uint32_t take_events() noexcept;
    void close() noexcept;

    /// The server's address is one of this host.
    bool reached_own_host() const;
    bool tls() const { return tls_; }
    std::string tls_version() const;
    std::string tls_cipher() const;
    std::string tls_alpn() const;
    std::string channel_binding(std::string_view type) const;

private:
    friend class PumpAccess;
    explicit Client(std::unique_ptr<Stream> stream);
    awaitable<ClientResult<void>> more(std::chrono::steady_clock::time_point deadline);

    std::unique_ptr<Stream> stream_;
    bool tls_ = false;
    CertificateFault certificate_fault_ = CertificateFault::none;
};

}  // namespace net
