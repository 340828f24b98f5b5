// NOTIFY: RFC 5465 section 3.1.
#include "imap/notifier.hpp"
#include "imap/session.hpp"

namespace imap {

awaitable<Reply> Session::handle(cmd::Notify notify) {
    for (const NotifyGroup& group : notify.groups)
        if ((group.events & NotifyGroup::other) != 0) co_return no(code::bad_event, "There is no such event");
    const bool set = !notify.groups.empty(), with_status = notify.status;
    for (const NotifyGroup& group : notify.groups)
        if ((group.fetch.items & fetch_mod_seq) != 0) enable_condstore();
    std::unique_ptr<Notifier> former = std::move(notifier_);
    if (set && selected_) {
        // It implies a NOOP: all that a NOTIFY before this one has kept back is told.
        selected_->fresh.clear();
        const bool more = co_await synchronise(true, true);
        if (!more) co_return gone();
    }
    annotations_watch_.reset();  // what he hears of is what he asks for now
    notifier_ = std::make_unique<Notifier>(*this, std::move(notify));
    Reply reply = co_await notifier_->start(with_status);
    if (reply.condition == Condition::no) notifier_ = std::move(former);
    co_return reply;
}

}  // namespace imap
