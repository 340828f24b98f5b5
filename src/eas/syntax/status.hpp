// The status numbers that more than one file writes. MS-ASCMD section 2.2.2 (common), and those of commands.
#pragma once

namespace eas::status {

inline constexpr int ok = 1;

// Common, 14.0 and later.
inline constexpr int invalid_content = 101;
inline constexpr int invalid_wbxml = 102;
inline constexpr int invalid_xml = 103;
inline constexpr int invalid_time = 104;
inline constexpr int invalid_mime = 107;
inline constexpr int bad_device_id = 108;
inline constexpr int bad_device_type = 109;
inline constexpr int server_error = 110;
inline constexpr int server_error_retry = 111;
inline constexpr int mailbox_full = 113;
inline constexpr int sending_quota = 115;
inline constexpr int already_sent = 118;
inline constexpr int no_recipients = 119;
inline constexpr int submission_failed = 120;
inline constexpr int reply_failed = 121;
inline constexpr int attachment_too_large = 122;
inline constexpr int access_denied = 123;
inline constexpr int account_disabled = 124;
inline constexpr int device_blocked = 129;
inline constexpr int not_supported = 137;
inline constexpr int bad_version = 138;
inline constexpr int partial_policy = 139;
inline constexpr int remote_wipe = 140;
inline constexpr int not_provisionable = 141;
inline constexpr int not_provisioned = 142;
inline constexpr int policy_refresh = 143;
inline constexpr int invalid_policy_key = 144;
inline constexpr int managed_elsewhere = 145;
inline constexpr int no_recurrence = 146;
inline constexpr int item_not_found = 150;
inline constexpr int part_type_not_supported = 164;
inline constexpr int invalid_account = 166;
inline constexpr int part_too_large = 176;
inline constexpr int max_devices = 177;
inline constexpr int bad_combination = 178;
inline constexpr int bad_forwardees = 179;

}  // namespace eas::status

namespace eas::sync_status {

inline constexpr int ok = 1;
inline constexpr int invalid_key = 3;
inline constexpr int protocol_error = 4;
inline constexpr int server_error = 5;
inline constexpr int conversion = 6;
inline constexpr int conflict = 7;
inline constexpr int not_found = 8;
inline constexpr int no_space = 9;
inline constexpr int hierarchy_changed = 12;
inline constexpr int incomplete = 13;
inline constexpr int bad_wait = 14;
inline constexpr int too_many = 15;
inline constexpr int retry = 16;

}  // namespace eas::sync_status
