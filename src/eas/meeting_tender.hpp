// MeetingTender: makes good, round after round, what is owed to attendees: what a server before this one has
// left, and what could not leave at once.
#pragma once
#include "eas/services.hpp"

namespace eas {

class MeetingTender {
public:
    /// `services` outlives it.
    explicit MeetingTender(const Services& services) : services_(services) {}

    /// All that nobody else sees to now. What cannot be read or told is logged, and left to the next round; a
    /// fault of ours (base::Bug) in one debt keeps nobody from the others.
    awaitable<void> round();

private:
    awaitable<void> find();
    awaitable<void> make_good_of(base::AccountId id);

    const Services& services_;
    bool found_ = false;  // what a server before this one has left
};

}  // namespace eas
