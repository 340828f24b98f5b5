// Records: what is kept of a device, as values and as the octets of rows. Pure. Decoders take any octets:
// nothing on damage. docs/activesync.md lists the rows.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "eas/state/cursor.hpp"
#include "eas/syntax/ids.hpp"
#include "eas/syntax/options.hpp"
#include "eas/syntax/provision_request.hpp"
#include "eas/syntax/settings_request.hpp"

namespace eas {

/// Row d.
struct Device {
    enum class Access : std::uint8_t { allowed, blocked, wipe, wipe_account, wiped };
    static constexpr std::uint16_t account_wipe_version = 161;  ///< from there on one account can be wiped

    std::string id, type, user_agent;
    std::uint16_t version = 0;  ///< of the last request
    std::int64_t first_seen = 0, last_seen = 0;
    Access access = Access::allowed;
    std::uint32_t policy_key = 0;      ///< that the device has acknowledged; 0: none
    std::uint32_t temporary_key = 0;   ///< given, not acknowledged
    std::uint32_t previous_key = 0;    ///< replaced by policy_key, while the device may not know it yet
    std::uint64_t policy = 0;          ///< a hash of what policy_key stands for; 0: nothing is demanded
    std::uint64_t offered_policy = 0;  ///< of temporary_key
    DeviceInformation information;
    // Of the last full Ping and Sync: what an empty one means.
    std::uint32_t ping_seconds = 0;
    std::vector<base::FolderId> ping_folders;
    std::vector<base::FolderId> sync_folders;
    std::uint32_t sync_wait_seconds = 0, sync_window = 0;
    bool sync_cached = false;
    std::vector<std::uint64_t> sent;  ///< hashes of the ClientIds of messages sent, oldest first

    bool operator==(const Device&) const = default;
};
constexpr std::size_t sent_kept_max = 32;

/// Row h: the folders that the device knows.
struct KnownFolder {
    base::FolderId id;
    std::uint64_t hash = 0;  ///< of parent, name and type
    bool operator==(const KnownFolder&) const = default;
};
struct Hierarchy {
    SyncKey key;                           ///< that was given last
    std::vector<KnownFolder> before, now;  ///< of the key before, and of this one; by id
    bool operator==(const Hierarchy&) const = default;
};

/// An attachment that the device has added, by its name for it, and what it is to call it now.
struct KnownAttachment {
    std::string client_id, reference;
    bool operator==(const KnownAttachment&) const = default;
};

/// What became of a command of the device, to be told again.
struct CommandResult {
    std::uint8_t kind = 0;  ///< SyncCommand::Kind
    int status = 1;
    std::string client_id, server_id;
    std::string uid;  ///< of an event that was added, from 16.0 on
    std::vector<KnownAttachment> attachments;
    bool operator==(const CommandResult&) const = default;
};

/// Row c<folder>: one folder on this device.
struct Collection {
    SyncKey key;  ///< that was given last
    Cursor before, now;
    ItemOptions options;
    bool deletes_as_moves = true;
    bool conversations = false;  ///< ConversationMode
    std::uint32_t window = 100;
    // Of the request that brought `key`: when it comes again, its commands are not done again.
    std::uint64_t commands_hash = 0;
    std::vector<CommandResult> results;
    /// Nobody knows what became of all of the last request's commands: it comes again under the same key, and
    /// `results` are what is known.
    bool unsettled = false;
    std::uint8_t repeats = 0;  ///< how often it came again
    /// Supported of the first Sync: the tags of the properties that the device manages.
    std::optional<std::vector<std::uint16_t>> supported;
    bool operator==(const Collection&) const = default;
};

std::string encode(const Device& device);
std::string encode(const Hierarchy& hierarchy);
std::string encode(const Collection& collection);
/// Row o of the mailbox: its out-of-office answer.
std::string encode(const OutOfOffice& oof);
std::optional<Device> decode_device(std::string_view row);
std::optional<Hierarchy> decode_hierarchy(std::string_view row);
std::optional<Collection> decode_collection(std::string_view row);
std::optional<OutOfOffice> decode_oof(std::string_view row);

/// Row m of the mailbox: conversations that are moved always, by last_seen.
struct MovedConversation {
    base::ThreadId conversation;
    base::FolderId folder;
    std::int64_t last_seen = 0;  ///< when it was set, or when a message of it came lately
    bool operator==(const MovedConversation&) const = default;
};
std::string encode(const std::vector<MovedConversation>& moved);
std::optional<std::vector<MovedConversation>> decode_moved(std::string_view row);

/// Rows r<hash>-<note> and u<hash>-<note> of the mailbox: somebody whom its out-of-office answer went to.
struct AnsweredSender {
    std::int64_t when = 0;     ///< seconds since 1970
    std::uint64_t answer = 0;  ///< a hash of what was said: who changes it begins anew
    bool operator==(const AnsweredSender&) const = default;
};
std::string encode(const AnsweredSender& answered);
std::optional<AnsweredSender> decode_answered(std::string_view row);

}  // namespace eas
