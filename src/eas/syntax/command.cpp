#include "eas/syntax/command.hpp"

#include <array>

#include "wbxml/encoder.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

struct Row {
    Command command;
    std::string_view name;
    wbxml::Tag root;
    wbxml::Tag status;
    wbxml::Tag around = {};  ///< the status; none: it stands in the root
};

constexpr std::array table{
    Row{Command::sync, "Sync", wbxml::airsync::sync, wbxml::airsync::status},
    Row{Command::send_mail, "SendMail", wbxml::composemail::send_mail, wbxml::composemail::status},
    Row{Command::smart_forward, "SmartForward", wbxml::composemail::smart_forward,
        wbxml::composemail::status},
    Row{Command::smart_reply, "SmartReply", wbxml::composemail::smart_reply, wbxml::composemail::status},
    Row{Command::get_attachment, "GetAttachment", wbxml::Tag(), wbxml::Tag()},
    Row{Command::get_hierarchy, "GetHierarchy", wbxml::Tag(), wbxml::Tag()},
    Row{Command::folder_sync, "FolderSync", wbxml::folderhierarchy::folder_sync,
        wbxml::folderhierarchy::status},
    Row{Command::folder_create, "FolderCreate", wbxml::folderhierarchy::folder_create,
        wbxml::folderhierarchy::status},
    Row{Command::folder_delete, "FolderDelete", wbxml::folderhierarchy::folder_delete,
        wbxml::folderhierarchy::status},
    Row{Command::folder_update, "FolderUpdate", wbxml::folderhierarchy::folder_update,
        wbxml::folderhierarchy::status},
    Row{Command::move_items, "MoveItems", wbxml::move::move_items, wbxml::move::status},
    Row{Command::get_item_estimate, "GetItemEstimate", wbxml::getitemestimate::get_item_estimate,
        wbxml::getitemestimate::status},
    Row{Command::meeting_response, "MeetingResponse", wbxml::meetingresponse::meeting_response,
        wbxml::meetingresponse::status, wbxml::meetingresponse::result},
    Row{Command::search, "Search", wbxml::search::search, wbxml::search::status},
    Row{Command::settings, "Settings", wbxml::settings::settings, wbxml::settings::status},
    Row{Command::ping, "Ping", wbxml::ping::ping, wbxml::ping::status},
    Row{Command::item_operations, "ItemOperations", wbxml::itemoperations::item_operations,
        wbxml::itemoperations::status},
    Row{Command::provision, "Provision", wbxml::provision::provision, wbxml::provision::status},
    Row{Command::resolve_recipients, "ResolveRecipients", wbxml::resolverecipients::resolve_recipients,
        wbxml::resolverecipients::status},
    Row{Command::validate_cert, "ValidateCert", wbxml::validatecert::validate_cert,
        wbxml::validatecert::status},
    Row{Command::find, "Find", wbxml::find::find, wbxml::find::status},
};

constexpr std::array<std::uint16_t, 5> versions{121, 140, 141, 160, 161};

const Row* row_of(Command command) {
    for (const Row& row : table)
        if (row.command == command) return &row;
    return nullptr;
}

}  // namespace

std::optional<Command> command_named(std::string_view name) {
    for (const Row& row : table)
        if (row.name == name) return row.command;
    return std::nullopt;
}

std::optional<Command> command_coded(std::uint8_t code) {
    for (const Row& row : table)
        if (static_cast<std::uint8_t>(row.command) == code) return row.command;
    return std::nullopt;
}

std::string_view name_of(Command command) {
    const Row* row = row_of(command);
    return row != nullptr ? row->name : std::string_view();
}

wbxml::Tag root_of(Command command) {
    const Row* row = row_of(command);
    return row != nullptr ? row->root : wbxml::Tag();
}

wbxml::Tag status_of(Command command) {
    const Row* row = row_of(command);
    return row != nullptr ? row->status : wbxml::Tag();
}

std::string write_status(Command command, int status) {
    std::string out;
    const Row* row = row_of(command);
    if (row == nullptr || row->root == wbxml::Tag()) return out;
    wbxml::Encoder to(out);
    to.open(row->root);
    if (row->around != wbxml::Tag()) to.open(row->around);
    to.number(row->status, status);
    if (row->around != wbxml::Tag()) to.close();
    to.close();
    return out;
}

std::string_view offered_commands() {
    return "Sync,SendMail,SmartForward,SmartReply,GetAttachment,GetHierarchy,FolderSync,FolderCreate,"
           "FolderDelete,FolderUpdate,MoveItems,GetItemEstimate,MeetingResponse,Search,Settings,Ping,"
           "ItemOperations,"
           "Provision,ResolveRecipients,ValidateCert,Find";
}

std::string_view offered_versions() { return "12.1,14.0,14.1,16.0,16.1"; }

std::uint16_t parse_version(std::string_view text) {
    if (text.size() != 4 || text[2] != '.') return 0;
    const char digits[3] = {text[0], text[1], text[3]};
    unsigned number = 0;
    for (const char digit : digits) {
        if (digit < '0' || digit > '9') return 0;
        number = number * 10 + static_cast<unsigned>(digit - '0');
    }
    return is_served(static_cast<std::uint16_t>(number)) ? static_cast<std::uint16_t>(number) : 0;
}

bool is_served(std::uint16_t version) {
    for (const std::uint16_t one : versions)
        if (one == version) return true;
    return false;
}

}  // namespace eas
