// Ping, and waiting as such: a coroutine that is woken by the account's folders. Nothing is polled. MS-ASCMD
// section 2.2.2.12.
#include <algorithm>
#include <chrono>

#include "eas/session.hpp"

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

}  // namespace

/// Whether a Sync would tell the device something of this folder.
awaitable<bool> Session::has_news(base::FolderId folder) {
    const auto known = rows_.collections.find(folder);
    // A folder that the device does not synchronise has no news for it: answering "changed" would bring the
    // same Ping again at once, for ever (eas.md section 1.4).
    if (known == rows_.collections.end() || folder == outbox_id) co_return false;
    const Cursor& cursor = known->second.now;
    const auto totals = co_await account_->totals(folder);
    if (!totals) co_return false;  // a folder that is gone shows in the hierarchy
    if (!cursor.begun) co_return totals->exists != 0;
    const bool quiet = cursor.done >= totals->highest_modseq && cursor.pass.value == 0 &&
                       cursor.low.value <= 1 && cursor.high >= totals->uid_next;
    if (quiet) co_return false;
    auto opened = co_await account_->open(folder);
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
    request.dated = is_item_folder(folder);
    request.steps_max = 1;
    request.count_only = true;
    co_return plan_changes(cursor, request).count != 0;
}

/// True: one of them, or the hierarchy, has news. False: the time is over, a newer request has come, the
/// server stops, or the device is gone.
awaitable<bool> Session::wait_for_news(std::vector<base::FolderId> folders, std::uint32_t seconds) {
    using Steady = std::chrono::steady_clock;
    const Steady::time_point deadline = Steady::now() + std::chrono::seconds(seconds);
    document_.reset();
    body_ = std::string();
    // Armed first, looked then: a change between the two wakes, and is not lost.
    Watch watch(exchange_.waker());
    const store::SubscriptionPtr subscription = account_->subscribe(watch);
    bool waiting = live_->wait_as(number_, exchange_.waker());
    bool news = false;
    while (waiting && !news) {
        news = hierarchy_changed();
        for (const base::FolderId folder : folders) {
            if (news) break;
            news = co_await has_news(folder);
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Steady::now());
        if (news || left.count() <= 0) break;
        const net::Wake wake = co_await exchange_.wait(left);
        const std::uint32_t events = exchange_.take_events();
        const bool ends = (events & (net::event_shutdown | net::event_kicked)) != 0;
        if (wake == net::Wake::closed) gone_ = true;
        waiting = wake == net::Wake::event && !ends && live_->is_newest(number_);
    }
    live_->stop_waiting(number_);
    co_return news;
}

/// What it asks for, by what it asked for before where it leaves that out; or what is wrong with it.
PingAnswer Session::take_ping(std::vector<base::FolderId>* folders, std::uint32_t* seconds) {
    PingAnswer out;
    Device& device = rows_.device;
    const PingRequest request = parse_ping(root(), limits().ping);
    if (request.malformed) out.status = ping_status::malformed;
    *seconds = request.heartbeat.value_or(device.ping_seconds);
    const PingLimits& bounds = limits().ping;
    if (out.status == ping_status::no_changes && request.heartbeat &&
        (*seconds < bounds.heartbeat_min || *seconds > bounds.heartbeat_max)) {
        out.status = ping_status::bad_interval;
        out.heartbeat = std::clamp(*seconds, bounds.heartbeat_min, bounds.heartbeat_max);
    }
    if (request.folders.size() > bounds.folders_max) {
        out.status = ping_status::too_many;
        out.folders_max = static_cast<std::uint32_t>(bounds.folders_max);
    }
    for (const std::string& text : request.folders) {
        const auto id = parse_folder_id(text);
        const bool known = id && (*id == outbox_id || account_->folders()->find_any(*id) != nullptr);
        if (!known && out.status == ping_status::no_changes) out.status = ping_status::hierarchy_changed;
        if (known) folders->push_back(*id);
    }
    if (request.folders.empty()) *folders = device.ping_folders;
    if (out.status == ping_status::no_changes && (folders->empty() || *seconds == 0))
        out.status = ping_status::missing;
    if (out.status == ping_status::no_changes && !rows_.hierarchy)
        out.status = ping_status::hierarchy_changed;
    if (out.status != ping_status::no_changes) return out;
    if (*folders != device.ping_folders || *seconds != device.ping_seconds) {
        device.ping_folders = *folders;
        device.ping_seconds = *seconds;
        changes_.device = true;
    }
    return out;
}

awaitable<Answer> Session::ping() {
    std::vector<base::FolderId> folders;
    std::uint32_t seconds = 0;
    const PingAnswer wrong = take_ping(&folders, &seconds);
    if (wrong.status != ping_status::no_changes) co_return wbxml(write_ping(wrong));
    const auto loaded = co_await services_->devices.load_more(key_, folders, &rows_);
    if (!loaded) co_return failed(loaded.error());
    const bool saved = co_await save();
    if (!saved) co_return http(503);
    co_return co_await answer_ping(std::move(folders), seconds);
}

awaitable<Answer> Session::answer_ping(std::vector<base::FolderId> folders, std::uint32_t seconds) {
    PingAnswer out;
    const bool news = co_await wait_for_news(folders, seconds);
    if (gone_) {
        Answer nobody;
        nobody.gone = true;
        co_return nobody;
    }
    for (const base::FolderId folder : folders) {
        if (!news) break;
        const bool changed = co_await has_news(folder);
        if (changed) out.folders.push_back(write_folder_id(folder));
    }
    if (!out.folders.empty()) {
        out.status = ping_status::changes;
    } else if (news) {
        out.status = ping_status::hierarchy_changed;
    }
    co_return wbxml(write_ping(out));
}

}  // namespace eas
