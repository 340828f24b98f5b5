// EventShelf: the events of a mailbox by their UID, for what speaks of events by it: messages between
// calendars and answers to them.
#pragma once
#include <array>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "base/clock.hpp"
#include "directory/turnstile.hpp"
#include "eas/stored_item.hpp"
#include "pim/component.hpp"
#include "store/account.hpp"
#include "store/store.hpp"

namespace eas {

using boost::asio::awaitable;

struct EventShelfLimits {
    std::uint32_t events_max = 20'000;  ///< of a folder that are looked at, the newest: a life of meetings
    std::size_t same_uid_max = 20;      ///< occurrences that somebody was asked to without their series
    std::size_t details_at_once = 200;
};

struct ShelvedEvent {
    store::FolderPtr folder;
    store::Entry entry;
    pim::Component calendar;
};

class EventShelf {
public:
    /// All outlive it.
    EventShelf(store::Store& store, base::Clock& clock, base::Random& random)
        : store_(store), clock_(clock), random_(random) {}

    const EventShelfLimits& limits() const { return limits_; }
    /// One at a time looks for events of a mailbox and changes them: what is to be added is added once. Not
    /// to be kept while mail is sent, whose delivery takes it too.
    awaitable<directory::Turnstile::Pass> turn(base::AccountId account);
    /// In all calendars of the mailbox; there are several only of occurrences that stand beside their series
    /// or without it, and no more than same_uid_max. The series comes first.
    awaitable<store::Result<std::vector<ShelvedEvent>>> find(store::AccountPtr account, std::string uid);
    /// Into the calendar that every mailbox has; made if nobody has asked for it yet. Where it is then.
    /// `mailed`: the files that came with it; null: none.
    awaitable<store::Result<ShelvedEvent>> add(store::AccountPtr account, pim::Component calendar,
                                               const MailedFiles* mailed = nullptr);
    /// \errors conflict: somebody has changed it meanwhile
    awaitable<store::Result<void>> replace(const ShelvedEvent* event, const MailedFiles* mailed = nullptr);

    awaitable<store::Result<void>> remove(const ShelvedEvent* event);

private:
    awaitable<store::Result<void>> find_in(store::FolderPtr folder, const std::string* uid,
                                           std::vector<ShelvedEvent>* out);
    ItemTools tools() const { return {&store_, &random_, base::unix_seconds(clock_.now())}; }

    store::Store& store_;
    base::Clock& clock_;
    base::Random& random_;
    const EventShelfLimits limits_;
    std::array<directory::Turnstile, 64> turns_;  // by account
};

}  // namespace eas
