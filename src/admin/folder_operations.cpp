// Public folders of a post office: made, shared, renamed and removed by its administrator. Users see them as
// "Public/…" by their access control lists (RFC 4314).
#include <array>

#include "admin/rights.hpp"

namespace admin {
namespace {

awaitable<Reply> change(ServicesPtr services, store::AccountPtr account, std::string office, std::string name,
                        std::string who, std::string rights) {
    const store::FolderTreePtr tree = account->folders();
    const store::FolderInfo* info = tree->find(name);
    if (info == nullptr) co_return Fault("not_found", name + ": no such folder");
    SharedFolder what;
    what.owner = std::move(account);
    what.office = std::move(office);
    what.folder = *info;
    co_return co_await change_rights(services, std::move(what), std::move(who), std::move(rights));
}

awaitable<Reply> folder_add(ServicesPtr services, Json arguments, CallerPtr) {
    const std::string office = text(arguments, "postoffice"), name = text(arguments, "name");
    const auto account = co_await commons_of(services, office, true);
    if (!account) co_return fault_of(account.error(), office);
    const auto made = co_await (*account)->create(name, store::SpecialUse::none);
    if (!made) co_return fault_of(made.error(), name);
    // Read by all, each with his own \Seen, unless it inherited something or was told otherwise.
    const std::string anyone = text(arguments, "anyone", made->acl ? "" : "lrs");
    if (!anyone.empty()) {
        const std::string who = "anyone";
        auto shared = co_await change(services, *account, office, made->name, who, anyone);
        if (!shared) co_return shared;
    }
    co_return Json{{"name", made->name}, {"id", made->id.value}};
}

awaitable<Reply> folder_list(ServicesPtr services, Json arguments, CallerPtr) {
    const std::string office = text(arguments, "postoffice");
    const auto account = co_await commons_of(services, office, false);
    if (!account) co_return fault_of(account.error(), office);
    Json out = Json::array();
    if (*account == nullptr) co_return out;
    const store::FolderTreePtr tree = (*account)->folders();
    for (const store::FolderInfo& folder : tree->folders) {
        Json row = {{"name", folder.name}, {"id", folder.id.value}, {"selectable", folder.selectable}};
        row["acl"] = Json::object();
        if (folder.acl) {
            for (const store::AclEntry& entry : folder.acl->entries()) {
                const std::string who = co_await name_of(services, entry.who);
                row["acl"][who] = entry.rights.letters(false);
            }
        }
        if (folder.selectable) {
            const auto totals = co_await (*account)->totals(folder.id);
            if (!totals) co_return fault_of(totals.error(), folder.name);
            row["messages"] = totals->exists;
            row["bytes"] = totals->bytes;
        }
        out.push_back(std::move(row));
    }
    co_return out;
}

awaitable<Reply> folder_acl(ServicesPtr services, Json arguments, CallerPtr) {
    const std::string office = text(arguments, "postoffice");
    const auto account = co_await commons_of(services, office, false);
    if (!account) co_return fault_of(account.error(), office);
    if (*account == nullptr) co_return Fault("not_found", office + ": no public folders");
    const std::string name = text(arguments, "name"), who = text(arguments, "who");
    const std::string rights = text(arguments, "rights");
    co_return co_await change(services, *account, office, name, who, rights);
}

awaitable<Reply> folder_rename(ServicesPtr services, Json arguments, CallerPtr) {
    const std::string office = text(arguments, "postoffice");
    const auto account = co_await commons_of(services, office, false);
    if (!account) co_return fault_of(account.error(), office);
    if (*account == nullptr) co_return Fault("not_found", office + ": no public folders");
    const auto renamed = co_await (*account)->rename(text(arguments, "name"), text(arguments, "to"));
    if (!renamed) co_return fault_of(renamed.error(), text(arguments, "name"));
    co_return Json::object();
}

awaitable<Reply> folder_remove(ServicesPtr services, Json arguments, CallerPtr) {
    const std::string office = text(arguments, "postoffice");
    const auto account = co_await commons_of(services, office, false);
    if (!account) co_return fault_of(account.error(), office);
    if (*account == nullptr) co_return Fault("not_found", office + ": no public folders");
    const auto removed = co_await (*account)->remove(text(arguments, "name"));
    if (!removed) co_return fault_of(removed.error(), text(arguments, "name"));
    co_return Json::object();
}

/// What all public folders of the office take, and how much they may; `quota_bytes` sets that, 0: no limit.
awaitable<Reply> folder_quota(ServicesPtr services, Json arguments, CallerPtr) {
    const std::string office = text(arguments, "postoffice");
    const bool sets = arguments.contains("quota_bytes");
    const auto account = co_await commons_of(services, office, sets);
    if (!account) co_return fault_of(account.error(), office);
    if (*account == nullptr) co_return Json{{"bytes", 0}, {"messages", 0}, {"quota_bytes", 0}};
    if (sets) {
        const auto set = co_await (*account)->set_quota(number(arguments, "quota_bytes"), 0);
        if (!set) co_return fault_of(set.error(), office);
    }
    const auto quota = co_await (*account)->quota();
    if (!quota) co_return fault_of(quota.error(), office);
    co_return Json{{"bytes", quota->bytes}, {"messages", quota->messages}, {"quota_bytes", quota->bytes_max}};
}

constexpr std::array table{
    Operation{"folder.add", "postoffice name", "anyone", folder_add},
    Operation{"folder.list", "postoffice", "", folder_list},
    Operation{"folder.acl", "postoffice name who", "rights", folder_acl},
    Operation{"folder.quota", "postoffice", "quota_bytes", folder_quota},
    Operation{"folder.rename", "postoffice name to", "", folder_rename},
    Operation{"folder.remove", "postoffice name", "", folder_remove},
};

}  // namespace

std::span<const Operation> folder_operations() { return table; }

}  // namespace admin
