// BodyEncoder: a message on its way out, however it is cut into pieces: line ends are CRLF and nothing else,
// and dots are doubled. RFC 5321 sections 2.3.8 and 4.5.2.
#pragma once
#include <string>
#include <string_view>

namespace mta::smtp_out {

/// What no server may take for the end of the message, whatever it takes for one, never leaves: a lone LF
/// becomes CRLF, a lone CR and NUL become a space (threats.md 4). Lines of any length pass unbroken: breaking
/// them would break signatures. In mail that came in by this server nothing is ever changed here.
class BodyEncoder {
public:
    /// `dots`: double them (DATA); else only line ends (BDAT).
    explicit BodyEncoder(bool dots) : dots_(dots) {}
    void append(std::string& out, std::string_view piece);
    /// The end: completes the last line and, with `dots`, says CRLF.CRLF's last three.
    void finish(std::string& out);

private:
    void line_piece(std::string& out, std::string_view piece);

    const bool dots_;
    bool line_start_ = true;
    bool cr_ = false;  // the last octet was a CR whose LF may come
};

}  // namespace mta::smtp_out
