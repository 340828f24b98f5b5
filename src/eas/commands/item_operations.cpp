// ItemOperations and GetAttachment: MS-ASCMD sections 2.2.2.9 and 2.2.2.6; multipart answers: MS-ASHTTP
// section 2.2.3.1.1.
#include <algorithm>
#include <array>
#include <span>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/base64.hpp"
#include "eas/session.hpp"
#include "eas/stored_item.hpp"
#include "eas/syntax/elements.hpp"
#include "eas/syntax/multipart.hpp"
#include "eas/syntax/schema.hpp"
#include "eas/syntax/status.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

namespace tags = wbxml::itemoperations;

constexpr std::size_t operations_max = 200;  // of one request; a device fetches what fits its screen

namespace op_status {
constexpr int ok = 1, protocol_error = 2, server_error = 3, not_found = 6, bad_range = 8, unknown_store = 9,
              too_large = 11, no_attachment = 15, access_denied = 16;
}

int status_for(const store::Error& error) {
    switch (error.code()) {
        case store::Errc::not_found:
            return op_status::not_found;
        case store::Errc::limit:
            return op_status::too_large;
        case store::Errc::denied:
            return op_status::access_denied;
        default:
            return op_status::server_error;
    }
}

int attachment_status_for(const store::Error& error) {
    return error.is(store::Errc::not_found) ? op_status::no_attachment : status_for(error);
}

/// Nothing is done of a request with something else in it.
bool are_operations(wbxml::Element root) {
    std::size_t count = 0;
    for (const wbxml::Element one : root) {
        const bool known =
            one.tag() == tags::fetch || one.tag() == tags::empty_folder_contents || one.tag() == tags::move;
        if (!known || ++count > operations_max) return false;
    }
    return count != 0;
}

/// MS-ASCMD section 2.2.3.119.2: status 2 where another stands there.
constexpr std::array fetch_options{tags::schema,
                                   tags::range,
                                   tags::user_name,
                                   tags::password,
                                   wbxml::airsync::mime_support,
                                   wbxml::airsync::mime_truncation,  // of no use there, but sent
                                   wbxml::airsyncbase::body_preference,
                                   wbxml::airsyncbase::body_part_preference,
                                   wbxml::rightsmanagement::rights_management_support};
constexpr std::array empty_options{tags::delete_sub_folders};

bool are_options(wbxml::Element options, std::span<const wbxml::Tag> known) {
    for (const wbxml::Element one : options)
        if (std::ranges::find(known, one.tag()) == known.end()) return false;
    return true;
}

/// One Fetch of the request.
struct FetchRequest {
    std::string collection, server_id, long_id, reference;
    ItemOptions options;
    std::optional<PlaceRange> range;
    wbxml::Element schema;
    int status = op_status::ok;
};

FetchRequest read_fetch(wbxml::Element element, std::uint16_t version) {
    FetchRequest out;
    out.collection = element.child(wbxml::airsync::collection_id).text();
    out.server_id = element.child(wbxml::airsync::server_id).text();
    out.long_id = element.child(wbxml::search::long_id).text();
    out.reference = element.child(wbxml::airsyncbase::file_reference).text();
    const std::string_view store_name = element.child(tags::store).text();
    if (store_name != "Mailbox" && store_name != "mailbox")
        out.status = store_name.empty() ? op_status::protocol_error : op_status::unknown_store;
    const wbxml::Element options = element.child(tags::options);
    if (options && !parse_item_preferences(options, out.options)) out.status = op_status::protocol_error;
    if (version < 141) out.options.part.reset();
    if (!out.options.part_is_served()) out.status = status::part_type_not_supported;
    out.schema = options.child(tags::schema);
    // MS-ASCMD section 2.2.3.8: one attachment, and so on.
    if (has_twins(element)) out.status = op_status::protocol_error;
    if (!are_options(options, fetch_options)) out.status = op_status::protocol_error;
    if (const wbxml::Element range = options.child(tags::range)) {
        out.range = parse_range(range.text());
        if (!out.range) out.status = op_status::bad_range;
    }
    if (out.long_id.empty() && out.reference.empty() && (out.collection.empty() || out.server_id.empty()) &&
        out.status == op_status::ok)
        out.status = op_status::protocol_error;
    return out;
}

