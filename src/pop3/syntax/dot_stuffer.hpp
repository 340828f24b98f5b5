// DotStuffer: a message as the body of a multi-line reply (RFC 1939 section 3), however it is cut into
// pieces.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pop3 {

/// Octets go as they are stored; a "." at the start of a line is doubled. Clients differ in what ends a line,
/// so it is doubled after a lone LF too: a stored "LF . CRLF" must not end the reply for those who read by
/// LF.
class DotStuffer {
public:
    void append(std::string& out, std::string_view piece);
    /// The end: on a line of its own, also when the message does not end one.
    void finish(std::string& out);

private:
    char before_ = '\r',
         last_ = '\n';  // the two octets before what comes next: at first, those of the +OK line
};

/// Where the `lines`-th line after the header ends (TOP, RFC 1939 section 7), however it is cut into pieces.
class LineCounter {
public:
    explicit LineCounter(std::uint64_t lines) : left_(lines) {}
    /// How much of `piece` belongs to the lines asked for.
    std::size_t take(std::string_view piece);
    bool done() const { return left_ == 0; }

private:
    std::uint64_t left_;
};

}  // namespace pop3
