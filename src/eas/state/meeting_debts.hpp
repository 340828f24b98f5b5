// MeetingDebts: what the server has still to tell of meetings that a device changes. A debt is written before
// the change and taken away when the mail has left: so a crash loses no invitation. Rows t<random hex16> of
// what the devices of a mailbox share, "e/<account hex8>", and tz<random hex16> of answers to what attendees
// ask, behind them. Thread-safe.
#pragma once
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "base/ids.hpp"
#include "base/random.hpp"
#include "pim/itip/write.hpp"
#include "store/engine/engine.hpp"

namespace eas {

using boost::asio::awaitable;

struct MeetingDebt {
    std::string user;        ///< in whose name
    std::int64_t since = 0;  ///< when it was made
    /// What was there before: the change has been made when it is there no more. Without uid: nothing, and
    /// then there is an event of `event_uid`.
    base::FolderId folder;
    base::Uid uid;
    base::ModSeq modseq;
    std::string event_uid;
    std::string before;  ///< the event as it was, iCalendar; empty: there was none
    std::vector<pim::itip::Notice> notices;
    bool is_answer =
        false;  ///< an attendee has asked: the user has written nothing, and finds it not in Sent
    bool operator==(const MeetingDebt&) const = default;
};
std::string encode(const MeetingDebt& debt);
/// Nothing: it is damaged.
std::optional<MeetingDebt> decode_meeting_debt(std::string_view row);

struct MeetingDebtLimits {
    std::size_t rows_max = 200;  ///< of one mailbox: each is there only until its mail has left
    /// Of answers, besides those: what strangers ask for takes nothing of what the user needs.
    std::size_t answers_max = 20;
    std::size_t row_bytes_max = 1 << 20;  ///< as the engine has it
};

class MeetingDebts {
public:
    MeetingDebts(store::engine::Engine& engine, base::Random& random, MeetingDebtLimits limits = {})
        : engine_(engine), random_(random), limits_(limits) {}

    /// A debt that somebody sees to now: nobody else does meanwhile. If it is neither settled nor deferred,
    /// it is seen to again later.
    class Held {
    public:
        Held(MeetingDebts& debts, base::AccountId account, std::string row, MeetingDebt owed);
        ~Held();
        Held(Held&& other) noexcept;
        Held& operator=(Held&&) = delete;

        base::AccountId account() const { return account_; }
        /// Unique, and the same whenever it is seen to.
        const std::string& name() const { return row_; }

        MeetingDebt debt;

    private:
        MeetingDebts* debts_;
        base::AccountId account_;
        std::string row_;
    };

    /// Durable when it completes, but where the engine itself does not know. \errors limit: there are too
    /// many, or it is too large · no_space, unavailable: it is not there
    awaitable<store::Result<Held>> owe(base::AccountId account, MeetingDebt debt);
    enum class Which : std::uint8_t { all, answers };
    /// Those of one event that nobody sees to now, unread: of their `debt`s only event_uid is there.
    std::vector<Held> claim(base::AccountId account, const std::string& event_uid, Which which = Which::all);
    /// What is owed by now, into `held->debt`. False: nothing is.
    awaitable<store::Result<bool>> read(Held* held);
    /// Nothing is left of it. If it fails, only its row is: nobody is told any more.
    awaitable<store::Result<void>> settle(const Held* held);
    /// `held->debt.notices` are what is left of it. If it fails, that is so until the server ends.
    awaitable<store::Result<void>> defer(const Held* held);

    /// At the start: finds what a server before this one has left. If it fails, to be asked again.
    awaitable<store::Result<void>> find();
    /// Of which debts may be known.
    std::vector<base::AccountId> debtors();
    /// The mailbox is gone, and its rows with it.
    void forget_all(base::AccountId account);
    /// Behind the row of the name `after` the next that nobody sees to now: one is in memory at a time.
    awaitable<store::Result<std::optional<Held>>> due(base::AccountId account, std::string after);

private:
    /// A row that may be there. It is forgotten when it is known that it is not.
    struct Row {
        std::uint64_t event = 0;  ///< fingerprint of its UID; 0: it has none, or is damaged
        bool held = false;
        /// What is left of it, where the store has not taken that; none of them: it is settled.
        std::optional<std::vector<pim::itip::Notice>> left;
    };
    using Rows = std::map<std::string, Row>;  // by name: answers come last

    awaitable<store::Result<void>> find_of(base::AccountId account);
    awaitable<store::Result<void>> put(const Held* held);
    std::optional<std::string> hold_next(base::AccountId account, const std::string& after);
    bool is_full(base::AccountId account, bool of_answers) const;
    Row* find_row(base::AccountId account, const std::string& name);
    void forget(const Held& held);

    store::engine::Engine& engine_;
    base::Random& random_;
    const MeetingDebtLimits limits_;
    std::mutex mutex_;
    std::map<base::AccountId, Rows> known_;  // under mutex_; of an account there are some
};

}  // namespace eas
