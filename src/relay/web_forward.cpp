// One coroutine serves a connection's stream, so each of the two sides has one: the exchange's own, which
// does the work, and one that only waits for the node and wakes it. What that one knows is shared: whichever
// ends last.
#include "relay/web_forward.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include "base/ascii.hpp"
#include "base/base64.hpp"
#include "base/log.hpp"

namespace relay {
namespace asio = boost::asio;
namespace {

constexpr std::uint32_t event_node = 1U << 9;

/// What a node is told of the request: ActiveSync's fields (MS-ASHTTP section 2.2.1.1.2) and those of
/// content.
constexpr std::array<std::string_view, 13> passed_fields{"Content-Type",
                                                         "Content-Encoding",
                                                         "User-Agent",
                                                         "Accept",
                                                         "Accept-Language",
                                                         "Cookie",
                                                         "MS-ASProtocolVersion",
                                                         "MS-ASAcceptMultiPart",
                                                         "X-MS-PolicyKey",
                                                         "X-MS-WL",
                                                         "X-Ms-RP",
                                                         "X-OriginalUserAgent",
                                                         "Origin"};

std::size_t servers_before(std::string_view via) {
    return via.empty() ? 0 : static_cast<std::size_t>(std::ranges::count(via, ',')) + 1;
}

/// Of a request whose header the reader has taken: digits that fit, or chunked.
std::optional<std::uint64_t> length_of(std::string_view field) {
    std::uint64_t out = 0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), out);
    if (error != std::errc() || end != field.data() + field.size()) return std::nullopt;
    return out;
}

}  // namespace

struct WebForward::Upstream {
    std::unique_ptr<net::Client> client;
    bool watched = false;
    bool woken = false;  // `how` is news
    net::Wake how = net::Wake::closed;
};

WebForward::WebForward(Connector::Parts parts, http::Exchange exchange, WebRequest request)
    : parts_(parts),
      exchange_(exchange),
      request_(std::move(request)),
      upstream_(std::make_shared<Upstream>()),
      reader_(header_bytes_max) {}

awaitable<std::string> WebForward::run() {
    std::string why = fault();
    if (!why.empty()) co_return why;
    const Node& node = parts_.target.node;
    const Node::Tls tls = node.tls == Node::Tls::none ? Node::Tls::none : Node::Tls::implicit;
    Connector connector(parts_, node.http_port, tls);
    const asio::any_io_executor strand = co_await asio::this_coro::executor;
    const auto connected = [](net::Client&) {};
    auto reached = co_await connector.connect(strand, connected);
    if (!reached) co_return reached.error().failure().why;
    upstream_->client = std::move(*reached);
    why = co_await send_request();
    if (why.empty()) why = co_await answer();
    upstream_->client->close();  // ends a watch() too, which has its share of it
    co_return why;
}

std::string WebForward::fault() const {
    const Node& node = parts_.target.node;
    if (node.http_port == 0) return "the node does not serve it";
    if (node.login == Node::Login::master) return "HTTP knows no master users: node.login must be another";
    if (node.login == Node::Login::password && request_.identity.password.empty())
        return "the node takes passwords only, and the client did not send its own";
    if (servers_before(exchange_.field("Via")) >= servers_max) return "it passed too many servers: a loop";
    return {};
}

std::string WebForward::authorization() {
    const Node& node = parts_.target.node;
    const std::string& user = request_.identity.name;
    if (node.login == Node::Login::shared) {
        std::string plain = user;
        plain += '\0';
        plain += auth::relay_user;
        plain += '\0';
        plain += node.secret.reveal();
        return fmt::format("{} {}", web_scheme, base::base64_encode(plain));
    }
    const base::Secret password = std::move(request_.identity.password);
    return "Basic " + base::base64_encode(user + ":" + std::string(password.reveal()));
}

std::string WebForward::head() {
    std::string out = fmt::format("{} {} HTTP/1.1\r\n", exchange_.method(), exchange_.target());
    const auto add = [&](std::string_view name, std::string_view value) {
        out.append(name).append(": ").append(value).append("\r\n");
    };
    add("Host", exchange_.field("Host"));
    add("Authorization", authorization());
    for (const std::string_view name : passed_fields)
        if (const std::string_view value = exchange_.field(name); !value.empty()) add(name, value);
    const std::string_view via = exchange_.field("Via");
    add("Via", via.empty() ? "1.1 barid" : std::string(via) + ", 1.1 barid");
    if (parts_.target.node.announce == Node::Announce::commands) {
        add("X-Forwarded-For", parts_.peer.address);
        add("X-Forwarded-Proto", parts_.peer.tls ? "https" : "http");
    }
    add("Connection", "close");
    const std::string_view length = exchange_.field("Content-Length");
    if (!length.empty()) body_length_ = length_of(length);
    if (body_length_)
        add("Content-Length", std::to_string(*body_length_));
    else if (!exchange_.field("Transfer-Encoding").empty())
        add("Transfer-Encoding", "chunked");
    else
        body_length_ = 0;  // RFC 9112 section 6.3: there is none
    return out + "\r\n";
}

