// GetItemEstimate and MoveItems: MS-ASCMD sections 2.2.2.7 and 2.2.2.10.
#include <algorithm>
#include <set>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "eas/session.hpp"
#include "eas/syntax/elements.hpp"
#include "eas/syntax/status.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

constexpr std::size_t moves_max = 1'000;  // of one request; a phone moves what fits its screen

namespace estimate_status {
constexpr int ok = 1, bad_collection = 2, not_primed = 3, bad_key = 4, bad_classes = 4;
}
namespace move_status {
constexpr int bad_source = 1, bad_destination = 2, ok = 3, same_folder = 4, failed = 5;
}

}  // namespace

/// How many changes a Sync with this key would bring.
awaitable<std::pair<int, std::size_t>> Session::estimate(wbxml::Element collection) {
    using Estimate = std::pair<int, std::size_t>;
    const auto id = parse_folder_id(collection.child(wbxml::getitemestimate::collection_id).text());
    const auto key = parse_sync_key(collection.child(wbxml::airsync::sync_key).text());
    const bool there = id && (*id == outbox_id || account_->folders()->find_any(*id) != nullptr);
    if (!there) co_return Estimate(estimate_status::bad_collection, 0);
    std::vector<base::FolderId> wanted{*id};
    const auto loaded = co_await services_->devices.load_more(key_, std::move(wanted), &rows_);
    const auto known = rows_.collections.find(*id);
    if (!loaded || known == rows_.collections.end() || (key && key->is_zero()))
        co_return Estimate(estimate_status::not_primed, 0);
    const wbxml::Element whole = collection.child(wbxml::airsync::conversation_mode);
    // MS-ASCMD section 2.2.3.36.1
    if (whole && (version_ < 140 || kind_of_folder(*id) != store::FolderKind::mail))
        co_return Estimate(status::invalid_xml, 0);
    const Collection& state = known->second;
    const bool conversations = whole ? whole.text() != "0" : state.conversations;
    const bool last = key && *key == state.key;
    const bool before = key && key->epoch == state.key.epoch && key->counter + 1 == state.key.counter;
    if (!last && !before) co_return Estimate(estimate_status::bad_key, 0);
    if (*id == outbox_id) co_return Estimate(estimate_status::ok, 0);
    // MS-ASCMD section 2.2.3.119.1: without a FilterType all that there is.
    ItemOptions options;
    if (!have_classes_that_go_together(collection)) co_return Estimate(estimate_status::bad_classes, 0);
    // Until 12.1 FilterType stands in the collection, later in its Options.
    const wbxml::Element given = collection.child(wbxml::airsync::options);
    if (!parse_options(collection, options) || (given && !parse_options(given, options)))
        co_return Estimate(status::invalid_xml, 0);
    const store::FolderKind kind = kind_of_folder(*id);
    if (!has_filter(kind, options.filter)) co_return Estimate(status::server_error, 0);
    auto folder = co_await account_->open(*id);
    if (!folder) co_return Estimate(estimate_status::ok, 0);  // a level of the hierarchy: it is empty
    const Cursor& cursor = last ? state.now : state.before;
    const store::SnapshotPtr now_there = (*folder)->snapshot();
    store::UidRanges vanished;
    if (needs_vanished(cursor, *now_there)) {
        auto found = co_await (*folder)->vanished_since(cursor.done, now_there);
        if (found) vanished = std::move(found->vanished);
    }
    PlanRequest request;
    request.now = now_there.get();
    request.vanished = &vanished;
    request.window = window_of(kind, options.filter);
    request.dated = kind != store::FolderKind::mail;
    request.conversations = shows_conversations(conversations);
    request.steps_max = SIZE_MAX;
    request.count_only = true;
    co_return Estimate(estimate_status::ok, plan_changes(cursor, request).count);
}

