// parse_command: one frame of octets becomes one Command. Pure: no I/O, no session state but what ParseMode
// says.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "imap/syntax/command.hpp"
#include "imap/syntax/error.hpp"

namespace imap {

class Cursor;

/// RFC 9051 section 3, as bits.
enum State : std::uint8_t { state_not_authenticated = 1, state_authenticated = 2, state_selected = 4 };

/// What the session must know of a command before it runs it. To add a command: see README.md.
struct CommandSpec {
    std::string_view name;  ///< upper case; "UID FETCH" for the UID forms
    Parsed<Command> (*parse)(Cursor&) = nullptr;
    std::uint8_t states = 0;  ///< State bits in which it is allowed
    bool uses_seq = false;    ///< names messages by sequence number (RFC 9051 section 5.5)
    bool breaks_seq = false;  ///< EXPUNGE may be sent while it runs (RFC 9051 section 7.5.1)
    bool before_tls = false;  ///< allowed while TLS is demanded and not yet on
};

/// How the session's ENABLEd extensions change the grammar.
struct ParseMode {
    bool utf8 = false;      ///< UTF8=ACCEPT or IMAP4rev2: mailbox names are UTF-8, not modified UTF-7
    bool uid_only = false;  ///< UIDONLY: no message numbers (RFC 9586 section 3)
};

struct ParsedCommand {
    std::string tag;
    const CommandSpec* spec = nullptr;
    Command command;
};

/// \param frame what the Framer gave: without its last line end; for APPEND and REPLACE up to the message
/// literal's "}".
/// \param tag_out the tag, as soon as it could be read, also when the rest is in error; else left as it was.
/// \errors ParseError for every frame that is not in the grammar.
Parsed<ParsedCommand> parse_command(std::string_view frame, std::string& tag_out, ParseMode mode = {});

/// What may follow a literal of APPEND or REPLACE. `frame` starts right behind it. Its value: what comes up
/// to the next literal (RFC 3502, RFC 4469), or up to the command's end.
/// \param after the literal that has just been read
Parsed<std::vector<AppendPiece>> parse_append_tail(std::string_view frame, const AppendPiece& after);

/// A search as it is kept under a name (RFC 5466 section 3): no charset, the texts are UTF-8.
Parsed<SearchProgram> parse_search_criteria(std::string_view text, ParseMode mode = {});

/// All rows, sorted by name.
std::span<const CommandSpec> command_table();
/// The row of an upper or lower case name ("uid fetch"), or null.
const CommandSpec* find_command(std::string_view name);

}  // namespace imap
