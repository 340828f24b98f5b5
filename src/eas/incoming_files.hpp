// Files that come with an invitation: written into the calendar's text, or as parts of the message. They
// become files of the event, as those are that the user adds himself (items/event_attachments.hpp). What is
// only a link is kept, and nobody fetches it.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "eas/mail/mail_reader.hpp"
#include "eas/stored_item.hpp"
#include "pim/itip/message.hpp"

namespace eas {

struct IncomingFileLimits {
    std::size_t count_max = 25;                  ///< an invitation to a day's meeting has five
    std::uint64_t octets_max = 25ULL * 1048576;  ///< of all, decoded: what mail between servers carries
    std::uint64_t embedded_octets_max = 2
                                        << 20;  ///< of those within the calendar's text, which are in memory
};

/// Names the files of a REQUEST or an ADD in its events. What is too much stays where it is: a part in the
/// mail alone; within the text it is taken out. `mail` outlives what is returned; the message's events name
/// the files by it. \errors as Folder::read
awaitable<store::Result<MailedFiles>> take_files(MessageOctets* mail, pim::itip::Message* message,
                                                 IncomingFileLimits limits = {});

/// The same without files: where there is no room for them the invitation counts for more.
void leave_files(pim::Component& calendar);

}  // namespace eas
