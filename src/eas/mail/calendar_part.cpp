#include "eas/mail/calendar_part.hpp"

#include "base/ascii.hpp"
#include "mime/codec.hpp"
#include "mime/decode.hpp"
#include "mime/header.hpp"

namespace eas {

using store::Result;

awaitable<Result<std::uint32_t>> find_calendar(MessageOctets* message) {
    const Layout& layout = message->layout();
    const std::uint32_t attached = layout.attached_calendar;
    if (layout.calendar != mime::no_part || attached == mime::no_part) co_return layout.calendar;
    const auto header = co_await message->part_header(attached);
    if (!header) co_return header.error();
    mime::Field field;
    if (!mime::find_field(*header, "Content-Type", field)) co_return mime::no_part;
    const std::string type = mime::unfold(field.value);
    const bool speaks = !mime::parse_structured(type).parameter("method").empty();
    co_return speaks ? attached : mime::no_part;
}

void unfold_calendar(std::string& octets) {
    std::size_t to = 0;
    for (std::size_t at = 0; at < octets.size(); ++at) {
        std::size_t end = at;
        if (octets[end] == '\r') ++end;
        const bool breaks = end < octets.size() && octets[end] == '\n';
        if (breaks && end + 1 < octets.size() && (octets[end + 1] == ' ' || octets[end + 1] == '\t')) {
            at = end + 1;
            continue;
        }
        octets[to++] = octets[at];
    }
    octets.resize(to);
}

awaitable<Result<std::string>> read_calendar(MessageOctets* message) {
    const auto number = co_await find_calendar(message);
    if (!number) co_return number.error();
    if (*number == mime::no_part) co_return std::string();
    const mime::Part& part = message->tree().parts[*number];
    if (part.body_bytes > message->limits().calendar_bytes_max) co_return std::string();
    const auto octets = co_await message->part_octets(*number, message->limits().calendar_bytes_max);
    if (!octets) co_return octets.error();
    std::string plain, out;
    mime::TransferDecoder transfer(part.encoding);
    transfer.decode(*octets, plain);
    transfer.finish(plain);
    if (!base::lowered(part.charset).starts_with("utf-16")) unfold_calendar(plain);
    // RFC 5545 section 3.1.4: what names no charset is in UTF-8.
    mime::TextDecoder decoder(mime::Encoding::eight_bit, part.charset.empty() ? "utf-8" : part.charset);
    decoder.decode(plain, out);
    decoder.finish(out);
    co_return out;
}

}  // namespace eas
