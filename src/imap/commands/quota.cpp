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

/// Of his post office: the directory says so, and may say otherwise at any time.
awaitable<store::Result<bool>> Session::is_administrator() {
    if (services_.directory == nullptr) co_return false;
    const auto mailbox = co_await services_.directory->mailbox(account_->id());
    if (!mailbox && mailbox.error().is(store::Errc::not_found)) co_return false;
    if (!mailbox) co_return mailbox.error();
    co_return mailbox->administrator;
}

/// What a root's name leads to, and whether this user may know of it. Of another's root that is told only to
/// the administrator (RFC 9208 section 8: what another keeps is his own affair); to those with whom he shares
/// a mailbox the root exists, to others it does not.
awaitable<Reply> Session::quota_root(std::string root, QuotaRoot* out) {
    const Reply none = no(code::nonexistent, "No such quota root");
    auto administrator = co_await is_administrator();
    if (!administrator) co_return reply_of(administrator.error());
    out->may_set = *administrator;
    if (root.empty()) {
        out->account = account_;
        co_return ok("");
    }
    const SpaceName name = space_of(root);
    if (name.space == Space::personal || !name.rest.empty()) co_return none;
    auto account = co_await account_of(name);
    if (!account) co_return reply_of(account.error());
    if (*account == nullptr) co_return none;
    out->account = std::move(*account);
    if (name.space == Space::commons || *administrator) co_return ok("");
    const store::FolderTreePtr tree = out->account->folders();
    for (const store::FolderInfo& folder : tree->folders) {
        const store::Rights rights = store::rights_of(folder.acl.get(), out->account->id(), account_->id());
        if (rights.has(store::Right::lookup)) co_return no(code::no_perm, "Permission denied");
    }
    co_return none;
}

/// RFC 9208 section 6: what a quota says of mailboxes that one may not read is not said.
awaitable<Reply> Session::handle(cmd::GetQuotaRoot command) {
    const auto place = co_await find(std::move(command.mailbox));
    if (!place) co_return reply_of(place.error());
    if (!place->rights.has(store::Right::read)) co_return refusal(place->rights);
    const std::string root = root_of(*place);
    const std::string name = place->name();
    write_quota_root(out(), name, root, write_mode());
    QuotaRoot known;
    const Reply told = co_await quota_root(root, &known);
    if (told.condition == Condition::ok) {
        const store::AccountPtr account = known.account;
        const auto failed = co_await tell_quota(account, root);
        if (failed) co_return *failed;
    }
    co_return ok("Getquotaroot completed");
}

awaitable<Reply> Session::handle(cmd::GetQuota command) {
    QuotaRoot root;
    const Reply known = co_await quota_root(command.root, &root);
    if (known.condition != Condition::ok) co_return known;
    const auto failed = co_await tell_quota(root.account, command.root);
    if (failed) co_return *failed;
    co_return ok("Getquota completed");
}

namespace {

constexpr std::uint64_t kib_max = UINT64_MAX / 1024;

/// RFC 9208 section 4.1.3: what is not named has no limit from now on. Zero of the store is "no limit", so no
/// room at all is the least that there is. A reply: why it cannot be.
std::optional<Reply> limits_of(const cmd::SetQuota& command, store::Quota* out) {
    for (const auto& [name, limit] : command.limits) {
        if (name == "STORAGE") {
            out->bytes_max = std::max<std::uint64_t>(std::min(limit, kib_max) * 1024, 1);
        } else if (name == "MESSAGE" && limit != 0) {
            out->messages_max = limit;
        } else {
            return no(code::cannot, "This limit cannot be set");
        }
    }
    return std::nullopt;
}

}  // namespace

/// For administrators (`barid account set --administrator`). The directory keeps the limit of a mailbox too,
/// as what administration shows.
awaitable<Reply> Session::handle(cmd::SetQuota command) {
    QuotaRoot root;
    const Reply known = co_await quota_root(command.root, &root);
    if (known.condition != Condition::ok) co_return known;
    if (!root.may_set) co_return no(code::no_perm, "Quotas are set by the administrator");
    store::Quota wanted;
    if (auto refused = limits_of(command, &wanted)) co_return std::move(*refused);
    if (command.root != "Public") {
        auto mailbox = co_await services_.directory->mailbox(root.account->id());
        if (!mailbox) co_return reply_of(mailbox.error());
        mailbox->quota_bytes = wanted.bytes_max;
        const auto kept = co_await services_.directory->set_mailbox(std::move(*mailbox));
        if (!kept) co_return reply_of(kept.error());
    }
    const auto set = co_await root.account->set_quota(wanted.bytes_max, wanted.messages_max);
    if (!set) co_return reply_of(set.error());
    const auto failed = co_await tell_quota(root.account, command.root);
    if (failed) co_return *failed;
    co_return ok("Setquota completed");
}

}  // namespace imap
