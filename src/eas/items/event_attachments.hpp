// Files of events, from 16.0 on. The event names each by an ATTACH with a MANAGED-ID (RFC 8607 section 4.2),
// whose value is the Content-ID of a part beside it: what reads events reads no files. An ATTACH of another
// kind, a URI that came with an invitation, stays as it is and no device hears of it. What came with one as a
// file is marked (mailed_file_parameter). Pure.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "eas/items/event.hpp"
#include "eas/syntax/attachments.hpp"
#include "pim/itip/files.hpp"

namespace eas {

struct EventAttachmentLimits {
    std::size_t count_max = pim::itip::files_max;
    std::uint64_t octets_max = 25ULL * 1048576;  ///< of all of them: what mail to attendees carries
};

/// Those that events in the calendar object name, each once. Of more than may be those that come first: what
/// was stored by others' doing costs no more than what a device adds.
std::vector<std::string> attachment_names(const pim::Component& calendar,
                                          const EventAttachmentLimits& limits = {});
/// Those that a message to attendees names, where parameters of this server's own are left out.
std::vector<std::string> attachment_names_told(const pim::Component& message,
                                               const EventAttachmentLimits& limits = {});
/// Of all that are named; their sizes are those that the events say.
bool attachments_fit(const pim::Component& calendar, const EventAttachmentLimits& limits = {});
/// After these changes. What was there before, whoever put it there, keeps nobody from changing the rest.
bool attachments_fit(const AttachmentChanges& changes, const pim::Component& calendar,
                     const EventAttachmentLimits& limits = {});

/// A file that came with the organizer's message, of so many octets.
void name_mailed_file(pim::Component& event, const AddedAttachment& one, std::uint64_t octets);
void apply_attachments(const AttachmentChanges& changes, pim::Component& event);
/// Of an exception of `than` only if they are others.
void show_attachments(wbxml::Encoder& to, const pim::Component& event, const pim::Component* than,
                      const ItemView& view);

}  // namespace eas
