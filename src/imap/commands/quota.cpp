// GETQUOTA, GETQUOTAROOT, SETQUOTA: RFC 9208. Each account is one quota root, "" to its owner; that of
// another, or of the public tree, is named like its namespace.
#include "imap/session.hpp"

namespace imap {

namespace {

/// RFC 9208 section 5.1: units of 1024 octets, begun ones counted.
std::uint64_t kib(std::uint64_t octets) { return octets / 1024 + (octets % 1024 != 0 ? 1 : 0); }

/// What is not limited has no limit to show and is left out (RFC 9208 section 4.2.1).
std::vector<QuotaResource> resources(const store::Quota& quota, std::uint64_t folders,
                                     std::uint64_t folders_max) {
    std::vector<QuotaResource> out;
    const auto add = [&out](std::string_view name, std::uint64_t usage, std::uint64_t limit) {
        QuotaResource resource;
        resource.name = name;
        resource.usage = usage;
        resource.limit = limit;
        out.push_back(resource);
    };
    if (quota.bytes_max != 0) add("STORAGE", kib(quota.bytes), quota.bytes_max / 1024);
    if (quota.messages_max != 0) add("MESSAGE", quota.messages, quota.messages_max);
    add("MAILBOX", folders, folders_max);
    return out;
}

std::string root_of(const Place& place) {
    std::string root = place.prefix;
    if (root.ends_with('/')) root.pop_back();
    return root;
}

}  // namespace

awaitable<std::optional<Reply>> Session::tell_quota(store::AccountPtr account, std::string root) {
    const auto quota = co_await account->quota();
    if (!quota) co_return reply_of(quota.error());
    const std::uint64_t folders_max = services_.store.limits().folders_max;
    write_quota(out(), root, resources(*quota, account->folders()->folders.size(), folders_max),
                write_mode());
    co_return std::nullopt;
}

/// RFC 9208 section 6: what a quota says of mailboxes that one may not read is not said.
awaitable<Reply> Session::handle(cmd::GetQuotaRoot command) {
    const auto place = co_await find(std::move(command.mailbox));
    if (!place) co_return reply_of(place.error());
    if (!place->rights.has(store::Right::read)) co_return refusal(place->rights);
    const std::string root = root_of(*place);
    const std::string name = place->name();
    write_quota_root(out(), name, root, write_mode());
    // How much another keeps is his own affair (RFC 9208 section 8); the public tree is everybody's.
    if (place->space == Space::others) co_return ok("Getquotaroot completed");
    const store::AccountPtr account = place->account;
    const auto failed = co_await tell_quota(account, root);
    if (failed) co_return *failed;
    co_return ok("Getquotaroot completed");
}

awaitable<Reply> Session::handle(cmd::GetQuota command) {
    constexpr std::string_view commons = "Public";
    store::AccountPtr account;
    if (command.root.empty()) account = account_;
    if (command.root == commons) {
        auto around = co_await neighbourhood();
        if (!around) co_return reply_of(around.error());
        account = around->commons;
    }
    if (!account) co_return no(code::nonexistent, "No such quota root");
    const auto failed = co_await tell_quota(account, command.root);
    if (failed) co_return *failed;
    co_return ok("Getquota completed");
}

/// QUOTASET is not offered: quotas are the administrator's (RFC 9208 section 4.1.3).
awaitable<Reply> Session::handle(cmd::SetQuota command) {
    if (!command.root.empty()) co_return no(code::nonexistent, "No such quota root");
    co_return no(code::no_perm, "Quotas are set by the administrator");
}

}  // namespace imap
