#include "http/session.hpp"

#include <algorithm>
#include <charconv>
#include <exception>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/ascii.hpp"
#include "base/log.hpp"

namespace http {

namespace {

constexpr std::size_t piece_bytes_max = 65'536;
constexpr std::size_t packed_at_once = 65'536;  // a millisecond or two

std::chrono::milliseconds left_until(std::chrono::steady_clock::time_point deadline) {
    const auto left = deadline - std::chrono::steady_clock::now();
    return std::max(std::chrono::milliseconds(0), std::chrono::ceil<std::chrono::milliseconds>(left));
}

}  // namespace

awaitable<void> serve(std::unique_ptr<net::Connection> connection, std::shared_ptr<const Services> services) {
    Session session(std::move(connection), std::move(services));
    co_await session.run();
}

Session::Session(std::unique_ptr<net::Connection> connection, std::shared_ptr<const Services> services)
    : connection_(std::move(connection)), services_(std::move(services)) {
    registered_ = services_->sessions.add("http", connection_->peer(), connection_->waker());
}

awaitable<void> Session::run() {
    while (!closing_) {
        const bool got = co_await read_header();
        if (!got) break;
        co_await handle_request();
        reader_.reset();  // an idle connection holds no parser
    }
    const bool sent = co_await connection_->flush();
    static_cast<void>(sent);  // it is closed either way
    connection_->close();
}

/// Waits until the peer has sent more of its request. Shutdown and kick end the connection.
awaitable<net::Wake> Session::await_octets(Steady::time_point deadline) {
    const bool sent = co_await connection_->flush();
    if (!sent) co_return net::Wake::closed;
    for (;;) {
        const net::Wake woken = co_await connection_->wait(left_until(deadline));
        if (woken != net::Wake::event) co_return woken;
        if ((connection_->take_events() & (net::event_shutdown | net::event_kicked)) != 0)
            co_return net::Wake::closed;
    }
}

awaitable<bool> Session::read_header() {
    const ServerLimits& limits = services_->limits;
    reader_.emplace(limits.header_bytes_max);
    registered_.set_state("idle");
    auto deadline = Steady::now() + (requests_ == 0 ? limits.first_max : limits.idle_max);
    bool begun = false;
    for (;;) {
        if (!connection_->input().empty()) {
            if (!begun) deadline = Steady::now() + limits.header_max;
            begun = true;
            const RequestReader::Step step = reader_->read_header(connection_->input());
            if (step.consumed != 0) connection_->consume(step.consumed);
            if (step.state == RequestReader::State::ready) co_return true;
            if (step.state == RequestReader::State::bad) {
                refuse(reader_->status());
                co_return false;
            }
        }
        const net::Wake woken = co_await await_octets(deadline);
        if (woken == net::Wake::octets) continue;
        // RFC 9110 section 15.5.9: only who began a request is told that it took too long.
        if (begun && woken == net::Wake::deadline) refuse(408);
        co_return false;
    }
}

/// For requests that cannot be read: answered, and the connection closed, since its octets have lost their
/// meaning.
void Session::refuse(unsigned status) {
    ResponseHead head;
    head.status = status;
    ResponseMode mode;
    mode.keep_alive = false;
    writer_ = ResponseWriter();
    writer_.whole(connection_->output(), head, {}, mode, services_->clock.now());
}

awaitable<void> Session::handle_request() {
    writer_ = ResponseWriter();
    ended_ = false;
    body_bytes_ = 0;
    body_started_ = Steady::now();
    continued_ = !reader_->expects_continue();
    asked_ = asked_mode();
    closing_ = !reader_->keep_alive() || ++requests_ >= services_->limits.requests_max;
    registered_.set_state("request");
    const Handler* handler = services_->router.find(Exchange(*this).path());
    bool failed = false;
    if (auto head = general_answer()) {
        std::string none;
        co_await respond(std::move(*head), std::move(none));
    } else if (handler == nullptr) {
        co_await Exchange(*this).respond(404);
    } else {
        try {
            const Exchange exchange(*this);
            co_await (*handler)(exchange);
        } catch (const std::exception& error) {
            base::log::error("http", "a handler failed",
                             {{"path", Exchange(*this).path()}, {"error", error.what()}});
            failed = true;
        }
    }
    if (!writer_.begun()) {
        closing_ = true;
        co_await Exchange(*this).respond(500);
    }
    if (failed || !ended_) closing_ = true;  // half an answer must not look like a whole one
    if (!closing_) co_await discard_body();
}

/// What is answered the same whatever the path. Nothing: it is for a handler.
std::optional<ResponseHead> Session::general_answer() const {
    ResponseHead head;
    if (reader_->target() == "*") {  // RFC 9112 section 3.2.4: of OPTIONS alone
        const bool asks = reader_->method() == "OPTIONS";
        head.status = asks ? 200 : 400;
        if (asks) head.fields.emplace_back("Allow", "GET, HEAD, POST, OPTIONS");
        return head;
    }
    // RFC 9110 section 15.5.16: no handler takes a body that is coded.
    const std::string_view coding = reader_->field("Content-Encoding");
    if (coding.empty() || base::equals_nocase(coding, "identity") || reader_->body_done())
        return std::nullopt;
    head.status = 415;
    head.fields.emplace_back("Accept-Encoding", "identity");
    return head;
}

/// What a handler did not read must go before the next request: some of it, not a gigabyte.
awaitable<void> Session::discard_body() {
    if (!reader_) co_return;
    std::size_t thrown = 0;
    if (!continued_ && !reader_->body_done())
        closing_ = true;  // the peer was not asked to send it, and may not
    while (!closing_ && !reader_->body_done()) {
        const BodyPiece piece = co_await read_piece();
        thrown += piece.octets.size();
        if (piece.state == BodyPiece::State::end) break;
        if (piece.state == BodyPiece::State::failed || thrown > services_->limits.unread_body_max)
            closing_ = true;
    }
}

/// Nobody may hold a request open by an octet now and then: each wait is bounded, and their sum by the size.
Session::Steady::time_point Session::body_deadline() const {
    const ServerLimits& limits = services_->limits;
    const auto by_rate = body_started_ + limits.body_stall_max +
                         std::chrono::milliseconds(body_bytes_ * 1000 / limits.body_bytes_per_second_min);
    return std::min(by_rate, Steady::now() + limits.body_stall_max);
}

awaitable<BodyPiece> Session::read_piece() {
    BodyPiece piece;
    if (!continued_) {
        continued_ = true;
        if (!reader_->body_done()) connection_->output() += "HTTP/1.1 100 Continue\r\n\r\n";
    }
    if (!reader_) {
        piece.state = BodyPiece::State::end;
        co_return piece;
    }
    for (;;) {
        const std::size_t room =
            std::min(piece_bytes_max, std::max<std::size_t>(connection_->input().size(), 1));
        const RequestReader::Step step = reader_->read_body(connection_->input(), piece.octets, room);
        if (step.consumed != 0) connection_->consume(step.consumed);
        body_bytes_ += piece.octets.size();
        switch (step.state) {
            case RequestReader::State::ready:
                piece.state = BodyPiece::State::more;
                co_return piece;
            case RequestReader::State::done:
                piece.state = BodyPiece::State::end;
                co_return piece;
            case RequestReader::State::bad:
                closing_ = true;
                co_return piece;
            case RequestReader::State::need_more:
                break;
        }
        const net::Wake woken = co_await await_octets(body_deadline());
        if (woken == net::Wake::octets) continue;
        closing_ = true;
        co_return piece;
    }
}

awaitable<Body> Session::read_body(std::size_t octets_max, BodyCheck room) {
    Body body;
    // What is said to be too large is refused before it comes (RFC 9110 section 10.1.1).
    const std::string_view said = Exchange(*this).field("Content-Length");
    std::uint64_t length = 0;
    std::from_chars(said.data(), said.data() + said.size(), length);
    if (length > octets_max) {
        closing_ = closing_ || length > services_->limits.unread_body_max;
        body.state = Body::State::too_large;
        co_return body;
    }
    for (;;) {
        BodyPiece piece = co_await read_piece();
        if (piece.state == BodyPiece::State::failed) co_return body;
        if (body.octets.size() + piece.octets.size() > octets_max) {
            body.state = Body::State::too_large;
            body.octets = std::string();
            co_return body;
        }
        if (room && !room(piece.octets.size())) {
            body.state = Body::State::no_room;
            body.octets = std::string();
            co_return body;
        }
        if (body.octets.empty())
            body.octets = std::move(piece.octets);
        else
            body.octets += piece.octets;
        if (piece.state == BodyPiece::State::end) break;
    }
    body.state = Body::State::whole;
    co_return body;
}

ResponseMode Session::asked_mode() const {
    ResponseMode mode;
    mode.http_1_0 = reader_->is_http_1_0();
    mode.is_head = reader_->method() == "HEAD";
    mode.gzip = accepts_gzip(reader_->field("Accept-Encoding"));
    return mode;
}

ResponseMode Session::mode() const {
    ResponseMode mode = asked_;
    mode.keep_alive = !closing_;
    return mode;
}

/// A parsed header is a kilobyte and more.
void Session::forget_request() {
    if (reader_ && reader_->body_done()) reader_.reset();
}

/// In pieces, between which others get their turn.
awaitable<bool> Session::respond_packed(ResponseHead head, std::string body) {
    const auto executor = co_await boost::asio::this_coro::executor;
    begin(std::move(head), std::nullopt);
    for (std::size_t at = 0; at < body.size(); at += packed_at_once) {
        const bool sent = co_await write(std::string_view(body).substr(at, packed_at_once));
        if (!sent) co_return false;
        co_await boost::asio::post(executor, boost::asio::use_awaitable);
    }
    co_return co_await end();
}

awaitable<bool> Session::respond(ResponseHead head, std::string body) {
    const ResponseMode now = mode();
    const bool packs = now.gzip && !now.http_1_0 && !now.is_head && is_compressible(head.content_type);
    if (packs && body.size() > packed_at_once * 4) {
        const bool sent = co_await respond_packed(std::move(head), std::move(body));
        co_return sent;
    }
    closing_ = closing_ || head.last;
    writer_.whole(connection_->output(), head, body, mode(), services_->clock.now());
    ended_ = true;
    co_return co_await connection_->flush();
}

void Session::begin(ResponseHead head, std::optional<std::uint64_t> length) {
    closing_ = closing_ || head.last;
    writer_.begin(connection_->output(), head, length, mode(), services_->clock.now());
    if (!writer_.keeps_connection()) closing_ = true;
}

awaitable<bool> Session::write(std::string_view octets) {
    writer_.piece(connection_->output(), octets);
    co_return co_await connection_->flush_if_large();
}

awaitable<bool> Session::end() {
    ended_ = writer_.end(connection_->output());
    co_return co_await connection_->flush();
}

awaitable<net::Wake> Session::wait(std::chrono::milliseconds patience) {
    const bool sent = co_await connection_->flush();
    if (!sent) co_return net::Wake::closed;
    const auto deadline = Steady::now() + patience;
    for (;;) {
        const net::Wake woken = co_await connection_->wait(left_until(deadline));
        if (woken != net::Wake::octets) co_return woken;
        if (connection_->input().size() > services_->limits.ahead_bytes_max) co_return net::Wake::closed;
    }
}

std::string_view Exchange::method() const {
    return session_->reader_ ? session_->reader_->method() : std::string_view();
}

namespace {

struct Target {
    std::string_view authority, rest;
};

/// origin-form, or absolute-form, "which a server MUST accept", and whose host goes before the Host field.
/// RFC 9112 section 3.2.2
Target split(std::string_view target) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!base::equals_nocase(target.substr(0, scheme.size()), scheme)) continue;
        target.remove_prefix(scheme.size());
        const std::size_t end = std::min(target.find_first_of("/?"), target.size());
        const std::string_view rest = target.substr(end);
        return {target.substr(0, end), rest.empty() ? std::string_view("/") : rest};
    }
    return {{}, target};
}

}  // namespace

