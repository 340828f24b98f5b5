#include "http/client.hpp"

#include <algorithm>

#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>

#include "base/ascii.hpp"
#include "base/version.hpp"
#include "http/last_chunk.hpp"
#include "net/client.hpp"

namespace http {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace {

using SteadyClock = std::chrono::steady_clock;
using Connected = base::Result<std::unique_ptr<net::Client>, Failed>;

std::chrono::milliseconds until(SteadyClock::time_point deadline) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - SteadyClock::now());
    return std::max(left, std::chrono::milliseconds(0));
}

std::string serialized(const Request& request) {
    beast::http::request<beast::http::string_body> message;
    message.version(11);
    const bool posts = request.source || !request.body.empty();
    message.method(posts ? beast::http::verb::post : beast::http::verb::get);
    message.target(request.url.target);
    message.set(beast::http::field::host, request.url.authority());
    message.set(beast::http::field::user_agent, std::string("Barid/") + base::version);
    message.set(beast::http::field::accept, request.accept);
    message.set(beast::http::field::connection, "close");
    for (const auto& [name, value] : request.fields) message.insert(name, value);  // one may be there often
    if (posts) message.set(beast::http::field::content_type, request.content_type);
    if (request.source) {
        message.content_length(request.source->size());
    } else if (posts) {
        message.body() = request.body;
        message.prepare_payload();
    }
    std::string out;
    beast::http::request_serializer<beast::http::string_body> serializer(message);
    boost::system::error_code ec;
    while (!serializer.is_done() && !ec) {
        serializer.next(ec, [&](boost::system::error_code&, const auto& buffers) {
            std::size_t size = 0;
            for (const auto buffer : beast::buffers_range_ref(buffers)) {
                out.append(static_cast<const char*>(buffer.data()), buffer.size());
                size += buffer.size();
            }
            serializer.consume(size);
        });
    }
    return out;
}

using Parser = beast::http::response_parser<beast::http::string_body>;

bool may_be_parsed(const Parser& parser, std::string_view octets) {
    const bool in_chunks = parser.is_header_done() && parser.chunked();
    return !octets.empty() && !(in_chunks && is_cut_last_chunk(octets));
}

/// Reads one response to its end. Nothing of it is believed but what the parser takes.
asio::awaitable<Result> read_answer(net::Client* client, std::size_t octets_max,
                                    SteadyClock::time_point deadline) {
    Parser parser;
    parser.header_limit(ClientSettings::header_bytes_max);
    parser.body_limit(octets_max);
    parser.eager(true);
    boost::system::error_code ec;
    while (!parser.is_done()) {
        if (may_be_parsed(parser, client->input())) {
            const std::string_view held = client->input();
            const std::size_t taken = parser.put(asio::buffer(held.data(), held.size()), ec);
            client->consume(taken);
            if (ec == beast::http::error::need_more) {
                // The parser bounds header and body, but not what stands between chunks.
                if (held.size() - taken > ClientSettings::header_bytes_max)
                    co_return Failed("lines too long");
                ec = {};
            } else if (ec) {
                co_return Failed(ec.message());
            } else if (taken != 0) {
                continue;
            }
        }
        if (parser.is_done()) break;
        const net::Wake woken = co_await client->wait(until(deadline));
        if (woken == net::Wake::deadline) co_return Failed("no answer in time");
        if (woken == net::Wake::event) co_return Failed("cancelled");
        if (woken != net::Wake::closed) continue;
        if (may_be_parsed(parser, client->input())) {  // its last octets
            parser.put(asio::buffer(client->input().data(), client->input().size()), ec);
            if (ec && ec != beast::http::error::need_more) co_return Failed(ec.message());
        }
        ec = {};
        if (!parser.is_done() && parser.got_some()) parser.put_eof(ec);
        if (ec || !parser.is_done()) co_return Failed("connection closed");
    }
    Answer out;
    out.status = parser.get().result_int();
    const std::string_view type = parser.get()[beast::http::field::content_type];
    out.content_type = base::lowered(type.substr(0, type.find_first_of("; \t")));
    out.body = std::move(parser.get().body());
    co_return out;
}

/// Empty, or why not all was sent. A server that answers before it has heard all is read all the same.
asio::awaitable<std::string> send_body(net::Client* client, std::shared_ptr<BodySource> body,
                                       SteadyClock::time_point deadline) {
    std::uint64_t sent = 0;
    while (sent < body->size()) {
        auto piece = co_await body->next();
        if (!piece || piece->empty() || piece->size() > body->size() - sent)
            co_return "the request's body cannot be read";
        sent += piece->size();
        client->output() += *piece;
        const bool taken = co_await client->flush();
        if (!taken) co_return std::string();
        if (until(deadline).count() == 0) co_return "not taken in time";
    }
    co_return std::string();
}

/// The first address that takes the connection.
asio::awaitable<Connected> connect_any(std::vector<net::IpAddress> addresses, std::uint16_t port,
                                       SteadyClock::time_point deadline) {
    const asio::any_io_executor strand = co_await asio::this_coro::executor;
    std::string why = "no address";
    const std::size_t count = std::min(addresses.size(), ClientSettings::addresses_max);
    for (std::size_t i = 0; i < count; ++i) {
        net::ClientOptions options;
        options.address = addresses[i].text();
        options.port = port;
        // A part of what is left for each, so that one that is silent leaves time for the others.
        options.connect_max = until(deadline) / static_cast<int>(count - i);
        options.output_stall_max = until(deadline);
        auto connected = co_await net::Client::connect(strand, std::move(options));
        if (connected) co_return std::move(*connected);
        why = connected.error().what();
    }
    co_return Failed(why);
}

}  // namespace

Client::Client(net::Resolver& resolver, ClientSettings settings)
    : resolver_(resolver), settings_(std::move(settings)) {
    net::TlsClientConfig config;
    config.ca_file = settings_.ca_file;
    config.alpn = {"http/1.1"};
    net::TlsContext::Made made = net::TlsContext::make_client(config);
    tls_ = std::move(made.context);
    fault_ = std::move(made.fault);
}

asio::awaitable<Result> Client::request(Request request) {
    const auto deadline = SteadyClock::now() + settings_.request_max;
    if (!fault_.empty()) co_return Failed(fault_);
    auto addresses = co_await resolver_.addresses(request.url.host);
    if (!addresses) co_return Failed("no address of " + request.url.host);
    auto connected = co_await connect_any(std::move(*addresses), request.url.port, deadline);
    if (!connected) co_return connected.error();
    const std::unique_ptr<net::Client> client = std::move(*connected);
    if (request.url.tls) {
        auto secured = co_await client->start_tls(tls_, request.url.host, until(deadline));
        if (!secured) co_return Failed(secured.error().what());
    }
    std::string octets = serialized(request);
    auto sent = co_await client->write(std::move(octets));
    if (!sent) co_return Failed(sent.error().what());
    if (request.source) {
        const std::string wrong = co_await send_body(client.get(), request.source, deadline);
        if (!wrong.empty()) co_return Failed(wrong);
    }
    auto answer = co_await read_answer(client.get(), request.octets_max, deadline);
    client->close();
    co_return answer;
}

}  // namespace http
