// IncomingMeetings: mail about meetings, when it is delivered: a request goes into the calendar of who is
// asked, a cancellation marks it there, an answer is noted in the organizer's event, and who asks for its
// newest state gets it. docs/decisions/0016-meetings.md says why here.
#pragma once
#include <string>
#include <vector>

#include "eas/allowances.hpp"
#include "eas/mail/mail_reader.hpp"
#include "eas/services.hpp"
#include "eas/stored_item.hpp"
#include "pim/itip/message.hpp"
#include "pim/itip/people.hpp"
#include "store/delivery_watch.hpp"

namespace eas {

struct IncomingMeetingsSettings {
    bool process = true;       ///< look at such mail at all
    bool add_requests = true;  ///< as tentative events; else only what is there already is changed
};

struct IncomingMeetingsLimits {
    /// Of events' text and files that the mail of one author writes anew in a day, of one event: a small
    /// mail may write many megabytes. Twenty changes of the largest event.
    std::uint64_t rewritten_bytes_max = 512ULL << 20;
    /// REFRESH and COUNTER that are answered in an hour: of one author about one event, and of all of a
    /// mailbox, whose own mail is limited too.
    std::uint64_t answers_max = 4, answers_of_mailbox_max = 60;
    /// Octets of such answers in a day, of one author about one event, and of all of a mailbox: a mail of two
    /// kilobytes gets an event with all its files. One is answered whatever its size.
    std::uint64_t answered_bytes_max = 50ULL << 20, answered_bytes_of_mailbox_max = 250ULL << 20;
    /// What is hardly more than the mail itself is free.
    std::uint64_t free_bytes_max = 64U << 10;
};

class IncomingMeetings final : public store::DeliveryWatch {
public:
    /// `services` outlives it.
    IncomingMeetings(const Services& services, IncomingMeetingsSettings settings,
                     IncomingMeetingsLimits limits = {});

    bool wants(const mime::Tree& tree) const noexcept override;
    awaitable<void> delivered(base::AccountId account, base::FolderId folder, base::Uid uid) override;

private:
    /// A mail, as it is delivered to one mailbox.
    struct Arrived {
        pim::itip::Message message;
        std::string sender;      ///< proven_author()
        pim::itip::Owner owner;  ///< of the mailbox
        MailedFiles files;
        bool may_be_answered = false;  ///< it is a person's
    };

    awaitable<void> take(base::AccountId account, base::FolderId folder, base::Uid uid);
    bool may_rewrite(const ShelvedEvent& event, const Arrived& mail);
    bool may_answer(const ShelvedEvent& event, const Arrived& mail, const pim::itip::Notice& notice);
    awaitable<void> apply(store::AccountPtr account, Arrived* mail);
    awaitable<void> answer(store::AccountPtr account, const Arrived* mail);
    awaitable<void> tell(store::AccountPtr account, std::string event_uid, std::string user,
                         pim::itip::Notice notice);
    awaitable<store::Error> apply_once(store::AccountPtr account, const Arrived* mail);
    awaitable<store::Error> apply_piece(store::AccountPtr account, const Arrived* mail,
                                        const pim::itip::Message* piece, std::vector<ShelvedEvent>* known);
    awaitable<store::Error> follow(ShelvedEvent* beside, const ShelvedEvent* taken, const Arrived* mail,
                                   const pim::itip::Message* piece);

    const Services& services_;
    const IncomingMeetingsSettings settings_;
    const IncomingMeetingsLimits limits_;
    Allowances rewritten_;  // octets of events a day
    Allowances answered_;   // mails an hour
    Allowances told_;       // their octets a day
};

/// Whether a message holds what a calendar says.
bool is_meeting_mail(const mime::Tree& tree) noexcept;

/// Of a message that may be answered by a program: its author's own, with a way back. RFC 3834 section 2.
bool is_personal(std::string_view prefix, std::string_view header);

/// The author of a message, as far as is known that it is from him: by what this server has found about it
/// and written in `prefix` (RFC 8601). Empty: nobody, several, or it is forged.
std::string proven_author(std::string_view prefix, std::string_view header);

}  // namespace eas
