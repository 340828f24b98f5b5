#include "eas/news.hpp"

#include <algorithm>
#include <chrono>

#include "base/fingerprint.hpp"
#include "eas/folders.hpp"

namespace eas {
namespace {

/// Wakes the connection when something in the account has changed.
class Watch final : public store::Subscriber {
public:
    explicit Watch(std::shared_ptr<net::Waker> waker) : waker_(std::move(waker)) {}
    void changed() noexcept override { waker_->wake(net::event_mail); }

private:
    std::shared_ptr<net::Waker> waker_;
};

std::uint64_t fingerprint_of(const std::vector<KnownFolder>& folders) {
    std::string octets;
    octets.reserve(folders.size() * 2 * sizeof(std::uint64_t));
    const auto add = [&](std::uint64_t number) {
        for (int shift = 0; shift < 64; shift += 8) octets += static_cast<char>(number >> shift);
    };
    for (const KnownFolder& folder : folders) {
        add(folder.id.value);
        add(folder.hash);
    }
    return base::fingerprint(octets);
}

/// Items other than mail may change their dates.
bool has_dated_items(const MailboxViewPtr& account, base::FolderId folder) {
    const store::FolderTreePtr tree = account->folders();
    const store::FolderInfo* const info = tree->find_any(folder);
    return info != nullptr && info->kind != store::FolderKind::mail;
}

}  // namespace

void News::know_tree(const std::optional<Hierarchy>& hierarchy) {
    tree_known_ = hierarchy.has_value();
    if (hierarchy) tree_ = fingerprint_of(hierarchy->now);
}

void News::watch(const DeviceRows& rows, const std::vector<base::FolderId>& folders) {
    folders_.reserve(folders.size());
    for (const base::FolderId folder : folders) {
        const auto known = rows.collections.find(folder);
        if (known == rows.collections.end() || folder == outbox_id) continue;
        Watched one;
        one.folder = folder;
        one.cursor = known->second.now;
        folders_.push_back(std::move(one));
    }
}

bool News::tree_changed() const {
    return !tree_known_ || fingerprint_of(known_folders(device_folders(*account_->folders()))) != tree_;
}

/// Whether a Sync would tell the device something of this folder.
awaitable<bool> News::has_news(const Watched* watched) {
    const Cursor& cursor = watched->cursor;
    const auto totals = co_await account_->totals(watched->folder);
    if (!totals) co_return false;  // a folder that is gone shows in the hierarchy
    if (!cursor.begun) co_return totals->exists != 0;
    const bool quiet = cursor.done >= totals->highest_modseq && cursor.pass.value == 0 &&
                       cursor.low.value <= 1 && cursor.high >= totals->uid_next && !owes(cursor);
    if (quiet) co_return false;
    auto opened = co_await account_->open(watched->folder);
    if (!opened) co_return false;
    const store::SnapshotPtr now_there = (*opened)->snapshot();
    store::UidRanges vanished;
    if (needs_vanished(cursor, *now_there)) {
        auto found = co_await (*opened)->vanished_since(cursor.done, now_there);
        if (found) vanished = std::move(found->vanished);
    }
    PlanRequest request;
    request.now = now_there.get();
    request.vanished = &vanished;
    request.window = cursor.window;
    request.dated = has_dated_items(account_, watched->folder);
    request.conversations = cursor.conversations;
    request.steps_max = 1;
    request.count_only = true;
    co_return plan_changes(cursor, request).count != 0;
}

awaitable<News::End> News::look() {
    if (tree_changed()) co_return End::tree;
    for (const Watched& one : folders_) {
        const bool news = co_await has_news(&one);
        if (news) co_return End::news;
    }
    co_return End::nothing;
}

awaitable<std::vector<base::FolderId>> News::changed() {
    std::vector<base::FolderId> out;
    for (const Watched& one : folders_) {
        const bool news = co_await has_news(&one);
        if (news) out.push_back(one.folder);
    }
    co_return out;
}

awaitable<News::End> News::wait(std::uint32_t seconds) {
    using Steady = std::chrono::steady_clock;
    const Steady::time_point deadline = Steady::now() + std::chrono::seconds(seconds);
    exchange_.forget_request();
    // Armed first, looked then: a change between the two wakes, and is not lost.
    Watch watch(exchange_.waker());
    store::SubscriptionPtr subscription = account_->subscribe(watch);
    bool waiting = live_->wait_as(number_, exchange_.waker());
    End end = End::nothing;
    while (waiting) {
        // Who shares folders with the user may be others now. If it cannot be known, it is asked later.
        const auto others = co_await account_->refresh();
        if (others && *others) subscription = account_->subscribe(watch);
        end = co_await look();
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Steady::now());
        if (end != End::nothing || left.count() <= 0) break;
        const net::Wake wake = co_await exchange_.wait(left);
        const std::uint32_t events = exchange_.take_events();
        const bool ends = (events & (net::event_shutdown | net::event_kicked)) != 0;
        if (wake == net::Wake::closed) end = End::gone;
        waiting = wake == net::Wake::event && !ends && live_->is_newest(number_);
    }
    live_->stop_waiting(number_);
    co_return end;
}

}  // namespace eas
