// Session: one HTTP connection, request after request. A local of serve(), on its connection's strand.
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "http/exchange.hpp"
#include "http/request_reader.hpp"
#include "http/server.hpp"

namespace http {

class Session {
public:
    Session(std::unique_ptr<net::Connection> connection, std::shared_ptr<const Services> services);
    awaitable<void> run();

private:
    friend class Exchange;
    using Steady = std::chrono::steady_clock;

    awaitable<bool> read_header();  ///< false: the connection ends
    awaitable<void> handle_request();
    void refuse(unsigned status);
    awaitable<void> discard_body();

    awaitable<BodyPiece> read_piece();
    awaitable<Body> read_body(std::size_t octets_max, BodyCheck room);
    awaitable<bool> respond_packed(ResponseHead head, std::string body);
    awaitable<bool> respond(ResponseHead head, std::string body);
    void begin(ResponseHead head, std::optional<std::uint64_t> length);
    awaitable<bool> write(std::string_view octets);
    awaitable<bool> end();
    awaitable<net::Wake> wait(std::chrono::milliseconds patience);

    void forget_request();
    std::optional<ResponseHead> general_answer() const;
    ResponseMode asked_mode() const;
    ResponseMode mode() const;
    awaitable<net::Wake> await_octets(Steady::time_point deadline);
    Steady::time_point body_deadline() const;

    std::unique_ptr<net::Connection> connection_;
    std::shared_ptr<const Services> services_;
    net::SessionRegistry::Handle registered_;
    std::optional<RequestReader> reader_;  // while there is a request that is not forgotten
    ResponseMode asked_;                   // what of the request the answer needs
    ResponseWriter writer_;
    std::uint32_t requests_ = 0;
    bool closing_ = false;
    bool ended_ = false;      // the answer is whole
    bool continued_ = false;  // 100 Continue was sent, or need not be
    std::uint64_t body_bytes_ = 0;
    Steady::time_point body_started_;
};

}  // namespace http
