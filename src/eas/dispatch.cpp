// Which command is run by which member of Session.
#include "eas/session.hpp"
#include "eas/syntax/status.hpp"

namespace eas {

awaitable<Answer> Session::not_served() { co_return common(status::not_supported); }

/// No coroutine itself: its frame would have room for the answers of all commands, as long as a Ping waits.
awaitable<Answer> Session::run_command() {
    switch (query_.command) {
        case Command::sync:
            return sync();
        case Command::ping:
            return ping();
        case Command::provision:
            return provision();
        case Command::folder_sync:
            return folder_sync();
        case Command::folder_create:
            return folder_create();
        case Command::folder_update:
            return folder_update();
        case Command::folder_delete:
            return folder_delete();
        case Command::get_item_estimate:
            return get_item_estimate();
        case Command::send_mail:
        case Command::smart_reply:
        case Command::smart_forward:
            return compose();
        case Command::meeting_response:
            return meeting_response();
        case Command::move_items:
            return move_items();
        case Command::item_operations:
            return item_operations();
        case Command::get_attachment:
            return get_attachment();
        case Command::get_hierarchy:
            return get_hierarchy();
        case Command::settings:
            return settings();
        case Command::search:
            return search();
        case Command::find:
            return find();
        case Command::resolve_recipients:
            return resolve_recipients();
        case Command::validate_cert:
            return validate_cert();
        default:
            return not_served();
    }
}

}  // namespace eas
