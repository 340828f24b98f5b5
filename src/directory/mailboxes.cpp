// StoreDirectory: mailboxes. See the header for the steps of a change and what a crash between them leaves.
#include <algorithm>
#include <limits>

#include "base/log.hpp"
#include "directory/keys.hpp"
#include "directory/store_directory.hpp"

namespace directory {

using store::engine::Row;

namespace {

constexpr Error not_found{Errc::not_found, "no such mailbox"};
constexpr Error lost_claim{Errc::exists, "another change took the name or an address"};
constexpr Error damaged{Errc::corrupt, "a row of the directory is damaged"};
constexpr std::size_t addresses_max =
    1'000;  // of one mailbox: its row stays small enough to read at each delivery
constexpr std::size_t redirects_max = 100;  ///< a few; many are a group

bool contains(const std::vector<std::string>& list, const std::string& entry) {
    return std::ranges::find(list, entry) != list.end();
}

/// Something of it has to be turned back.
bool is_kept(const Credentials& credentials) {
    return !credentials.plain.empty() || !credentials.nt_hash.empty();
}

}  // namespace

Result<StoredCredentials> StoreDirectory::seal(base::AccountId account, const Credentials& credentials) {
    StoredCredentials out{
        credentials.password_hash, credentials.scram_sha_1, credentials.scram_sha_256, {}, {}};
    const auto seal_into = [&](std::string& where, const base::Secret& what) {
        if (what.empty()) return true;
        auto sealed = sealer_.seal(account, what);
        if (sealed) where = std::move(*sealed);
        return sealed.has_value();
    };
    if (!seal_into(out.sealed, credentials.plain) || !seal_into(out.sealed_nt_hash, credentials.nt_hash))
        return Error(Errc::unavailable, "the password cannot be sealed: no key file");
    return out;
}

/// The mailbox in canonical form, with its domains and post office checked.
awaitable<Result<Mailbox>> StoreDirectory::checked(Mailbox mailbox) {
    mailbox.name = fold_local(mailbox.name);
    if (!is_mailbox_name(mailbox.name)) co_return Error(Errc::invalid, "not a mailbox name");
    if (!is_node_name(mailbox.node))
        co_return Error(Errc::invalid, "a node's name has letters, digits, '-', '_' and '.', at most 64");
    auto tenant = co_await office(mailbox.post_office, From::store);
    if (!tenant) co_return tenant.error();
    if (!*tenant) co_return Error(Errc::not_found, "no such post office");
    if (mailbox.addresses.size() > addresses_max)
        co_return Error(Errc::limit, "a mailbox has at most 1000 addresses");
    std::vector<std::string> canonical, keys;
    for (const std::string& text : mailbox.addresses) {
        const auto parsed = parse_address(text);
        if (!parsed || parsed->domain.empty()) co_return Error(Errc::invalid, "not an address");
        const std::string key = lookup_key(*parsed);
        if (contains(keys, key)) continue;
        keys.push_back(key);
        canonical.push_back(to_string(*parsed));
        auto where = co_await domain(parsed->domain, From::store);
        if (!where) co_return where.error();
        if (!*where || (*where)->post_office != mailbox.post_office) {
            co_return Error(Errc::invalid, "an address is not in a domain of the post office");
        }
        auto group = co_await find_group(mailbox.post_office, *parsed);
        if (!group) co_return group.error();
        if (*group) co_return Error(Errc::exists, "a group has an address of these");
    }
    mailbox.addresses = std::move(canonical);
    if (mailbox.redirects.size() > redirects_max)
        co_return Error(Errc::limit, "a mailbox sends its mail on to 100 addresses at most");
    for (std::string& to : mailbox.redirects) {
        to = canonical_address(to);
        if (to.find('@') == std::string::npos)
            co_return Error(Errc::invalid, "not an address to send mail on to");
    }
    co_return mailbox;
}

/// Numbers are given out once, also to an add that then fails.
awaitable<Result<base::AccountId>> StoreDirectory::next_account() {
    std::uint64_t number = 0;
    Decide decide = [&](const Rows& rows) -> Result<Change> {
        std::uint64_t last = 0;
        if (!rows.rows.empty()) {
            const auto kept = decode_number(rows.rows.front().value);
            if (!kept) return damaged;
            last = *kept;
        }
        if (last >= std::numeric_limits<std::uint32_t>::max())
            return Error(Errc::limit, "no account numbers are left");
        number = last + 1;  // after `unknown` one more: a number may be skipped, never given twice
        Change put;
        put.put.push_back(Row{sequence_key, encode_number(number)});
        return put;
    };
    std::vector<std::string> keys{sequence_key};
    auto done = co_await change(sequence_partition, std::move(keys), std::move(decide));
    if (!done) co_return done.error();
    co_return base::AccountId(static_cast<std::uint32_t>(number));
}

awaitable<Result<std::uint64_t>> StoreDirectory::count_mailboxes(std::string office) {
    std::uint64_t count = 0;
    for (std::size_t list = 0; list < office_lists; ++list) {
        std::vector<std::string> keys{count_key};
        auto rows = co_await engine_.get(office_list(office, list), std::move(keys));
        if (!rows) co_return rows.error();
        if (!rows->rows.empty()) count += decode_number(rows->rows.front().value).value_or(0);
    }
    co_return count;
}

/// Step 1 of an add.
awaitable<Result<void>> StoreDirectory::write_pending(MailboxRecord record, StoredCredentials credentials) {
    const base::AccountId account = record.mailbox.account;
    const std::string key = account_key('m', account);
    Decide decide = [&](const Rows& rows) -> Result<Change> {
        Change put;
        if (!rows.rows.empty()) return put;  // our own: the number is nobody else's
        put.put.push_back(Row{key, encode(record)});
        put.put.push_back(Row{account_key('c', account), encode(credentials)});
        return put;
    };
    std::vector<std::string> keys{key};
    co_return co_await change(shard_of(account), std::move(keys), std::move(decide));
}

/// Step 3: the mailbox is as given and owns its claims, all of which must still be pending.
awaitable<Result<void>> StoreDirectory::own(Mailbox mailbox, std::vector<std::string> claims) {
    const std::string key = account_key('m', mailbox.account);
    MailboxRecord wanted;
    wanted.mailbox = mailbox;
    wanted.active = true;
    const std::string value = encode(wanted);
    Decide decide = [&](const Rows& rows) -> Result<Change> {
        if (rows.rows.empty()) return claims.empty() ? not_found : lost_claim;
        Change put;
        if (rows.rows.front().value == value) return put;
        const auto present = decode_mailbox(rows.rows.front().value);
        if (!present) return damaged;
        const bool all =
            std::ranges::all_of(claims, [&](const std::string& c) { return contains(present->pending, c); });
        if (!all) return lost_claim;
        put.put.push_back(Row{key, value});
        return put;
    };
    std::vector<std::string> keys{key};
    auto done = co_await change(shard_of(mailbox.account), std::move(keys), std::move(decide));
    changed('m', key);
    co_return done;
}

/// Undoes steps 1 and 2 of an add that found a name or address taken.
awaitable<void> StoreDirectory::abandon(base::AccountId account, std::string office,
                                        std::vector<std::string> claims) {
    Decide decide = [&](const Rows& rows) -> Result<Change> {
        Change erase;
        for (const Row& row : rows.rows) erase.erase.push_back(row.key);
        return erase;
    };
    std::vector<std::string> keys{account_key('m', account), account_key('c', account)};
    auto done = co_await change(shard_of(account), std::move(keys), std::move(decide));
    changed('m', account_key('m', account));
    if (!done)
        base::log::warn("directory", "left an unfinished mailbox for mend()", {{"account", account.value}});
    co_await release(account, std::move(office), std::move(claims));
}

awaitable<Result<Mailbox>> StoreDirectory::add_mailbox(Mailbox mailbox, Credentials credentials) {
    const auto pass = co_await changes_.enter();
    auto fine = co_await checked(std::move(mailbox));
    if (!fine) co_return fine.error();
    mailbox = std::move(*fine);
    auto tenant = co_await office(mailbox.post_office, From::store);
    if (!tenant) co_return tenant.error();
    if ((*tenant)->mailboxes_max != 0) {
        auto count = co_await count_mailboxes(mailbox.post_office);
        if (!count) co_return count.error();
        if (*count >= (*tenant)->mailboxes_max) co_return Error(Errc::limit, "the post office is full");
    }
    if (mailbox.quota_bytes == 0) mailbox.quota_bytes = (*tenant)->quota_bytes_default;
    auto number = co_await next_account();
    if (!number) co_return number.error();
    mailbox.account = *number;
    if (is_kept(credentials)) co_await allow_key(&sealer_);
    auto sealed = seal(mailbox.account, credentials);
    if (!sealed) co_return sealed.error();
    const std::vector<std::string> claims = claims_of(mailbox);
    MailboxRecord record;
    record.mailbox = mailbox;
    record.pending = claims;
    auto done = co_await write_pending(std::move(record), std::move(*sealed));
    if (done) done = co_await claim_all(mailbox.account, mailbox.post_office, claims);
    if (done) done = co_await own(mailbox, claims);
    if (!done) {
        co_await abandon(mailbox.account, mailbox.post_office, claims);
        co_return done.error();
    }
    co_return mailbox;
}

awaitable<Result<void>> StoreDirectory::set_mailbox(Mailbox mailbox) {
    const auto pass = co_await changes_.enter();
    auto present = co_await entry(mailbox.account, From::store);
    if (!present) co_return present.error();
    if (!*present || !(*present)->record.active) co_return not_found;
    const MailboxRecord before = (*present)->record;
    if (mailbox.post_office != before.mailbox.post_office) {
        co_return Error(Errc::invalid, "a mailbox stays in its post office");
    }
    auto fine = co_await checked(std::move(mailbox));
    if (!fine) co_return fine.error();
    mailbox = std::move(*fine);
    std::vector<std::string> added, removed;
    MailboxRecord after;
    after.mailbox = mailbox;
    after.active = true;
    for (const std::string& one : claims_of(mailbox)) {
        if (!owned(before, one)) added.push_back(one);
    }
    for (const std::string& one : claims_of(before.mailbox)) {
        if (!owned(after, one)) removed.push_back(one);
    }
    Result<void> done;
    if (!added.empty()) {
        done = co_await announce(before.mailbox.account, added);
        if (done) done = co_await claim_all(mailbox.account, mailbox.post_office, added);
    }
    if (done) done = co_await own(mailbox, added);
    if (done) {
        co_await release(mailbox.account, mailbox.post_office, std::move(removed));
        co_return done;
    }
    // The pending claims are struck before their rows are let go. Whether step 3 failed may be unknown: what
    // the mailbox owns after all keeps its row.
    auto struck = co_await announce(mailbox.account, std::vector<std::string>());
    if (!struck) co_return done;
    present = co_await entry(mailbox.account, From::store);
    if (!present || !*present) co_return done;
    std::erase_if(added, [&](const std::string& one) { return owned((*present)->record, one); });
    co_await release(mailbox.account, mailbox.post_office, std::move(added));
    co_return done;
}

/// Step 1 of a change: which claims the mailbox is about to make; none: takes back the last ones.
awaitable<Result<void>> StoreDirectory::announce(base::AccountId account, std::vector<std::string> claims) {
    const std::string key = account_key('m', account);
    Decide decide = [&](const Rows& rows) -> Result<Change> {
        if (rows.rows.empty()) return not_found;
        auto record = decode_mailbox(rows.rows.front().value);
        if (!record) return damaged;
        Change put;
        if (record->pending == claims) return put;
        record->pending = claims;
        put.put.push_back(Row{key, encode(*record)});
        return put;
    };
    std::vector<std::string> keys{key};
    auto done = co_await change(shard_of(account), std::move(keys), std::move(decide));
    changed('m', key);
    co_return done;
}

awaitable<Result<void>> StoreDirectory::remove_mailbox(base::AccountId account) {
    const auto pass = co_await changes_.enter();
    auto present = co_await entry(account, From::store);
    if (!present) co_return present.error();
    if (!*present || !(*present)->record.active) co_return not_found;
    const Mailbox gone = (*present)->record.mailbox;
    std::vector<std::string> claims = claims_of(gone);
    // The mailbox's row first: without it the others lead nowhere. Account numbers are never given out again.
    Decide decide = [&](const Rows& rows) -> Result<Change> {
        Change erase;
        for (const Row& row : rows.rows) erase.erase.push_back(row.key);
        return erase;
    };
    std::vector<std::string> keys{account_key('m', account), account_key('c', account),
                                  account_key('r', account)};
    auto done = co_await change(shard_of(account), std::move(keys), std::move(decide));
    changed('m', account_key('m', account));
    if (!done) co_return done;
    co_await release(account, gone.post_office, std::move(claims));
    co_return done;
}

awaitable<Result<void>> StoreDirectory::update_credentials(base::AccountId account, Credentials credentials) {
    const auto pass = co_await changes_.enter();
    if (is_kept(credentials)) co_await allow_key(&sealer_);
    auto sealed = seal(account, credentials);
    if (!sealed) co_return sealed.error();
    const std::string key = account_key('m', account);
    const std::string secret_key = account_key('c', account);
    const std::string value = encode(*sealed);
    Decide decide = [&](const Rows& rows) -> Result<Change> {
        if (find_row(rows, key) == nullptr) return not_found;
        const Row* const row = find_row(rows, secret_key);
        Change put;
        if (row == nullptr || row->value != value) put.put.push_back(Row{secret_key, value});
        return put;
    };
    std::vector<std::string> keys{key, secret_key};
    auto done = co_await change(shard_of(account), std::move(keys), std::move(decide));
    changed('m', key);
    co_return done;
}

}  // namespace directory
