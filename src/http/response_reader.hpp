// ResponseReader: one HTTP/1.1 response out of octets, by Boost.Beast's parser. No I/O. RFC 9112.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/response_writer.hpp"

namespace http {

/// For responses to other methods than HEAD and CONNECT. Interim responses (1xx) are passed over.
class ResponseReader {
public:
    explicit ResponseReader(std::size_t header_bytes_max);
    ~ResponseReader();
    ResponseReader(ResponseReader&&) noexcept;
    ResponseReader& operator=(ResponseReader&&) noexcept;

    enum class State : std::uint8_t {
        need_more,  ///< octets; those that were not consumed come again
        ready,      ///< read_header(): it is whole; read_body(): a piece is there
        done,       ///< of read_body(): the body is whole
        bad,        ///< it is no HTTP, or over the limit
    };
    struct Step {
        State state = State::bad;
        std::size_t consumed = 0;
    };
    Step read_header(std::string_view octets);
    /// After the header. Appends at most `octets_max` of the body to `piece`.
    Step read_body(std::string_view octets, std::string& piece, std::size_t octets_max);
    /// The sender has closed: `done` where that is the body's end, else `bad`.
    State end_of_input();

    // Once the header is there:
    unsigned status() const;
    std::optional<std::uint64_t> length() const;  ///< of the body, where the header says it
    /// All fields but those of the connection (RFC 9110 section 7.6.1), of framing, and Date.
    Fields end_to_end_fields() const;
    std::string_view content_type() const;

private:
    struct Parser;
    void start_anew();

    std::unique_ptr<Parser> parser_;
    std::size_t header_bytes_max_;
};

/// A field that is for one connection alone (RFC 9110 section 7.6.1), by its name in any case.
bool is_hop_by_hop(std::string_view name);

}  // namespace http
