// The fields that a receiving server writes: Return-Path, Delivered-To, Received, Date, Message-ID. RFC 5321
// section 4.4, RFC 3848. Nothing that a peer said is written unless it was checked to be harmless there.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace smtp {

struct ReceivedFacts {
    std::string_view hello;     ///< as cmd::Hello::name; empty: the peer said none
    std::string_view address;   ///< numeric; empty: a local socket
    std::string_view hostname;  ///< ours
    std::string_view with;      ///< see with_protocol()
    std::string_view id;
    std::string_view recipient;    ///< only where there is a single one, else others would be told of it
    std::string_view tls_version;  ///< empty: none
    std::string_view tls_cipher;
    std::int64_t unix_seconds = 0;
};

/// "SMTP", "ESMTPSA", "UTF8LMTPS" …: RFC 3848, RFC 6531 section 4.3.
std::string with_protocol(bool lmtp, bool extended, bool utf8, bool tls, bool authenticated);

/// Appends the field with its CRLF.
void write_received(std::string& out, const ReceivedFacts& facts);
/// RFC 3339 section 5.6 in UTC: "2026-11-22T10:00:00Z".
std::string rfc3339_text(std::int64_t unix_seconds);
/// RFC 5322 section 3.3 in UTC: "Sat, 21 Nov 2026 22:19:05 +0000".
std::string date_text(std::int64_t unix_seconds);

}  // namespace smtp
