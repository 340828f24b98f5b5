// MAIL and RCPT as octets, with the parameters that a server knows. RFC 5321 section 4.1.1, RFC 3461 and kin.
#pragma once
#include <string>
#include <string_view>

#include "mta/envelope.hpp"
#include "mta/smtp_out/syntax/extensions.hpp"

namespace mta::smtp_out {

/// How the message goes out, when that is known.
struct MailOptions {
    std::uint64_t size = 0;  ///< octets on the wire, about; 0: not said
    Body body = Body::seven_bit;
    bool smtputf8 = false;
    bool authenticated = false;  ///< AUTH was done: AUTH= may be said
    base::SystemTime now{};
};

/// Nothing but what may stand between < and >: no controls, no blanks outside quotes, no angle brackets.
bool safe_address(std::string_view address);

void write_mail(std::string& out, const Envelope& envelope, const MailOptions& options,
                const Extensions& extensions);
void write_rcpt(std::string& out, const Recipient& recipient, const Extensions& extensions);

/// xtext, RFC 3461 section 4.
std::string encode_xtext(std::string_view octets);
/// utf-8-addr-xtext where the server has no SMTPUTF8, else utf-8-addr-unitext. RFC 6533 section 3
std::string encode_utf8_address(std::string_view address, bool smtputf8);

}  // namespace mta::smtp_out
