#include "server/delivered_copy.hpp"

namespace server {

boost::asio::awaitable<store::Result<DeliveredCopy>> find_copy(store::Store* store,
                                                               mta::DeliveredMail::Copy copy) {
    DeliveredCopy out;
    auto account = co_await store->account(copy.account);
    if (!account) co_return account.error();
    out.account = std::move(*account);
    auto folder = co_await out.account->open(copy.folder);
    if (!folder) co_return folder.error();
    out.folder = std::move(*folder);
    const store::SnapshotPtr now_there = out.folder->snapshot();
    const store::Entry* entry = now_there->find(copy.uid);
    if (entry == nullptr) co_return store::Error(store::Errc::not_found, "the message is gone");
    out.entry = *entry;
    co_return out;
}

}  // namespace server
