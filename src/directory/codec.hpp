// Codec: the directory's rows. A value is one format octet, tagged fields, and the CRC-32C of both; a reader
// skips tags that it does not know, so that a later version may add fields without a migration.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "directory/device_policies.hpp"
#include "directory/directory.hpp"

namespace directory {

/// A mailbox as it is stored: the truth of what belongs to it. Address and name rows are only an index to it.
struct MailboxRecord {
    Mailbox mailbox;
    bool active = false;               ///< false: add_mailbox() has not come to its end
    std::vector<std::string> pending;  ///< canonical addresses that a change under way is claiming
};

/// Credentials as stored: the plain password and its NT hash sealed.
struct StoredCredentials {
    std::string password_hash, scram_sha_1, scram_sha_256, sealed, sealed_nt_hash;
};

/// A device's, sealed.
struct RecoveryPassword {
    std::string device, password;
};
using RecoveryPasswords = std::vector<RecoveryPassword>;

std::string encode(const PostOffice& office);
std::string encode(const Domain& domain);
std::string encode(const Group& group);
std::string encode(const std::vector<DkimKey>& keys);
std::string encode(const MailboxRecord& record);
std::string encode(const StoredCredentials& credentials);
std::string encode(const DevicePolicy& policy);
std::string encode(const RecoveryPasswords& passwords);
std::string encode_account(base::AccountId account,
                           std::string_view text);  ///< an index row; text: the full key
std::string encode_number(std::uint64_t number);

// nullopt: the row is damaged.
std::optional<PostOffice> decode_office(std::string_view value);
std::optional<Domain> decode_domain(std::string_view value);
std::optional<Group> decode_group(std::string_view value);
std::optional<std::vector<DkimKey>> decode_dkim_keys(std::string_view value);
std::optional<MailboxRecord> decode_mailbox(std::string_view value);
std::optional<StoredCredentials> decode_credentials(std::string_view value);
std::optional<RecoveryPasswords> decode_recovery_passwords(std::string_view value);
struct IndexRow {
    base::AccountId account;
    std::string text;
};
std::optional<IndexRow> decode_account(std::string_view value);
std::optional<DevicePolicy> decode_policy(std::string_view value);
std::optional<std::uint64_t> decode_number(std::string_view value);

}  // namespace directory
