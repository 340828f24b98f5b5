#include "http/response_writer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <zlib.h>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/ascii.hpp"
#include "base/assert.hpp"

namespace http {

/// RFC 1952, at level 4: what a phone downloads over the air is worth more than the processor's last percent.
class Gzip {
public:
    Gzip() {
        stream_.zalloc = nullptr;
        stream_.zfree = nullptr;
        stream_.opaque = nullptr;
        constexpr int level = 4, gzip_window = 15 + 16, memory = 8;
        const int result = deflateInit2(&stream_, level, Z_DEFLATED, gzip_window, memory, Z_DEFAULT_STRATEGY);
        BASE_ASSERT(result == Z_OK);
    }
    ~Gzip() { deflateEnd(&stream_); }
    Gzip(const Gzip&) = delete;
    Gzip& operator=(const Gzip&) = delete;

    void add(std::string& out, std::string_view octets, bool last) {
        stream_.next_in =
            reinterpret_cast<Bytef*>(const_cast<char*>(octets.data()));  // NOLINT: zlib reads only
        stream_.avail_in = static_cast<uInt>(octets.size());
        std::array<char, 16'384> room;
        do {
            stream_.next_out = reinterpret_cast<Bytef*>(room.data());
            stream_.avail_out = room.size();
            deflate(&stream_, last ? Z_FINISH : Z_NO_FLUSH);
            out.append(room.data(), room.size() - stream_.avail_out);
        } while (stream_.avail_out == 0);
    }

private:
    z_stream stream_{};
};

namespace {

constexpr std::size_t worth_compressing = 860;  // below, an answer fits into one packet anyway

bool has_no_body(unsigned status) { return status < 200 || status == 204 || status == 304; }

void field(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ");
    // A value that holds a line's end would be more than one field: it ends there.
    out.append(value.substr(0, value.find_first_of(std::string_view("\r\n\0", 3)))).append("\r\n");
}

void chunk(std::string& out, std::string_view octets) {
    if (octets.empty()) return;  // an empty chunk would be the last one
    std::array<char, 16> size;
    const auto result = std::to_chars(size.data(), size.data() + size.size(), octets.size(), 16);
    out.append(size.data(), result.ptr).append("\r\n").append(octets).append("\r\n");
}

}  // namespace

ResponseWriter::ResponseWriter() = default;
ResponseWriter::~ResponseWriter() = default;
ResponseWriter::ResponseWriter(ResponseWriter&&) noexcept = default;
ResponseWriter& ResponseWriter::operator=(ResponseWriter&&) noexcept = default;

void ResponseWriter::head(std::string& out, const ResponseHead& head,
                          std::chrono::system_clock::time_point now) const {
    fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\n", head.status, reason_phrase(head.status));
    field(out, "Date", http_date(now));
    if (!head.content_type.empty()) field(out, "Content-Type", head.content_type);
    for (const auto& [name, value] : head.fields) field(out, name, value);
    if (!keeps_) field(out, "Connection", "close");
}

void ResponseWriter::whole(std::string& out, const ResponseHead& given, std::string_view body,
                           const ResponseMode& mode, std::chrono::system_clock::time_point now) {
    begun_ = true;
    keeps_ = mode.keep_alive;
    ResponseHead with = given;
    std::string packed;
    if (is_compressible(given.content_type)) with.fields.emplace_back("Vary", "Accept-Encoding");
    if (mode.gzip && body.size() >= worth_compressing && is_compressible(given.content_type)) {
        Gzip().add(packed, body, true);
        with.fields.emplace_back("Content-Encoding", "gzip");
        body = packed;
    }
    head(out, with, now);
    // RFC 9110 section 8.6: not with 1xx and 204.
    if (!has_no_body(given.status)) field(out, "Content-Length", std::to_string(body.size()));
    if (mode.http_1_0 && keeps_) field(out, "Connection", "keep-alive");
    out += "\r\n";
    if (!mode.is_head && !has_no_body(given.status)) out += body;
    left_ = 0;
}

void ResponseWriter::begin(std::string& out, const ResponseHead& given, std::optional<std::uint64_t> length,
                           const ResponseMode& mode, std::chrono::system_clock::time_point now) {
    begun_ = true;
    left_ = length;
    mute_ = mode.is_head || has_no_body(given.status);
    chunked_ = !length && !mode.http_1_0;
    keeps_ = mode.keep_alive && (length || chunked_);
    ResponseHead with = given;
    if (!length && mode.gzip && is_compressible(given.content_type)) {
        with.fields.emplace_back("Vary", "Accept-Encoding");
        with.fields.emplace_back("Content-Encoding", "gzip");
        if (!mute_) gzip_ = std::make_unique<Gzip>();
    }
    head(out, with, now);
    if (length)
        field(out, "Content-Length", std::to_string(*length));
    else if (chunked_)
        field(out, "Transfer-Encoding", "chunked");
    if (mode.http_1_0 && keeps_) field(out, "Connection", "keep-alive");
    out += "\r\n";
}

void ResponseWriter::piece(std::string& out, std::string_view octets) {
    if (left_) {
        octets = octets.substr(0, std::min<std::uint64_t>(octets.size(), *left_));
        *left_ -= octets.size();
    }
    if (mute_ || octets.empty()) return;
    if (!gzip_) {
        if (chunked_)
            chunk(out, octets);
        else
            out += octets;
        return;
    }
    std::string packed;
    gzip_->add(packed, octets, false);
    if (chunked_)
        chunk(out, packed);
    else
        out += packed;
}

bool ResponseWriter::end(std::string& out) {
    if (gzip_) {
        std::string packed;
        gzip_->add(packed, {}, true);
        if (chunked_)
            chunk(out, packed);
        else
            out += packed;
        gzip_.reset();
    }
    if (chunked_ && !mute_) out += "0\r\n\r\n";
    return mute_ || left_.value_or(0) == 0;
}

bool is_compressible(std::string_view type) {
    type = type.substr(0, type.find(';'));
    return type.starts_with("text/") || type.ends_with("xml") || type.ends_with("json") ||
           type.ends_with("javascript") || type.ends_with("wbxml") ||
           type == "application/vnd.ms-sync.multipart" || type == "image/svg+xml";
}

bool accepts_gzip(std::string_view codings) {
    while (!codings.empty()) {
        std::string_view coding = codings.substr(0, codings.find(','));
        codings.remove_prefix(std::min(codings.size(), coding.size() + 1));
        const std::size_t parameters = std::min(coding.find(';'), coding.size());
        std::string_view name = coding.substr(0, parameters), weight = coding.substr(parameters);
        const auto trim = [](std::string_view text) {
            const std::size_t first = text.find_first_not_of(" \t"), last = text.find_last_not_of(" \t");
            return first == std::string_view::npos ? std::string_view()
                                                   : text.substr(first, last - first + 1);
        };
        name = trim(name);
        if (!base::equals_nocase(name, "gzip") && !base::equals_nocase(name, "x-gzip")) continue;
        const std::size_t equals = weight.find('=');
        if (equals == std::string_view::npos) return true;
        return weight.find_first_of("123456789", equals) != std::string_view::npos;  // q=0, q=0.000
    }
    return false;
}

std::string http_date(std::chrono::system_clock::time_point time) {
    return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT",
                       fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

std::string_view reason_phrase(unsigned status) {
    switch (status) {
        case 100:
            return "Continue";
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 204:
            return "No Content";
        case 206:
            return "Partial Content";
        case 301:
            return "Moved Permanently";
        case 302:
            return "Found";
        case 304:
            return "Not Modified";
        case 307:
            return "Temporary Redirect";
        case 308:
            return "Permanent Redirect";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 408:
            return "Request Timeout";
        case 411:
            return "Length Required";
        case 413:
            return "Content Too Large";
        case 415:
            return "Unsupported Media Type";
        case 417:
            return "Expectation Failed";
        case 421:
            return "Misdirected Request";
        case 422:
            return "Unprocessable Content";
        case 426:
            return "Upgrade Required";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 449:
            return "Retry With";  // MS-ASHTTP section 2.2.1.2: provisioning is needed
        case 451:
            return "Redirect";  // MS-ASHTTP: X-MS-Location says where
        case 456:
            return "Blocked";
        case 457:
            return "Password Expired";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 503:
            return "Service Unavailable";
        case 505:
            return "HTTP Version Not Supported";
        case 507:
            return "Insufficient Storage";
        default:
            return "Status";
    }
}

}  // namespace http
