// MailItem: a message as devices see it, and its writing. MS-ASEMAIL section 2.2, MS-ASAIRS section 2.2.2.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "eas/syntax/options.hpp"
#include "wbxml/encoder.hpp"

namespace eas {

struct ItemBody {
    BodyType type = BodyType::plain;
    std::uint64_t size = 0;  ///< of the whole body
    bool truncated = false;
    bool has_data = true;
    std::string data;                   ///< UTF-8; of MIME that goes beside the WBXML the message's octets
    std::string preview;                ///< empty: not asked for
    std::optional<std::uint32_t> part;  ///< of a multipart answer: where the data is
};

struct ItemAttachment {
    std::string name, reference, content_id, content_location;
    std::uint8_t method = 1;  ///< 1 a file, 5 a message
    std::uint64_t size = 0;   ///< about
    bool is_inline = false;
    bool is_calendar = false;  ///< the part that MailItem::calendar has the text of
};

/// What changes in a message's life.
struct MailState {
    bool read = false;
    std::string flag;  ///< a fragment of WBXML; empty: it is not flagged
    std::vector<std::string> categories;
    std::uint8_t last_verb = 0;  ///< 1 answered, 3 forwarded
    std::int64_t last_verb_time = 0;
    bool operator==(const MailState&) const = default;
};

struct MailItem {
    std::string to, cc, bcc, from, sender, reply_to, subject, display_to, thread_topic;
    std::int64_t received = 0;  ///< seconds since 1970
    std::uint8_t importance = 1;
    std::string message_class = "IPM.Note";
    std::string content_class = "urn:content-classes:message";
    MailState state;
    bool is_draft = false;
    BodyType native_body = BodyType::plain;
    std::optional<ItemBody> body;
    std::optional<ItemBody> part;  ///< what is new in it; without data: it is too large
    std::vector<ItemAttachment> attachments;
    std::string conversation_id, conversation_index;  ///< octets
    std::string calendar;                             ///< of a text/calendar part beside the text, UTF-8
    std::string meeting;  ///< a fragment of WBXML: what such a part asks of the reader
};

/// The children of ApplicationData or Properties.
void write_mail(wbxml::Encoder& to, const MailItem& item, std::uint16_t version);
/// What of a message's state has changed: MS-ASEMAIL section 3.2.5.3.1.
struct StateChange {
    bool read = true, flag = true, other = true;
};
/// Of a message whose state alone has changed. Where more than read and flag has, all of it.
void write_mail_state(wbxml::Encoder& to, const MailState& state, std::uint16_t version,
                      StateChange what = {});
void write_body(wbxml::Encoder& to, const ItemBody& body);
void write_body_part(wbxml::Encoder& to, const ItemBody& part);
void write_attachments(wbxml::Encoder& to, const std::vector<ItemAttachment>& all);

/// "2026-11-22T12:00:00.000Z", as mail has dates.
std::string write_date(std::int64_t seconds);
/// The inverse, also without separators; nothing: no date.
std::optional<std::int64_t> parse_date(std::string_view text);
/// The same to the millisecond.
std::string write_milliseconds(std::int64_t milliseconds);
std::optional<std::int64_t> parse_milliseconds(std::string_view text);

/// Of the texts that an answer holds of it.
std::size_t text_octets(const MailItem& item);

/// The longest beginning of `utf8` of at most so many octets that ends with a character.
std::string_view cut_utf8(std::string_view utf8, std::size_t octets_max);
/// The first characters.
std::string_view first_characters(std::string_view utf8, std::size_t count);

}  // namespace eas