void write_ids(wbxml::Encoder& to, const FetchRequest& request, int status) {
    to.number(tags::status, status);
    const bool by_reference = !request.reference.empty();
    const bool by_long_id = !by_reference && !request.long_id.empty();
    if (!by_reference && !by_long_id && !request.collection.empty()) {
        to.text(wbxml::airsync::collection_id, request.collection);
        to.text(wbxml::airsync::server_id, request.server_id);
    }
    if (by_long_id) to.text(wbxml::search::long_id, request.long_id);
    if (by_reference) to.text(wbxml::airsyncbase::file_reference, request.reference);
}

/// There was no time for it: a text may be read to its end for a few octets of it.
void write_unfetched(wbxml::Encoder& to, wbxml::Element element, std::uint16_t version) {
    to.open(tags::fetch);
    write_ids(to, read_fetch(element, version), op_status::server_error);
    to.close();
}

}  // namespace

/// Where an attachment is: of a mail by its part, of an event by its name there. \errors not_found
awaitable<store::Result<AttachmentRequest>> Session::find_attachment(std::string reference) {
    const auto part = parse_part_id(reference);
    const auto file = parse_attachment_id(reference);
    if (!part && !file) co_return store::Error(store::Errc::not_found, "no such attachment");
    const ItemId item = part ? part->item : file->item;
    // Only events have names for files: a stranger's mail chooses its Content-IDs.
    if (file && kind_of_folder(item.folder) != store::FolderKind::calendar)
        co_return store::Error(store::Errc::not_found, "no such attachment");
    auto folder = co_await account_->open(item.folder);
    if (!folder) co_return folder.error();
    const store::SnapshotPtr now_there = (*folder)->snapshot();
    const store::Entry* entry = now_there->find(item.uid);
    if (entry == nullptr) co_return store::Error(store::Errc::not_found, "no such attachment");
    const store::Entry found = *entry;
    auto detail = co_await read_detail(*folder, found);
    if (!detail) co_return detail.error();
    AttachmentRequest out;
    out.folder = std::move(*folder);
    out.detail = std::move(*detail);
    if (part) out.part = part->part;
    if (file) {
        MessageOctets message(out.folder, out.detail);
        const auto opened = co_await message.open();
        if (!opened) co_return opened.error();
        const auto place = co_await find_file(&message, file->name);
        if (!place) co_return place.error();
        out.part = *place;
    }
    co_return out;
}

/// An attachment by its reference. \errors not_found, denied: by policy, limit: more than `octets_max`, or
/// than the policy allows
awaitable<store::Result<AttachmentOctets>> Session::fetch_attachment(std::string reference,
                                                                     std::optional<PlaceRange> range,
                                                                     std::size_t octets_max,
                                                                     std::uint64_t* read_room) {
    // MS-ASPROV section 2.2.2.22
    if (!held_.attachments) co_return store::Error(store::Errc::denied, "the policy allows no attachments");
    auto request = co_await find_attachment(std::move(reference));
    if (!request) co_return request.error();
    if (range) request->range = *range;
    request->octets_max = octets_max;
    request->total_max = held_.attachment_bytes_max;
    request->read_room = read_room;
    co_return co_await read_attachment(std::move(*request));
}

