// DataDecoder: the octets after 354, or of BDAT chunks, as message text. Ends at CRLF "." CRLF and nowhere
// else (RFC 5321 section 4.1.1.4), undoes dot-stuffing (section 4.5.2) and applies the policy on stray CR, LF
// and NUL, which is what keeps one message one message on every server behind us (CVE-2023-51764 and kin).
//
// Sans I/O and without a buffer: pieces are views into the input wherever nothing changes, and the decoder
// keeps only its state between inputs, so that any cut of a stream gives the same text.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace smtp {

/// What to do with an octet that has no place in a message.
enum class Stray : std::uint8_t {
    reject,     ///< read to the real end, then refuse the message
    normalise,  ///< LF becomes CRLF; CR and NUL become a space, so that they end no line
    keep,       ///< as it is
};

struct TextPolicy {
    Stray bare_lf = Stray::reject;
    Stray bare_cr = Stray::reject;
    Stray nul = Stray::normalise;
};

class DataDecoder {
public:
    /// `dots`: the text ends with a dot line and is dot-stuffed (DATA); else it is counted elsewhere (BDAT).
    DataDecoder(TextPolicy policy, bool dots) : policy_(policy), dots_(dots) {}

    struct Piece {
        std::string_view text;     ///< message octets: a view into the input, or static
        std::size_t consumed = 0;  ///< of the input; > 0 unless the input is empty or text is not
        bool end = false;          ///< the dot line was read; what follows in the input is not message
    };
    /// The next piece of `in`; call again with what is left of it.
    Piece next(std::string_view in);
    /// After the last chunk of BDAT: a CR that was held back to see what follows it.
    std::string_view finish();

    bool saw_bare_lf() const { return saw_bare_lf_; }
    bool saw_bare_cr() const { return saw_bare_cr_; }
    bool saw_nul() const { return saw_nul_; }
    bool refused() const {
        return (saw_bare_lf_ && policy_.bare_lf == Stray::reject) ||
               (saw_bare_cr_ && policy_.bare_cr == Stray::reject) ||
               (saw_nul_ && policy_.nul == Stray::reject);
    }

private:
    enum class State : std::uint8_t {
        line_start,  ///< behind a line end
        text,
        cr,      ///< a CR is held back
        dot,     ///< a dot at a line start is held back
        dot_cr,  ///< a dot at a line start and a CR are held back
    };
    bool held(std::string_view in, Piece& piece);
    Piece run(std::string_view in, std::size_t skipped);
    std::string_view stray_cr();

    TextPolicy policy_;
    bool dots_;
    State state_ = State::line_start;
    bool saw_bare_lf_ = false, saw_bare_cr_ = false, saw_nul_ = false;
};

/// Offset of the first CR, LF or NUL, or the size of `text`.
std::size_t find_special(std::string_view text);

}  // namespace smtp
