// FolderSync, FolderCreate, FolderUpdate, FolderDelete and GetHierarchy: requests as values, answers as
// WBXML. MS-ASCMD sections 2.2.2.3 to 2.2.2.7.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "eas/syntax/command.hpp"
#include "wbxml/document.hpp"

namespace eas {

/// Type of a folder: MS-ASCMD section 2.2.3.186.3.
enum class FolderType : std::uint8_t {
    generic = 1,
    inbox = 2,
    drafts = 3,
    deleted = 4,
    sent = 5,
    outbox = 6,
    tasks = 7,
    calendar = 8,
    contacts = 9,
    notes = 10,
    user_mail = 12,
    user_calendar = 13,
    user_contacts = 14,
    user_tasks = 15,
    user_notes = 17,
};

namespace folder_status {
inline constexpr int ok = 1;
inline constexpr int exists = 2;
inline constexpr int special = 3;
inline constexpr int not_found = 4;
inline constexpr int no_parent = 5;
inline constexpr int server_error = 6;
inline constexpr int invalid_key = 9;
inline constexpr int malformed = 10;
}  // namespace folder_status

struct FolderRequest {
    std::string_view key;
    std::string_view server_id, parent_id, display_name;
    int type = 0;
    bool malformed = false;  ///< something that the command needs is not there
};
FolderRequest parse_folder_request(wbxml::Element root, Command command);

struct FolderRow {
    std::string server_id, parent_id, name;  ///< parent "0": the root
    FolderType type = FolderType::user_mail;
};

struct FolderSyncAnswer {
    int status = folder_status::ok;
    std::string key;
    std::vector<FolderRow> updated, added;
    std::vector<std::string> deleted;
};
std::string write_folder_sync(const FolderSyncAnswer& answer);
/// GetHierarchy: MS-ASCMD section 2.2.2.7. Folders of mail alone, by the types that it knows.
std::string write_hierarchy(const std::vector<FolderRow>& folders);
/// Of the three others. `server_id`: of a folder that was made.
std::string write_folder_change(Command command, int status, std::string_view key,
                                std::string_view server_id);

}  // namespace eas
