// StoreDirectory: groups. One row each in a partition of the post office, which is the truth and the list in
// one; an address that a mailbox has is never a group's.
#include <algorithm>

#include "directory/keys.hpp"
#include "directory/store_directory.hpp"

namespace directory {

using store::engine::Row;

namespace {

constexpr std::size_t page_rows = 1'000;
constexpr std::size_t members_max = 10'000;  ///< some 300 KB: a row
constexpr Error no_group{Errc::not_found, "no such group"};
constexpr Error damaged{Errc::corrupt, "a row of the directory is damaged"};

}  // namespace

/// Null: there is none of this address.
awaitable<Result<StoreDirectory::GroupPtr>> StoreDirectory::find_group(std::string office, Address address) {
    const std::string key = row_key('g', lookup_key(address));
    if (auto kept = groups_.find(office + key)) co_return std::move(*kept);
    const std::uint64_t stamp = groups_.stamp();
    std::vector<std::string> keys{key};
    std::string partition = office_groups(office);
    auto rows = co_await engine_.get(std::move(partition), std::move(keys));
    if (!rows) co_return rows.error();
    GroupPtr out;
    if (!rows->rows.empty()) {
        auto found = decode_group(rows->rows.front().value);
        if (!found) co_return damaged;
        out = std::make_shared<const Group>(std::move(*found));
    }
    groups_.keep(office + key, out, stamp);
    co_return out;
}

/// Canonical, with its post office; members are addresses, each once.
awaitable<Result<Group>> StoreDirectory::checked_group(Group group) {
    const auto parsed = parse_address(group.address);
    if (!parsed || parsed->domain.empty()) co_return Error(Errc::invalid, "not an address");
    auto where = co_await domain(parsed->domain, From::store);
    if (!where) co_return where.error();
    if (!*where) co_return Error(Errc::not_found, "the domain is not one of this server's");
    group.address = to_string(*parsed);
    group.post_office = (*where)->post_office;
    std::vector<std::string> members;
    for (const std::string& member : group.members) {
        std::string canonical = canonical_address(member);
        if (canonical.find('@') == std::string::npos)
            co_return Error(Errc::invalid, "a member is not an address");
        members.push_back(std::move(canonical));
    }
    std::ranges::sort(members);
    members.erase(std::unique(members.begin(), members.end()), members.end());
    if (members.size() > members_max) co_return Error(Errc::limit, "a group has at most 10,000 members");
    group.members = std::move(members);
    co_return group;
}

awaitable<Result<void>> StoreDirectory::put_group(Group group, bool fresh) {
    auto fine = co_await checked_group(std::move(group));
    if (!fine) co_return fine.error();
    const auto parsed = parse_address(fine->address);
    const auto pass = co_await changes_.enter();
    auto mailbox = co_await find_address(*parsed);
    if (!mailbox) co_return mailbox.error();
    if (mailbox->first) co_return Error(Errc::exists, "a mailbox has this address");
    const std::string key = row_key('g', lookup_key(*parsed));
    const std::string value = encode(*fine);
    bool tried = false;
    Decide decide = [&](const Rows& rows) -> Result<Change> {
        Change put;
        if (fresh && !rows.rows.empty() && !tried) return Error(Errc::exists, "the group exists already");
        if (!fresh && rows.rows.empty()) return no_group;
        tried = true;
        if (rows.rows.empty() || rows.rows.front().value != value) put.put.push_back(Row{key, value});
        return put;
    };
    std::vector<std::string> keys{key};
    auto done = co_await change(office_groups(fine->post_office), std::move(keys), std::move(decide));
    changed('g', fine->post_office + key);
    co_return done;
}

awaitable<Result<void>> StoreDirectory::add_group(Group group) {
    co_return co_await put_group(std::move(group), true);
}
awaitable<Result<void>> StoreDirectory::set_group(Group group) {
    co_return co_await put_group(std::move(group), false);
}

awaitable<Result<Group>> StoreDirectory::group(std::string address) {
    const auto parsed = parse_address(address);
    if (!parsed || parsed->domain.empty()) co_return no_group;
    auto where = co_await domain(parsed->domain, From::cache);
    if (!where) co_return where.error();
    if (!*where) co_return no_group;
    auto found = co_await find_group((*where)->post_office, *parsed);
    if (!found) co_return found.error();
    if (!*found) co_return no_group;
    co_return **found;
}

awaitable<Result<std::vector<Group>>> StoreDirectory::groups(std::string post_office) {
    std::vector<Group> out;
    if (!is_office_name(post_office)) co_return out;
    const std::string partition = office_groups(post_office);
    std::string after;
    for (bool more = true; more;) {
        auto rows = co_await engine_.scan(partition, after, "g", page_rows, 0);
        if (!rows) co_return rows.error();
        for (const Row& row : rows->rows) {
            auto found = decode_group(row.value);
            if (!found) co_return damaged;
            out.push_back(std::move(*found));
        }
        more = rows->more;
        if (!rows->rows.empty()) after = rows->rows.back().key;
    }
    co_return out;
}

awaitable<Result<void>> StoreDirectory::remove_group(std::string address) {
    auto known = co_await group(address);
    if (!known) co_return known.error();
    const auto pass = co_await changes_.enter();
    const std::string key = row_key('g', lookup_key(*parse_address(known->address)));
    Decide decide = [&](const Rows& rows) -> Result<Change> {
        Change erase;
        if (!rows.rows.empty()) erase.erase.push_back(key);
        return erase;
    };
    std::vector<std::string> keys{key};
    auto done = co_await change(office_groups(known->post_office), std::move(keys), std::move(decide));
    changed('g', known->post_office + key);
    co_return done;
}

awaitable<Result<Domain>> StoreDirectory::find_domain(std::string name) {
    auto found = co_await domain(canonical_domain(name), From::cache);
    if (!found) co_return found.error();
    if (!*found) co_return Error(Errc::not_found, "the domain is not one of this server's");
    co_return **found;
}

// A directory that knows no groups.
awaitable<Result<void>> Directory::add_group(Group) { co_return Error(Errc::invalid, "no groups here"); }
awaitable<Result<void>> Directory::set_group(Group) { co_return no_group; }
awaitable<Result<Group>> Directory::group(std::string) { co_return no_group; }
awaitable<Result<std::vector<Group>>> Directory::groups(std::string) { co_return std::vector<Group>(); }
awaitable<Result<void>> Directory::remove_group(std::string) { co_return no_group; }
awaitable<Result<Domain>> Directory::find_domain(std::string) {
    co_return Error(Errc::not_found, "the domain is not one of this server's");
}

}  // namespace directory
