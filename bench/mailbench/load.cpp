#include "mailbench/load.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

namespace mailbench {
namespace asio = boost::asio;
namespace {
constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t read_bytes_min = 8 << 10, read_bytes_max = 256 << 10;
}  // namespace

std::string Options::user(std::uint32_t number) const {
    const auto at = user_format.find("%d");
    if (at == std::string::npos) return user_format;
    return user_format.substr(0, at) + std::to_string(number) + user_format.substr(at + 2);
}

awaitable<bool> Wire::connect(std::string host, std::uint16_t port) {
    boost::system::error_code bad;
    const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, bad);
    if (bad) co_return false;
    const asio::ip::tcp::endpoint peer(address, port);
    const auto [ec] = co_await socket_.async_connect(peer, no_throw);
    if (ec) co_return false;
    socket_.set_option(asio::ip::tcp::no_delay(true), bad);
    co_return true;
}

awaitable<bool> Wire::send(std::string octets) {
    const auto [ec, n] = co_await asio::async_write(socket_, asio::buffer(octets), no_throw);
    out_ += n;
    co_return !ec;
}

awaitable<bool> Wire::send_with(std::string before, const std::string& shared, std::string after) {
    const std::array<asio::const_buffer, 3> parts{asio::buffer(before), asio::buffer(shared),
                                                  asio::buffer(after)};
    const auto [ec, n] = co_await asio::async_write(socket_, parts, no_throw);
    out_ += n;
    co_return !ec;
}

/// Reads behind what is there. A busy benchmark must not spend its time on clearing memory: the buffer keeps
/// its size, and doubles while reads fill it.
awaitable<bool> Wire::fill() {
    if (consumed_ != 0) {
        std::memmove(buffer_.data(), buffer_.data() + consumed_, filled_ - consumed_);
        filled_ -= std::exchange(consumed_, 0);
    }
    if (buffer_.size() - filled_ < read_bytes_min)
        buffer_.resize(std::max(2 * buffer_.size(), 2 * read_bytes_min));
    const auto [ec, n] = co_await socket_.async_read_some(
        asio::buffer(buffer_.data() + filled_, buffer_.size() - filled_), no_throw);
    filled_ += n;
    in_ += n;
    if (filled_ == buffer_.size() && buffer_.size() < read_bytes_max) buffer_.resize(2 * buffer_.size());
    co_return !ec;
}

awaitable<bool> Wire::read_line() {
    std::size_t searched = consumed_;
    for (;;) {
        const std::string_view have(buffer_.data(), filled_);
        const auto end = have.find('\n', searched);
        if (end != std::string_view::npos) {
            line_.assign(have.substr(consumed_, end - consumed_));
            if (!line_.empty() && line_.back() == '\r') line_.pop_back();
            consumed_ = end + 1;
            co_return true;
        }
        searched = filled_ - consumed_;
        const bool more = co_await fill();
        if (!more) co_return false;
    }
}

awaitable<bool> Wire::read(std::uint64_t octets, std::string* to) {
    while (octets != 0) {
        const std::uint64_t have = std::min<std::uint64_t>(octets, filled_ - consumed_);
        to->append(buffer_, consumed_, have);
        consumed_ += have;
        octets -= have;
        if (octets == 0) break;
        const bool more = co_await fill();
        if (!more) co_return false;
    }
    co_return true;
}

awaitable<bool> Wire::skip(std::uint64_t octets) {
    while (octets != 0) {
        const std::uint64_t have = std::min<std::uint64_t>(octets, filled_ - consumed_);
        consumed_ += have;
        octets -= have;
        if (octets == 0) break;
        const bool more = co_await fill();
        if (!more) co_return false;
    }
    co_return true;
}

void Wire::close() {
    boost::system::error_code ignored;  // a socket that cannot be closed cannot be helped
    socket_.close(ignored);
}

