// Zipped: both ends of a compressed memory connection: the server's by net's own inflater and deflater, the
// client's by zlib, which may flush as clients do (RFC 4978 section 4; imap.md quirk 3).
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "net/deflate.hpp"

namespace support {

class Zipped {
public:
    /// \param flush zlib's: Z_PARTIAL_FLUSH, Z_SYNC_FLUSH
    explicit Zipped(int flush);
    ~Zipped();
    Zipped(const Zipped&) = delete;
    Zipped& operator=(const Zipped&) = delete;

    /// What the client sends for these octets.
    std::string pack(std::string_view plain);
    /// What the server makes of octets that came: all that can be known of them.
    std::string unpack(std::string_view octets);
    /// What the client reads of what the server says.
    std::string carry(std::string_view plain);

private:
    struct Client;
    const int flush_;
    std::unique_ptr<Client> client_;
    net::Inflater inflater_;
    net::Deflater deflater_;
};

}  // namespace support
