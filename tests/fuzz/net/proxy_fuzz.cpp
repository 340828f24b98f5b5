// parse_proxy_header: no crash; a header is within its input and its limits; "more" is never said where more
// octets could not help; any cut of a good header says "more"; what follows a header does not change it.
#include <cstdlib>
#include <string>

#include "net/proxy_header.hpp"

namespace {
void require(bool holds) {
    if (!holds) std::abort();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    using Status = net::ProxyHeader::Status;
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const net::ProxyHeader header = net::parse_proxy_header(input);
    if (header.status == Status::more) {
        require(input.size() < net::proxy_header_bytes_max);
        return 0;
    }
    if (header.status == Status::bad) return 0;
    require(header.octets > 0 && header.octets <= input.size() &&
            header.octets <= net::proxy_header_bytes_max);
    require(header.source.has_value() == header.destination.has_value());
    for (std::size_t cut = 0; cut < header.octets; ++cut) {
        require(net::parse_proxy_header(input.substr(0, cut)).status == Status::more);
    }
    const net::ProxyHeader again = net::parse_proxy_header(input.substr(0, header.octets));
    require(again.status == Status::good && again.octets == header.octets && again.source == header.source);
    if (header.source) {
        require(net::IpAddress::parse(header.source->text()) == header.source);
    }
    return 0;
}
