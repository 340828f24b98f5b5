#include "eas/mail/meeting_mail.hpp"

#include <algorithm>

#include "eas/mail/outgoing_message.hpp"
#include "eas/syntax/mail_item.hpp"
#include "mime/decode.hpp"

namespace eas {
namespace {

constexpr std::size_t subject_octets_max = 400;  // titles are shorter, and lines of headers end at 998

/// One line, however the event was called.
std::string header_text(std::string_view utf8) {
    std::string line(cut_utf8(utf8, subject_octets_max));
    std::ranges::replace_if(
        line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
    return mime::encode_word(line);
}

/// RFC 5322 section 3.4: a phrase.
std::string display_name(std::string_view utf8) {
    std::string name(utf8);
    std::erase_if(name, [](char c) { return c == '"' || c == '\\'; });
    const std::string encoded = header_text(name);
    return encoded.starts_with("=?") ? encoded : "\"" + encoded + "\"";
}

}  // namespace

bool can_be_written(std::string_view address) {
    return std::ranges::none_of(address, [](char c) {
        return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F || c == '<' || c == '>' || c == ',';
    });
}

std::string write_meeting_mail(const MeetingMail& mail, base::Random& random) {
    std::string out = "From: ";
    if (!mail.from_name.empty() && mail.from_name != mail.from) out += display_name(mail.from_name) + " ";
    out += "<" + mail.from + ">\r\nTo: ";
    std::string separator;
    for (const std::string& address : mail.to) {
        if (!can_be_written(address)) continue;
        out += separator + "<" + address + ">";
        separator = ",\r\n ";
    }
    out += "\r\nSubject: " + header_text(mail.subject) + "\r\n";
    if (!mail.message_id.empty()) out += "Message-ID: <" + mail.message_id + ">\r\n";
    if (mail.is_answer) out += "Auto-Submitted: auto-replied\r\n";
    if (mail.method.empty()) return out + write_text_and_parts(mail.text, mail.text_type, mail.parts, random);
    return out +
           write_text_and_calendar(mail.text, mail.text_type, mail.method, mail.calendar, mail.parts, random);
}

}  // namespace eas
