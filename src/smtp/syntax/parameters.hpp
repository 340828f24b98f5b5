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

/// BY, RFC 2852 section 4.
struct ByTime {
    std::int64_t seconds = 0;
    bool notify_only = false;  ///< mode N
    bool trace = false;
};

struct MailParameters {
    std::optional<std::uint64_t> size;  ///< RFC 1870
    Body body = Body::seven_bit;
    bool smtputf8 = false;  ///< RFC 6531 section 3.4
    Ret ret = Ret::unset;
    std::string envid;                       ///< decoded, RFC 3461 section 4.4
    std::optional<std::string> auth;         ///< decoded mailbox, empty for "<>", RFC 4954 section 5
    bool require_tls = false;                ///< RFC 8689 section 2
    std::optional<std::int64_t> hold_for;    ///< seconds, RFC 4865 section 4
    std::optional<std::int64_t> hold_until;  ///< seconds since 1970
    std::optional<ByTime> by;
    std::optional<int> priority;  ///< -9 to 9, RFC 6710 section 4
    /// Any of those below `auth`: they are for those to whom they were announced.
    bool has_queue_parameters() const { return require_tls || hold_for || hold_until || by || priority; }
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
    static constexpr std::int64_t hold_max = 30 * 86'400;  ///< RFC 4865 leaves it to us: a month
};

/// The parameters up to the end of the line, each after a space.
Parsed<MailParameters> parse_mail_parameters(Cursor& in);
Parsed<RcptParameters> parse_rcpt_parameters(Cursor& in);

}  // namespace smtp
