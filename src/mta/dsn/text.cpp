#include "mta/dsn/text.hpp"

#include <algorithm>
#include <ctime>

#include <fmt/format.h>

#include "base/utf8.hpp"

namespace mta::dsn {
namespace {

/// Printable, one line.
std::string plain(std::string_view text, bool utf8) {
    std::string out;
    while (!text.empty()) {
        const base::Utf8Char c = base::first_utf8(text);
        const std::size_t octets = c.octets == 0 ? 1 : c.octets;
        const bool ascii = c.octets != 0 && c.code >= 0x20 && c.code < 0x7F;
        const bool beyond = utf8 && c.octets != 0 && c.code >= 0xA0;
        if (ascii || beyond) {
            out += text.substr(0, octets);
        } else {
            out += c.octets != 0 && (c.code == '\t' || c.code == '\r' || c.code == '\n') ? ' ' : '?';
        }
        text.remove_prefix(octets);
    }
    return out;
}

/// How much of `text` goes into a line that has room for `wanted` octets: up to a blank, or as much as a line
/// may have, never within a character.
std::size_t line_length(std::string_view text, std::size_t wanted) {
    if (text.size() <= wanted) return text.size();
    const std::size_t blank = text.rfind(' ', wanted);
    if (blank != std::string_view::npos && blank != 0) return blank;
    const std::size_t later = text.find(' ', wanted);
    std::size_t length =
        std::min({later == std::string_view::npos ? text.size() : later, text.size(), line_max - 20});
    while (length > 0 && length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U)
        --length;
    return length;
}

std::string_view action_word(Action action) {
    switch (action) {
        case Action::failed:
            return "failed";
        case Action::delayed:
            return "delayed";
        case Action::delivered:
            return "delivered";
        case Action::relayed:
            return "relayed";
        case Action::expanded:
            break;
    }
    return "expanded";
}

std::string_view heading(Action action) {
    switch (action) {
        case Action::failed:
            return "Your message could not be delivered to:";
        case Action::delayed:
            return "Your message could not be delivered yet. There is nothing that you need to do: it is "
                   "still being tried. It is waiting for:";
        case Action::delivered:
            return "Your message was delivered to:";
        case Action::relayed:
            return "Your message was handed over to a mail system that does not report whether it is "
                   "delivered, for:";
        case Action::expanded:
            break;
    }
    return "Your message was sent on to the members of:";
}

void write_recipient(std::string& out, const Told& told, bool utf8) {
    write_paragraph(out, "    ", "<" + told.recipient.address + ">", utf8);
    if (!told.recipient.orcpt_address.empty() && told.recipient.orcpt_address != told.recipient.address)
        write_paragraph(out, "        ", "(you wrote to <" + told.recipient.orcpt_address + ">)", utf8);
    const Outcome& outcome = told.outcome;
    if (told.action == Action::failed || told.action == Action::delayed) {
        std::string why;
        if (outcome.from_remote && !outcome.host.empty()) {
            why = fmt::format("{} [{}] said: {}", outcome.host, outcome.address, outcome.words);
        } else if (!outcome.host.empty() && !outcome.address.empty()) {
            why = fmt::format("{} [{}]: {}", outcome.host, outcome.address, outcome.words);
        } else if (!outcome.host.empty()) {
            why = fmt::format("{}: {}", outcome.host, outcome.words);
        } else {
            why = outcome.words;
        }
        write_paragraph(out, "        ", why, utf8);
    }
    if (told.action == Action::delayed && told.retry_until != base::SystemTime())
        write_paragraph(out, "        ", "It is tried until " + date_text(told.retry_until) + ".", utf8);
    out += "\r\n";
}

void write_status(std::string& out, const Told& told, bool utf8) {
    const Recipient& recipient = told.recipient;
    const Outcome& outcome = told.outcome;
    out += "\r\n";
    if (!recipient.orcpt_type.empty())
        write_field(out, "Original-Recipient", recipient.orcpt_type + "; " + recipient.orcpt_address, utf8);
    const bool needs_utf8 = !base::is_ascii(recipient.address);
    write_field(out, "Final-Recipient", (needs_utf8 ? "utf-8; " : "rfc822; ") + recipient.address, utf8);
    write_field(out, "Action", action_word(told.action), utf8);
    write_field(out, "Status", outcome.status.text(), utf8);
    if (outcome.from_remote && !outcome.host.empty())
        write_field(out, "Remote-MTA", "dns; " + outcome.host, utf8);
    if (!outcome.words.empty())
        write_field(out, "Diagnostic-Code", (outcome.from_remote ? "smtp; " : "x-barid; ") + outcome.words,
                    utf8);
    if (told.last_attempt != base::SystemTime())
        write_field(out, "Last-Attempt-Date", date_text(told.last_attempt), utf8);
    if (told.action == Action::delayed && told.retry_until != base::SystemTime())
        write_field(out, "Will-Retry-Until", date_text(told.retry_until), utf8);
}

}  // namespace

std::string date_text(base::SystemTime time) {
    constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::time_t seconds = base::unix_seconds(time);
    std::tm utc{};
    ::gmtime_r(&seconds, &utc);
    return fmt::format("{}, {} {} {} {:02}:{:02}:{:02} +0000", days[utc.tm_wday], utc.tm_mday,
                       months[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

void write_field(std::string& out, std::string_view name, std::string_view value, bool utf8) {
    out += name;
    out += ": ";
    const std::string text = plain(value, utf8);
    std::string_view rest = text;
    std::size_t room = line_wanted > name.size() + 2 ? line_wanted - name.size() - 2 : 1;
    while (!rest.empty()) {
        const std::size_t length = line_length(rest, room);
        out += rest.substr(0, length);
        rest.remove_prefix(length);
        rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
        if (!rest.empty()) out += "\r\n    ";
        room = line_wanted - 4;
    }
    out += "\r\n";
}

void write_paragraph(std::string& out, std::string_view indent, std::string_view text, bool utf8) {
    const std::string clean = plain(text, utf8);
    std::string_view rest = clean;
    do {
        const std::size_t length = line_length(rest, line_wanted - indent.size());
        out += indent;
        out += rest.substr(0, length);
        out += "\r\n";
        rest.remove_prefix(length);
        rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    } while (!rest.empty());
}

std::string human_text(const Request& request, const Settings& settings, bool utf8) {
    std::string out;
    write_paragraph(out, "", "This is the mail system at " + settings.host_name + ".", utf8);
    out += "\r\n";
    for (const Action action :
         {Action::failed, Action::delayed, Action::delivered, Action::relayed, Action::expanded}) {
        const auto of_it = [action](const Told& told) { return told.action == action; };
        if (std::ranges::none_of(request.recipients, of_it)) continue;
        write_paragraph(out, "", heading(action), utf8);
        out += "\r\n";
        for (const Told& told : request.recipients)
            if (of_it(told)) write_recipient(out, told, utf8);
    }
    return out;
}

std::string status_text(const Request& request, const Settings& settings, bool utf8) {
    const Envelope& envelope = *request.envelope;
    std::string out;
    if (!envelope.envid.empty()) write_field(out, "Original-Envelope-Id", envelope.envid, utf8);
    write_field(out, "Reporting-MTA", "dns; " + settings.host_name, utf8);
    if (envelope.arrived != base::SystemTime())
        write_field(out, "Arrival-Date", date_text(envelope.arrived), utf8);
    if (!envelope.queue_id.empty()) write_field(out, "X-Barid-Queue-Id", envelope.queue_id, utf8);
    for (const Told& told : request.recipients) write_status(out, told, utf8);
    return out;
}

std::string clean_lines(std::string_view text, bool* changed) {
    std::string out;
    out.reserve(text.size() + 2);
    *changed = false;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        const bool whole = end < text.size();
        text.remove_prefix(std::min(text.size(), end + 1));
        const bool crlf = line.ends_with('\r');
        if (crlf) line.remove_suffix(1);
        if (!whole || !crlf) *changed = true;
        if (line.size() > line_max) {
            line = line.substr(0, line_max);
            *changed = true;
        }
        const std::size_t start = out.size();
        out += line;
        for (std::size_t i = start; i < out.size(); ++i) {
            if (out[i] != '\0' && out[i] != '\r') continue;
            out[i] = ' ';
            *changed = true;
        }
        out += "\r\n";
    }
    return out;
}

}  // namespace mta::dsn
