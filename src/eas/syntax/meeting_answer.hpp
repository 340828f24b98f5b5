// MeetingResponse: what a user answers to meetings, as values, and what the device hears. MS-ASCMD
// section 2.2.2.10.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "eas/syntax/options.hpp"
#include "wbxml/document.hpp"
#include "wbxml/encoder.hpp"

namespace eas {

/// MS-ASCMD section 2.2.3.167.8, Status(MeetingResponse).
namespace meeting_status {
inline constexpr int ok = 1, invalid = 2, mailbox_error = 3, server_error = 4, bad_instance = 104,
                     no_recurrence = 146;
}

/// One Request.
struct MeetingAnswer {
    std::string request_id, collection_id, long_id;
    std::int64_t response = 0;  ///< 1 accepted, 2 tentative, 3 declined; 0: none of them
    bool has_instance = false;
    std::string instance;     ///< as sent
    bool send_reply = false;  ///< from 16.0 on: the server tells the organizer
    std::string text;         ///< of that mail
    BodyType text_type = BodyType::plain;
    std::string proposed_start, proposed_end;  ///< from 16.1 on
};
/// False: it is not as the schema has it.
bool parse_meeting_answers(wbxml::Element root, std::uint16_t version, std::size_t answers_max,
                           std::vector<MeetingAnswer>& out);

struct MeetingResult {
    int status = meeting_status::ok;
    std::string calendar_id;  ///< of the event; empty: it was declined

    MeetingResult() = default;
    explicit MeetingResult(int the_status) : status(the_status) {}
};
void write_meeting_result(wbxml::Encoder& to, const MeetingAnswer& request, const MeetingResult& result);

/// "2026-12-01T09:00:00.000Z", and from 16.0 on also "20261201T090000Z".
bool is_instance_text(std::string_view text, std::uint16_t version);

}  // namespace eas
