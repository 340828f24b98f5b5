// Any octets as header fields and as text in any encoding: what is decoded is UTF-8, and pieces do not
// matter.
#include <cstdint>
#include <cstdlib>

#include "mime/address.hpp"
#include "mime/charset.hpp"
#include "mime/codec.hpp"
#include "mime/date.hpp"
#include "mime/decode.hpp"
#include "mime/header.hpp"

namespace {

void check(bool good) {
    if (!good) std::abort();
}

std::string decoded(mime::Encoding encoding, std::string_view charset, std::string_view text,
                    std::size_t piece) {
    mime::TextDecoder decoder(encoding, charset);
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += piece) decoder.decode(text.substr(at, piece), out);
    decoder.finish(out);
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
    check(mime::valid_utf8(mime::decode_text(text)));
    check(mime::decode_text(mime::encode_word(mime::guess_utf8("x"))) == "x");
    (void)mime::parse_date(text);
    const auto ids = mime::parse_ids(text, 8);
    check(ids.size() <= 8);
    check(mime::parse_addresses(text, 50).size() <= 52);
    check(mime::parse_structured(text).parameters.size() <= 1'256);
    check(mime::valid_utf8(mime::base_subject(mime::decode_text(text)).text));
    check(mime::valid_utf8(mime::preview_of(mime::html_to_text(mime::guess_utf8(text)))));
    mime::FieldReader reader(text);
    mime::Field field;
    std::size_t bytes = 0;
    while (reader.next(field)) bytes += field.octets.size();
    check(bytes + reader.rest().size() == text.size());
    const std::string_view names[] = {"to", "subject"};
    check(mime::header_subset(text, names, false).size() + mime::header_subset(text, names, true).size() <=
          text.size() + 2);
    static constexpr std::string_view charsets[] = {"utf-8", "x-unknown", "iso-2022-jp", "gb2312",
                                                    "utf-7", "utf-16",    "big5",        "euc-kr"};
    const auto encoding = static_cast<mime::Encoding>(data[0] % 6);
    const std::string_view charset = charsets[data[1] % 8];
    const std::string whole = decoded(encoding, charset, text, text.size() + 1);
    check(mime::valid_utf8(whole));
    check(decoded(encoding, charset, text, data[0] / 6 + 1U) == whole);
    return 0;
}
