#include "server/conversation_mover.hpp"

#include <exception>

#include "base/log.hpp"
#include "server/delivered_copy.hpp"

namespace server {

using boost::asio::awaitable;
using store::Result;

namespace {

constexpr store::Error too_late(store::Errc::unavailable, "it took too long");

bool is_late(std::chrono::steady_clock::time_point end) { return std::chrono::steady_clock::now() >= end; }

}  // namespace

awaitable<Result<void>> ConversationMover::move(const mta::DeliveredMail::Copy* copy, Time end) {
    if (is_late(end)) co_return too_late;
    const auto any = co_await moved_.any(copy->account);
    if (!any) co_return any.error();
    if (!*any) co_return Result<void>();
    if (is_late(end)) co_return too_late;
    const auto found = co_await find_copy(&store_, *copy);
    if (!found && found.error().is(store::Errc::not_found)) co_return Result<void>();
    if (!found) co_return found.error();
    if (is_late(end)) co_return too_late;
    const auto wanted =
        co_await moved_.destination(copy->account, found->entry.thread, base::unix_seconds(clock_.now()));
    if (!wanted) co_return wanted.error();
    if (!*wanted || **wanted == copy->folder) co_return Result<void>();
    if (is_late(end)) co_return too_late;
    auto destination = co_await found->account->open(**wanted);
    // A folder that was deleted since takes nothing: the message stays where people look.
    if (!destination && destination.error().is(store::Errc::not_found)) co_return Result<void>();
    if (!destination) co_return destination.error();
    store::UidRanges uids{{copy->uid, copy->uid}};
    if (is_late(end)) co_return too_late;
    const auto moved = co_await found->folder->move_to(std::move(*destination), std::move(uids));
    if (!moved) co_return moved.error();
    if (!moved->failed.is(store::Errc::none)) co_return moved->failed;
    co_return Result<void>();
}

awaitable<void> ConversationMover::delivered(std::shared_ptr<const mta::DeliveredMail> mail) {
    if (mail->junk) co_return;  // what was found to be junk is none of a conversation
    const Time end = std::chrono::steady_clock::now() + time_max_;
    std::size_t left = mail->copies.size();
    for (const mta::DeliveredMail::Copy& copy : mail->copies) {
        if (is_late(end)) break;
        --left;
        std::string why;
        try {
            const auto moved = co_await move(&copy, end);
            if (!moved) why = moved.error().what();
        } catch (const std::exception& error) {  // the delivery stands
            why = error.what();
        }
        if (!why.empty())
            base::log::warn("mta", "a message was not moved after its conversation",
                            {{"account", copy.account.value}, {"uid", copy.uid.value}, {"why", why}});
    }
    if (left != 0)
        base::log::warn("mta", "mailboxes were not asked where a conversation goes: it took too long",
                        {{"id", mail->trace_id}, {"mailboxes", left}});
}

}  // namespace server
