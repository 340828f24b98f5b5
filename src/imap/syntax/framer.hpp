// Framer: finds where a command ends before anything is parsed, so that a bad command can be answered and
// skipped whole.
//
// Sans-I/O. It looks at the connection's unconsumed octets, keeps how far it has looked, and never looks
// twice at the same octet. A command is lines joined by literals (RFC 9051 section 4.3, RFC 7888). A bare LF
// ends a line too: Dovecot (lib-imap/imap-parser.c) and Cyrus take it, and no literal can be smuggled by it
// since both ends count octets.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace imap {

/// RFC 2683 section 3.2.1.5 asks for ≥ 8000 octets a line; RFC 7162 section 4 for ≥ 8192.
struct FramerLimits {
    std::size_t line_bytes_max = 64U << 10;     ///< long uid sets of real clients; Dovecot has the same
    std::size_t literal_bytes_max = 64U << 10;  ///< an argument: names, search strings
    std::size_t frame_bytes_max =
        1U << 20;  ///< lines and literals of one command in all: it is held in memory
    std::size_t swallow_bytes_max = 1U << 20;   ///< of a refused command; more: fatal
    std::size_t non_sync_bytes_max = SIZE_MAX;  ///< 4096 where LITERAL- is offered in place of LITERAL+
    bool streams_append =
        true;  ///< the message of APPEND and REPLACE is given as Status::literal, not buffered

    /// After login.
    static constexpr FramerLimits authenticated() { return {}; }
    /// Strangers get 8 KiB in all, as Dovecot gives them, and are cut off at once (CVE-2026-27857 and kin).
    static constexpr FramerLimits before_login() {
        FramerLimits limits;
        limits.line_bytes_max = limits.literal_bytes_max = limits.frame_bytes_max = 8U << 10;
        limits.swallow_bytes_max = 0;
        limits.streams_append = false;
        return limits;
    }
};

class Framer {
public:
    enum class Status : std::uint8_t {
        need_more,          ///< wait for octets, poll again
        need_continuation,  ///< send "+ OK", poll again. Said once for each synchronising literal
        frame,              ///< `frame` is one whole command: parse it, consume `octets`, next()
        literal,  ///< `frame` is APPEND up to and with the "{n}" of a message: take_ or refuse_literal()
        skip,     ///< part of a refused command: consume `octets`, next()
        refused,  ///< answer BAD with `reason` to `tag` now; then consume `octets`, next()
        fatal,    ///< answer as for refused, then BYE and close: the command's end cannot be found
    };
    struct Found {
        Status status = Status::need_more;
        std::size_t octets = 0;           ///< to consume from the input's start
        std::string_view frame;           ///< points into the input: parse before consuming
        std::uint64_t literal_bytes = 0;  ///< Status::literal: how many octets the message has
        bool non_sync = false;            ///< Status::literal: it comes without being asked for
        std::string_view reason;          ///< static text
        std::string_view tag;             ///< refused, fatal: points into the input; "*" when it has none.
                               ///< Empty behind a message literal (the session knows the tag of its
        ///< APPEND) and for what follows a refusal: then there is nothing to answer
    };

    explicit Framer(FramerLimits limits = FramerLimits::before_login()) : limits_(limits) {}

    /// \param input all octets that came and were not consumed. It may only have grown since the last poll,
    /// unless
    ///        `octets` were consumed and next() (or take_literal(), refuse_literal()) was called.
    Found poll(std::string_view input);
    /// One line whatever it holds, for answers to AUTHENTICATE and for DONE. Only between commands.
    Found poll_line(std::string_view input);

    /// The octets of the last Found were consumed.
    void next();
    /// After Status::literal and consuming its octets. The session now consumes literal_bytes octets itself
    /// (and sends
    /// "+" before, unless non_sync); what poll() then gives is the rest of the command: "", ")" or, for
    /// MULTIAPPEND, text up to the next message's "{n}" (parse_append_tail).
    void take_literal();
    /// After Status::literal and consuming its octets: the session has answered NO or BAD without taking it.
    /// A synchronising literal does not come; another is skipped exactly, with all that belongs to its
    /// command. False: it is larger than swallow_bytes_max, close.
    bool refuse_literal();

    /// Takes effect at the next command.
    void set_limits(FramerLimits limits) { limits_ = limits; }
    const FramerLimits& limits() const { return limits_; }

private:
    enum class Mode : std::uint8_t { command, append_tail, swallow };
    struct Mark {
        bool found = false;
        bool non_sync = false;
        bool overflow = false;   ///< no number of 63 bits
        std::size_t offset = 0;  ///< of its "{" or "~{" in the input
        std::uint64_t bytes = 0;
    };

    static Mark literal_mark(std::string_view input, std::size_t line_start, std::size_t line_end);
    bool is_message(std::string_view input, const Mark& mark) const;
    Found line_ended(std::string_view input, std::size_t line_end, std::size_t next_line);
    Found literal_began(std::string_view input, std::size_t line_end, std::size_t next_line,
                        const Mark& mark);
    Found refuse_line(std::string_view input, std::size_t octets, const char* reason, const Mark& mark);
    Found refuse_unended(std::string_view input, const char* reason);
    void begin_swallowing();
    bool charge(std::uint64_t octets);
    bool charge_literal(const Mark& mark);
    Found swallow(std::string_view input);
    Found swallow_line(std::string_view input, std::size_t lf);
    Found too_much(const char* reason);
    Found found(Status status, std::size_t octets, Mode after);
    const char* excess(std::size_t line_bytes, std::size_t frame_bytes) const;
    void enter(Mode mode);

    FramerLimits limits_;
    Mode mode_ = Mode::command;
    Mode after_ = Mode::command;     ///< the mode that next() enters
    bool pending_non_sync_ = false;  ///< of the message literal last given
    std::size_t line_start_ = 0;     ///< of the line being looked at
    std::size_t scanned_ = 0;  ///< octets before this have been looked at; may lie in a literal not yet here
    std::uint64_t pending_bytes_ = 0;   ///< of the message literal last given
    std::uint64_t swallow_left_ = 0;    ///< octets of a refused literal still to come
    std::uint64_t swallow_budget_ = 0;  ///< what may still be swallowed of the refused command
};

}  // namespace imap