std::string_view Exchange::target() const {
    return session_->reader_ ? split(session_->reader_->target()).rest : std::string_view();
}

std::string_view Exchange::path() const { return target().substr(0, target().find('?')); }

std::string_view Exchange::query() const {
    const std::size_t mark = target().find('?');
    return mark == std::string_view::npos ? std::string_view() : target().substr(mark + 1);
}

std::string_view Exchange::field(std::string_view name) const {
    return session_->reader_ ? session_->reader_->field(name) : std::string_view();
}

std::string Exchange::host() const {
    if (!session_->reader_) return {};
    std::string_view host = split(session_->reader_->target()).authority;
    if (host.empty()) host = field("Host");
    const std::size_t colon = host.rfind(':');
    if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos)
        host = host.substr(0, colon);
    return base::lowered(host);
}

const net::PeerInfo& Exchange::peer() const { return session_->connection_->peer(); }
net::SessionRegistry::Handle& Exchange::registered() { return session_->registered_; }
awaitable<BodyPiece> Exchange::read_piece() { return session_->read_piece(); }
awaitable<Body> Exchange::read_body(std::size_t octets_max) {
    return session_->read_body(octets_max, BodyCheck());
}
awaitable<Body> Exchange::read_body(std::size_t octets_max, BodyCheck room) {
    return session_->read_body(octets_max, std::move(room));
}

