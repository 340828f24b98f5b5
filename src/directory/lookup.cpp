// StoreDirectory's questions: where mail goes, who logs in. Answered from the caches where they are hot.
#include <algorithm>

#include "directory/keys.hpp"
#include "directory/store_directory.hpp"

namespace directory {
namespace {

constexpr Error not_found{Errc::not_found, "no such mailbox"};

/// The address of the mailbox under which it was found, in the mailbox's own spelling.
std::string own_spelling(const Mailbox& mailbox, std::string_view key) {
    for (const std::string& address : mailbox.addresses) {
        const auto parsed = parse_address(address);
        if (parsed && lookup_key(*parsed) == key) return address;
    }
    return {};
}

Route without_mailbox(Route::Kind kind, std::string address) {
    Route route;
    route.kind = kind;
    route.address = std::move(address);
    return route;
}

}  // namespace

/// The mailbox that has exactly this address, and the address in the mailbox's spelling. Null: none has it.
awaitable<Result<std::pair<StoreDirectory::EntryPtr, std::string>>> StoreDirectory::find_address(
    Address address) {
    const std::string key = lookup_key(address);
    auto account = co_await owner(shard_of(key), row_key('u', key), key);
    if (!account) co_return account.error();
    std::pair<EntryPtr, std::string> none;
    if (!*account) co_return none;
    auto found = co_await entry(*account, From::cache);
    if (!found) co_return found.error();
    if (!*found || !(*found)->record.active) co_return none;
    std::string spelling = own_spelling((*found)->record.mailbox, key);
    if (spelling.empty()) co_return none;  // left over from a change that was cut short
    co_return std::pair<EntryPtr, std::string>(std::move(*found), std::move(spelling));
}

awaitable<Result<StoreDirectory::EntryPtr>> StoreDirectory::find_name(std::string name, std::string office) {
    // '=' keeps names apart from addresses in the same cache.
    auto account =
        co_await owner(office_list_of(office, name), row_key('m', name), '=' + name + '@' + office);
    if (!account) co_return account.error();
    if (!*account) co_return EntryPtr();
    auto found = co_await entry(*account, From::cache);
    if (!found) co_return found.error();
    if (!*found || !owned((*found)->record, name) || (*found)->record.mailbox.post_office != office) {
        co_return EntryPtr();
    }
    co_return std::move(*found);
}

awaitable<Result<std::string>> StoreDirectory::default_domain() {
    if (!options_.default_domain.empty()) co_return options_.default_domain;
    auto all = co_await post_offices();
    if (!all) co_return all.error();
    for (const PostOffice& one : *all) {
        auto listed = co_await domains(one.name);
        if (!listed) co_return listed.error();
        if (!listed->empty()) co_return listed->front().name;
    }
    co_return std::string();
}

awaitable<Result<Route>> StoreDirectory::route_to(EntryPtr entry, std::string address) {
    const Mailbox& mailbox = entry->record.mailbox;
    Route route;
    route.kind = mailbox.enabled ? Route::Kind::mailbox : Route::Kind::disabled;
    route.account = mailbox.account;
    route.address = std::move(address);
    route.members = mailbox.redirects;
    route.keep_copy = mailbox.keep_copy;
    auto tenant = co_await office(mailbox.post_office, From::cache);
    if (!tenant) co_return tenant.error();
    auto node = co_await node_of(mailbox, std::move(*tenant));
    if (!node) co_return node.error();
    route.node = std::move(*node);
    co_return route;
}

/// An address of ours as it stands: no detail, no catch-all.
awaitable<Result<Route>> StoreDirectory::route_exact(std::string address) {
    const auto parsed = parse_address(address);
    if (!parsed) co_return without_mailbox(Route::Kind::unknown_mailbox, address);
    auto found = co_await find_address(*parsed);
    if (!found) co_return found.error();
    if (!found->first) co_return without_mailbox(Route::Kind::unknown_mailbox, address);
    co_return co_await route_to(std::move(found->first), std::move(found->second));
}

/// RFC 5321 section 4.5.1: mail for postmaster is taken at every domain of ours, also without a domain.
awaitable<Result<Route>> StoreDirectory::route_postmaster(std::string domain) {
    auto fallback = co_await default_domain();
    if (!fallback) co_return fallback.error();
    if (domain.empty() && !fallback->empty()) {
        auto there = co_await route_exact("postmaster@" + *fallback);
        if (!there || there->kind == Route::Kind::mailbox) co_return there;
    }
    if (!options_.postmaster.empty()) {
        auto there = co_await route_exact(options_.postmaster);
        if (!there || there->kind == Route::Kind::mailbox) co_return there;
    }
    if (!domain.empty() && !fallback->empty() && domain != *fallback) {
        auto there = co_await route_exact("postmaster@" + *fallback);
        if (!there || there->kind == Route::Kind::mailbox) co_return there;
    }
    co_return without_mailbox(Route::Kind::unknown_mailbox, "postmaster");
}

awaitable<Result<Route>> StoreDirectory::route(std::string address) {
    const auto parsed = parse_address(address);
    if (!parsed) co_return without_mailbox(Route::Kind::foreign, std::move(address));
    if (parsed->domain.empty()) co_return co_await route_postmaster(std::string());
    auto where = co_await domain(parsed->domain, From::cache);
    if (!where) co_return where.error();
    std::string canonical = to_string(*parsed);
    if (!*where) co_return without_mailbox(Route::Kind::foreign, std::move(canonical));
    auto tenant = co_await office((*where)->post_office, From::cache);
    if (!tenant) co_return tenant.error();
    if (!(*where)->enabled || !*tenant || !(*tenant)->enabled) {
        co_return without_mailbox(Route::Kind::disabled, std::move(canonical));
    }
    auto found = co_await find_address(*parsed);
    if (!found) co_return found.error();
    if (!found->first) {
        if (const auto base = without_detail(*parsed)) {  // RFC 5233 section 4
            found = co_await find_address(*base);
            if (!found) co_return found.error();
        }
    }
    if (found->first) co_return co_await route_to(std::move(found->first), std::move(found->second));
    auto listed = co_await find_group((*where)->post_office, *parsed);
    if (!listed) co_return listed.error();
    if (*listed) {
        Route group = without_mailbox((*listed)->enabled ? Route::Kind::group : Route::Kind::disabled,
                                      (*listed)->address);
        group.members = (*listed)->members;
        co_return group;
    }
    // RFC 2142 section 5: reports of abuse arrive somewhere, though nobody may have thought of them.
    const bool abuse = fold_local(parsed->local) == "abuse";
    if (abuse) {
        auto keeper = co_await route_exact("postmaster@" + parsed->domain);
        if (!keeper || keeper->kind == Route::Kind::mailbox) co_return keeper;
    }
    if (!(*where)->catch_all.empty()) {
        auto caught = co_await route_exact((*where)->catch_all);
        if (!caught || caught->kind != Route::Kind::unknown_mailbox) co_return caught;
    }
    if (is_postmaster(parsed->local) || abuse) co_return co_await route_postmaster(parsed->domain);
    co_return without_mailbox(Route::Kind::unknown_mailbox, std::move(canonical));
}

/// By address first, then by name@postoffice. Null: nobody.
awaitable<Result<StoreDirectory::EntryPtr>> StoreDirectory::find_login(std::string name) {
    if (name.find('@') == std::string::npos) {
        if (options_.default_domain.empty()) co_return EntryPtr();
        name += '@' + options_.default_domain;
    }
    if (const auto parsed = parse_address(name)) {
        auto found = co_await find_address(*parsed);
        if (!found) co_return found.error();
        if (found->first) co_return std::move(found->first);
    }
    const std::size_t at = name.rfind('@');
    const std::string office_name = fold_local(std::string_view(name).substr(at + 1));
    const std::string mailbox_name = fold_local(std::string_view(name).substr(0, at));
    if (!is_office_name(office_name) || !is_mailbox_name(mailbox_name)) co_return EntryPtr();
    co_return co_await find_name(mailbox_name, office_name);
}

/// The nearest that names one: the mailbox, the domain of its primary address, the post office.
awaitable<Result<std::string>> StoreDirectory::node_of(Mailbox mailbox, OfficePtr office) {
    std::string node = std::move(mailbox.node);
    if (node.empty() && !mailbox.addresses.empty()) {
        const auto primary = parse_address(mailbox.addresses.front());
        if (primary) {
            auto where = co_await domain(primary->domain, From::cache);
            if (!where) co_return where.error();
            if (*where) node = (*where)->node;
        }
    }
    if (node.empty() && office) node = office->node;
    if (node == node_here) node.clear();
    co_return node;
}

awaitable<Result<Login>> StoreDirectory::login(std::string name) {
    auto found = co_await find_login(name);
    if (!found) co_return found.error();
    if (!*found) co_return not_found;
    const Entry& entry = **found;
    auto tenant = co_await office(entry.record.mailbox.post_office, From::cache);
    if (!tenant) co_return tenant.error();
    Login out;
    out.mailbox = entry.record.mailbox;
    out.post_office_enabled = *tenant && (*tenant)->enabled;
    if (const auto parsed = parse_address(name); parsed && owned(entry.record, to_string(*parsed))) {
        // A disabled domain lets nobody in by its addresses; name@postoffice still serves.
        auto where = co_await domain(parsed->domain, From::cache);
        if (!where) co_return where.error();
        if (!*where || !(*where)->enabled) out.mailbox.login_allowed = false;
    }
    auto node = co_await node_of(out.mailbox, *tenant);
    if (!node) co_return node.error();
    out.node = std::move(*node);
    out.credentials.password_hash = entry.credentials.password_hash;
    out.credentials.scram_sha_1 = entry.credentials.scram_sha_1;
    out.credentials.scram_sha_256 = entry.credentials.scram_sha_256;
    if (!entry.credentials.sealed.empty()) {
        auto plain = sealer_.open(out.mailbox.account, entry.credentials.sealed);
        if (plain) out.credentials.plain = std::move(*plain);
    }
    if (!entry.credentials.sealed_nt_hash.empty()) {
        auto hash = sealer_.open(out.mailbox.account, entry.credentials.sealed_nt_hash);
        if (hash) out.credentials.nt_hash = std::move(*hash);
    }
    co_return out;
}

awaitable<Result<Mailbox>> StoreDirectory::mailbox(base::AccountId account) {
    auto found = co_await entry(account, From::cache);
    if (!found) co_return found.error();
    if (!*found || !(*found)->record.active) co_return not_found;
    co_return (*found)->record.mailbox;
}

awaitable<Result<bool>> StoreDirectory::owns(base::AccountId account, std::string address) {
    const auto parsed = parse_address(address);
    if (!parsed || parsed->domain.empty()) co_return false;
    auto found = co_await find_address(*parsed);
    if (!found) co_return found.error();
    if (!found->first) {
        if (const auto base = without_detail(*parsed)) {
            found = co_await find_address(*base);
            if (!found) co_return found.error();
        }
    }
    co_return found->first && found->first->record.mailbox.account == account;
}

awaitable<Result<bool>> StoreDirectory::is_local_domain(std::string name) {
    const std::string canonical = canonical_domain(name);
    if (canonical.empty()) co_return false;
    auto found = co_await domain(canonical, From::cache);
    if (!found) co_return found.error();
    co_return *found != nullptr;
}

}  // namespace directory