awaitable<void> Session::write_fetched_attachment(wbxml::Encoder* to, wbxml::Element element,
                                                  FetchedParts* parts) {
    const FetchRequest request = read_fetch(element, version_);
    int status = request.status;
    store::Result<AttachmentOctets> found = store::Error(store::Errc::not_found, "no such attachment");
    if (status == op_status::ok) {
        found = co_await fetch_attachment(request.reference, request.range, parts->room, &parts->read_room);
        if (!found) status = attachment_status_for(found.error());
        if (found && request.range && request.range->first >= found->total) status = op_status::bad_range;
    }
    to->open(tags::fetch);
    write_ids(*to, request, status);
    if (status == op_status::ok) {
        parts->room -= std::min(parts->room, found->octets.size());
        to->open(tags::properties);
        if (request.range) {  // only where it was asked for: iOS 10 takes it amiss otherwise
            const std::uint64_t last = request.range->first + found->octets.size() - 1;
            to->text(tags::range, std::to_string(request.range->first) + "-" + std::to_string(last));
            to->number(tags::total, static_cast<std::int64_t>(found->total));
        }
        to->text(wbxml::airsyncbase::content_type, found->type);
        if (parts->apart) {
            to->number(tags::part, static_cast<std::int64_t>(parts->octets.size() + 1));
            parts->octets.push_back(std::move(found->octets));
        } else {
            to->text(tags::data, base::base64_encode(found->octets));
        }
        to->close();
    }
    to->close();
}

awaitable<void> Session::write_fetched(wbxml::Encoder* to, wbxml::Element element, FetchedParts* parts) {
    const FetchRequest request = read_fetch(element, version_);
    int status = request.status;
    store::Result<MailItem> item = store::Error(store::Errc::not_found, "no such item");
    auto id = parse_item_id(request.long_id.empty() ? request.server_id : request.long_id);
    // Of that collection, or there is no such item.
    if (request.long_id.empty() && id && id->folder != parse_folder_id(request.collection)) id.reset();
    if (status == op_status::ok && id && is_item_folder(id->folder))
        co_return co_await write_fetched_item(to, element, *id, parts);
    if (status == op_status::ok) {
        store::FolderPtr folder;
        if (id) {
            auto opened = co_await account_->open(id->folder);
            if (opened) folder = std::move(*opened);
        }
        ItemOptions options = held_options(request.options, held_);
        options.octets_apart = parts->apart;
        if (folder) item = co_await fetch_item(folder, id->uid, std::move(options));
        if (!item) status = status_for(item.error());
        const std::size_t size = item ? text_octets(*item) : 0;
        if (size > parts->room) status = op_status::too_large;
        if (status == op_status::ok) parts->room -= size;
    }
    to->open(tags::fetch);
    write_ids(*to, request, status);
    if (item && status == op_status::ok) {
        to->text(wbxml::airsync::class_, "Email");
        if (parts->apart && item->body && item->body->has_data) {
            item->body->part = static_cast<std::uint32_t>(parts->octets.size() + 1);
            parts->octets.push_back(std::move(item->body->data));
        }
        write_by_schema(*to, request.schema, [&](wbxml::Encoder& out) {
            out.open(tags::properties);
            write_mail(out, *item, version_);
            out.close();
        });
    }
    to->close();
}

/// The same of a contact, an event, a task or a note.
awaitable<void> Session::write_fetched_item(wbxml::Encoder* to, wbxml::Element element, ItemId id,
                                            FetchedParts* parts) {
    const FetchRequest request = read_fetch(element, version_);
    const store::FolderKind kind = kind_of_folder(id.folder);
    store::Result<pim::Component> item = store::Error(store::Errc::not_found, "no such item");
    const auto folder = co_await account_->open(id.folder);
    if (folder) item = co_await fetch_stored(*folder, id.uid, kind);
    int status = item ? op_status::ok : status_for(item.error());
    // A note as HTML is up to five times as long.
    const std::size_t size = item ? 5 * pim::octets_of(*item) : 0;
    if (size > parts->room) status = op_status::too_large;
    if (status == op_status::ok) parts->room -= size;
    to->open(tags::fetch);
    write_ids(*to, request, status);
    if (status == op_status::ok) {
        to->text(wbxml::airsync::class_, class_of(kind));
        write_by_schema(*to, request.schema, [&](wbxml::Encoder& out) {
            out.open(tags::properties);
            write_item(out, kind, *item, item_view(request.options, id));
            out.close();
        });
    }
    to->close();
}

