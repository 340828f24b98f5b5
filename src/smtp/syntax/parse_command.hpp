// The command table, and the parser of one line.
#pragma once
#include <cstdint>
#include <string_view>

#include "smtp/syntax/command.hpp"

namespace smtp {

/// What a command is called, how it is parsed and when it is allowed. The session checks the flags, no
/// handler does.
struct CommandSpec {
    std::string_view name;
    Parsed<Command> (*parse)(Cursor& in) = nullptr;  ///< `in` stands behind the verb
    bool needs_hello = false;
    bool before_tls = false;  ///< allowed where TLS is required and not on yet (RFC 3207 section 4)
    bool smtp = true;         ///< exists on SMTP
    bool lmtp = true;         ///< exists on LMTP
};

/// Null: not a command of ours.
const CommandSpec* find_command(std::string_view verb);

/// A line split at its verb.
struct CommandLine {
    const CommandSpec* spec = nullptr;
    std::string_view arguments;  ///< from the space on
};
CommandLine split_command(std::string_view line);

}  // namespace smtp
