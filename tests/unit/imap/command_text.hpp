// The text of a parsed command in one canonical spelling, for tests: parse(text(c)) must give c again, and a
// table row can say in IMAP's own words what a frame was understood as.
#pragma once
#include <string>

#include "imap/syntax/command.hpp"

namespace imap::test {

/// Without tag. Mailbox names in modified UTF-7: parse with utf8 off.
std::string command_text(const Command& command);

}  // namespace imap::test
