#include "unpack.hpp"

#include <zlib.h>

namespace mailauth {

namespace {

constexpr std::size_t zip_header_octets = 30;  // a local file header without the name (APPNOTE section 4.3.7)

unsigned little(std::string_view octets, std::size_t at, unsigned count) {
    unsigned value = 0;
    for (unsigned i = count; i-- > 0;) value = value << 8U | static_cast<unsigned char>(octets[at + i]);
    return value;
}

struct Inflater {
    explicit Inflater(int window) { good = inflateInit2(&stream, window) == Z_OK; }
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;
    ~Inflater() {
        if (good) inflateEnd(&stream);
    }
    z_stream stream{};
    bool good = false;
};

std::string inflate_all(std::string_view packed, int window, std::size_t octets_max,
                        const std::function<bool(std::string_view)>& sink) {
    Inflater inflater(window);
    if (!inflater.good) return "no memory";
    z_stream& stream = inflater.stream;
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    char piece[32 * 1024];
    std::size_t total = 0;
    for (int code = Z_OK; code != Z_STREAM_END;) {
        stream.next_out = reinterpret_cast<Bytef*>(piece);
        stream.avail_out = sizeof piece;
        code = inflate(&stream, Z_NO_FLUSH);
        const std::size_t made = sizeof piece - stream.avail_out;
        if (code != Z_OK && code != Z_STREAM_END) return "the compressed data is broken";
        total += made;
        if (total > octets_max) return "more unpacked octets than allowed";
        if (!sink({piece, made})) return {};
    }
    return {};
}

/// The first file of the archive: a report is alone in it (RFC 9990 section 3.5.1).
std::string unzip(std::string_view packed, std::size_t octets_max,
                  const std::function<bool(std::string_view)>& sink) {
    if (packed.size() < zip_header_octets) return "the zip is broken";
    const unsigned flags = little(packed, 6, 2);
    const unsigned method = little(packed, 8, 2);
    const std::size_t stored = little(packed, 18, 4);
    const std::size_t skip = zip_header_octets + little(packed, 26, 2) + little(packed, 28, 2);
    if (skip > packed.size()) return "the zip is broken";
    if ((flags & 1U) != 0) return "the zip is encrypted";
    packed.remove_prefix(skip);
    if (method == 8) return inflate_all(packed, -15, octets_max, sink);
    if (method != 0 || (flags & 8U) != 0 || stored > packed.size()) return "the zip has an unknown method";
    if (stored > octets_max) return "more unpacked octets than allowed";
    sink(packed.substr(0, stored));
    return {};
}

}  // namespace

std::string unpack(std::string_view packed, std::size_t octets_max,
                   const std::function<bool(std::string_view)>& sink) {
    if (packed.starts_with("\x1f\x8b")) return inflate_all(packed, 15 + 16, octets_max, sink);
    if (packed.starts_with("PK\x03\x04")) return unzip(packed, octets_max, sink);
    if (packed.size() > octets_max) return "more octets than allowed";
    sink(packed);
    return {};
}

}  // namespace mailauth
