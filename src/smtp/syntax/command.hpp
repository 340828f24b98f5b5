// Commands as values: one plain struct each, and the variant of them. RFC 5321 section 4.1.1 and the
// extensions.
#pragma once
#include <cstdint>
#include <string>
#include <variant>

#include "base/secret.hpp"
#include "smtp/syntax/parameters.hpp"
#include "smtp/syntax/path.hpp"

namespace smtp::cmd {

/// EHLO, HELO, LHLO.
struct Hello {
    enum class Kind : std::uint8_t { helo, ehlo, lhlo };
    Kind kind = Kind::ehlo;
    std::string name;  ///< safe to write into a Received field
};
struct Mail {
    Path from;
    MailParameters parameters;
};
struct Rcpt {
    Path to;
    RcptParameters parameters;
};
struct Data {};
/// RFC 3030 section 2. The chunk's octets follow the line.
struct Bdat {
    std::uint64_t size = 0;
    bool last = false;
};
/// BDAT whose size is a number that cannot be counted: what follows cannot be told from commands.
struct BdatUncountable {};
struct Rset {};
struct Noop {};
struct Quit {};
struct Help {};
struct Vrfy {};
struct Expn {};
struct Etrn {};
struct StartTls {};
/// RFC 4954 section 4.
struct Auth {
    std::string mechanism;  ///< upper case
    bool has_initial = false;
    base::Secret initial;  ///< still base64; "=" alone means empty
};
/// A verb of HTTP: the first line of a cross-protocol request, ended at once (ALPACA and kin).
struct Http {};

}  // namespace smtp::cmd

namespace smtp {
using Command = std::variant<cmd::Hello, cmd::Mail, cmd::Rcpt, cmd::Data, cmd::Bdat, cmd::BdatUncountable,
                             cmd::Rset, cmd::Noop, cmd::Quit, cmd::Help, cmd::Vrfy, cmd::Expn, cmd::Etrn,
                             cmd::StartTls, cmd::Auth, cmd::Http>;
}
