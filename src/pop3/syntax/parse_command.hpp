// One line, without its line end, into a Command. Sans I/O.
#pragma once
#include <string_view>

#include "base/result.hpp"
#include "pop3/syntax/command.hpp"

namespace pop3 {

class ParseError {
public:
    enum class Kind : std::uint8_t { unknown, syntax };
    ParseError() = default;
    ParseError(Kind kind, const char* what) : kind_(kind), what_(what) {}
    Kind kind() const { return kind_; }
    std::string_view what() const { return what_; }  ///< static text for the reply

private:
    Kind kind_ = Kind::syntax;
    const char* what_ = "";
};

struct Parsed {
    const CommandSpec* spec = nullptr;
    Command command;
};

base::Result<Parsed, ParseError> parse_command(std::string_view line);

}  // namespace pop3
