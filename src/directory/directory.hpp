// Directory: who exists. Post offices (tenants) own domains and mailboxes; a mailbox has one or more
// addresses and one account in the store. Kept in the store's engine, changed at run time by administration,
// read by every protocol.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "base/ids.hpp"
#include "base/secret.hpp"
#include "store/error.hpp"

namespace directory {

using boost::asio::awaitable;
using store::Errc;
using store::Error;
template <class T>
using Result = store::Result<T>;

struct PostOffice {
    std::string name;  ///< lower case letters, digits, '-' and '_'; unique
    bool enabled = true;
    std::uint32_t mailboxes_max = 0;  ///< 0: no limit
    std::uint64_t quota_bytes_default = 0;
    /// Where mail of its users for the world goes, mta::parse_smart_host(); empty: nothing is set.
    std::string smart_host;
    bool smart_host_trusted_only = false;  ///< not for mail that strangers sent and a mailbox redirects
    base::AccountId commons;  ///< of its public folders; 0: none yet. Set by Directory::commons() alone
    /// The server that has its mailboxes, where they name none; empty: this one.
    std::string node;
};

struct Domain {
    std::string name;  ///< lower case, A-labels (IDNA 2008)
    std::string post_office;
    bool enabled = true;
    std::string
        catch_all;  ///< an address of the post office that takes mail for unknown local parts; empty: none
    enum class Delivery : std::uint8_t {
        local,   ///< all its mailboxes are here
        split,   ///< what has no mailbox here goes on to the domain's MX: others are elsewhere
        backup,  ///< all goes on to the domain's MX, where its mailboxes are
    };
    Delivery delivery = Delivery::local;
    std::string smart_host;  ///< as PostOffice has it, and before that
    bool smart_host_trusted_only = false;
    std::string node;  ///< of mailboxes whose primary address is here; empty: the post office's
    enum class Seal : std::uint8_t { by_setting, yes, no };
    Seal arc_seal = Seal::by_setting;  ///< whether what its mailboxes and groups send on is sealed (RFC 8617)
};

/// An address that stands for others, of this server or of any.
struct Group {
    std::string address;
    std::string post_office;  ///< of its domain
    bool enabled = true;
    std::vector<std::string> members;
};

/// A key that mail of a domain is signed with (RFC 6376). Sealed in the store.
struct DkimKey {
    std::string selector;      ///< lower case letters, digits, '-' and '.'
    std::string pem;           ///< PKCS #8
    bool active = false;       ///< mail is signed with it: only once its record is in DNS
    bool testing = false;      ///< its record says t=y
    std::int64_t created = 0;  ///< seconds since 1970
};

/// What a client proves its password against. Each may be absent.
struct Credentials {
    std::string
        password_hash;  ///< argon2id "$argon2id$…", or an imported crypt(3) hash "$2b$…", "$6$…", "$y$…"
    std::string scram_sha_1;  ///< "iterations:salt:StoredKey:ServerKey" in base64 (RFC 5803's parts)
    std::string scram_sha_256;
    base::Secret plain;    ///< only where the post office allows CRAM-MD5 and APOP; sealed at rest
    base::Secret nt_hash;  ///< of MS-NLMP, 16 octets; only where NTLM is switched on; sealed at rest
};

/// What a secret (DkimKey::pem, a smart host with its password) begins with when the key that opens it is not
/// there, or another one. Whoever needs it waits for the key: mail must not go another way, or unsigned.
constexpr std::string_view sealed_mark = "sealed:";
inline bool is_sealed(std::string_view secret) { return secret.starts_with(sealed_mark); }

/// Whether secrets can be opened.
enum class Seals : std::uint8_t {
    none,    ///< nothing is sealed
    open,    ///< the key opens all secrets
    closed,  ///< the key is missing, or another one sealed some of them
};

struct Mailbox {
    base::AccountId account;
    std::string name;  ///< within its post office, lower case; login is name@post_office or any address
    std::string post_office;
    std::vector<std::string>
        addresses;  ///< canonical (lower-case A-label domain); the first is the primary one
    bool enabled = true;
    bool login_allowed = true;
    bool administrator = false;          ///< may see and set the quotas of all mailboxes of his post office
    std::uint64_t quota_bytes = 0;       ///< 0: no limit
    std::vector<std::string> redirects;  ///< addresses that its mail is sent on to
    bool keep_copy = true;               ///< of what is sent on
    /// The server that has it, by its name in the configuration; empty: that of the domain of its primary
    /// address. `node_here`: this one, whatever the domain and the post office say.
    std::string node;
};

constexpr std::string_view node_here = "here";
/// Letters, digits, '-', '_' and '.', 64 at most; or empty.
bool is_node_name(std::string_view name);

/// Where mail for an address goes.
struct Route {
    enum class Kind : std::uint8_t { mailbox, unknown_mailbox, disabled, foreign, group };
    Kind kind = Kind::foreign;
    base::AccountId account;
    std::string address;  ///< as the mailbox has it: without detail; the catch-all's own when that took it
    std::string node;     ///< the server that has the mailbox; empty: this one
    std::vector<std::string> members;  ///< of a group; of a mailbox: where its mail is sent on to
    bool keep_copy = true;             ///< of a mailbox that sends on
};

/// A mailbox with what it logs in by.
struct Login {
    Mailbox mailbox;
    Credentials credentials;
    bool post_office_enabled = true;
    std::string node;  ///< where the mailbox is, of all that say so; empty: here
};

/// Splits at the last '@' outside quotes, lower-cases the domain, turns U-labels into A-labels, keeps the
/// local part's case (lookups fold it). Empty: not an address. "postmaster" alone is accepted and keeps no
/// domain.
std::string canonical_address(std::string_view address);

/// Thread-safe; answers come from memory where they are hot.
class Directory {
public:
    virtual ~Directory() = default;

