// StoreDirectory: the directory over an engine.
//
// The mailbox row (MailboxRecord) is the truth of which name and addresses a mailbox owns; name and address
// rows only lead to it. Both are different partitions, so a change goes in steps, each of which a crash may
// be the last:
//   1. write the claims into the mailbox row as pending;   2. write the name and address rows;
//   3. turn pending into owned: from here on it has happened;   4. erase rows of what is owned no more.
// A row that leads to a mailbox which does not own it leads nowhere for a reader, and a later claim takes it
// over, after striking it from the other's pending ones (the other's step 3 then fails). mend() clears the
// leftovers.
//
// Within the process changes go one at a time; other nodes are kept out by the partitions' versions.
#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "directory/address.hpp"
#include "directory/cache.hpp"
#include "directory/codec.hpp"
#include "directory/make_directory.hpp"
#include "directory/sealer.hpp"
#include "directory/turnstile.hpp"
#include "store/engine/engine.hpp"

namespace directory {

class StoreDirectory final : public Directory {
public:
    StoreDirectory(store::engine::Engine& engine, Options options);

    awaitable<Result<Route>> route(std::string address) override;
    awaitable<Result<Login>> login(std::string name) override;
    awaitable<Result<Mailbox>> mailbox(base::AccountId account) override;
    awaitable<Result<bool>> owns(base::AccountId account, std::string address) override;
    awaitable<Result<bool>> is_local_domain(std::string domain) override;
    awaitable<Result<void>> update_credentials(base::AccountId account, Credentials credentials) override;

    awaitable<Result<void>> add_post_office(PostOffice office) override;
    awaitable<Result<void>> set_post_office(PostOffice office) override;
    awaitable<Result<PostOffice>> post_office(std::string name) override;
    awaitable<Result<std::vector<PostOffice>>> post_offices() override;
    awaitable<Result<base::AccountId>> commons(std::string post_office) override;
    awaitable<Result<void>> remove_post_office(std::string name) override;
    awaitable<Result<void>> add_domain(Domain domain) override;
    awaitable<Result<void>> set_domain(Domain domain) override;
    awaitable<Result<std::vector<Domain>>> domains(std::string post_office) override;
    awaitable<Result<void>> remove_domain(std::string name) override;
    awaitable<Result<Domain>> find_domain(std::string name) override;
    awaitable<Result<void>> add_group(Group group) override;
    awaitable<Result<void>> set_group(Group group) override;
    awaitable<Result<Group>> group(std::string address) override;
    awaitable<Result<std::vector<Group>>> groups(std::string post_office) override;
    awaitable<Result<void>> remove_group(std::string address) override;
    awaitable<Result<std::vector<DkimKey>>> dkim_keys(std::string domain) override;
    awaitable<Result<void>> add_dkim_key(std::string domain, DkimKey key) override;
    awaitable<Result<void>> set_dkim_key(std::string domain, DkimKey key) override;
    awaitable<Result<void>> remove_dkim_key(std::string domain, std::string selector) override;
    awaitable<Result<base::Secret>> recovery_password(base::AccountId account, std::string device) override;
    awaitable<Result<void>> set_recovery_password(base::AccountId account, std::string device,
                                                  base::Secret password) override;
    awaitable<Result<Mailbox>> add_mailbox(Mailbox mailbox, Credentials credentials) override;
    awaitable<Result<void>> set_mailbox(Mailbox mailbox) override;
    awaitable<Result<std::vector<Mailbox>>> mailboxes(std::string post_office, std::string after,
                                                      std::size_t max) override;
    awaitable<Result<void>> remove_mailbox(base::AccountId account) override;
    awaitable<Result<std::uint64_t>> mend() override;
    awaitable<Result<Seals>> check_seals() override;

private:
    using Rows = store::engine::Rows;
    struct Change {
        std::vector<store::engine::Row> put;
        std::vector<std::string> erase;
    };
    /// Looks at rows and says what to change; asked again when somebody else was faster, or when it is
    /// unknown whether the change happened, so it must recognise its own work.
    using Decide = std::function<Result<Change>(const Rows&)>;
    struct Entry {
        MailboxRecord record;
        StoredCredentials credentials;
    };
    // Shared by the cache and the readers, which may outlast the entry there. Null: there is none.
    using EntryPtr = std::shared_ptr<const Entry>;
    using DomainPtr = std::shared_ptr<const Domain>;
    using OfficePtr = std::shared_ptr<const PostOffice>;
    using GroupPtr = std::shared_ptr<const Group>;
    using DkimKeys = std::vector<DkimKey>;
    using DkimKeysPtr = std::shared_ptr<const DkimKeys>;
    /// Looks at a domain's keys and changes them; an error leaves them.
    using ChangeKeys = std::function<Result<void>(DkimKeys&)>;
    enum class From : std::uint8_t { cache, store };

    // store_directory.cpp: rows
    awaitable<Result<void>> change(std::string partition, std::vector<std::string> keys, Decide decide);
    void changed(char kind, std::string key);
    void heard(std::string_view payload, bool missed_some);
    awaitable<Result<EntryPtr>> entry(base::AccountId account, From from);
    awaitable<Result<base::AccountId>> owner(std::string partition, std::string key, std::string text);
    awaitable<Result<DomainPtr>> domain(std::string name, From from);
    awaitable<Result<OfficePtr>> office(std::string name, From from);

