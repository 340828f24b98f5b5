// MeetingTeller: what an organizer's server tells those who take part in a meeting, when a device has changed
// it: MS-ASCMD section 3.1.5.5. What cannot leave now is tried again, also by a server that is started after
// this one.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "eas/mail/meeting_mail.hpp"
#include "eas/post.hpp"
#include "eas/session_parts.hpp"

namespace eas {

struct MeetingTellerLimits {
    /// Of mails to several people one that is nobody's must not keep the others from it: half of them at a
    /// time is tried, so often at most. Of a thousand about twenty are found so.
    std::size_t halvings_max = 200;
    std::int64_t retry_seconds_max = 86'400;  ///< then the user hears that nobody was told
};

/// Whether a change that failed may have been made all the same: the store has not answered.
constexpr bool may_be_made(const store::Error& why) {
    return why.is(store::Errc::unavailable) || why.is(store::Errc::unknown);
}

class MeetingTeller {
public:
    explicit MeetingTeller(Post post) : post_(std::move(post)) {}

    /// Before the change: so that it is told of also after a crash. `entry` and `before` are the event as it
    /// is there till then; of a new one null.
    awaitable<void> owe(MeetingChange* change, base::FolderId folder, const store::Entry* entry,
                        const pim::Component* before, std::string event_uid);
    /// After the change. `after` null: the event is gone.
    awaitable<void> tell(MeetingChange* change, const pim::Component* before, const pim::Component* after);
    /// The change has failed. Where nobody knows whether it was made all the same, it is looked at later.
    awaitable<void> give_up(MeetingChange* change, store::Error why);
    /// What an earlier change owes.
    awaitable<void> make_good(MeetingDebts::Held held);
    /// The device has no status for it: the user finds a mail.
    awaitable<void> report_unsent(std::string subject, std::vector<std::string> people);

private:
    struct Unreached {
        std::vector<std::string> now;  ///< they may be later
        std::vector<std::string> at_all;
    };
    struct Told {
        std::vector<pim::itip::Notice> done;
        std::vector<pim::itip::Notice> left;  ///< for another time
    };
    awaitable<Told> tell_all(const MeetingChange* change, const pim::Component* before,
                             const pim::Component* after, bool last_try);
    awaitable<void> settle_older(MeetingChange* change, std::vector<pim::itip::Notice> told);
    awaitable<void> forget(MeetingChange* change);
    awaitable<Unreached> send(MeetingMail mail);
    awaitable<std::vector<std::string>> files_for_mail(const MeetingChange* change,
                                                       const pim::Component* message);
    awaitable<store::Result<bool>> find_changed(const MeetingDebt* debt, MeetingChange* change,
                                                std::optional<pim::Component>* after);
    awaitable<store::Result<bool>> find_by_uid(const std::string* event_uid, MeetingChange* change,
                                               std::optional<pim::Component>* after);

    Post post_;
    const MeetingTellerLimits limits_;
};

}  // namespace eas
