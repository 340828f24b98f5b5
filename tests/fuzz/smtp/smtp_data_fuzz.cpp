// Message text: any cut decodes as the whole does, the end is the first CRLF.CRLF and nothing behind it is
// eaten, normalised text holds no stray octet, and the header section is the same octets filtered. The first
// two octets choose the policy and the cut.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "smtp/syntax/data_decoder.hpp"
#include "smtp/syntax/header.hpp"

namespace {

struct Decoded {
    std::string text;
    std::size_t used = 0;
    bool end = false;
    bool refused = false;
    bool operator==(const Decoded&) const = default;
};

Decoded decode(const std::string& input, std::size_t cut, smtp::TextPolicy policy, bool dots) {
    smtp::DataDecoder decoder(policy, dots);
    Decoded out;
    for (std::size_t from = 0; from < input.size() && !out.end; from += cut) {
        const std::string in = input.substr(from, cut);
        std::size_t used = 0;
        while (used < in.size() && !out.end) {
            const auto piece = decoder.next(std::string_view(in).substr(used));
            if (piece.consumed == 0 && piece.text.empty()) std::abort();
            out.text += piece.text;
            out.end = piece.end;
            used += piece.consumed;
            if (used > in.size()) std::abort();
        }
        out.used += used;
    }
    if (!dots) out.text += decoder.finish();
    out.refused = decoder.refused();
    return out;
}

void check_header(const std::string& text, std::size_t cut) {
    smtp::HeaderBuffer buffer(1U << 16);
    std::string body;
    auto status = smtp::HeaderBuffer::Status::more;
    for (std::size_t from = 0; from < text.size() && status != smtp::HeaderBuffer::Status::too_big;
         from += cut) {
        const std::string in = text.substr(from, cut);
        std::string_view piece = in;
        if (status == smtp::HeaderBuffer::Status::more) status = buffer.take(piece);
        body += piece;
    }
    if (status == smtp::HeaderBuffer::Status::too_big) return;
    if (buffer.octets() + body != text) std::abort();
    const std::size_t blank = ("\r\n" + text).find("\r\n\r\n");
    const std::size_t want = blank == std::string::npos ? text.size() : blank + 2;
    if (buffer.octets().size() != want) std::abort();
    smtp::HeaderRules rules;
    rules.remove_return_path = false;
    std::string kept;
    for (const auto run : smtp::read_header(buffer.octets(), rules).kept) kept += run;
    if (kept != buffer.octets()) std::abort();
    rules.remove_return_path = true;
    rules.remove_bcc = true;
    const auto facts = smtp::read_header(buffer.octets(), rules);
    for (const auto& address : smtp::addresses_in(facts.from))
        if (address.find('@') == std::string::npos) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::string input(reinterpret_cast<const char*>(data) + 2, size - 2);
    const auto stray = [](unsigned n) { return smtp::Stray(n % 3); };
    const smtp::TextPolicy policy{stray(data[0]), stray(data[0] / 3U), stray(data[0] / 9U)};
    const bool dots = data[0] < 200;
    const std::size_t cut = 1 + data[1] % 32;
    const Decoded whole = decode(input, input.size() + 1, policy, dots);
    if (!(whole == decode(input, cut, policy, dots))) std::abort();
    if (dots) {
        const std::size_t end = ("\r\n" + input).find("\r\n.\r\n");
        if (whole.end != (end != std::string::npos)) std::abort();
        if (whole.end && whole.used != end + 3) std::abort();
    } else if (whole.end || whole.used != input.size()) {
        std::abort();
    }
    if (policy.bare_lf == smtp::Stray::normalise && policy.bare_cr == smtp::Stray::normalise) {
        const std::string& text = whole.text;
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) std::abort();
            // Without an end the last CR may still be waiting for its LF; it is never part of the text alone.
            if (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n')) std::abort();
        }
    }
    check_header(whole.text, cut);
    return 0;
}
