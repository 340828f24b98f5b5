// ESMTP parameters of MAIL and RCPT, RFC 5321 section 4.1.1.11, as values.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "smtp/syntax/cursor.hpp"
#include "smtp/syntax/path.hpp"
#include "smtp/syntax/reply.hpp"

namespace smtp {

enum class Body : std::uint8_t { seven_bit, eight_bit, binary };  ///< RFC 6152, RFC 3030 section 3
enum class Ret : std::uint8_t { unset, full, headers };           ///< RFC 3461 section 4.3

struct MailParameters {
    std::optional<std::uint64_t> size;  ///< RFC 1870
    Body body = Body::seven_bit;
    bool smtputf8 = false;  ///< RFC 6531 section 3.4
    Ret ret = Ret::unset;
    std::string envid;                ///< decoded, RFC 3461 section 4.4
    std::optional<std::string> auth;  ///< decoded mailbox, empty for "<>", RFC 4954 section 5
};

/// NOTIFY, RFC 3461 section 4.1, as bits.
enum Notify : std::uint8_t {
    notify_unset = 0,
    notify_never = 1,
    notify_success = 2,
    notify_failure = 4,
    notify_delay = 8,
};

struct RcptParameters {
    std::uint8_t notify = notify_unset;
    std::string orcpt_type;     ///< "rfc822", "utf-8" …; lower case
    std::string orcpt_address;  ///< decoded, RFC 3461 section 4.2, RFC 6533 section 3
};

struct ParameterLimits {
    static constexpr std::size_t envid_max = 100;  ///< RFC 3461 section 5.1, before decoding
    static constexpr std::size_t orcpt_max = 500;
};

/// The parameters up to the end of the line, each after a space.
Parsed<MailParameters> parse_mail_parameters(Cursor& in);
Parsed<RcptParameters> parse_rcpt_parameters(Cursor& in);

}  // namespace smtp
