// What the parts of a session hand to each other.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "eas/event_shelf.hpp"
#include "eas/mail/mail_reader.hpp"
#include "eas/state/meeting_debts.hpp"
#include "eas/syntax/compose_request.hpp"
#include "eas/syntax/ids.hpp"
#include "pim/itip/message.hpp"
#include "pim/itip/write.hpp"
#include "store/account.hpp"

namespace eas {

/// A folder with what holds for as long as it is open, whatever becomes of the rights on it meanwhile.
struct OpenedFolder {
    store::FolderPtr folder;
    store::FolderKind kind = store::FolderKind::mail;
    bool is_others = false;  ///< somebody else's
};

/// What ItemOperations has fetched.
struct FetchedParts {
    bool apart = false;               ///< the octets go beside the WBXML
    std::vector<std::string> octets;  ///< if they do
    std::size_t room = 0;             ///< for so many more octets
    std::uint64_t read_room = 0;      ///< so many more may be read for them, whatever is told of them
};

/// What the change of an event asks its organizer's server to tell others.
struct MeetingChange {
    std::vector<pim::itip::Notice> notices;
    pim::itip::Owner owner;
    store::FolderPtr folder;  ///< where the event is now, with its files; null: nowhere
    base::Uid uid;
    std::optional<MeetingDebts::Held> debt;  ///< of the notices
    std::vector<MeetingDebts::Held> older;   ///< owed of the event before this
};

/// One that its organizer takes away.
struct RemovedMeeting {
    pim::Component event;
    MeetingChange change;
};

/// A request in mail, with its files.
struct MailedMeeting {
    std::optional<MessageOctets> octets;  ///< it stays where it is: the files are read from it
    pim::itip::Message message;
    MailedFiles files;
};

/// What a MeetingResponse names: a request in mail, or an event in the calendar.
struct AskedBy {
    const MailedMeeting* mail = nullptr;
    ItemId item;  ///< without a mail
};

/// The event that the user is asked to.
struct AskedMeeting {
    ShelvedEvent event;
    bool is_new = false;                     ///< it is in no calendar yet
    std::optional<std::int64_t> occurrence;  ///< nothing: all of it
};

/// A meeting that a SmartForward brings to others.
struct PassedMeeting {
    pim::Component object;           ///< what they get
    std::vector<std::string> files;  ///< that it names, as parts of a mail
    std::vector<Forwardee> people;
    std::optional<ItemId> own;  ///< the event, where the user organizes it: it is to name them too
    std::optional<std::int64_t> occurrence;  ///< of it; nothing: all
};

/// Of the post office, whom users may look up.
struct Person {
    std::string name, address;
};

}  // namespace eas