awaitable<bool> Exchange::respond(ResponseHead head, std::string body) {
    return session_->respond(std::move(head), std::move(body));
}

awaitable<bool> Exchange::respond(unsigned status) {
    ResponseHead head;
    head.status = status;
    return session_->respond(std::move(head), {});
}

void Exchange::begin(ResponseHead head, std::optional<std::uint64_t> length) {
    session_->begin(std::move(head), length);
}
awaitable<bool> Exchange::write(std::string_view octets) { return session_->write(octets); }
awaitable<bool> Exchange::end() { return session_->end(); }
bool Exchange::responded() const { return session_->writer_.begun(); }
void Exchange::forget_request() { session_->forget_request(); }
awaitable<net::Wake> Exchange::wait(std::chrono::milliseconds patience) { return session_->wait(patience); }
std::shared_ptr<net::Waker> Exchange::waker() { return session_->connection_->waker(); }
std::uint32_t Exchange::take_events() {
    const std::uint32_t events = session_->connection_->take_events();
    if ((events & (net::event_shutdown | net::event_kicked)) != 0) session_->closing_ = true;
    return events;
}

bool is_get(const Exchange& exchange) { return exchange.method() == "GET" || exchange.method() == "HEAD"; }

awaitable<void> refuse_method(Exchange exchange, std::string allowed) {
    ResponseHead head;
    head.status = 405;
    head.fields.emplace_back("Allow", std::move(allowed));
    head.fields.emplace_back("Cache-Control", "no-cache");
    std::string none;
    co_await exchange.respond(std::move(head), std::move(none));
}

awaitable<bool> only_get(Exchange exchange) {
    if (is_get(exchange)) co_return true;
    co_await refuse_method(exchange, "GET, HEAD");
    co_return false;
}

}  // namespace http
