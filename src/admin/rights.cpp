#include "admin/rights.hpp"

#include "directory/grantees.hpp"
#include "store/sharing.hpp"

namespace admin {

awaitable<store::Result<store::AccountPtr>> commons_of(ServicesPtr services, std::string office, bool make) {
    const auto known = co_await services->directory.post_office(office);
    if (!known) co_return known.error();
    if (!known->commons && !make) co_return store::AccountPtr();
    const auto id = co_await services->directory.commons(office);
    if (!id) co_return id.error();
    co_return co_await services->store.make_commons(*id);
}

awaitable<std::string> name_of(ServicesPtr services, store::AclWho who) {
    auto name = co_await directory::name_of(&services->directory, who);
    if (name) co_return std::move(*name);
    co_return std::string(who.negative ? "-#" : "#") + std::to_string(who.account.value);
}

awaitable<Reply> change_rights(ServicesPtr services, SharedFolder what, std::string who, std::string rights) {
    const std::optional<store::Rights> parsed = store::Rights::parse(rights);
    if (!parsed) co_return Fault("invalid", "rights are letters of \"lrswipkxtea\": " + rights);
    const auto whom = co_await directory::grantee_of(&services->directory, what.office, who);
    if (!whom) co_return fault_of(whom.error(), who);
    store::ShareRequest request;
    request.owner = what.owner;
    request.folder = what.folder.id;
    request.entry.who = *whom;
    request.entry.rights = *parsed;
    request.change = parsed->empty() ? store::AclChange::erase : store::AclChange::replace;
    auto commons = co_await commons_of(services, what.office, whom->kind != store::AclWho::Kind::account);
    if (!commons) co_return fault_of(commons.error(), what.office);
    request.commons = std::move(*commons);
    const auto changed = co_await store::share(&services->store, std::move(request));
    if (!changed) co_return fault_of(changed.error(), what.folder.name);
    co_return Json::object();
}

}  // namespace admin
