#include "eas/syntax/folder_request.hpp"

#include "eas/syntax/elements.hpp"
#include "wbxml/encoder.hpp"
#include "wbxml/tags.hpp"

namespace eas {

namespace tags = wbxml::folderhierarchy;

FolderRequest parse_folder_request(wbxml::Element root, Command command) {
    FolderRequest out;
    out.key = root.child(tags::sync_key).text();
    out.server_id = root.child(tags::server_id).text();
    out.parent_id = root.child(tags::parent_id).text();
    out.display_name = root.child(tags::display_name).text();
    const auto type = root.child(tags::type).number();
    if (type && *type >= 0 && *type <= 255) out.type = static_cast<int>(*type);
    // MS-ASCMD section 2.2.3.72: Status is of answers.
    out.malformed = out.key.empty() || root.child(tags::status) || has_twins(root);
    for (const wbxml::Element child : root) out.malformed |= child.tag().page() != tags::sync_key.page();
    if (command == Command::folder_create)
        out.malformed |= out.parent_id.empty() || out.display_name.empty() || !type;
    if (command == Command::folder_update)
        out.malformed |= out.server_id.empty() || out.parent_id.empty() || out.display_name.empty();
    if (command == Command::folder_delete) out.malformed |= out.server_id.empty();
    return out;
}

namespace {

void write_row(wbxml::Encoder& to, wbxml::Tag tag, const FolderRow& row) {
    to.open(tag);
    to.text(tags::server_id, row.server_id);
    to.text(tags::parent_id, row.parent_id);
    to.text(tags::display_name, row.name);
    to.number(tags::type, static_cast<int>(row.type));
    to.close();
}

}  // namespace

std::string write_folder_sync(const FolderSyncAnswer& answer) {
    std::string out;
    wbxml::Encoder to(out);
    to.open(tags::folder_sync);
    to.number(tags::status, answer.status);
    if (answer.status == folder_status::ok) {
        to.text(tags::sync_key, answer.key);
        to.open(tags::changes);
        to.number(tags::count, static_cast<std::int64_t>(answer.updated.size() + answer.deleted.size() +
                                                         answer.added.size()));
        for (const FolderRow& row : answer.updated) write_row(to, tags::update, row);
        for (const std::string& id : answer.deleted) {
            to.open(tags::delete_);
            to.text(tags::server_id, id);
            to.close();
        }
        for (const FolderRow& row : answer.added) write_row(to, tags::add, row);
        to.close();
    }
    to.close();
    return out;
}

std::string write_hierarchy(const std::vector<FolderRow>& folders) {
    namespace tags = wbxml::folderhierarchy;
    std::string out;
    wbxml::Encoder to(out);
    to.open(tags::folders);
    for (const FolderRow& row : folders) {
        FolderType type = row.type;
        if (type == FolderType::user_mail) type = FolderType::generic;
        if (type > FolderType::outbox) continue;
        to.open(tags::folder);
        to.text(tags::display_name, row.name);
        to.text(tags::server_id, row.server_id);
        to.number(tags::type, static_cast<int>(type));
        to.text(tags::parent_id, row.parent_id);
        to.close();
    }
    to.close();
    return out;
}

std::string write_folder_change(Command command, int status, std::string_view key,
                                std::string_view server_id) {
    std::string out;
    wbxml::Encoder to(out);
    to.open(root_of(command));
    to.number(tags::status, status);
    if (!key.empty()) to.text(tags::sync_key, key);
    if (!server_id.empty()) to.text(tags::server_id, server_id);
    to.close();
    return out;
}

}  // namespace eas
