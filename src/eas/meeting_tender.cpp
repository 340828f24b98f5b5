#include "eas/meeting_tender.hpp"

#include <exception>

#include "base/log.hpp"
#include "base/log_broken.hpp"
#include "eas/meeting_teller.hpp"

namespace eas {

awaitable<void> MeetingTender::round() {
    if (!found_) co_await find();
    for (const base::AccountId id : services_.meeting_debts.debtors()) co_await make_good_of(id);
}

/// Of a store that cannot be read now: in the next round again, and this one sees to what is known.
awaitable<void> MeetingTender::find() {
    const auto found = co_await services_.meeting_debts.find();
    found_ = found.has_value();
    if (!found)
        base::log::error("eas", "what is still to be told of meetings cannot be read",
                         {{"why", found.error().what()}});
}

awaitable<void> MeetingTender::make_good_of(base::AccountId id) {
    auto account = co_await services_.store.account(id);
    if (!account && account.error().is(store::Errc::not_found)) {
        services_.meeting_debts.forget_all(id);
        co_return;
    }
    if (!account) {
        base::log::warn("eas", "what is to be told of meetings waits for its mailbox",
                        {{"account", id.value}, {"why", account.error().what()}});
        co_return;
    }
    std::string after;
    for (;;) {
        std::string last = after;
        auto due = co_await services_.meeting_debts.due(id, std::move(last));
        if (!due) {
            base::log::warn("eas", "what is to be told of meetings cannot be read",
                            {{"account", id.value}, {"why", due.error().what()}});
            co_return;
        }
        if (!*due) co_return;
        after = (*due)->name();
        std::string user = (*due)->debt.user;
        MeetingTeller teller(Post(services_, *account, std::move(user)));
        try {
            co_await teller.make_good(std::move(**due));
        } catch (const std::exception&) {
            base::log::broken("eas", "what is to be told of a meeting", std::current_exception());
        }
    }
}

}  // namespace eas
