// Any octets as a message: on the wire they are CRLF lines that end at the last dot and nowhere else, in any
// cut, and undoing the dots gives a text of the same lines.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "mta/smtp_out/syntax/body_encoder.hpp"

namespace {

std::string encoded(std::string_view text, std::size_t cut, bool dots) {
    mta::smtp_out::BodyEncoder encoder(dots);
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += cut) encoder.append(out, text.substr(at, cut));
    encoder.finish(out);
    return out;
}

void require(bool fine) {
    if (!fine) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::string wire = encoded(text, size + 1, true), plain = encoded(text, size + 1, false);
    for (const std::size_t cut : {1U, 2U, 3U, 7U}) require(encoded(text, cut, true) == wire);
    std::string undone;
    const std::string framed = "\r\n" + wire;
    require(framed.find("\r\n.\r\n") == framed.size() - 5);
    for (std::size_t i = 0; i < wire.size(); ++i) {
        if (wire[i] == '\n') require(i > 0 && wire[i - 1] == '\r');
        if (wire[i] == '\r') require(i + 1 < wire.size() && wire[i + 1] == '\n');
        require(wire[i] != '\0');
        const bool start = i == 0 || wire[i - 1] == '\n';
        if (!(start && wire[i] == '.')) undone += wire[i];
    }
    undone.resize(undone.size() - 2);  // of the last dot's line
    require(undone == plain);
    return 0;
}
