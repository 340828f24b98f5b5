// Sync: MS-ASCMD section 2.2.2.20. The request as a whole: what an empty one means, waiting for news, the
// answer.
#include <algorithm>

#include "base/log.hpp"
#include "eas/sync_answer.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

namespace tags = wbxml::airsync;

std::string write_sync_status(int status, std::uint32_t limit) {
    std::string out;
    wbxml::Encoder to(out);
    to.open(tags::sync);
    to.number(tags::status, status);
    if (limit != 0) to.number(tags::limit, limit);
    to.close();
    return out;
}

std::vector<base::FolderId> folders_of(const SyncRequest& request) {
    std::vector<base::FolderId> out;
    for (const SyncCollection& one : request.collections)
        if (const auto id = parse_folder_id(one.id)) out.push_back(*id);
    std::ranges::sort(out);
    out.erase(std::ranges::unique(out).begin(), out.end());
    return out;
}

/// "Return at once if the request contains more than changes of flags" (section 2.2.3.90): then the device
/// has asked for something.
bool asks(const SyncRequest& request) {
    return std::ranges::any_of(request.collections, [](const SyncCollection& one) {
        return one.key == "0" || !one.commands.empty() || one.status != sync_status::ok;
    });
}

/// Ids and keys of collections that are taken from the last request, or of one that waits; the texts stay
/// where they are.
struct Remembered {
    std::vector<std::string> ids, keys;
};

/// What was parsed of a body that goes. Of requests without commands.
void keep_texts(SyncRequest& request, Remembered& texts) {
    Remembered own;
    own.ids.reserve(request.collections.size());
    own.keys.reserve(request.collections.size());
    for (SyncCollection& one : request.collections) {
        one.id = own.ids.emplace_back(one.id);
        one.key = own.keys.emplace_back(one.key);
    }
    texts = std::move(own);
}

}  // namespace

/// What the server calls what the device has added. MS-ASCAL section 2.2.2.46, MS-ASAIRS section 2.2.2.7.
/// `thread`: null where nothing is said of it.
static void write_known(wbxml::Encoder& to, const CommandResult& result, const DraftThread* thread) {
    if (result.uid.empty() && result.attachments.empty() && thread == nullptr) return;
    to.open(tags::application_data);
    if (thread != nullptr) {
        to.opaque(wbxml::email2::conversation_id, thread->id);
        to.opaque(wbxml::email2::conversation_index, thread->index);
    }
    if (!result.uid.empty()) to.text(wbxml::calendar::uid, result.uid);
    if (!result.attachments.empty()) to.open(wbxml::airsyncbase::attachments);
    for (const KnownAttachment& one : result.attachments) {
        to.open(wbxml::airsyncbase::attachment);
        to.text(wbxml::airsyncbase::client_id, one.client_id);
        to.text(wbxml::airsyncbase::file_reference, one.reference);
        to.close();
    }
    if (!result.attachments.empty()) to.close();
    to.close();
}

/// The collections of the last full request, where this one leaves them out.
static void recall(const DeviceRows& rows, Remembered& texts, SyncRequest& request) {
    const std::vector<base::FolderId> given = folders_of(request);
    std::vector<base::FolderId> missing;
    for (const base::FolderId folder : rows.device.sync_folders)
        if (!std::ranges::binary_search(given, folder) && rows.collections.contains(folder))
            missing.push_back(folder);
    texts.ids.reserve(missing.size());
    texts.keys.reserve(missing.size());
    for (const base::FolderId folder : missing) {
        const Collection& state = rows.collections.at(folder);
        texts.ids.push_back(write_folder_id(folder));
        texts.keys.push_back(write_sync_key(state.key));
        SyncCollection one;
        one.id = texts.ids.back();
        one.key = texts.keys.back();
        one.window = state.window;
        request.collections.push_back(std::move(one));
    }
}

