// The commands of ActiveSync by name and code. MS-ASHTTP section 2.2.1.1.1.1.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wbxml/tag.hpp"

namespace eas {

enum class Command : std::uint8_t {
    sync = 0,
    send_mail = 1,
    smart_forward = 2,
    smart_reply = 3,
    get_attachment = 4,
    get_hierarchy = 5,  ///< as servers of 2.5 have it; MS-ASHTTP names no code
    folder_sync = 9,
    folder_create = 10,
    folder_delete = 11,
    folder_update = 12,
    move_items = 13,
    get_item_estimate = 14,
    meeting_response = 15,
    search = 16,
    settings = 17,
    ping = 18,
    item_operations = 19,
    provision = 20,
    resolve_recipients = 21,
    validate_cert = 22,
    find = 23,
};

std::optional<Command> command_named(std::string_view name);  ///< as it is spelled; any other: none
std::optional<Command> command_coded(std::uint8_t code);
std::string_view name_of(Command command);
/// The root element of its requests and answers.
wbxml::Tag root_of(Command command);
/// The Status of that element.
wbxml::Tag status_of(Command command);
/// `<Root><Status>n</Status></Root>`: an answer that says no more.
std::string write_status(Command command, int status);

/// What this server serves, for MS-ASProtocolCommands: devices use no more than it names.
std::string_view offered_commands();
/// 12.1 is 121. For MS-ASProtocolVersions.
std::string_view offered_versions();
/// "16.1" is 161; 0: none that is served.
std::uint16_t parse_version(std::string_view text);
bool is_served(std::uint16_t version);

}  // namespace eas
