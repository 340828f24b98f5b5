#include "http/request_reader.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>

#include "base/ascii.hpp"
#include "http/last_chunk.hpp"

namespace http {
namespace beast = boost::beast;

struct RequestReader::Parser : beast::http::request_parser<beast::http::buffer_body> {
    unsigned status = 400;
    bool begun = false;  // a request's own octets have come
    std::size_t header_bytes_max = 0;
};

RequestReader::RequestReader(std::size_t header_bytes_max) : parser_(std::make_unique<Parser>()) {
    parser_->header_limit(static_cast<std::uint32_t>(header_bytes_max));
    parser_->header_bytes_max = header_bytes_max;
    parser_->body_limit(boost::none);  // whoever reads the body bounds it
}
RequestReader::~RequestReader() = default;
RequestReader::RequestReader(RequestReader&&) noexcept = default;
RequestReader& RequestReader::operator=(RequestReader&&) noexcept = default;

namespace {

/// "GET / HTTP/2.0": a request line, of another version.
bool is_other_version(std::string_view octets) {
    const std::string_view line = octets.substr(0, octets.find("\r\n"));
    if (line.size() < 9 || line.size() == octets.size()) return false;
    const std::string_view version = line.substr(line.size() - 9);
    const auto digit = [&](std::size_t at) { return version[at] >= '0' && version[at] <= '9'; };
    return version.starts_with(" HTTP/") && digit(6) && version[7] == '.' && digit(8);
}

unsigned status_of(const beast::error_code& error, std::string_view octets) {
    if (error == beast::http::error::header_limit) return 431;
    if (error == beast::http::error::bad_version && is_other_version(octets)) return 505;
    if (error == beast::http::error::bad_transfer_encoding) return 501;  // RFC 9112 section 6.1
    return 400;
}

}  // namespace

RequestReader::Step RequestReader::read_header(std::string_view octets) {
    Step step;
    // RFC 9112 section 2.2: at least one empty line before the request line is to be ignored.
    while (!parser_->begun && octets.starts_with("\r\n")) {
        octets.remove_prefix(2);
        step.consumed += 2;
    }
    if (!parser_->begun && (octets.empty() || octets == "\r")) {
        step.state = State::need_more;
        return step;
    }
    parser_->begun = true;
    while (!parser_->is_header_done()) {
        beast::error_code error;
        const std::string_view rest = octets;
        const std::size_t taken = parser_->put(boost::asio::const_buffer(rest.data(), rest.size()), error);
        octets.remove_prefix(taken);
        step.consumed += taken;
        if (error == beast::http::error::need_more) {
            step.state = State::need_more;
            return step;
        }
        if (error) {
            parser_->status = status_of(error, octets);
            step.state = State::bad;
            return step;
        }
    }
    // RFC 9112 section 6.3: a request with both is an attempt at smuggling; with a coding that is not chunked
    // as the last its end is not known.
    const auto& message = parser_->get();
    const bool coded = message.count(beast::http::field::transfer_encoding) != 0;
    if (coded && (message.count(beast::http::field::content_length) != 0 || !parser_->chunked() ||
                  message.version() < 11)) {
        step.state = State::bad;
        return step;
    }
    // RFC 9112 section 3.2: exactly one Host field, from HTTP/1.1 on.
    if (message.version() >= 11 && message.count(beast::http::field::host) != 1) {
        step.state = State::bad;
        return step;
    }
    step.state = State::ready;
    return step;
}

RequestReader::Step RequestReader::read_body(std::string_view octets, std::string& piece,
                                             std::size_t octets_max) {
    Step step;
    if (parser_->is_done()) {
        step.state = State::done;
        return step;
    }
    const std::size_t before = piece.size();
    piece.resize(before + octets_max);
    auto& body = parser_->get().body();
    body.data = piece.data() + before;
    body.size = octets_max;
    body.more = true;
    step.state = State::need_more;
    while (!parser_->is_done() && body.size != 0) {
        if (parser_->chunked() && is_cut_last_chunk(octets)) break;
        beast::error_code error;
        const std::size_t taken =
            parser_->put(boost::asio::const_buffer(octets.data(), octets.size()), error);
        octets.remove_prefix(taken);
        step.consumed += taken;
        if (error == beast::http::error::need_buffer) break;
        if (error == beast::http::error::need_more) {
            // A line before a chunk, or trailer fields, which Beast takes whole and does not bound.
            if (octets.size() <= parser_->header_bytes_max) break;
            parser_->status = 431;
            step.state = State::bad;
            break;
        }
        if (error) {
            parser_->status = status_of(error, octets);
            step.state = State::bad;
            break;
        }
        if (taken == 0 && octets.empty()) break;
    }
    const std::size_t got = octets_max - body.size;
    piece.resize(before + got);
    body.data = nullptr;
    if (step.state == State::bad) return step;
    if (parser_->is_done())
        step.state = State::done;
    else if (got != 0)
        step.state = State::ready;
    return step;
}

unsigned RequestReader::status() const { return parser_->status; }

std::string_view RequestReader::method() const {
    const auto text = parser_->get().method_string();
    return {text.data(), text.size()};
}

std::string_view RequestReader::target() const {
    const auto text = parser_->get().target();
    return {text.data(), text.size()};
}

std::string_view RequestReader::field(std::string_view name) const {
    const auto& message = parser_->get();
    const auto found = message.find(beast::string_view(name.data(), name.size()));
    if (found == message.end()) return {};
    return {found->value().data(), found->value().size()};
}

bool RequestReader::keep_alive() const { return parser_->keep_alive(); }
bool RequestReader::is_http_1_0() const { return parser_->get().version() < 11; }
bool RequestReader::body_done() const { return parser_->is_done(); }

bool RequestReader::expects_continue() const {
    return !is_http_1_0() && base::equals_nocase(field("Expect"), "100-continue");
}

}  // namespace http
