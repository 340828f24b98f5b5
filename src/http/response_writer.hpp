// ResponseWriter: the octets of one HTTP/1.1 answer, whole or piece by piece. No I/O. RFC 9112, RFC 1952 for
// gzip.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace http {

using Fields = std::vector<std::pair<std::string, std::string>>;

struct ResponseHead {
    unsigned status = 200;
    std::string content_type;  ///< empty: none is sent
    Fields fields;             ///< others; not Content-Length, Transfer-Encoding, Connection, Date
    bool last = false;         ///< the connection is closed after it
};

/// What of the request decides how an answer is written.
struct ResponseMode {
    bool http_1_0 = false;
    bool keep_alive = true;
    bool is_head = false;  ///< the request was HEAD: no body follows
    bool gzip = false;     ///< the client takes it
};

/// A zlib state while an answer is compressed.
class Gzip;

class ResponseWriter {
public:
    ResponseWriter();
    ~ResponseWriter();
    ResponseWriter(ResponseWriter&&) noexcept;
    ResponseWriter& operator=(ResponseWriter&&) noexcept;

    /// An answer whose body is at hand. Compressed if the client takes that and it is worth it.
    void whole(std::string& out, const ResponseHead& head, std::string_view body, const ResponseMode& mode,
               std::chrono::system_clock::time_point now);

    /// An answer in pieces; `length`: of them all, if it is known, and then it is not compressed.
    void begin(std::string& out, const ResponseHead& head, std::optional<std::uint64_t> length,
               const ResponseMode& mode, std::chrono::system_clock::time_point now);
    void piece(std::string& out, std::string_view octets);
    /// False: fewer octets came than were announced, so that the connection must be closed.
    [[nodiscard]] bool end(std::string& out);

    bool begun() const { return begun_; }
    /// After the head: the connection may carry another request.
    bool keeps_connection() const { return keeps_; }

private:
    void head(std::string& out, const ResponseHead& head, std::chrono::system_clock::time_point now) const;

    std::unique_ptr<Gzip> gzip_;
    std::optional<std::uint64_t> left_;
    bool begun_ = false, keeps_ = true, chunked_ = false, mute_ = false;
};

/// Answers of this media type are compressed.
bool is_compressible(std::string_view type);
/// "gzip" is among the codings of an Accept-Encoding field, and not with q=0. RFC 9110 section 12.5.3.
bool accepts_gzip(std::string_view accept_encoding);
/// "Sun, 22 Nov 2026 08:49:37 GMT": RFC 9110 section 5.6.7.
std::string http_date(std::chrono::system_clock::time_point time);
std::string_view reason_phrase(unsigned status);

}  // namespace http
