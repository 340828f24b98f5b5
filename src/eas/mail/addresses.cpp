#include "eas/mail/addresses.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "mime/address.hpp"
#include "mime/charset.hpp"
#include "mime/decode.hpp"
#include "mime/header.hpp"

namespace eas {
namespace {

void append_name(std::string& out, std::string_view name) {
    out.push_back('"');
    for (const char c : name) {
        if (c == '"' || c == '\\') out.push_back('\\');
        out.push_back(c);
    }
    out += "\" ";
}

std::string field_value(std::string_view header, std::string_view name) {
    mime::Field field;
    if (!mime::find_field(header, name, field)) return {};
    return mime::unfold(field.value);
}

/// As a sender wrote it, which may be in any charset.
std::string address_of(const mime::Address& one) {
    return mime::guess_utf8(one.host.empty() ? one.mailbox : one.mailbox + "@" + one.host);
}

/// Names alone, as a list of messages shows them. MS-ASEMAIL section 2.2.2.30.
std::string display_names(std::string_view value) {
    std::string out;
    for (const mime::Address& one : mime::parse_addresses(value, addresses_shown_max)) {
        if (one.kind != mime::Address::Kind::mailbox) continue;
        if (!out.empty()) out.push_back(';');
        const std::string name = mime::decode_text(one.name);
        out += !name.empty() ? name : address_of(one);
    }
    return out;
}

std::uint8_t importance_of(std::string_view header) {
    const std::string importance = base::lowered(field_value(header, "Importance"));
    if (importance.find("high") != std::string::npos) return 2;
    if (importance.find("low") != std::string::npos) return 0;
    const std::string priority = field_value(header, "X-Priority");
    for (const char c : priority) {
        if (c == ' ') continue;
        return c == '1' || c == '2' ? 2 : c == '4' || c == '5' ? 0 : 1;
    }
    return 1;
}

/// Whatever the names beside them.
bool same_addresses(std::string_view a, std::string_view b) {
    return std::ranges::equal(mime::parse_addresses(a, addresses_shown_max),
                              mime::parse_addresses(b, addresses_shown_max),
                              [](const mime::Address& one, const mime::Address& other) {
                                  return one.kind == other.kind && one.mailbox == other.mailbox &&
                                         base::equals_nocase(one.host, other.host);
                              });
}

}  // namespace

std::string readable_addresses(std::string_view value, std::size_t addresses_max) {
    std::string out;
    for (const mime::Address& one : mime::parse_addresses(value, addresses_max)) {
        if (one.kind != mime::Address::Kind::mailbox) continue;
        if (!out.empty()) out += ", ";
        const std::string name = mime::decode_text(one.name);
        if (!name.empty()) append_name(out, name);
        const std::string address = address_of(one);
        out += name.empty() ? address : "<" + address + ">";
    }
    return out;
}

HeaderTexts read_header_texts(std::string_view header, std::size_t addresses_max) {
    const auto people = [&](std::string_view name) {
        return readable_addresses(field_value(header, name), addresses_max);
    };
    HeaderTexts out;
    const std::string to = field_value(header, "To");
    out.to = readable_addresses(to, addresses_max);
    out.display_to = display_names(to);
    out.cc = people("Cc");
    out.bcc = people("Bcc");
    out.from = people("From");
    out.sender = people("Sender");
    if (same_addresses(field_value(header, "Sender"), field_value(header, "From"))) out.sender.clear();
    out.reply_to = people("Reply-To");
    out.subject = mime::decode_text(field_value(header, "Subject"));
    out.thread_topic = mime::base_subject(out.subject).text;
    out.importance = importance_of(header);
    return out;
}

}  // namespace eas
