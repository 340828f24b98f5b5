#include "mta/smtp_out/syntax/commands.hpp"

#include <fmt/format.h>

#include "base/ascii.hpp"
#include "base/utf8.hpp"

namespace mta::smtp_out {
namespace {

constexpr bool is_xchar(unsigned char c) { return c > 0x20 && c < 0x7F && c != '+' && c != '='; }

void write_dsn(std::string& out, const Envelope& envelope) {
    if (envelope.ret == Ret::full) out += " RET=FULL";
    if (envelope.ret == Ret::headers) out += " RET=HDRS";
    if (!envelope.envid.empty()) out += " ENVID=" + encode_xtext(envelope.envid);
}

/// RFC 2852 section 4: seconds that are left, negative in mode N alone.
void write_deliver_by(std::string& out, const DeliverBy& by, base::SystemTime now) {
    const auto left = std::chrono::floor<std::chrono::seconds>(by.deadline - now).count();
    out += fmt::format(" BY={};{}{}", left, by.notify_only ? 'N' : 'R', by.trace ? "T" : "");
}

void write_notify(std::string& out, std::uint8_t notify) {
    if (notify == notify_unset) return;
    out += " NOTIFY=";
    if ((notify & notify_never) != 0) {
        out += "NEVER";
        return;
    }
    std::string_view comma;
    for (const auto& [bit, word] : {std::pair{notify_success, "SUCCESS"},
                                    std::pair{notify_failure, "FAILURE"}, std::pair{notify_delay, "DELAY"}}) {
        if ((notify & bit) == 0) continue;
        out += comma;
        out += word;
        comma = ",";
    }
}

}  // namespace

std::string encode_xtext(std::string_view octets) {
    std::string out;
    for (const char c : octets) {
        const auto octet = static_cast<unsigned char>(c);
        if (is_xchar(octet)) {
            out += c;
        } else {
            out += fmt::format("+{:02X}", octet);
        }
    }
    return out;
}

std::string encode_utf8_address(std::string_view address, bool smtputf8) {
    std::string out;
    while (!address.empty()) {
        const base::Utf8Char c = base::first_utf8(address);
        const std::size_t octets = c.octets == 0 ? 1 : c.octets;
        if (c.octets != 0 && c.code >= 0x80 && smtputf8) {
            out += address.substr(0, octets);
        } else if (c.octets != 0 && c.code < 0x80 && is_xchar(static_cast<unsigned char>(c.code)) &&
                   c.code != '\\') {
            out += address.front();
        } else {
            out += fmt::format("\\x{{{:02X}}}", c.octets == 0 ? 0xFFFDU : static_cast<unsigned>(c.code));
        }
        address.remove_prefix(octets);
    }
    return out;
}

bool safe_address(std::string_view address) {
    bool quoted = false, escaped = false;
    for (const char c : address) {
        const auto octet = static_cast<unsigned char>(c);
        if (octet < 0x20 || octet == 0x7F) return false;
        if (escaped) {
            escaped = false;
        } else if (quoted && c == '\\') {
            escaped = true;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (!quoted && (c == ' ' || c == '<' || c == '>')) {
            return false;
        }
    }
    return !quoted && !escaped;
}

void write_mail(std::string& out, const Envelope& envelope, const MailOptions& options,
                const Extensions& extensions) {
    out += "MAIL FROM:<" + envelope.sender + ">";
    if (extensions.size && options.size != 0) out += fmt::format(" SIZE={}", options.size);
    if (options.body == Body::binary) {
        out += " BODY=BINARYMIME";
    } else if (options.body == Body::eight_bit && extensions.eight_bit) {
        out += " BODY=8BITMIME";
    }
    if (options.smtputf8 && extensions.smtputf8) out += " SMTPUTF8";
    if (extensions.dsn) write_dsn(out, envelope);
    if (envelope.require_tls && extensions.require_tls) out += " REQUIRETLS";
    if (envelope.priority && extensions.mt_priority)
        out += fmt::format(" MT-PRIORITY={}", *envelope.priority);
    if (envelope.deliver_by && extensions.deliver_by)
        write_deliver_by(out, *envelope.deliver_by, options.now);
    if (envelope.hold_until && *envelope.hold_until > options.now && extensions.future_release) {
        const auto left = std::chrono::ceil<std::chrono::seconds>(*envelope.hold_until - options.now).count();
        out += fmt::format(" HOLDFOR={}", left);
    }
    if (options.authenticated && !envelope.submitter.empty())
        out += " AUTH=" + encode_xtext(envelope.submitter);
    out += "\r\n";
}

void write_rcpt(std::string& out, const Recipient& recipient, const Extensions& extensions) {
    out += "RCPT TO:<" + recipient.address + ">";
    if (extensions.dsn) {
        write_notify(out, recipient.notify);
        if (!recipient.orcpt_type.empty()) {
            const bool utf8 = base::equals_nocase(recipient.orcpt_type, "utf-8");
            out += " ORCPT=" + recipient.orcpt_type + ";";
            out += utf8 ? encode_utf8_address(recipient.orcpt_address, extensions.smtputf8)
                        : encode_xtext(recipient.orcpt_address);
        }
    }
    out += "\r\n";
}

}  // namespace mta::smtp_out
