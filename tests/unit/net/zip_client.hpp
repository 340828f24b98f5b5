// The client's side of a compressed connection, straight on zlib, so that the server is not tested against
// its own code.
#pragma once
#include <string>
#include <string_view>
#include <zlib.h>

#include "echo_server.hpp"

namespace net_test {

class ZipClient {
public:
    explicit ZipClient(Client& plain) : plain_(plain) {
        deflateInit2(&out_, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
        inflateInit2(&in_, -15);
    }
    ~ZipClient() {
        deflateEnd(&out_);
        inflateEnd(&in_);
    }
    ZipClient(const ZipClient&) = delete;
    ZipClient& operator=(const ZipClient&) = delete;

    std::string deflated(std::string_view text, int flush = Z_SYNC_FLUSH) {
        std::string made(deflateBound(&out_, text.size()) + 64, '\0');
        out_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
        out_.avail_in = static_cast<uInt>(text.size());
        out_.next_out = reinterpret_cast<Bytef*>(made.data());
        out_.avail_out = static_cast<uInt>(made.size());
        deflate(&out_, flush);
        made.resize(made.size() - out_.avail_out);
        return made;
    }
    bool send(std::string_view text, int flush = Z_SYNC_FLUSH) { return plain_.send(deflated(text, flush)); }

    /// One line without its CRLF; "<closed>", "<nothing>", "<damaged>".
    std::string line() {
        for (;;) {
            if (const auto end = text_.find("\r\n"); end != std::string::npos) {
                std::string out = text_.substr(0, end);
                text_.erase(0, end + 2);
                return out;
            }
            const std::string trouble = read();
            if (!trouble.empty()) return trouble;
        }
    }
    /// Up to the end of what is deflated, which is not to hold more lines.
    std::string ask_end() {
        while (!ended_ && text_.empty())
            if (const std::string trouble = read(); !trouble.empty()) return trouble;
        return ended_ && text_.empty() ? "<ended>" : text_;
    }
    std::string octets(std::size_t count) {
        while (text_.size() < count) {
            const std::string trouble = read();
            if (!trouble.empty()) return trouble;
        }
        std::string out = text_.substr(0, count);
        text_.erase(0, count);
        return out;
    }
    std::string ask(std::string_view command) {
        send(std::string(command) + "\r\n");
        return line();
    }
    std::size_t received() const { return in_.total_in; }

private:
    std::string read() {
        std::string block = plain_.take_rest();
        if (block.empty()) {
            pollfd ready{plain_.descriptor(), POLLIN, 0};
            if (::poll(&ready, 1, 5000) != 1) return "<nothing>";
            block.resize(16384);
            const auto count = ::recv(plain_.descriptor(), block.data(), block.size(), 0);
            if (count <= 0) return "<closed>";
            block.resize(static_cast<std::size_t>(count));
        }
        in_.next_in = reinterpret_cast<Bytef*>(block.data());
        in_.avail_in = static_cast<uInt>(block.size());
        while (in_.avail_in != 0) {
            char plain[65536];
            in_.next_out = reinterpret_cast<Bytef*>(plain);
            in_.avail_out = sizeof plain;
            const int result = inflate(&in_, Z_SYNC_FLUSH);
            text_.append(plain, sizeof plain - in_.avail_out);
            if (result == Z_STREAM_END) {  // what follows is plain
                ended_ = true;
                plain_.unread({reinterpret_cast<const char*>(in_.next_in), in_.avail_in});
                return text_.empty() ? "<ended>" : "";
            }
            if (result != Z_OK) return "<damaged>";
        }
        return {};
    }

    Client& plain_;
    z_stream out_{}, in_{};
    std::string text_;
    bool ended_ = false;
};

}  // namespace net_test
