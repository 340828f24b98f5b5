// What a device sends, made ready to go: who gets it, without Bcc, with Date and Message-ID; a reply or a
// forward with the message that it is about. Pure, but for what parts them: what a stranger could foresee
// there, he could write into a part, and another part behind it.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "eas/syntax/options.hpp"

namespace eas {

/// Of a message's header.
struct OutgoingFacts {
    std::vector<std::string> recipients;  ///< of To, Cc and Bcc, each once
    std::vector<std::string> authors;     ///< of From
    bool too_many = false;
};
OutgoingFacts read_outgoing(std::string_view message, std::size_t recipients_max);

/// The raw value of a header's field, unfolded; empty: there is none.
std::string field_of(std::string_view header, std::string_view name);

/// What is added where the device left it out: RFC 6409 section 8.
struct MissingFields {
    std::string from;        ///< "<anna@example.org>"
    std::string date;        ///< RFC 5322
    std::string message_id;  ///< with angles
};
/// CRLF line ends, no Bcc, all fields that a message needs. With `keep_bcc` for the copy in Sent.
std::string complete_message(std::string_view message, const MissingFields& missing, bool keep_bcc);

/// A message that is one file as a part of another: of its header what says how the body is written.
std::string as_part(std::string_view header, std::string_view body);

/// Of a text that is written anew, in each of its forms. A longer one goes along as it stands.
constexpr std::size_t quoted_bytes_max = 1U << 20;

/// A message that is answered or forwarded.
struct Original {
    std::string plain, html;                  ///< its text, UTF-8; html empty: it has none
    bool text_apart = false;                  ///< the text is too long for that: it is the first of the parts
    std::string from, sent, to, cc, subject;  ///< as people read them
    std::string message_id, references;       ///< as they stand, unfolded
    std::string thread_index;                 ///< of an answer to it; empty: not known
    /// Its attachments, and what else goes along: MIME header and body as they stand.
    std::vector<std::string> parts;
};
/// The device's text, then the original's; with its attachments when it is forwarded. Where one of the two
/// is too long to be written anew, each stays as it is, one behind the other.
std::string with_original(std::string_view message, const Original& original, base::Random& random);

/// The fields that say how a body is written, and the body: the text, of HTML in both forms, and attachments.
std::string write_text_and_parts(std::string_view utf8, BodyType type, const std::vector<std::string>& parts,
                                 base::Random& random);

/// The same of a text with what programs read of it: a text/calendar part with a METHOD. RFC 6047 section 4.
std::string write_text_and_calendar(std::string_view utf8, BodyType type, std::string_view method,
                                    std::string_view calendar, const std::vector<std::string>& parts,
                                    base::Random& random);

/// RFC 5322 section 3.3, in UTC.
std::string rfc5322_date(std::int64_t seconds);

}  // namespace eas