awaitable<Answer> Session::get_item_estimate() {
    namespace tags = wbxml::getitemestimate;
    std::string body;
    wbxml::Encoder to(body);
    to.open(tags::get_item_estimate);
    std::size_t seen = 0;
    std::set<std::string> ids;
    const auto executor = co_await boost::asio::this_coro::executor;
    for (const wbxml::Element one : root().child(tags::collections)) {
        if (one.tag() != tags::collection) break;
        if (++seen > limits().sync.collections_max || has_twins(one, wbxml::airsync::options))
            co_return common(status::invalid_xml);
        const std::string id(one.child(tags::collection_id).text());
        if (!ids.insert(id).second) co_return common(status::invalid_xml);
        co_await boost::asio::post(executor, boost::asio::use_awaitable);  // others get their turn
        const auto [status, count] = co_await estimate(one);
        if (status > 100) co_return common(status);
        to.open(tags::response);
        to.number(tags::status, status);
        if (status == estimate_status::ok) {
            to.open(tags::collection);
            if (version_ <= 121) {
                const auto folder = parse_folder_id(id);
                to.text(tags::class_, class_of(kind_of_folder(folder.value_or(base::FolderId()))));
            }
            to.text(tags::collection_id, id);
            to.number(tags::estimate, static_cast<std::int64_t>(count));
            to.close();
        }
        to.close();
    }
    to.close();
    if (seen == 0) co_return common(status::invalid_xml);
    co_return wbxml(std::move(body));
}

/// Nothing is done of a request with something else in it; an answer is about an item that has a name.
static bool are_moves(wbxml::Element root) {
    namespace tags = wbxml::move;
    std::size_t seen = 0;
    for (const wbxml::Element one : root)
        if (one.tag() != tags::move || ++seen > moves_max || has_twins(one, tags::dst_fld_id) ||
            one.child(tags::src_msg_id).text().empty())
            return false;
    return seen != 0;
}

awaitable<Answer> Session::move_items() {
    namespace tags = wbxml::move;
    if (!are_moves(root())) co_return common(status::invalid_xml);
    std::string body;
    wbxml::Encoder to(body);
    to.open(tags::move_items);
    for (const wbxml::Element one : root()) {
        const std::string from(one.child(tags::src_msg_id).text());
        const auto source_id = parse_folder_id(one.child(tags::src_fld_id).text());
        const auto destination_id = parse_folder_id(one.child(tags::dst_fld_id).text());
        const auto item = parse_item_id(from);
        std::string moved_to;
        int status = move_status::bad_source;
        OpenedFolder source, destination;
        if (item && source_id && item->folder == *source_id) {
            auto opened = co_await open_folder(*source_id);
            if (opened) source = std::move(*opened);
        }
        if (source.folder && source.folder->snapshot()->find(item->uid) != nullptr) {
            status = move_status::bad_destination;
            store::Result<OpenedFolder> opened = store::Error(store::Errc::not_found, "no such folder");
            if (destination_id) opened = co_await open_folder(*destination_id);
            // An item stays of its kind.
            if (opened && opened->kind == source.kind) destination = std::move(*opened);
        }
        // Section 2.2.3.167.9; and meetings stay where they are told of.
        bool stays = destination.folder && count_children(one, tags::dst_fld_id) > 1;
        if (destination.folder && !stays && (source.is_others || destination.is_others))
            stays = co_await may_be_meeting(source.folder, item->uid, source.kind);
        if (stays) {
            status = move_status::failed;
        } else if (destination.folder && *destination_id == *source_id) {
            status = move_status::same_folder;
        } else if (destination.folder) {
            store::UidRanges uids{{item->uid, item->uid}};
            const auto moved = co_await source.folder->move_to(destination.folder, std::move(uids));
            const bool done = moved && moved->destination.size() == 1;
            status = done ? move_status::ok : move_status::failed;
            if (done) moved_to = write_item_id({*destination_id, moved->destination.front()});
        }
        to.open(tags::response);
        to.text(tags::src_msg_id, from);
        to.number(tags::status, status);
        if (!moved_to.empty()) to.text(tags::dst_msg_id, moved_to);
        to.close();
    }
    to.close();
    co_return wbxml(std::move(body));
}

}  // namespace eas
