// StoreDirectory: post offices and domains.
#include <algorithm>

#include "directory/keys.hpp"
#include "directory/store_directory.hpp"

namespace directory {

using store::engine::Row;

namespace {

constexpr Error bad_office{Errc::invalid,
                           "a post office's name has lower-case letters, digits, '-' and '_', at most 64"};
constexpr Error no_office{Errc::not_found, "no such post office"};
constexpr Error no_domain{Errc::not_found, "no such domain"};
constexpr Error bad_domain{Errc::invalid, "not a domain name"};
constexpr Error bad_node{Errc::invalid, "a node's name has letters, digits, '-', '_' and '.', at most 64"};

/// Keys of all rows in a partition, page by page.
constexpr std::size_t page_rows = 1'000;

}  // namespace

awaitable<Result<void>> StoreDirectory::add_post_office(PostOffice added) {
    if (!is_office_name(added.name)) co_return bad_office;
    if (!is_node_name(added.node)) co_return bad_node;
    const auto pass = co_await changes_.enter();
    const std::string key = row_key('p', added.name);
    if (hides(added.smart_host)) co_await allow_key(&secrets_);
    if (auto hidden = hide(added); !hidden) co_return hidden;
    const std::string value = encode(added);
    bool tried = false;
    Decide decide = [&](const Rows& rows) -> Result<Change> {
        if (!rows.rows.empty()) {
            if (tried && rows.rows.front().value == value) return Change();  // our own, whose answer was lost
            return Error(Errc::exists, "there is a post office of that name");
        }
        tried = true;
        Change put;
        put.put.push_back(Row{key, value});
        return put;
    };
    std::vector<std::string> keys{key};
    auto done = co_await change(offices_partition, std::move(keys), std::move(decide));
    if (done) changed('p', added.name);
    co_return done;
}

awaitable<Result<void>> StoreDirectory::set_post_office(PostOffice office) {
    if (!is_node_name(office.node)) co_return bad_node;
    const auto pass = co_await changes_.enter();
    const std::string key = row_key('p', office.name);
    if (hides(office.smart_host)) co_await allow_key(&secrets_);
    if (auto hidden = hide(office); !hidden) co_return hidden;
    Decide decide = [&](const Rows& rows) -> Result<Change> {
        if (rows.rows.empty()) return no_office;
        const auto kept = decode_office(rows.rows.front().value);
        if (kept) office.commons = kept->commons;  // whoever sets the office may not know of it
        const std::string value = encode(office);
        Change put;
        if (rows.rows.front().value != value) put.put.push_back(Row{key, value});
        return put;
    };
    std::vector<std::string> keys{key};
    auto done = co_await change(offices_partition, std::move(keys), std::move(decide));
    if (done) changed('p', office.name);
    co_return done;
}

awaitable<Result<PostOffice>> StoreDirectory::post_office(std::string name) {
    auto found = co_await office(name, From::cache);
    if (!found) co_return found.error();
    if (!*found) co_return no_office;
    co_return **found;
}

awaitable<Result<base::AccountId>> StoreDirectory::commons(std::string post_office) {
    auto known = co_await office(post_office, From::store);
    if (!known) co_return known.error();
    if (!*known) co_return no_office;
    if ((*known)->commons) co_return (*known)->commons;
    const auto given = co_await next_account();
    if (!given) co_return given.error();
    base::AccountId account = *given;  // a number may be skipped, never given twice
    const auto pass = co_await changes_.enter();
    if (hides((*known)->smart_host)) co_await allow_key(&secrets_);
    const std::string key = row_key('p', post_office);
    Decide decide = [&](const Rows& rows) -> Result<Change> {
        if (rows.rows.empty()) return no_office;
        auto kept = decode_office(rows.rows.front().value);
        if (!kept) return Error(Errc::corrupt, "a row of the directory is damaged");
        Change put;
        if (kept->commons) {
            account = kept->commons;
            return put;
        }
        kept->commons = account;
        if (auto hidden = hide(*kept); !hidden) return hidden.error();
        put.put.push_back(Row{key, encode(*kept)});
        return put;
    };
    std::vector<std::string> keys{key};
    auto done = co_await change(offices_partition, std::move(keys), std::move(decide));
    if (!done) co_return done.error();
    changed('p', post_office);
    co_return account;
}

awaitable<Result<std::vector<PostOffice>>> StoreDirectory::post_offices() {
    std::vector<PostOffice> out;
    std::string after;
    for (;;) {
        auto rows = co_await engine_.scan(offices_partition, after, "p", page_rows, 0);
        if (!rows) co_return rows.error();
        for (const Row& row : rows->rows) {
            auto office = decode_office(row.value);
            if (!office) co_return Error(Errc::corrupt, "a row of the directory is damaged");
            reveal(*office);
            out.push_back(std::move(*office));
        }
        if (!rows->more) break;
        after = rows->rows.back().key;
    }
    co_return out;
}

awaitable<Result<void>> StoreDirectory::remove_post_office(std::string name) {
    const auto pass = co_await changes_.enter();
    auto present = co_await office(name, From::store);
    if (!present) co_return present.error();
    if (!*present) co_return no_office;
    auto listed = co_await domains(name);
    if (!listed) co_return listed.error();
    if (!listed->empty()) co_return Error(Errc::denied, "the post office still has domains");
    auto left = co_await mailboxes(name, std::string(), 1);
    if (!left) co_return left.error();
    if (!left->empty()) co_return Error(Errc::denied, "the post office still has mailboxes");
    const std::string key = row_key('p', name);
    Decide decide = [&](const Rows& rows) -> Result<Change> {
        Change erase;
        if (!rows.rows.empty()) erase.erase.push_back(key);
        return erase;
    };
    std::vector<std::string> keys{key};
    auto done = co_await change(offices_partition, std::move(keys), std::move(decide));
    if (!done) co_return done;
    changed('p', name);
    // Lists without their post office are unreachable; what a crash leaves here is dropped by the next
    // removal.
    for (std::size_t list = 0; list < office_lists; ++list) {
        auto dropped = co_await engine_.drop(office_list(name, list));
        if (!dropped) co_return Result<void>();
    }
    auto dropped = co_await engine_.drop(office_policies(name));
    if (!dropped) co_return Result<void>();
    co_return co_await engine_.drop(office_domains(name));
}

/// The catch-all must be a mailbox's address in the domain's own post office: mail never leaves a tenant by
/// it.
awaitable<Result<void>> StoreDirectory::check_catch_all(Domain domain) {
    if (domain.catch_all.empty()) co_return Result<void>();
    const auto parsed = parse_address(domain.catch_all);
    constexpr Error bad(Errc::invalid,
                        "the catch-all must be an address of a mailbox in the same post office");
    if (!parsed || parsed->domain.empty()) co_return bad;
    auto found = co_await find_address(*parsed);
    if (!found) co_return found.error();
    if (!found->first || found->first->record.mailbox.post_office != domain.post_office) co_return bad;
    co_return Result<void>();
}

awaitable<Result<void>> StoreDirectory::add_domain(Domain added) {
    added.name = canonical_domain(added.name);
    if (added.name.empty() || !is_host_name(added.name)) co_return bad_domain;
    if (!is_node_name(added.node)) co_return bad_node;
    const auto pass = co_await changes_.enter();
    auto tenant = co_await office(added.post_office, From::store);
    if (!tenant) co_return tenant.error();
    if (!*tenant) co_return no_office;
    auto fine = co_await check_catch_all(added);
    if (!fine) co_return fine;
    // The list first: a listed domain that does not exist is skipped by readers; one that is missing would be
    // lost.
    auto existing = co_await domain(added.name, From::store);
    if (!existing) co_return existing.error();
    if (*existing) co_return Error(Errc::exists, "the domain exists already");
    const std::string key = row_key('n', added.name);
    const std::string entry = encode_account(base::AccountId(), added.name);
    Decide list = [&](const Rows& rows) -> Result<Change> {
        Change put;
        if (rows.rows.empty()) put.put.push_back(Row{key, entry});
        return put;
    };
    std::vector<std::string> keys{key};
    auto listed = co_await change(office_domains(added.post_office), keys, std::move(list));
    if (!listed) co_return listed;
    if (hides(added.smart_host)) co_await allow_key(&secrets_);
    if (auto hidden = hide(added); !hidden) co_return hidden;
    const std::string value = encode(added);
    bool tried = false;
    Decide decide = [&](const Rows& rows) -> Result<Change> {
        if (!rows.rows.empty()) {
            if (tried && rows.rows.front().value == value) return Change();
            return Error(Errc::exists, "the domain exists already");
        }
        tried = true;
        Change put;
        put.put.push_back(Row{key, value});
        return put;
    };
    auto done = co_await change(shard_of(added.name), std::move(keys), std::move(decide));
    if (done || !done.error().is(Errc::exists)) {
        changed('n', added.name);
        co_return done;
    }
    auto undone = co_await forget_listed_domain(added.post_office, added.name);
    if (!undone) co_return undone;
    co_return done;
}

/// Takes a domain off its post office's list, unless it is there by right (another node was faster with it).
awaitable<Result<void>> StoreDirectory::forget_listed_domain(std::string office, std::string name) {
    auto existing = co_await domain(name, From::store);
    if (!existing) co_return existing.error();
    if (*existing && (*existing)->post_office == office) co_return Result<void>();
    const std::string key = row_key('n', name);
    Decide decide = [&](const Rows& rows) -> Result<Change> {
        Change erase;
        if (!rows.rows.empty()) erase.erase.push_back(key);
        return erase;
    };
    std::vector<std::string> keys{key};
    co_return co_await change(office_domains(office), std::move(keys), std::move(decide));
}

awaitable<Result<void>> StoreDirectory::set_domain(Domain wanted) {
    wanted.name = canonical_domain(wanted.name);
    if (wanted.name.empty()) co_return no_domain;
    if (!is_node_name(wanted.node)) co_return bad_node;
    const auto pass = co_await changes_.enter();
    auto fine = co_await check_catch_all(wanted);
    if (!fine) co_return fine;
    const std::string key = row_key('n', wanted.name);
    if (hides(wanted.smart_host)) co_await allow_key(&secrets_);
    if (auto hidden = hide(wanted); !hidden) co_return hidden;
    const std::string value = encode(wanted);
    Decide decide = [&](const Rows& rows) -> Result<Change> {
        if (rows.rows.empty()) return no_domain;
        const auto present = decode_domain(rows.rows.front().value);
        if (!present) return Error(Errc::corrupt, "a row of the directory is damaged");
        if (present->post_office != wanted.post_office) {
            return Error(Errc::invalid, "a domain stays in its post office");
        }
        Change put;
        if (rows.rows.front().value != value) put.put.push_back(Row{key, value});
        return put;
    };
    std::vector<std::string> keys{key};
    auto done = co_await change(shard_of(wanted.name), std::move(keys), std::move(decide));
    if (done) changed('n', wanted.name);
    co_return done;
}

awaitable<Result<std::vector<Domain>>> StoreDirectory::domains(std::string post_office) {
    std::vector<Domain> out;
    if (post_office.empty()) {
        auto all = co_await post_offices();
        if (!all) co_return all.error();
        for (const PostOffice& one : *all) {
            auto some = co_await domains(one.name);
            if (!some) co_return some;
            out.insert(out.end(), some->begin(), some->end());
        }
        co_return out;
    }
    if (!is_office_name(post_office)) co_return out;
    const std::string partition = office_domains(post_office);
    std::string after;
    for (;;) {
        auto rows = co_await engine_.scan(partition, after, "n", page_rows, 0);
        if (!rows) co_return rows.error();
        for (const Row& row : rows->rows) {
            const auto listed = decode_account(row.value);
            if (!listed) co_return Error(Errc::corrupt, "a row of the directory is damaged");
            auto found = co_await domain(listed->text, From::cache);
            if (!found) co_return found.error();
            if (*found && (*found)->post_office == post_office) out.push_back(**found);
        }
        if (!rows->more) break;
        after = rows->rows.back().key;
    }
    co_return out;
}

/// True when a mailbox of the post office has an address in the domain. Reads every mailbox: administration
/// only.
awaitable<Result<bool>> StoreDirectory::domain_in_use(std::string office, std::string domain) {
    const std::string tail = '@' + domain;
    std::string after;
    for (;;) {
        auto page = co_await mailboxes(office, after, page_rows);
        if (!page) co_return page.error();
        for (const Mailbox& one : *page) {
            if (std::ranges::any_of(one.addresses, [&](const std::string& a) { return a.ends_with(tail); })) {
                co_return true;
            }
        }
        if (page->size() < page_rows) co_return false;
        after = page->back().name;
    }
}

awaitable<Result<void>> StoreDirectory::remove_domain(std::string name) {
    name = canonical_domain(name);
    if (name.empty()) co_return no_domain;
    const auto pass = co_await changes_.enter();
    auto present = co_await domain(name, From::store);
    if (!present) co_return present.error();
    if (!*present) co_return no_domain;
    const std::string tenant = (*present)->post_office;
    auto used = co_await domain_in_use(tenant, name);
    if (!used) co_return used.error();
    if (*used) co_return Error(Errc::denied, "mailboxes still have addresses in the domain");
    auto listed = co_await groups(tenant);
    if (!listed) co_return listed.error();
    for (const Group& one : *listed)
        if (one.address.ends_with('@' + name))
            co_return Error(Errc::denied, "groups still have addresses in the domain");
    const std::string key = row_key('n', name), signing = row_key('k', name);
    Decide decide = [&](const Rows& rows) -> Result<Change> {
        Change erase;
        for (const std::string& one : {key, signing})
            if (find_row(rows, one) != nullptr) erase.erase.push_back(one);
        return erase;
    };
    std::vector<std::string> keys{key, signing};
    auto done = co_await change(shard_of(name), std::move(keys), std::move(decide));
    if (!done) co_return done;
    changed('n', name);
    changed('k', name);
    auto unlisted = co_await forget_listed_domain(tenant, name);
    // Removed it is, whether or not the list heard of it: readers skip it, mend() clears it.
    if (!unlisted) co_return Result<void>();
    co_return unlisted;
}

}  // namespace directory
