#include "server/conversation_mover.hpp"

#include <exception>

#include "base/log.hpp"

namespace server {

using boost::asio::awaitable;
using store::Result;

awaitable<Result<void>> ConversationMover::move(const mta::DeliveredMail::Copy* copy) {
    const auto any = co_await moved_.any(copy->account);
    if (!any) co_return any.error();
    if (!*any) co_return Result<void>();
    const auto account = co_await store_.account(copy->account);
    if (!account) co_return account.error();
    const auto folder = co_await (*account)->open(copy->folder);
    if (!folder) co_return folder.error();
    const store::SnapshotPtr now_there = (*folder)->snapshot();
    const store::Entry* entry = now_there->find(copy->uid);
    if (entry == nullptr) co_return Result<void>();
    const base::ThreadId conversation = entry->thread;
    const auto wanted =
        co_await moved_.destination(copy->account, conversation, base::unix_seconds(clock_.now()));
    if (!wanted) co_return wanted.error();
    if (!*wanted || **wanted == copy->folder) co_return Result<void>();
    auto destination = co_await (*account)->open(**wanted);
    // A folder that was deleted since takes nothing: the message stays where people look.
    if (!destination && destination.error().is(store::Errc::not_found)) co_return Result<void>();
    if (!destination) co_return destination.error();
    store::UidRanges uids{{copy->uid, copy->uid}};
    const auto moved = co_await (*folder)->move_to(std::move(*destination), std::move(uids));
    if (!moved) co_return moved.error();
    if (!moved->failed.is(store::Errc::none)) co_return moved->failed;
    co_return Result<void>();
}

awaitable<void> ConversationMover::delivered(std::shared_ptr<const mta::DeliveredMail> mail) {
    if (mail->junk) co_return;  // what was found to be junk is none of a conversation
    for (const mta::DeliveredMail::Copy& copy : mail->copies) {
        std::string why;
        try {
            const auto moved = co_await move(&copy);
            if (!moved) why = moved.error().what();
        } catch (const std::exception& error) {  // the delivery stands
            why = error.what();
        }
        if (!why.empty())
            base::log::warn("mta", "a message was not moved after its conversation",
                            {{"account", copy.account.value}, {"uid", copy.uid.value}, {"why", why}});
    }
}

}  // namespace server
