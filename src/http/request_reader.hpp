// RequestReader: one HTTP/1.1 request out of octets, by Boost.Beast's parser. No I/O: the session brings
// octets. RFC 9112.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace http {

class RequestReader {
public:
    /// A header larger than `header_bytes_max` is refused with 431, a target longer than that with it; so is
    /// the line before a chunk with its extensions (RFC 9112 section 7.1.1), and all trailer fields.
    explicit RequestReader(std::size_t header_bytes_max);
    ~RequestReader();
    RequestReader(RequestReader&&) noexcept;
    RequestReader& operator=(RequestReader&&) noexcept;

    enum class State : std::uint8_t {
        need_more,  ///< octets; those that were not consumed come again
        ready,  ///< read_header(): it is whole; read_body(): a piece is there, or there was no room for more
        done,   ///< of read_body(): the body is whole
        bad,    ///< status() is to be answered; nothing more can be read of this connection
    };
    struct Step {
        State state = State::bad;
        std::size_t consumed = 0;
    };
    Step read_header(std::string_view octets);
    /// After the header. Appends at most `octets_max` of the body to `piece`.
    Step read_body(std::string_view octets, std::string& piece, std::size_t octets_max);

    unsigned status() const;  ///< of State::bad: 400, 431, 501 or 505

    // Once the header is there:
    std::string_view method() const;
    std::string_view target() const;  ///< as sent
    std::string_view field(
        std::string_view name) const;  ///< the first of this name, in any case; empty: none
    bool keep_alive() const;           ///< RFC 9112 section 9.3
    bool is_http_1_0() const;
    bool expects_continue() const;  ///< RFC 9110 section 10.1.1
    bool body_done() const;

private:
    struct Parser;
    std::unique_ptr<Parser> parser_;
};

}  // namespace http
