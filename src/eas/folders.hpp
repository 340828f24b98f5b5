// The folders of a mailbox as devices know them. Pure.
#pragma once
#include <optional>
#include <vector>

#include "eas/state/records.hpp"
#include "eas/syntax/folder_request.hpp"
#include "store/account.hpp"

namespace eas {

struct DeviceFolder {
    KnownFolder known;
    FolderRow row;
};
/// Parents before their children; by what FolderSync tells.
std::vector<DeviceFolder> device_folders(const store::FolderTree& tree);

std::vector<KnownFolder> known_folders(const std::vector<DeviceFolder>& folders);

/// What turns `before` into `now`.
FolderSyncAnswer folder_changes(const std::vector<KnownFolder>& before, const std::vector<DeviceFolder>& now);

/// The folder that devices may not rename or remove.
bool is_special(const store::FolderInfo& folder);

/// Of what devices may make: MS-ASCMD section 2.2.3.186.2. Nothing: no such type.
std::optional<store::FolderKind> kind_of(int type);

}  // namespace eas