awaitable<Answer> Session::sync() {
    SyncRequest request;
    Device& device = rows_.device;
    const bool empty = !root();
    if (!empty) request = parse_sync(root(), version_, limits().sync);
    if (request.status != sync_status::ok) co_return wbxml(write_sync_status(request.status, request.limit));
    if ((empty || request.partial) && !device.sync_cached)
        co_return wbxml(write_sync_status(sync_status::incomplete, 0));
    if (empty) {
        if (device.sync_wait_seconds != 0) request.wait_seconds = device.sync_wait_seconds;
        request.window = device.sync_window;
    }
    std::vector<base::FolderId> wanted = folders_of(request);
    if (empty || request.partial)
        wanted.insert(wanted.end(), device.sync_folders.begin(), device.sync_folders.end());
    const auto loaded = co_await services_->devices.load_more(key_, std::move(wanted), &rows_);
    if (!loaded) co_return failed(loaded.error());
    Remembered texts;
    if (empty || request.partial) recall(rows_, texts, request);
    if (!empty) {  // what an empty one will mean
        std::vector<base::FolderId> folders = folders_of(request);
        const std::uint32_t wait = request.wait_seconds.value_or(0);
        changes_.device = changes_.device || folders != device.sync_folders || !device.sync_cached ||
                          wait != device.sync_wait_seconds || request.window != device.sync_window;
        device.sync_folders = std::move(folders);
        device.sync_wait_seconds = wait;
        device.sync_window = request.window;
    }
    bool nothing = false;
    const bool may_wait = request.wait_seconds.value_or(0) != 0 && !asks(request);
    Answer out = co_await sync_once(&request, may_wait, &nothing);
    if (nothing && may_wait) {
        device.sync_cached = true;
        const bool saved = co_await save();
        if (!saved) co_return http(503);
        keep_texts(request, texts);
        forget_body();
        const News::End end = co_await wait_for_news(*request.wait_seconds);
        out.gone = end == News::End::gone;
        if (end != News::End::news && end != News::End::tree) co_return out;
        turn_ = co_await live_->take_turn();
        // Another request may have come in between; then that one tells.
        if (!live_->is_newest(number_)) co_return out;
        auto rows = co_await services_->devices.load(key_, rows_.device.sync_folders);
        if (!rows) co_return failed(rows.error());
        rows_ = std::move(*rows);
        out = co_await sync_once(&request, false, &nothing);
        if (nothing && end == News::End::tree)
            out = wbxml(write_sync_status(sync_status::hierarchy_changed, 0));
    }
    changes_.device = changes_.device || rows_.device.sync_cached != nothing;
    rows_.device.sync_cached = nothing;
    co_return out;
}

awaitable<News::End> Session::wait_for_news(std::uint32_t seconds) {
    News news(exchange_, account_, live_, number_);
    news.know_tree(rows_.hierarchy);
    news.watch(rows_, rows_.device.sync_folders);
    co_return co_await news.wait(seconds);
}

/// `nothing`: no collection has anything to say, and the answer has no body. MS-ASCMD section 2.2.2.20.
awaitable<Answer> Session::sync_once(const SyncRequest* request, bool may_wait, bool* nothing) {
    *nothing = true;
    answer_began_ = std::chrono::steady_clock::now();
    std::size_t left = request->window != 0 ? request->window : SIZE_MAX;
    std::string body;
    wbxml::Encoder to(body);
    to.open(tags::sync);
    to.open(tags::collections);
    for (const SyncCollection& one : request->collections) {
        const bool full = body.size() >= limits().answer_bytes || is_late();
        const std::size_t window = full ? 0 : std::min<std::size_t>(left, one.window);
        CollectionAnswer answer = co_await sync_collection(&one, window);
        left -= std::min(left, answer.told);
        if (!answer.talks()) continue;
        *nothing = false;
        write_collection(to, answer);
    }
    to.close();
    to.close();
    if (may_wait && !*nothing) base::log::debug("eas", "news at once", {{"device", key_.device}});
    if (*nothing) body.clear();
    co_return wbxml(std::move(body));
}

void Session::write_collection(wbxml::Encoder& to, const CollectionAnswer& answer) const {
    to.open(tags::collection);
    if (version_ <= 121 && !answer.failed()) to.text(tags::class_, class_of(answer.kind));
    // Status 5 means the same request again, under the same key: section 2.2.3.177.17.
    std::string_view key = answer.key;
    if (answer.failed() && key.empty())
        key = answer.status == sync_status::server_error ? std::string_view(answer.request->key) : "0";
    to.text(tags::sync_key, key);
    to.text(tags::collection_id, answer.request->id);
    to.number(tags::status, answer.status);
    const auto tell = [](const CommandResult& result) {
        return result.status != sync_status::ok || !result.attachments.empty() ||
               result.kind == static_cast<std::uint8_t>(SyncCommand::Kind::add);
    };
    if (std::ranges::any_of(answer.results, tell) || !answer.fetched.empty()) {
        to.open(tags::responses);
        for (const CommandResult& result : answer.results) {
            if (!tell(result)) continue;
            const auto kind = static_cast<SyncCommand::Kind>(result.kind);
            to.open(kind == SyncCommand::Kind::add      ? tags::add
                    : kind == SyncCommand::Kind::change ? tags::change
                    : kind == SyncCommand::Kind::remove ? tags::delete_
                                                        : tags::fetch);
            if (!result.client_id.empty()) to.text(tags::client_id, result.client_id);
            if (!result.server_id.empty()) to.text(tags::server_id, result.server_id);
            to.number(tags::status, result.status);
            const auto thread = answer.threads.find(result.server_id);
            const bool is_add = kind == SyncCommand::Kind::add;
            write_known(to, result, is_add && thread != answer.threads.end() ? &thread->second : nullptr);
            to.close();
        }
        to.append(answer.fetched);
        to.close();
    }
    if (answer.more) to.empty(tags::more_available);
    if (!answer.commands.empty()) {
        to.open(tags::commands);
        to.append(answer.commands);
        to.close();
    }
    to.close();
}

}  // namespace eas