    /// For RCPT: never an error for an unknown address, only when the store does not answer. A subaddress
    /// ("user+detail@", RFC 5233) reaches the mailbox of "user@" unless it is an address of its own.
    virtual awaitable<Result<Route>> route(std::string address) = 0;
    /// For SASL: by "name@postoffice" or any address. \errors not_found
    virtual awaitable<Result<Login>> login(std::string name) = 0;
    virtual awaitable<Result<Mailbox>> mailbox(base::AccountId account) = 0;
    /// True when `address` may be used as sender by the account.
    virtual awaitable<Result<bool>> owns(base::AccountId account, std::string address) = 0;
    virtual awaitable<Result<bool>> is_local_domain(std::string domain) = 0;
    /// Keeps a new hash in place of an imported one after a successful login.
    virtual awaitable<Result<void>> update_credentials(base::AccountId account, Credentials credentials) = 0;

    // Administration. \errors exists, not_found, invalid (what() names the fault), limit
    virtual awaitable<Result<void>> add_post_office(PostOffice office) = 0;
    virtual awaitable<Result<void>> set_post_office(PostOffice office) = 0;
    virtual awaitable<Result<PostOffice>> post_office(std::string name) = 0;
    virtual awaitable<Result<std::vector<PostOffice>>> post_offices() = 0;
    /// The number of the account that holds the office's public folders, given at the first call; the caller
    /// makes the store's account. \errors not_found
    virtual awaitable<Result<base::AccountId>> commons(std::string post_office);
    /// Only an empty one. \errors denied
    virtual awaitable<Result<void>> remove_post_office(std::string name) = 0;
    virtual awaitable<Result<void>> add_domain(Domain domain) = 0;
    virtual awaitable<Result<void>> set_domain(Domain domain) = 0;
    virtual awaitable<Result<std::vector<Domain>>> domains(std::string post_office) = 0;  ///< "" = all
    virtual awaitable<Result<void>> remove_domain(std::string name) = 0;
    /// One domain, from memory where it is hot. \errors not_found
    virtual awaitable<Result<Domain>> find_domain(std::string name);
    /// `post_office` is that of the address's domain.
    virtual awaitable<Result<void>> add_group(Group group);
    virtual awaitable<Result<void>> set_group(Group group);
    virtual awaitable<Result<Group>> group(std::string address);
    virtual awaitable<Result<std::vector<Group>>> groups(std::string post_office);
    virtual awaitable<Result<void>> remove_group(std::string address);
    /// Of a domain, by selector; none, also for a domain that is not ours.
    virtual awaitable<Result<std::vector<DkimKey>>> dkim_keys(std::string domain);
    /// \errors exists, limit; not_found: the domain is not ours
    virtual awaitable<Result<void>> add_dkim_key(std::string domain, DkimKey key);
    /// All but the key itself may change.
    virtual awaitable<Result<void>> set_dkim_key(std::string domain, DkimKey key);
    virtual awaitable<Result<void>> remove_dkim_key(std::string domain, std::string selector);
    /// What unlocks a phone whose user has forgotten his own password; empty: none is kept. What the key does
    /// not open begins with `sealed_mark`.
    virtual awaitable<Result<base::Secret>> recovery_password(base::AccountId account, std::string device);
    /// Sealed; an empty one takes it away. \errors not_found: the mailbox; limit
    virtual awaitable<Result<void>> set_recovery_password(base::AccountId account, std::string device,
                                                          base::Secret password);
    /// Gives the account its number; the caller makes the store's account. Addresses must be in domains of
    /// the office.
    virtual awaitable<Result<Mailbox>> add_mailbox(Mailbox mailbox, Credentials credentials) = 0;
    virtual awaitable<Result<void>> set_mailbox(Mailbox mailbox) = 0;
    virtual awaitable<Result<std::vector<Mailbox>>> mailboxes(std::string post_office, std::string after,
                                                              std::size_t max) = 0;
    virtual awaitable<Result<void>> remove_mailbox(base::AccountId account) = 0;

    /// Clears what changes that a crash cut short have left; run once after start. Returns how many rows it
    /// mended. Nothing depends on it: leftovers are invisible and are taken over by later changes.
    virtual awaitable<Result<std::uint64_t>> mend();
    /// Tries the key on all secrets, and logs of whom some stay closed; where there are none, on passwords.
    virtual awaitable<Result<Seals>> check_seals();
};

}  // namespace directory
