#include "http/response_reader.hpp"

#include <algorithm>
#include <array>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>

#include "base/ascii.hpp"
#include "http/last_chunk.hpp"

namespace http {
namespace beast = boost::beast;

struct ResponseReader::Parser : beast::http::response_parser<beast::http::buffer_body> {};

ResponseReader::ResponseReader(std::size_t header_bytes_max) : header_bytes_max_(header_bytes_max) {
    start_anew();
}
ResponseReader::~ResponseReader() = default;
ResponseReader::ResponseReader(ResponseReader&&) noexcept = default;
ResponseReader& ResponseReader::operator=(ResponseReader&&) noexcept = default;

void ResponseReader::start_anew() {
    parser_ = std::make_unique<Parser>();
    parser_->header_limit(static_cast<std::uint32_t>(header_bytes_max_));
    parser_->body_limit(boost::none);  // it is passed on, not kept
}

ResponseReader::Step ResponseReader::read_header(std::string_view octets) {
    Step step;
    while (!parser_->is_header_done()) {
        beast::error_code error;
        const std::size_t taken =
            parser_->put(boost::asio::const_buffer(octets.data(), octets.size()), error);
        octets.remove_prefix(taken);
        step.consumed += taken;
        if (error == beast::http::error::need_more) {
            step.state = State::need_more;
            return step;
        }
        if (error) return step;
        // RFC 9110 section 15.2: interim ones come before the response; nobody asked to switch protocols.
        if (parser_->is_header_done() && status() < 200) {
            if (status() == 101) return step;
            start_anew();
        }
    }
    // RFC 9112 section 6.3: both is an error, of a proxy before or of somebody who smuggles.
    if (parser_->get().count(beast::http::field::transfer_encoding) != 0 &&
        (parser_->get().count(beast::http::field::content_length) != 0 || !parser_->chunked())) {
        return step;
    }
    step.state = State::ready;
    return step;
}

ResponseReader::Step ResponseReader::read_body(std::string_view octets, std::string& piece,
                                               std::size_t octets_max) {
    Step step;
    step.state = State::done;
    if (parser_->is_done()) return step;
    const std::size_t before = piece.size();
    piece.resize(before + octets_max);
    auto& body = parser_->get().body();
    body.data = piece.data() + before;
    body.size = octets_max;
    body.more = true;
    step.state = State::need_more;
    while (!parser_->is_done() && body.size != 0 && !octets.empty()) {
        if (parser_->chunked() && is_cut_last_chunk(octets)) break;
        beast::error_code error;
        const std::size_t taken =
            parser_->put(boost::asio::const_buffer(octets.data(), octets.size()), error);
        octets.remove_prefix(taken);
        step.consumed += taken;
        if (error == beast::http::error::need_buffer) break;
        // A line before a chunk, or trailer fields, which Beast takes whole and does not bound.
        if (error == beast::http::error::need_more && octets.size() <= header_bytes_max_) break;
        if (error) {
            step.state = State::bad;
            break;
        }
    }
    piece.resize(before + octets_max - body.size);
    body.data = nullptr;
    if (step.state == State::bad) return step;
    if (parser_->is_done())
        step.state = State::done;
    else if (piece.size() != before)
        step.state = State::ready;
    return step;
}

ResponseReader::State ResponseReader::end_of_input() {
    if (!parser_->is_header_done()) return State::bad;
    beast::error_code error;
    if (!parser_->is_done()) parser_->put_eof(error);
    return !error && parser_->is_done() ? State::done : State::bad;
}

unsigned ResponseReader::status() const { return parser_->get().result_int(); }

std::optional<std::uint64_t> ResponseReader::length() const {
    const auto length = parser_->content_length();
    return length ? std::optional<std::uint64_t>(*length) : std::nullopt;
}

std::string_view ResponseReader::content_type() const {
    const auto text = parser_->get()[beast::http::field::content_type];
    return {text.data(), text.size()};
}

Fields ResponseReader::end_to_end_fields() const {
    const auto connection = parser_->get()[beast::http::field::connection];
    beast::http::token_list named(connection);
    Fields out;
    for (const auto& field : parser_->get()) {
        const std::string_view name(field.name_string().data(), field.name_string().size());
        if (is_hop_by_hop(name) || named.exists(field.name_string())) continue;
        if (base::equals_nocase(name, "content-length") || base::equals_nocase(name, "content-type") ||
            base::equals_nocase(name, "date")) {
            continue;
        }
        out.emplace_back(name, std::string(field.value().data(), field.value().size()));
    }
    return out;
}

bool is_hop_by_hop(std::string_view name) {
    constexpr std::array<std::string_view, 9> names{"connection",
                                                    "keep-alive",
                                                    "proxy-connection",
                                                    "proxy-authenticate",
                                                    "proxy-authorization",
                                                    "te",
                                                    "trailer",
                                                    "transfer-encoding",
                                                    "upgrade"};
    return std::ranges::any_of(names, [&](std::string_view one) { return base::equals_nocase(one, name); });
}

}  // namespace http
