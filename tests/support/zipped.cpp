#include "support/zipped.hpp"

#include <stdexcept>
#include <zlib.h>

namespace support {

struct Zipped::Client {
    z_stream out{}, in{};
};

Zipped::Zipped(int flush) : flush_(flush), client_(std::make_unique<Client>()) {
    if (deflateInit2(&client_->out, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK ||
        inflateInit2(&client_->in, -15) != Z_OK)
        throw std::runtime_error("no zlib");
}

Zipped::~Zipped() {
    deflateEnd(&client_->out);
    inflateEnd(&client_->in);
}

std::string Zipped::pack(std::string_view plain) {
    std::string from(plain), out;
    char piece[512];
    z_stream& zip = client_->out;
    zip.next_in = reinterpret_cast<Bytef*>(from.data());
    zip.avail_in = static_cast<uInt>(from.size());
    do {
        zip.next_out = reinterpret_cast<Bytef*>(piece);
        zip.avail_out = sizeof(piece);
        if (deflate(&zip, flush_) == Z_STREAM_ERROR) throw std::runtime_error("deflate");
        out.append(piece, sizeof(piece) - zip.avail_out);
    } while (zip.avail_out == 0);
    return out;
}

std::string Zipped::unpack(std::string_view octets) {
    std::string out;
    net::InputBuffer plain;
    inflater_.received().append(octets);
    while (inflater_.has_input())  // read() stops behind each flush
        if (inflater_.read(plain, net::InputBuffer::block_bytes) == net::Inflater::Status::failed)
            throw std::runtime_error("what came cannot be inflated");
    inflater_.park();  // as before each sleep
    return out.append(plain.view());
}

std::string Zipped::carry(std::string_view plain) {
    std::string packed, out;
    deflater_.write(plain, packed);
    char piece[512];
    z_stream& zip = client_->in;
    zip.next_in = reinterpret_cast<Bytef*>(packed.data());
    zip.avail_in = static_cast<uInt>(packed.size());
    do {
        zip.next_out = reinterpret_cast<Bytef*>(piece);
        zip.avail_out = sizeof(piece);
        const int done = inflate(&zip, Z_SYNC_FLUSH);
        if (done != Z_OK && done != Z_BUF_ERROR) throw std::runtime_error("inflate");
        out.append(piece, sizeof(piece) - zip.avail_out);
    } while (zip.avail_out == 0);
    return out;
}

}  // namespace support
