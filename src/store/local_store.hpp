// LocalStore: the store of this process. Its parts: accounts and delivery (local_store.cpp), the collector
// (collector.cpp), the check (check.cpp).
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "store/live_account.hpp"
#include "store/search/service.hpp"

namespace store {

class LocalStore final : public Store {
public:
    LocalStore(engine::Engine& engine, const base::Clock& clock, StoreLimits limits, SearchOptions search);

    const StoreLimits& limits() const override { return context_.limits; }
    engine::Engine& engine() override { return context_.engine; }
    base::IdSource& ids() override { return context_.ids; }

    awaitable<Result<AccountPtr>> create_account(base::AccountId account) override;
    awaitable<Result<AccountPtr>> make_commons(base::AccountId account) override;
    awaitable<Result<AccountPtr>> account(base::AccountId account) override;
    awaitable<Result<void>> remove_account(base::AccountId account) override;
    std::unique_ptr<MessageWriter> new_message() override;
    awaitable<std::vector<Result<Delivered>>> deliver(std::vector<Delivery> deliveries) override;
    void set_watch(class DeliveryWatch* watch) { watch_ = watch; }
    awaitable<Result<CheckReport>> check(std::function<void(std::string_view)> progress) override;
    awaitable<void> collect() override;
    std::vector<std::pair<std::string, std::uint64_t>> figures() const override;
    SearchIndex* search() override { return search_.options().enabled ? &search_ : nullptr; }

private:
    LiveAccountPtr live(base::AccountId account);
    awaitable<Result<LiveAccountPtr>> loaded(base::AccountId account);
    awaitable<Result<FolderPtr>> open_folder(base::AccountId account, base::FolderId folder);
    awaitable<Result<LiveFolderPtr>> delivery_folder(base::AccountId account, std::string name);

    StoreContext context_;
    search::SearchService search_;
    DeliveryWatch* watch_ = nullptr;
    std::mutex mutex_;
    std::map<base::AccountId, std::weak_ptr<LiveAccount>> accounts_;
    std::shared_ptr<class Collector> collector_;
};

}  // namespace store