    // lookup.cpp
    awaitable<Result<std::pair<EntryPtr, std::string>>> find_address(Address address);
    awaitable<Result<EntryPtr>> find_name(std::string name, std::string office);
    awaitable<Result<EntryPtr>> find_login(std::string name);
    awaitable<Result<Route>> route_to(EntryPtr entry, std::string address);
    awaitable<Result<std::string>> node_of(Mailbox mailbox, OfficePtr office);
    awaitable<Result<Route>> route_postmaster(std::string domain);
    awaitable<Result<Route>> route_exact(std::string address);
    awaitable<Result<std::string>> default_domain();

    // sealed_rows.cpp
    struct Look {
        bool any = false;                            ///< until one is sealed; else all
        std::vector<std::string>* closed = nullptr;  ///< gets the names of some that do not open
        bool is_enough(Seals found) const;
    };
    /// Before something is sealed: a key is made only where nothing waits for another one.
    awaitable<void> allow_key(Sealer* sealer);
    awaitable<Result<Seals>> look_at_secrets(Look look);
    awaitable<Result<Seals>> look_at_passwords(Look look);
    awaitable<Result<Seals>> look_at_rows(std::string partition, char kind, Look look);
    std::optional<bool> opens(char kind, std::string_view key, std::string_view value);
    std::optional<bool> opens_password(std::string_view key, std::string_view value);

    // secrets.cpp: as rows have them, and as they are
    /// Nothing: none of the row is sealed.
    std::optional<bool> opens_keys(const std::string& domain, std::string_view value);
    std::optional<bool> opens_recovery_passwords(base::AccountId account, std::string_view value);
    static bool hides(const std::string& smart_host);
    Result<void> hide(const std::string& label, std::string& text);
    Result<void> hide(Domain& domain);
    Result<void> hide(PostOffice& office);
    Result<void> hide(const std::string& domain, DkimKeys& keys);
    void reveal(const std::string& label, std::string& text);
    void reveal(Domain& domain);
    void reveal(PostOffice& office);
    void reveal(const std::string& domain, DkimKeys& keys);

    // offices.cpp
    awaitable<Result<void>> check_catch_all(Domain domain);
    awaitable<Result<bool>> domain_in_use(std::string office, std::string domain);
    awaitable<Result<void>> forget_listed_domain(std::string office, std::string name);

    // groups.cpp
    awaitable<Result<GroupPtr>> find_group(std::string office, Address address);
    awaitable<Result<Group>> checked_group(Group group);
    awaitable<Result<void>> put_group(Group group, bool fresh);

    // dkim.cpp
    awaitable<Result<void>> change_dkim(std::string domain, ChangeKeys decide);

    // mailboxes.cpp, claims.cpp
    awaitable<Result<Mailbox>> checked(Mailbox mailbox);
    awaitable<Result<base::AccountId>> next_account();
    awaitable<Result<std::uint64_t>> count_mailboxes(std::string office);
    awaitable<Result<void>> write_pending(MailboxRecord record, StoredCredentials credentials);
    awaitable<Result<void>> claim_all(base::AccountId account, std::string office,
                                      std::vector<std::string> claims);
    awaitable<Result<void>> claim(base::AccountId account, std::string office, std::string claim);
    awaitable<Result<void>> overtake(base::AccountId owner, std::string claim);
    awaitable<Result<void>> announce(base::AccountId account, std::vector<std::string> claims);
    awaitable<Result<void>> own(Mailbox mailbox, std::vector<std::string> claims);
    awaitable<void> abandon(base::AccountId account, std::string office, std::vector<std::string> claims);
    awaitable<void> release(base::AccountId account, std::string office, std::vector<std::string> claims);
    awaitable<Result<bool>> release_one(base::AccountId account, std::string office, std::string claim);
    Result<StoredCredentials> seal(base::AccountId account, const Credentials& credentials);

    // mend.cpp, listing.cpp
    awaitable<Result<std::uint64_t>> mend_records(std::string shard);
    awaitable<Result<std::uint64_t>> mend_addresses(std::string shard);
    awaitable<Result<std::uint64_t>> mend_office(std::string office);
    awaitable<Result<std::uint64_t>> mend_list(std::string office, std::string partition);
    awaitable<Result<bool>> mend_claim(base::AccountId account, std::string office, std::string claim);

    store::engine::Engine& engine_;
    Options options_;
    Sealer sealer_;
    Sealer secrets_;  // another file, or the same
    Turnstile changes_;
    Cache<EntryPtr> entries_;
    Cache<base::AccountId> owners_;
    Cache<DomainPtr> domains_;
    Cache<OfficePtr> offices_;
    Cache<GroupPtr> groups_;
    Cache<DkimKeysPtr> dkim_;
    std::unique_ptr<store::engine::Subscription> subscription_;  // last: its handler uses the caches
};

/// Null: it is not among them.
const store::engine::Row* find_row(const store::engine::Rows& rows, std::string_view key);
/// A claim is an address, or, without '@', the mailbox's name in its post office.
bool is_name_claim(std::string_view claim);
/// Partition and key of the row that leads from a claim to its mailbox.
std::pair<std::string, std::string> place_of(std::string_view office, std::string_view claim);
/// The mailbox has it, as an active one.
bool owned(const MailboxRecord& record, std::string_view claim);
/// What a domain's key is sealed with.
std::string label_of(const std::string& domain, const DkimKey& key);
/// What a device's recovery password is sealed with.
std::string label_of(base::AccountId account, const RecoveryPassword& of);
/// Addresses and name.
std::vector<std::string> claims_of(const Mailbox& mailbox);

}  // namespace directory
