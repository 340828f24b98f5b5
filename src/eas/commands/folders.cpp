// FolderSync, FolderCreate, FolderUpdate, FolderDelete: MS-ASCMD sections 2.2.2.3 to 2.2.2.6. They share one
// key. GetHierarchy has none.
#include <algorithm>

#include "eas/session.hpp"
#include "eas/syntax/status.hpp"

namespace eas {
namespace {

/// What the store's words are here.
int status_for(const store::Error& error) {
    switch (error.code()) {
        case store::Errc::exists:
            return folder_status::exists;
        case store::Errc::not_found:
            return folder_status::not_found;
        case store::Errc::denied:
            return folder_status::special;
        case store::Errc::invalid:
        case store::Errc::limit:
            return folder_status::malformed;
        default:
            return folder_status::server_error;
    }
}

bool is_name(std::string_view name) {
    return !name.empty() && name.size() <= 255 && name.find('/') == std::string_view::npos;
}

}  // namespace

bool Session::hierarchy_key_fits(std::string_view key) const {
    const auto parsed = parse_sync_key(key);
    return parsed && rows_.hierarchy && *parsed == rows_.hierarchy->key;
}

/// Of 12.1 alone: newer devices are told by FolderSync.
awaitable<Answer> Session::get_hierarchy() {
    if (version_ > 121) co_return common(status::not_supported);
    const store::FolderTreePtr tree = account_->folders();
    std::vector<FolderRow> rows;
    for (DeviceFolder& folder : device_folders(*tree)) rows.push_back(std::move(folder.row));
    co_return wbxml(write_hierarchy(rows));
}

awaitable<Answer> Session::folder_sync() {
    const FolderRequest request = parse_folder_request(root(), Command::folder_sync);
    const auto made = co_await account_->make_item_folders();
    if (!made) co_return failed(made.error());
    FolderSyncAnswer out;
    const auto key = parse_sync_key(request.key);
    if (request.malformed) {
        out.status = folder_status::malformed;
        co_return wbxml(write_folder_sync(out));
    }
    std::optional<Hierarchy>& state = rows_.hierarchy;
    const bool first = key && key->is_zero();
    const bool again = key && state && key->epoch == state->key.epoch &&
                       key->counter + 1 == state->key.counter && !key->is_zero();
    if (!first && !again && !(key && state && *key == state->key)) {
        out.status = folder_status::invalid_key;
        co_return wbxml(write_folder_sync(out));
    }
    Hierarchy next;
    if (first) {
        next.key.epoch = static_cast<std::uint32_t>(services_->random.number() | 1U);
        changes_.all_collections_forgotten = true;  // MS-ASCMD section 2.2.3.181.3: all folders start anew
    } else {
        next.key.epoch = state->key.epoch;
        next.before = again ? state->before : state->now;
        next.key.counter = key->counter;
    }
    ++next.key.counter;
    const std::vector<DeviceFolder> folders = device_folders(*account_->folders());
    next.now = known_folders(folders);
    out = folder_changes(next.before, folders);
    for (const std::string& gone : out.deleted)
        if (const auto id = parse_folder_id(gone)) changes_.forgotten.push_back(*id);
    // Nothing new: the key stays, and no row is written.
    const bool quiet = !first && !again && out.added.empty() && out.updated.empty() && out.deleted.empty();
    out.key = quiet ? write_sync_key(state->key) : write_sync_key(next.key);
    if (!quiet) {
        state = std::move(next);
        changes_.hierarchy = true;
    }
    Answer answer = wbxml(write_folder_sync(out));
    if (first) {  // how devices learn that the server speaks more than before
        answer.fields.emplace_back("MS-ASProtocolVersions", offered_versions());
        answer.fields.emplace_back("MS-ASProtocolCommands", offered_commands());
        answer.fields.emplace_back("X-MS-RP", offered_versions());
    }
    co_return answer;
}

/// The device knows of its own change: it becomes part of what the new key means.
Answer Session::folder_changed(int status, std::string_view server_id) {
    if (status != folder_status::ok) return wbxml(write_folder_change(query_.command, status, {}, {}));
    Hierarchy& state = *rows_.hierarchy;
    std::vector<KnownFolder> next = state.now;
    const std::vector<KnownFolder> there = known_folders(device_folders(*account_->folders()));
    const auto id = parse_folder_id(server_id);
    const bool gone = query_.command == Command::folder_delete;
    std::erase_if(next, [&](const KnownFolder& known) {
        const bool below =
            gone && std::ranges::find(changes_.forgotten, known.id) != changes_.forgotten.end();
        return below || (id && known.id == *id);
    });
    for (const KnownFolder& known : there)
        if (!gone && id && known.id == *id) next.push_back(known);
    std::ranges::sort(next, {}, &KnownFolder::id);
    state.before = std::move(state.now);
    state.now = std::move(next);
    ++state.key.counter;
    changes_.hierarchy = true;
    const bool made = query_.command == Command::folder_create;
    return wbxml(write_folder_change(query_.command, status, write_sync_key(state.key),
                                     made ? server_id : std::string_view()));
}

awaitable<Answer> Session::folder_create() {
    const FolderRequest request = parse_folder_request(root(), Command::folder_create);
    if (request.malformed || !is_name(request.display_name))
        co_return folder_changed(folder_status::malformed, {});
    if (!hierarchy_key_fits(request.key)) co_return folder_changed(folder_status::invalid_key, {});
    const auto kind = kind_of(request.type);
    if (!kind) co_return folder_changed(folder_status::malformed, {});
    std::string name(request.display_name);
    if (request.parent_id != "0") {
        const auto parent = parse_folder_id(request.parent_id);
        const store::FolderTreePtr tree = account_->folders();
        const store::FolderInfo* info = parent ? tree->find_any(*parent) : nullptr;
        if (info == nullptr || info->kind != *kind) co_return folder_changed(folder_status::no_parent, {});
        name = info->name + "/" + name;
    } else {
        const auto joined = co_await account_->subscribe_to(name, *kind);
        // Section 2.2.3.177.3: the name is in order, and it is the server that shows no more.
        const bool full = !joined && joined.error().is(store::Errc::limit);
        if (full) co_return folder_changed(folder_status::server_error, {});
        if (!joined) co_return folder_changed(status_for(joined.error()), {});
        if (*joined) co_return join_shared(**joined, name);
    }
    if (*kind != store::FolderKind::mail) {
        const auto item_folder = co_await account_->create_items(std::move(name), *kind);
        if (!item_folder) co_return folder_changed(status_for(item_folder.error()), {});
        const std::string id = write_folder_id(item_folder->id);
        co_return folder_changed(folder_status::ok, id);
    }
    const auto made = co_await account_->create(name, store::SpecialUse::none);
    if (!made) co_return folder_changed(status_for(made.error()), {});
    const auto subscribed = co_await account_->set_subscribed(made->name, true);
    if (!subscribed) co_return folder_changed(status_for(subscribed.error()), {});
    const std::string id = write_folder_id(made->id);
    co_return folder_changed(folder_status::ok, id);
}

awaitable<Answer> Session::folder_update() {
    const FolderRequest request = parse_folder_request(root(), Command::folder_update);
    if (request.malformed || !is_name(request.display_name))
        co_return folder_changed(folder_status::malformed, {});
    if (!hierarchy_key_fits(request.key)) co_return folder_changed(folder_status::invalid_key, {});
    const store::FolderTreePtr tree = account_->folders();
    const auto id = parse_folder_id(request.server_id);
    const store::FolderInfo* info = id ? tree->find_any(*id) : nullptr;
    if (id == outbox_id) co_return folder_changed(folder_status::exists, {});
    if (info == nullptr) co_return folder_changed(folder_status::not_found, {});
    if (is_special(*info) || account_->is_shared(info->id))
        co_return folder_changed(folder_status::exists, {});  // section 2.2.3.177.6
    std::string name(request.display_name);
    if (request.parent_id != "0") {
        const auto parent = parse_folder_id(request.parent_id);
        const store::FolderInfo* above = parent ? tree->find_any(*parent) : nullptr;
        if (above == nullptr || above->kind != info->kind || account_->is_shared(above->id))
            co_return folder_changed(folder_status::no_parent, {});
        name = above->name + "/" + name;
    }
    if (name != info->name) {
        const std::string from = info->name;
        store::Result<void> renamed;
        if (info->kind == store::FolderKind::mail) {
            renamed = co_await account_->rename(from, std::move(name));
        } else {
            renamed = co_await account_->rename_items(from, std::move(name));
        }
        if (!renamed) co_return folder_changed(status_for(renamed.error()), {});
    }
    co_return folder_changed(folder_status::ok, request.server_id);
}

awaitable<Answer> Session::folder_delete() {
    const FolderRequest request = parse_folder_request(root(), Command::folder_delete);
    if (request.malformed) co_return folder_changed(folder_status::malformed, {});
    if (!hierarchy_key_fits(request.key)) co_return folder_changed(folder_status::invalid_key, {});
    const store::FolderTreePtr tree = account_->folders();
    const auto id = parse_folder_id(request.server_id);
    const store::FolderInfo* info = id ? tree->find_any(*id) : nullptr;
    if (id == outbox_id) co_return folder_changed(folder_status::special, {});
    if (info == nullptr) co_return folder_changed(folder_status::not_found, {});
    if (account_->is_shared(info->id)) co_return co_await leave_shared(info, request.server_id);
    if (is_special(*info)) co_return folder_changed(folder_status::special, {});
    // What is below goes with it, the deepest first.
    std::vector<const store::FolderInfo*> doomed;
    const bool is_mail = info->kind == store::FolderKind::mail;
    for (const store::FolderInfo& folder : is_mail ? tree->folders : tree->items)
        if (folder.id == info->id || folder.name.starts_with(info->name + "/")) doomed.push_back(&folder);
    if (std::ranges::any_of(doomed, [](const store::FolderInfo* one) { return is_special(*one); }))
        co_return folder_changed(folder_status::special, {});
    std::ranges::sort(doomed, std::greater(), [](const store::FolderInfo* one) { return one->name.size(); });
    for (const store::FolderInfo* folder : doomed) {
        store::Result<void> removed;
        if (is_mail) {
            removed = co_await account_->remove(folder->name);
        } else {
            removed = co_await account_->remove_items(folder->name);
        }
        if (!removed && !removed.error().is(store::Errc::not_found))
            co_return folder_changed(status_for(removed.error()), {});
        changes_.forgotten.push_back(folder->id);
    }
    co_return folder_changed(folder_status::ok, request.server_id);
}

}  // namespace eas
