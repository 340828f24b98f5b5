// Mails that are about meetings, as devices see them: MS-ASEMAIL sections 2.2.2.48 and 2.2.2.49. Pure.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "eas/syntax/mail_item.hpp"
#include "pim/itip/message.hpp"

namespace eas {

/// By the text of its calendar part: its class, and of a request or a cancellation what it asks of `user`.
/// Any other mail stays as it is.
/// `orphan`: the series of its occurrence is in no calendar of the user.
void show_meeting(MailItem& item, std::uint16_t version, std::string_view user, bool orphan = false);
/// The UID of the series that an occurrence is asked to by itself; empty: by this mail none.
std::string asked_occurrence(const MailItem& item);

/// "IPM.Schedule.Meeting.Request".
std::string_view meeting_class(const pim::itip::Message& message);
/// The children of ApplicationData that it adds, as a fragment.
std::string write_meeting_request(const pim::itip::Message& message, std::uint16_t version,
                                  std::string_view user, bool orphan = false);

}  // namespace eas