awaitable<std::string> WebForward::send_request() {
    std::string octets = head();
    auto sent = co_await upstream_->client->write(std::move(octets));
    if (!sent) co_return sent.error().what();
    if (body_length_ && *body_length_ == 0) co_return std::string();
    co_return co_await send_body();
}

awaitable<std::string> WebForward::send_body() {
    for (;;) {
        http::BodyPiece piece = co_await exchange_.read_piece();
        if (piece.state == http::BodyPiece::State::failed) co_return "the client did not send its request";
        const bool last = piece.state == http::BodyPiece::State::end;
        std::string octets = std::move(piece.octets);
        if (!body_length_) {  // RFC 9112 section 7.1
            if (!octets.empty()) octets = fmt::format("{:x}\r\n{}\r\n", octets.size(), octets);
            if (last) octets += "0\r\n\r\n";
        }
        if (!octets.empty()) {
            auto sent = co_await upstream_->client->write(std::move(octets));
            // It may have answered before it had all: that answer counts.
            if (!sent) co_return upstream_->client->input().empty() ? sent.error().what() : std::string();
        }
        if (last) co_return std::string();
    }
}

/// Waits for the node on its own, and wakes the exchange.
awaitable<void> WebForward::watch(std::shared_ptr<Upstream> upstream, std::shared_ptr<net::Waker> told,
                                  std::chrono::milliseconds patience) {
    const net::Wake how = co_await upstream->client->wait(patience);
    upstream->watched = false;
    upstream->woken = true;
    upstream->how = how;
    told->wake(event_node);
}

/// What comes first: octets of the node, its end, the client's, or the server's.
awaitable<WebForward::News> WebForward::news() {
    const std::chrono::milliseconds patience = parts_.settings.web_answer_max;
    if (!upstream_->watched && !upstream_->woken) {
        upstream_->watched = true;
        const asio::any_io_executor strand = co_await asio::this_coro::executor;
        const auto over = [](std::exception_ptr broken) {
            if (broken) base::log::error("relay", "bug: a wait for a node ended by an exception");
        };
        asio::co_spawn(strand, watch(upstream_, exchange_.waker(), patience), over);
    }
    while (!upstream_->woken) {
        const net::Wake woken = co_await exchange_.wait(patience);
        if (woken == net::Wake::closed) co_return News::client_gone;
        const std::uint32_t events = exchange_.take_events();
        if ((events & net::event_kicked) != 0) co_return News::client_gone;
        if ((events & net::event_shutdown) != 0) co_return News::shutdown;
        if (woken == net::Wake::deadline) co_return News::late;
    }
    upstream_->woken = false;
    switch (upstream_->how) {
        case net::Wake::octets:
            co_return News::octets;
        case net::Wake::closed:
            co_return News::end;
        default:
            co_return News::late;
    }
}

awaitable<std::string> WebForward::answer() {
    std::string why = co_await read_head();
    if (!why.empty()) co_return why;
    if (exchange_.responded()) co_return std::string();  // 503: the server stops
    co_return co_await pass_body();
}

awaitable<std::string> WebForward::read_head() {
    net::Client& node = *upstream_->client;
    for (bool ended = false;;) {
        const http::ResponseReader::Step step = reader_.read_header(node.input());
        node.consume(step.consumed);
        if (step.state == http::ResponseReader::State::ready) co_return std::string();
        if (step.state != http::ResponseReader::State::need_more || ended) co_return "no HTTP answer";
        const News what = co_await news();
        switch (what) {
            case News::octets:
                break;
            case News::end:
                ended = true;
                break;
            case News::client_gone:
                co_return std::string(client_left);
            case News::shutdown:
                co_return std::string(stopping);
            case News::late:
                co_return "no answer in time";
        }
    }
}

awaitable<std::string> WebForward::pass_body() {
    net::Client& node = *upstream_->client;
    http::ResponseHead head;
    head.status = reader_.status();
    head.content_type = reader_.content_type();
    head.fields = reader_.end_to_end_fields();
    exchange_.begin(std::move(head), reader_.length());
    std::string piece;
    for (;;) {
        piece.clear();
        const std::size_t room = std::min(piece_bytes_max, std::max<std::size_t>(node.input().size(), 1));
        const http::ResponseReader::Step step = reader_.read_body(node.input(), piece, room);
        node.consume(step.consumed);
        if (step.state == http::ResponseReader::State::bad) co_return "a broken answer";
        if (!piece.empty()) {
            const bool taken = co_await exchange_.write(piece);
            if (!taken) co_return std::string(client_left);
        }
        if (step.state == http::ResponseReader::State::done) break;
        if (step.state == http::ResponseReader::State::ready) continue;
        const News what = co_await news();
        if (what == News::octets) continue;
        if (what == News::end && reader_.end_of_input() == http::ResponseReader::State::done) break;
        co_return std::string(what == News::client_gone ? client_left : "the answer broke off");
    }
    const bool taken = co_await exchange_.end();
    co_return std::string(taken ? std::string_view() : client_left);
}

}  // namespace relay