Mix::Mix(const std::string& text) {
    for (std::size_t at = 0; at < text.size();) {
        const auto comma = std::min(text.find(',', at), text.size());
        const std::string one = text.substr(at, comma - at);
        const auto equals = one.find('=');
        std::uint32_t weight = 1;
        if (equals != std::string::npos)
            std::from_chars(one.data() + equals + 1, one.data() + one.size(), weight);
        commands_.push_back({one.substr(0, equals), weight});
        sum_ += weight;
        at = comma + 1;
    }
}

const std::string& Mix::pick(std::mt19937_64& random) const {
    std::uint32_t place = static_cast<std::uint32_t>(random() % sum_);
    std::size_t index = 0;
    while (place >= commands_[index].weight) place -= commands_[index++].weight;
    return commands_[index].name;
}

Schedule::Schedule(const Run& run, std::uint32_t connection) : due_(run.start) {
    if (run.options.rate <= 0) return;
    const double seconds = run.options.connections / run.options.rate;
    step_ = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    due_ += step_ * connection / std::max(1U, run.options.connections);  // spread, not all at once
}

awaitable<Clock::time_point> Schedule::next() {
    if (step_ == Clock::duration{}) co_return Clock::now();
    due_ += step_;
    if (due_ > Clock::now()) {
        const auto executor = co_await asio::this_coro::executor;
        asio::steady_timer timer(executor, due_);
        co_await timer.async_wait(no_throw);
    }
    co_return due_;
}

std::vector<std::string> make_messages(const Options& options) {
    std::vector<std::string> out;
    if (!options.message_dir.empty()) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(options.message_dir)) {
            if (!entry.is_regular_file()) continue;
            std::ifstream file(entry.path(), std::ios::binary);
            const std::string raw((std::istreambuf_iterator<char>(file)), {});
            std::string text;
            for (std::size_t i = 0; i < raw.size(); ++i) {
                if (raw[i] == '\n' && (i == 0 || raw[i - 1] != '\r')) text += '\r';
                text += raw[i];
            }
            if (!text.ends_with("\r\n")) text += "\r\n";
            out.push_back(std::move(text));
        }
        return out;
    }
    std::mt19937_64 random(options.seed);
    std::lognormal_distribution<double> sizes(9.2, 1.2);
    const char letters[] = "etaoin shrdlu cmfwyp vbgkjqxz, .";
    for (int i = 0; i < 64; ++i) {
        const auto wanted = options.size != 0
                                ? options.size
                                : static_cast<std::size_t>(std::clamp(sizes(random), 500.0, 2e6));
        std::string text = fmt::format(
            "From: Sender {0} <s{0}@load.test>\r\nTo: Reader <reader@example.test>\r\nSubject: load message "
            "{0}\r\n"
            "Date: Fri, 20 Nov 2026 10:{0:02}:00 +0000\r\nMessage-ID: <{0}.{1}@load.test>\r\nMIME-Version: "
            "1.0\r\n",
            i % 60, random());
        const bool attachment = i % 3 == 0 && wanted > 4000;
        if (attachment) text += "Content-Type: multipart/mixed; boundary=\"=_b\"\r\n\r\n--=_b\r\n";
        text += "Content-Type: text/plain; charset=utf-8\r\n\r\n";
        const std::size_t plain = attachment ? 2000 : wanted;
        for (std::size_t size = 0; size < plain; size += 74) {
            for (int c = 0; c < 72; ++c) text += letters[random() % 32];
            text += "\r\n";
        }
        if (attachment) {
            text +=
                "--=_b\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: "
                "base64\r\n\r\n";
            static constexpr char base64[] =
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
            for (std::size_t size = 0; size < wanted; size += 78) {
                for (int c = 0; c < 76; ++c) text += base64[random() % 64];
                text += "\r\n";
            }
            text += "--=_b--\r\n";
        }
        out.push_back(std::move(text));
    }
    return out;
}

}  // namespace mailbench
