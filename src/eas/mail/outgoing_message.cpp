#include "eas/mail/outgoing_message.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include <fmt/format.h>

#include "base/ascii.hpp"
#include "base/line_ends.hpp"
#include "eas/mail/boundary.hpp"
#include "eas/mail/layout.hpp"
#include "eas/mail/message_text.hpp"
#include "mime/address.hpp"
#include "mime/codec.hpp"
#include "mime/decode.hpp"
#include "mime/header.hpp"
#include "mime/index.hpp"

namespace eas {
namespace {

/// Devices write LF alone at times; SMTP knows CRLF only, and no NUL (RFC 5321 section 4.1.1.4).
std::string smtp_text(std::string_view text) {
    std::string out = base::with_crlf(text, base::LoneCr::line_end);
    std::ranges::replace(out, '\0', ' ');
    return out;
}

bool has_field(std::string_view header, std::string_view name) {
    mime::Field field;
    return mime::find_field(header, name, field);
}

/// Where the body begins: behind the first empty line.
std::size_t header_end(std::string_view message) {
    if (message.starts_with("\r\n")) return 2;
    const std::size_t at = message.find("\r\n\r\n");
    return at == std::string_view::npos ? message.size() : at + 4;
}

std::vector<std::string> addresses_of(std::string_view header, std::string_view name) {
    std::vector<std::string> out;
    mime::FieldReader fields(header);
    for (mime::Field field; fields.next(field);) {
        if (!mime::same_name(field.name, name)) continue;
        for (const mime::Address& one : mime::parse_addresses(mime::unfold(field.value)))
            if (one.kind == mime::Address::Kind::mailbox && !one.mailbox.empty() && !one.host.empty())
                out.push_back(one.mailbox + "@" + one.host);
    }
    return out;
}

/// A text part with its header.
std::string text_part(std::string_view subtype, std::string_view utf8) {
    const bool ascii = std::ranges::all_of(utf8, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    std::string out = fmt::format("Content-Type: text/{}; charset={}\r\nContent-Transfer-Encoding: ", subtype,
                                  ascii ? "us-ascii" : "utf-8");
    out += "quoted-printable\r\n\r\n" + mime::quoted_printable_encode(utf8);
    if (!out.ends_with("\r\n")) out += "\r\n";
    return out;
}

std::string multipart(std::string_view subtype, const std::vector<std::string>& parts, base::Random& random) {
    const std::string boundary = new_boundary(random);
    std::string out = fmt::format("Content-Type: multipart/{}; boundary=\"{}\"\r\n\r\n", subtype, boundary);
    for (const std::string& part : parts) {
        out += "--" + boundary + "\r\n" + part;
        if (!part.ends_with("\r\n")) out += "\r\n";
    }
    return out + "--" + boundary + "--\r\n";
}

/// A text, and behind it what else the message has.
std::string with_parts(std::string text, const std::vector<std::string>& parts, base::Random& random) {
    if (parts.empty()) return "MIME-Version: 1.0\r\n" + text;
    std::vector<std::string> all{std::move(text)};
    all.insert(all.end(), parts.begin(), parts.end());
    return "MIME-Version: 1.0\r\n" + multipart("mixed", all, random);
}

std::string plain_heading(const Original& original) {
    std::string out = "\r\n-----Original Message-----\r\nFrom: " + original.from +
                      "\r\nSent: " + original.sent + "\r\nTo: " + original.to + "\r\n";
    if (!original.cc.empty()) out += "Cc: " + original.cc + "\r\n";
    return out + "Subject: " + original.subject + "\r\n\r\n";
}

std::string html_heading(const Original& original) {
    const auto line = [](std::string_view name, std::string_view value) {
        return value.empty() ? std::string() : fmt::format("<b>{}:</b> {}<br>\r\n", name, html_of(value));
    };
    return "<hr>\r\n<div>" + line("From", original.from) + line("Sent", original.sent) +
           line("To", original.to) + line("Cc", original.cc) + line("Subject", original.subject) +
           "</div><br>\r\n";
}

constexpr std::string_view apart_notice = "[The text is long: it follows as it was sent.]";

/// What a device has written, before the original is put behind it.
struct QuotedText {
    GatheredText plain, rich;
};

/// The part that says both.
std::string written(QuotedText text, const Original& original, bool html, base::Random& random) {
    std::string& plain = text.plain.text;
    plain += plain_heading(original);
    if (original.text_apart) {
        plain.append(apart_notice).append("\r\n");
    } else {
        plain += original.plain;
    }
    std::string out = text_part("plain", plain);
    if (!html) return out;
    std::string& rich = text.rich.text;
    rich += html_heading(original);
    if (original.text_apart) {
        rich += html_of(apart_notice);
    } else {
        rich += original.html.empty() ? html_of(original.plain) : original.html;
    }
    return multipart("alternative", {std::move(out), text_part("html", rich)}, random);
}

/// Says how the body is written.
bool is_of_body(const mime::Field& field) { return base::lowered(field.name).starts_with("content-"); }

/// A header may end with the message, and that without a line end.
void end_line(std::string& fields) {
    if (!fields.empty() && !fields.ends_with('\n')) fields += "\r\n";
}

/// Fields of the device's message that stay.
std::string kept_fields(std::string_view header) {
    std::string out;
    mime::FieldReader fields(header);
    for (mime::Field field; fields.next(field);) {
        if (field.name.empty() || is_of_body(field) || mime::same_name(field.name, "MIME-Version")) continue;
        out += field.octets;
    }
    end_line(out);
    return out;
}

/// Base64 of any length in lines that fit a header.
std::string folded_base64(std::string_view base64) {
    constexpr std::size_t line_bytes = 60;
    std::string out(base64.substr(0, line_bytes));
    for (std::size_t at = line_bytes; at < base64.size(); at += line_bytes)
        out += "\r\n " + std::string(base64.substr(at, line_bytes));
    return out;
}

/// Those that RFC 5322 section 3.6.4 allows and that fit a line each (section 2.1.1 has 998 octets): a
/// stranger's may be anything, and one octet beyond ASCII would ask each host on the way for SMTPUTF8.
std::vector<std::string_view> ids_of(std::string_view value) {
    constexpr std::size_t id_octets_max = 900;
    const auto is_wrong = [](unsigned char c) { return c < 0x20 || c >= 0x7F; };
    std::vector<std::string_view> out = mime::parse_ids(value, SIZE_MAX);
    std::erase_if(out, [&](std::string_view id) {
        return id.size() > id_octets_max || std::ranges::any_of(id, is_wrong);
    });
    return out;
}

/// The first is where the conversation began; of a long one the last tell the rest.
std::string references_field(std::vector<std::string_view> ids) {
    constexpr std::ptrdiff_t last_kept = 20;
    if (std::ssize(ids) > last_kept + 1) ids.erase(ids.begin() + 1, ids.end() - last_kept);
    std::string out = "References:";
    for (std::size_t i = 0; i < ids.size(); ++i) out += fmt::format("{} <{}>", i == 0 ? "" : "\r\n", ids[i]);
    return out + "\r\n";
}

/// RFC 5322 section 3.6.4: what ties an answer to what it answers.
std::string thread_fields(std::string_view header, const Original& original) {
    std::string out;
    const std::vector<std::string_view> own = ids_of(original.message_id);
    if (own.empty()) return out;
    if (!has_field(header, "In-Reply-To")) out += fmt::format("In-Reply-To: <{}>\r\n", own.front());
    if (!has_field(header, "References")) {
        std::vector<std::string_view> ids = ids_of(original.references);
        ids.push_back(own.front());
        out += references_field(std::move(ids));
    }
    // MS-ASCON section 3.2.4: the server makes the conversation's index.
    if (!original.thread_index.empty() && !has_field(header, "Thread-Index"))
        out += "Thread-Index: " + folded_base64(original.thread_index) + "\r\n";
    return out;
}

}  // namespace

std::string rfc5322_date(std::int64_t seconds) {
    using namespace std::chrono;
    constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const sys_seconds time{std::chrono::seconds(seconds)};
    const sys_days date = floor<std::chrono::days>(time);
    const year_month_day ymd(date);
    const hh_mm_ss clock(time - date);
    return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} +0000", days[weekday(date).c_encoding()],
                       static_cast<unsigned>(ymd.day()), months[static_cast<unsigned>(ymd.month()) - 1],
                       static_cast<int>(ymd.year()), clock.hours().count(), clock.minutes().count(),
                       clock.seconds().count());
}

