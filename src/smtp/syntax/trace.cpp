#include "smtp/syntax/trace.hpp"

#include <array>
#include <chrono>

#include <fmt/format.h>

#include "smtp/syntax/chars.hpp"

namespace smtp {
namespace {

/// Octets that are safe within a comment or a word of a Received field.
void append_plain(std::string& out, std::string_view text) {
    for (const char c : text)
        if (is(c, ch_hello)) out += c;
}

}  // namespace

std::string with_protocol(bool lmtp, bool extended, bool utf8, bool tls, bool authenticated) {
    if (!lmtp && !extended) return tls ? "ESMTPS" : "SMTP";
    std::string out;
    if (utf8)
        out = lmtp ? "UTF8LMTP" : "UTF8SMTP";
    else
        out = lmtp ? "LMTP" : "ESMTP";
    if (tls) out += 'S';
    if (authenticated) out += 'A';
    return out;
}

void write_received(std::string& out, const ReceivedFacts& facts) {
    out += "Received: from ";
    if (facts.hello.empty())
        out += "unknown";
    else
        append_plain(out, facts.hello);
    if (!facts.address.empty()) {
        out += facts.address.find(':') == std::string_view::npos ? " ([" : " ([IPv6:";
        append_plain(out, facts.address);
        out += "])";
    }
    if (!facts.tls_version.empty()) {
        out += "\r\n\t(using ";
        append_plain(out, facts.tls_version);
        out += " with cipher ";
        append_plain(out, facts.tls_cipher);
        out += ')';
    }
    out += "\r\n\tby ";
    append_plain(out, facts.hostname);
    out += " with ";
    out += facts.with;
    out += " id ";
    out += facts.id;
    if (!facts.recipient
             .empty()) {  // its syntax was checked by the path parser: no controls, balanced quotes
        out += "\r\n\tfor <";
        out += facts.recipient;
        out += '>';
    }
    out += ";\r\n\t";
    out += date_text(facts.unix_seconds);
    out += "\r\n";
}

std::string rfc3339_text(std::int64_t unix_seconds) {
    using namespace std::chrono;
    const sys_seconds time{seconds(unix_seconds)};
    const sys_days day = floor<days>(time);
    const year_month_day date(day);
    const hh_mm_ss clock(time - day);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", int(date.year()), unsigned(date.month()),
                       unsigned(date.day()), clock.hours().count(), clock.minutes().count(),
                       clock.seconds().count());
}

std::string date_text(std::int64_t unix_seconds) {
    using namespace std::chrono;
    static constexpr std::array<const char*, 7> weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const sys_seconds time{seconds(unix_seconds)};
    const sys_days day = floor<days>(time);
    const year_month_day date(day);
    const hh_mm_ss clock(time - day);
    return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} +0000", weekdays[weekday(day).c_encoding()],
                       unsigned(date.day()), months[unsigned(date.month()) - 1], int(date.year()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

}  // namespace smtp
