// MeetingMail: what calendars say to each other, as a mail that people can read too. RFC 6047. Pure.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "eas/syntax/options.hpp"

namespace eas {

struct MeetingMail {
    std::string from, from_name;
    std::vector<std::string> to;  ///< addresses
    std::string subject;          ///< UTF-8
    std::string message_id;       ///< without angles; empty: any
    bool is_answer = false;       ///< the server's own, to what somebody asks: RFC 3834 section 5
    std::string text;             ///< UTF-8
    BodyType text_type = BodyType::plain;
    std::string method;              ///< "REQUEST"; empty: a mail without a calendar's part
    std::string calendar;            ///< the iCalendar object
    std::vector<std::string> parts;  ///< files that it names: header and body as they stand
};
/// An address that a device or a calendar names may hold anything: one that this is false of gets no mail.
bool can_be_written(std::string_view address);
/// Without Date and Message-ID, which submission adds.
std::string write_meeting_mail(const MeetingMail& mail, base::Random& random);

}  // namespace eas