OutgoingFacts read_outgoing(std::string_view message, std::size_t recipients_max) {
    OutgoingFacts out;
    const std::string clean = smtp_text(message.substr(0, 1U << 20));
    const std::string_view header = std::string_view(clean).substr(0, header_end(clean));
    out.authors = addresses_of(header, "From");
    for (const std::string_view name : {"To", "Cc", "Bcc"})
        for (std::string& address : addresses_of(header, name)) {
            const bool known = std::ranges::any_of(
                out.recipients, [&](const std::string& one) { return base::equals_nocase(one, address); });
            if (!known) out.recipients.push_back(std::move(address));
            if (out.recipients.size() > recipients_max) {
                out.too_many = true;
                return out;
            }
        }
    return out;
}

std::string complete_message(std::string_view message, const MissingFields& missing, bool keep_bcc) {
    const std::string clean = smtp_text(message);
    const std::size_t end = header_end(clean);
    const std::string_view header = std::string_view(clean).substr(0, end);
    std::string out;
    if (!has_field(header, "Date")) out += "Date: " + missing.date + "\r\n";
    if (!has_field(header, "From")) out += "From: " + missing.from + "\r\n";
    if (!has_field(header, "Message-ID")) out += "Message-ID: " + missing.message_id + "\r\n";
    mime::FieldReader fields(header);
    for (mime::Field field; fields.next(field);) {
        if (field.name.empty()) continue;
        if (mime::same_name(field.name, "Return-Path")) continue;
        if (mime::same_name(field.name, "Bcc") && !keep_bcc) continue;
        out += field.octets;
    }
    end_line(out);
    out += "\r\n";
    return out.append(clean, end);
}

