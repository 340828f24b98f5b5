// A Sync request as values. MS-ASCMD section 2.2.2.20. Elements are views of the request's document.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eas/syntax/ids.hpp"
#include "eas/syntax/options.hpp"

namespace eas {

struct SyncLimits {
    std::size_t collections_max = 300;  ///< Status 15 says so; folders of one mailbox on one device
    std::size_t commands_max = 200;  ///< of one request: what iOS sends at most (MS-ASCMD section 2.2.3.32)
    std::uint32_t window_max = 512;  ///< MS-ASCMD section 2.2.3.199
    std::uint32_t window_default = 100;
};

struct SyncCommand {
    enum class Kind : std::uint8_t { add, change, remove, fetch };
    Kind kind = Kind::add;
    std::string_view client_id, server_id;
    wbxml::Element data;        ///< ApplicationData
    std::string_view instance;  ///< AirSyncBase:InstanceId, 16.0: one occurrence of a series
    bool send = false;          ///< Email2:Send, 16.0
};

struct SyncCollection {
    std::string_view id;   ///< as sent
    std::string_view key;  ///< as sent
    std::optional<bool> get_changes;
    std::optional<std::vector<std::uint16_t>> supported;  ///< tags; of the first Sync
    std::uint32_t window = 0;                             ///< 1 to window_max
    bool deletes_as_moves = true;
    std::optional<bool> conversations;  ///< ConversationMode, from 14.0 on; absent: as before
    std::optional<ItemOptions> options;
    std::vector<SyncCommand> commands;
    int status = 1;  ///< else: what is wrong with it (sync_status)
};

struct SyncRequest {
    std::vector<SyncCollection> collections;
    std::optional<std::uint32_t> wait_seconds;  ///< of Wait or HeartbeatInterval
    std::uint32_t window = 0;                   ///< for all collections; 0: none asked for
    bool partial = false;
    int status = 1;
    std::uint32_t limit = 0;  ///< with status 14 and 15: what would be taken
};

SyncRequest parse_sync(wbxml::Element root, std::uint16_t version, const SyncLimits& limits = {});

}  // namespace eas
