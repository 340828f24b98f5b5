#include "store/local_store.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/this_coro.hpp>

#include "base/log.hpp"
#include "store/attachments.hpp"
#include "store/check.hpp"
#include "store/collector.hpp"
#include "store/delivery_watch.hpp"
#include "store/keys.hpp"

namespace store {

LocalStore::LocalStore(engine::Engine& engine, const base::Clock& clock, StoreLimits limits,
                       SearchOptions search)
    : context_(engine, clock, limits),
      search_(context_, search),
      collector_(std::make_shared<Collector>(context_)) {
    context_.open_folder = [this](base::AccountId account, base::FolderId folder) {
        return open_folder(account, folder);
    };
    context_.open_account = [this](base::AccountId account) { return loaded(account); };
    context_.find_account = [this](base::AccountId account) { return live(account); };
    context_.content_changed = [this](base::AccountId account, std::uint32_t came) {
        search_.changed(account, came);
    };
}

/// The object of the account, whether the account exists or not; one at a time.
LiveAccountPtr LocalStore::live(base::AccountId account) {
    const std::lock_guard lock(mutex_);
    std::weak_ptr<LiveAccount>& known = accounts_[account];
    LiveAccountPtr out = known.lock();
    if (!out) {
        out = std::make_shared<LiveAccount>(context_, account);
        known = out;
        if ((accounts_.size() & 255U) == 0)
            std::erase_if(accounts_, [](const auto& item) { return item.second.expired(); });
    }
    return out;
}

awaitable<Result<LiveAccountPtr>> LocalStore::loaded(base::AccountId account) {
    LiveAccountPtr out = live(account);
    const auto ready = co_await out->load();
    if (!ready) co_return ready.error();
    context_.recently_used.touch(out, 4'096 + out->folders()->folders.size() * 512);
    co_return out;
}

awaitable<Result<AccountPtr>> LocalStore::account(base::AccountId account) {
    auto out = co_await loaded(account);
    if (!out) co_return out.error();
    AccountPtr as_account = std::move(*out);
    co_return as_account;
}

awaitable<Result<AccountPtr>> LocalStore::create_account(base::AccountId account) {
    LiveAccountPtr out = live(account);
    const auto made = co_await out->create_account();
    if (!made) co_return made.error();
    context_.recently_used.touch(out, 8'192);
    AccountPtr as_account = std::move(out);
    co_return as_account;
}

awaitable<Result<AccountPtr>> LocalStore::make_commons(base::AccountId account) {
    LiveAccountPtr out = live(account);
    const auto made = co_await out->create_commons();
    if (!made && !made.error().is(Errc::exists)) co_return made.error();
    const auto ready = co_await out->load();
    if (!ready) co_return ready.error();
    context_.recently_used.touch(out, 8'192);
    AccountPtr as_account = std::move(out);
    co_return as_account;
}

awaitable<Result<void>> LocalStore::remove_account(base::AccountId account) {
    auto gone = co_await loaded(account);
    if (!gone) co_return gone.error();
    auto done = co_await (*gone)->mark_removed();
    if (!done) co_return done;
    context_.recently_used.drop(gone->get());
    collector_->account_removed(account);
    co_return done;
}

awaitable<Result<FolderPtr>> LocalStore::open_folder(base::AccountId account, base::FolderId folder) {
    auto owner = co_await loaded(account);
    if (!owner) co_return owner.error();
    co_return co_await (*owner)->open(folder);
}

std::unique_ptr<MessageWriter> LocalStore::new_message() {
    return make_message_writer(context_.engine, context_.limits.message_bytes_max);
}

awaitable<Result<LiveFolderPtr>> LocalStore::delivery_folder(base::AccountId account, std::string name) {
    auto owner = co_await loaded(account);
    if (!owner) co_return owner.error();
    const FolderTreePtr tree = (*owner)->folders();
    const Result<std::string> canonical = canonical_name(name, context_.limits);
    const FolderInfo* info = canonical ? tree->find(*canonical) : nullptr;
    if (info == nullptr || !info->selectable) info = tree->find(SpecialUse::inbox);
    if (info == nullptr) co_return Error(Errc::not_found, "no INBOX");
    const base::FolderId folder = info->id;
    auto opened = co_await (*owner)->open(folder);
    if (!opened) co_return opened.error();
    co_return std::static_pointer_cast<LiveFolder>(*opened);
}

namespace {

/// RFC 9979 sections 4.1 and 4.2: set by the server as it delivers, unless somebody has said so already.
std::string attachment_keyword(const AppendChange::Item& item, const mime::Tree& tree) {
    for (const std::string& keyword : item.flags.keywords)
        if (same_keyword(keyword, has_attachment) || same_keyword(keyword, has_no_attachment)) return {};
    return std::string(has_attachments(tree) ? has_attachment : has_no_attachment);
}

}  // namespace

void watch_deliveries(Store& store, DeliveryWatch* watch) {
    dynamic_cast<LocalStore&>(store).set_watch(watch);
}

awaitable<std::vector<Result<Delivered>>> LocalStore::deliver(std::vector<Delivery> deliveries) {
    struct Work {
        LiveFolderPtr folder;
        std::shared_ptr<AppendChange> change;
        Error error;
        bool watched = false;
    };
    std::vector<Work> work(deliveries.size());
    std::map<MessageContentPtr, std::vector<std::size_t>> by_content;
    for (std::size_t i = 0; i < deliveries.size(); ++i) {
        auto folder = co_await delivery_folder(deliveries[i].account, std::move(deliveries[i].folder));
        if (!folder) {
            work[i].error = folder.error();
            continue;
        }
        work[i].folder = std::move(*folder);
        std::vector<Incoming> message;
        message.push_back(std::move(deliveries[i].message));
        auto prepared = co_await work[i].folder->prepare(std::move(message), false);
        if (!prepared) {
            work[i].error = prepared.error();
            continue;
        }
        work[i].change = std::move(*prepared);
        AppendChange::Item& item = work[i].change->items.front();
        mime::Tree tree;
        if (mime::decode_tree(item.content->record().tree, tree)) {
            item.noted = attachment_keyword(item, tree);
            work[i].watched = watch_ != nullptr && watch_->wants(tree);
        }
        by_content[work[i].change->items.front().content].push_back(i);
    }
    std::vector<std::unique_ptr<MessageContent::Hold>> holds;
    for (const auto& [content, receivers] : by_content) {
        auto hold = co_await MessageContent::hold(content);
        const bool first_time = hold != nullptr;
        if (hold) holds.push_back(std::move(hold));
        if (receivers.size() == 1 || !first_time) continue;  // the blob rides in the folder's own commit
        // Several receivers: the blob first, with everybody's tags, then their commits side by side.
        engine::Prelude prelude;
        std::vector<std::string> tags;
        for (const std::size_t i : receivers)
            tags.push_back(keys::tag(work[i].folder->id(), work[i].change->items.front().id, 0));
        content->join(prelude, std::move(tags));
        engine::Prelude again = prelude;
        auto stored = co_await context_.engine.apply(std::move(prelude));
        if (!stored && stored.error().is(Errc::unknown))
            stored = co_await context_.engine.apply(std::move(again));
        if (stored) content->stored();
        for (const std::size_t i : receivers) {
            work[i].change->blobs_ready = stored.has_value();
            if (!stored) work[i].error = stored.error();
        }
    }
    const boost::asio::any_io_executor executor = co_await boost::asio::this_coro::executor;
    for (Work& item : work)
        if (item.change && item.error.is(Errc::none)) item.folder->enqueue(item.change, executor);
    std::vector<Result<Delivered>> out;
    std::vector<engine::Tag> unused;
    for (Work& item : work) {
        if (item.change && item.error.is(Errc::none)) {
            std::shared_ptr<Waiter> waiter(item.change, &item.change->waiter);
            co_await wait_for(std::move(waiter));
            item.error = item.change->error;
            const AppendChange::Item& message = item.change->items.front();
            // Not when the outcome is not known: the folder may have the message after all.
            if (item.change->blobs_ready && (item.error.is(Errc::over_quota) || item.error.is(Errc::limit)))
                unused.push_back(
                    {message.content->record().blob, keys::tag(item.folder->id(), message.id, 0)});
        }
        if (!item.error.is(Errc::none)) {
            out.emplace_back(item.error);
            continue;
        }
        Delivered delivered;
        delivered.folder = item.folder->id();
        delivered.uid = item.change->result.uids.front();
        delivered.id = item.change->result.ids.front();
        out.emplace_back(delivered);
    }
    holds.clear();
    for (std::size_t i = 0; i < work.size(); ++i)
        if (work[i].watched && out[i])
            co_await watch_->delivered(work[i].folder->account(), out[i]->folder, out[i]->uid);
    if (!unused.empty()) {
        const auto untagged = co_await context_.engine.untag(std::move(unused));
        if (!untagged) base::log::debug("store", "tags of a refused delivery stay for the collector");
    }
    co_return out;
}

awaitable<Result<AccountPtr>> Store::make_commons(base::AccountId) {
    co_return Error(Errc::invalid, "this store has no public folders");
}

std::vector<std::pair<std::string, std::uint64_t>> LocalStore::figures() const {
    const StoreFigures& figures = context_.figures;
    const SearchProgress search = search_.progress();
    return {{"search_accounts_waiting", search.accounts_waiting},
            {"search_messages_waiting", search.messages_waiting},
            {"search_messages_indexed", search.messages_indexed},
            {"search_segments_written", search.segments_written},
            {"search_segments_merged", search.segments_merged},
            {"search_segments_damaged", search.segments_damaged},
            {"search_failures", search.failures},
            {"search_cpu_ms", search.cpu_milliseconds},
            {"store_commit_rounds", figures.rounds},
            {"store_changes", figures.changes},
            {"store_conflicts", figures.conflicts},
            {"store_unknown_outcomes", figures.unknown},
            {"store_folder_loads", figures.folder_loads},
            {"store_live_objects", context_.recently_used.size()},
            {"store_live_bytes", context_.recently_used.bytes()},
            {"store_collected_messages", figures.collected_messages},
            {"store_collected_blobs", figures.collected_blobs},
            {"store_trimmed_log_rows", figures.trimmed_log_rows}};
}

std::unique_ptr<Store> make_store(engine::Engine& engine, const base::Clock& clock, StoreLimits limits,
                                  SearchOptions search) {
    return std::make_unique<LocalStore>(engine, clock, limits, search);
}

}  // namespace store