/// All that is in a folder, and on request what is below it. MS-ASCMD section 2.2.3.57.
awaitable<int> Session::empty_folder(base::FolderId id, bool with_folders) {
    const store::FolderTreePtr tree = account_->folders();
    const store::FolderInfo* info = tree->find(id);
    if (info == nullptr) co_return op_status::not_found;
    if (with_folders) {
        std::vector<std::string> below;
        for (const store::FolderInfo& folder : tree->folders)
            if (folder.name.starts_with(info->name + "/") && !is_special(folder))
                below.push_back(folder.name);
        std::ranges::sort(below, std::greater(), &std::string::size);
        for (const std::string& name : below) {
            const auto removed = co_await account_->remove(name);
            if (!removed && !removed.error().is(store::Errc::not_found))
                co_return status_for(removed.error());
        }
    }
    auto folder = co_await account_->open(id);
    if (!folder) co_return status_for(folder.error());
    store::UidRanges all{{base::Uid(1), base::Uid(UINT32_MAX)}};
    const auto removed = co_await (*folder)->remove(std::move(all));
    co_return removed ? op_status::ok : status_for(removed.error());
}

awaitable<void> Session::write_emptied(wbxml::Encoder* to, wbxml::Element element) {
    const std::string folder(element.child(wbxml::airsync::collection_id).text());
    const auto id = parse_folder_id(folder);
    const bool deep = static_cast<bool>(element.child(tags::options).child(tags::delete_sub_folders));
    int status = folder.empty() ? op_status::protocol_error : op_status::not_found;
    if (!are_options(element.child(tags::options), empty_options)) status = op_status::protocol_error;
    if (id && status != op_status::protocol_error) status = co_await empty_folder(*id, deep);
    to->open(tags::empty_folder_contents);
    to->number(tags::status, status);
    to->text(wbxml::airsync::collection_id, folder);
    to->close();
}

awaitable<Answer> Session::item_operations() {
    if (!are_operations(root()))
        co_return wbxml(write_status(Command::item_operations, op_status::protocol_error));
    FetchedParts parts;
    parts.apart = query_.accept_multipart || exchange_.field("MS-ASAcceptMultiPart") == "T";
    parts.room = limits().fetched_bytes_max;
    parts.read_room = limits().attachments_read_max;
    const Deadline until = deadline();
    const auto executor = co_await boost::asio::this_coro::executor;
    std::string body;
    wbxml::Encoder to(body);
    to.open(tags::item_operations);
    to.number(tags::status, op_status::ok);
    to.open(tags::response);
    for (const wbxml::Element one : root()) {
        co_await boost::asio::post(executor, boost::asio::use_awaitable);  // others get their turn
        if (one.tag() == tags::fetch && is_past(until)) {
            write_unfetched(to, one, version_);
        } else if (one.tag() == tags::fetch && one.child(wbxml::airsyncbase::file_reference)) {
            co_await write_fetched_attachment(&to, one, &parts);
        } else if (one.tag() == tags::fetch) {
            co_await write_fetched(&to, one, &parts);
        } else if (one.tag() == tags::empty_folder_contents) {
            co_await write_emptied(&to, one);
        } else {
            co_await write_moved(&to, one);
        }
    }
    to.close();
    to.close();
    if (!parts.apart) co_return wbxml(std::move(body));
    Answer out;
    out.type = "application/vnd.ms-sync.multipart";
    out.body = write_multipart(body, parts.octets);
    co_return out;
}

/// 12.1: the octets as they are. What is not there any more is answered 500: MS-ASCMD section 2.2.2.6.
awaitable<Answer> Session::get_attachment() {
    auto found =
        co_await fetch_attachment(query_.attachment_name, std::nullopt, limits().fetched_bytes_max, nullptr);
    if (!found) co_return http(found.error().is(store::Errc::denied) ? 403 : 500);
    Answer out;
    out.type = found->type;
    out.body = std::move(found->octets);
    co_return out;
}

}  // namespace eas