std::string write_text_and_parts(std::string_view utf8, BodyType type, const std::vector<std::string>& parts,
                                 base::Random& random) {
    std::string text;
    if (type == BodyType::html) {
        text = multipart("alternative",
                         {text_part("plain", mime::html_to_text(utf8)), text_part("html", utf8)}, random);
    } else {
        text = text_part("plain", utf8);
    }
    return with_parts(std::move(text), parts, random);
}

std::string write_text_and_calendar(std::string_view utf8, BodyType type, std::string_view method,
                                    std::string_view calendar, const std::vector<std::string>& parts,
                                    base::Random& random) {
    std::vector<std::string> forms{
        text_part("plain", type == BodyType::html ? mime::html_to_text(utf8) : utf8)};
    if (type == BodyType::html) forms.push_back(text_part("html", utf8));
    forms.push_back(
        fmt::format("Content-Type: text/calendar; charset=utf-8; method={}\r\n"
                    "Content-Transfer-Encoding: base64\r\n\r\n",
                    method));
    forms.back() += mime::base64_encode(calendar);
    return with_parts(multipart("alternative", forms, random), parts, random);
}

std::string as_part(std::string_view header, std::string_view body) {
    std::string out;
    mime::FieldReader fields(header);
    for (mime::Field field; fields.next(field);)
        if (is_of_body(field)) out += field.octets;
    end_line(out);
    return (out + "\r\n").append(body);
}

std::string with_original(std::string_view message, const Original& original, base::Random& random) {
    const std::string clean = smtp_text(message);
    const mime::Index index = mime::index(clean);
    const Layout layout = lay_out(index.tree);
    const auto octets = [&](std::uint32_t part) {
        const mime::Part& of = index.tree.parts[part];
        return std::string_view(clean).substr(static_cast<std::size_t>(of.body_offset),
                                              static_cast<std::size_t>(of.body_bytes));
    };
    const std::string_view header = std::string_view(clean).substr(0, header_end(clean));
    const bool html = layout.has_html() || !original.html.empty();
    const TextRoom room{quoted_bytes_max, quoted_bytes_max};
    QuotedText text{text_as(BodyType::plain, index.tree, layout, octets, room), {}};
    if (html) text.rich = text_as(BodyType::html, index.tree, layout, octets, room);
    std::vector<std::string> parts;
    if (text.plain.cut || text.rich.cut) {
        parts.push_back(as_part(header, std::string_view(clean).substr(header.size())));
        parts.push_back(written(QuotedText(), original, html, random));
    } else {
        parts.push_back(written(std::move(text), original, html, random));
        for (const std::uint32_t part : layout.attachments) {
            const mime::Part& of = index.tree.parts[part];
            if (part == 0) {  // the whole message is one thing, which is no text
                parts.push_back(as_part(header, octets(part)));
                continue;
            }
            parts.push_back(clean.substr(static_cast<std::size_t>(of.header_offset),
                                         static_cast<std::size_t>(of.header_bytes + of.body_bytes)));
        }
    }
    parts.insert(parts.end(), original.parts.begin(), original.parts.end());
    std::string out = kept_fields(header) + thread_fields(header, original) + "MIME-Version: 1.0\r\n";
    return out + (parts.size() == 1 ? parts.front() : multipart("mixed", parts, random));
}

std::string field_of(std::string_view header, std::string_view name) {
    mime::Field field;
    if (!mime::find_field(header, name, field)) return {};
    std::string value = mime::unfold(field.value);
    const std::size_t from = value.find_first_not_of(" \t");
    return from == std::string::npos ? std::string() : value.substr(from);
}

}  // namespace eas
