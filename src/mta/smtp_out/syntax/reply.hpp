// Replies of a remote server: found in a stream of octets, bounded, and made safe to show. RFC 5321 section
// 4.2. Nothing that a server sends can make this grow, loop or fail.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mta/envelope.hpp"

namespace mta::smtp_out {

struct ReplyLimits {
    static constexpr std::size_t line_kept =
        2'048;  ///< RFC 5321 section 4.5.3.1.5 has 512, challenges of AUTH are longer
    static constexpr std::size_t line_bytes = 16'384;   ///< longer: it is no mail server
    static constexpr std::size_t lines_kept = 64;       ///< of a reply; EHLO of large servers has 20
    static constexpr std::size_t lines_max = 512;       ///< more: it never ends
    static constexpr std::size_t reply_bytes = 65'536;  ///< more: it never ends
    static constexpr std::size_t words_kept = 512;      ///< of words(): what logs and reports show
};

struct Reply {
    std::uint16_t code = 0;
    /// RFC 2034 section 4: of the first line, where its class is that of the code. {0,0,0}: none.
    Status status;
    /// Without code and separator, as sent; the enhanced code is still there. At least one.
    std::vector<std::string> lines;

    bool positive() const { return code >= 200 && code < 300; }
    bool intermediate() const { return code >= 300 && code < 400; }
    bool temporary() const { return code >= 400 && code < 500; }
    bool permanent() const { return code >= 500; }
    /// `status`, or the class of the code with the subject and detail that the caller thinks right.
    Status status_or(std::uint16_t subject, std::uint16_t detail) const;
    /// All lines in one, printable UTF-8: controls and broken octets are '?'. With the code in front.
    std::string words() const;
};

/// One line of printable UTF-8 of at most `bytes_max` octets: what a stranger says, for logs and reports.
std::string printable(std::string_view text, std::size_t bytes_max);

class ReplyParser {
public:
    enum class Outcome : std::uint8_t { need_more, reply, broken };
    struct Step {
        Outcome outcome = Outcome::need_more;
        std::size_t consumed = 0;  ///< octets of the input that are used up
    };
    /// Looks at the octets that came and were not consumed. broken: what follows cannot be understood; the
    /// connection is of no more use.
    Step next(std::string_view input);
    /// After Outcome::reply, until the next next().
    const Reply& reply() const { return reply_; }
    /// After Outcome::broken: why.
    std::string_view fault() const { return fault_; }
    /// Within a reply: the end of the connection cuts it off.
    bool within() const { return open_; }

private:
    bool take_line(std::string_view line);
    Step broken(std::string_view why);

    Reply reply_;
    std::string_view fault_;
    std::size_t scanned_ = 0;  // octets at the front of the input without a line end
    std::size_t bytes_ = 0, lines_ = 0;
    bool open_ = false, last_ = false;
};

}  // namespace mta::smtp_out
