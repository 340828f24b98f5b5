// Ping: what it asks for, and what is left of it while it waits. MS-ASCMD section 2.2.2.12.
#include <algorithm>

#include "eas/session.hpp"
#include "eas/waiting_ping.hpp"

namespace eas {

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
    std::ranges::sort(*folders);
    folders->erase(std::ranges::unique(*folders).begin(), folders->end());
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

/// The answer comes later: see WaitingPing.
awaitable<Answer> Session::ping() {
    std::vector<base::FolderId> folders;
    std::uint32_t seconds = 0;
    const PingAnswer wrong = take_ping(&folders, &seconds);
    if (wrong.status != ping_status::no_changes) co_return wbxml(write_ping(wrong));
    const auto loaded = co_await services_->devices.load_more(key_, folders, &rows_);
    if (!loaded) co_return failed(loaded.error());
    const bool saved = co_await save();
    if (!saved) co_return http(503);
    News news(exchange_, account_, live_, number_);
    news.know_tree(rows_.hierarchy);
    news.watch(rows_, folders);
    Answer later;
    later.later = std::make_unique<WaitingPing>(exchange_, std::move(news), seconds);
    co_return later;
}

awaitable<void> WaitingPing::run() {
    const News::End end = co_await news_.wait(seconds_);
    if (end != News::End::gone) co_await answer(end);
}

awaitable<void> WaitingPing::answer(News::End end) {
    PingAnswer out;
    std::vector<base::FolderId> changed;
    if (end != News::End::nothing) changed = co_await news_.changed();
    for (const base::FolderId folder : changed) out.folders.push_back(write_folder_id(folder));
    if (!out.folders.empty()) {
        out.status = ping_status::changes;
    } else if (end == News::End::tree) {
        out.status = ping_status::hierarchy_changed;
    }
    Answer answered;
    answered.body = write_ping(out);
    http::ResponseHead head = head_of(&answered);
    co_await exchange_.respond(std::move(head), std::move(answered.body));
    exchange_.registered().set_state("");
}

}  // namespace eas
