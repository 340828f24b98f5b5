// ParseError: why a command was refused by the grammar, and where in the frame.
#pragma once
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace imap {

/// A fault of syntax. The session answers it with BAD and the text; nothing of the command was done.
struct ParseError {
    // Constructors, so that this is no aggregate: see base/result.hpp.
    constexpr ParseError() = default;
    constexpr ParseError(const char* static_text, std::size_t at, std::string_view response_code = {})
        : what(static_text), offset(at), code(response_code) {}

    std::string_view what;   ///< static text: "expected mailbox name"
    std::size_t offset = 0;  ///< octets from the start of the frame
    std::string_view code;   ///< static text: of the response; empty: none

    bool operator==(const ParseError&) const = default;
};

template <class T>
using Parsed = base::Result<T, ParseError>;

/// What Result::value() does on an error; nobody here calls value() unchecked.
[[noreturn]] inline void throw_exception_from_error(const ParseError& error, const boost::source_location&) {
    throw base::Bug(std::string("unchecked ParseError: ").append(error.what));
}

}  // namespace imap
