#include "admin/rights.hpp"

#include "store/sharing.hpp"

namespace admin {

using store::AclWho;

awaitable<store::Result<store::AccountPtr>> commons_of(ServicesPtr services, std::string office, bool make) {
    const auto known = co_await services->directory.post_office(office);
    if (!known) co_return known.error();
    if (!known->commons && !make) co_return store::AccountPtr();
    const auto id = co_await services->directory.commons(office);
    if (!id) co_return id.error();
    co_return co_await services->store.make_commons(*id);
}

awaitable<store::Result<AclWho>> who_is(ServicesPtr services, std::string office, std::string text) {
    AclWho who;
    if (text.starts_with('-')) {
        who.negative = true;
        text.erase(0, 1);
    }
    if (text == "anyone") who.kind = AclWho::Kind::anyone;
    if (text == "authenticated") who.kind = AclWho::Kind::authenticated;
    if (who.kind != AclWho::Kind::account) co_return who;
    const auto login = co_await services->directory.login(std::move(text));
    if (!login) co_return login.error();
    if (login->mailbox.post_office != office)
        co_return store::Error(store::Errc::invalid, "not a mailbox of this post office");
    who.account = login->mailbox.account;
    co_return who;
}

awaitable<std::string> name_of(ServicesPtr services, AclWho who) {
    std::string out = who.negative ? "-" : "";
    if (who.kind == AclWho::Kind::anyone) co_return out + "anyone";
    if (who.kind == AclWho::Kind::authenticated) co_return out + "authenticated";
    const auto mailbox = co_await services->directory.mailbox(who.account);
    if (!mailbox) co_return out + "#" + std::to_string(who.account.value);
    const bool named = mailbox->addresses.empty();
    co_return out + (named ? mailbox->name + '@' + mailbox->post_office : mailbox->addresses.front());
}

awaitable<Reply> change_rights(ServicesPtr services, SharedFolder what, std::string who, std::string rights) {
    const std::optional<store::Rights> parsed = store::Rights::parse(rights);
    if (!parsed) co_return Fault("invalid", "rights are letters of \"lrswipkxtea\": " + rights);
    const auto whom = co_await who_is(services, what.office, who);
    if (!whom) co_return fault_of(whom.error(), who);
    store::ShareRequest request;
    request.owner = what.owner;
    request.folder = what.folder.id;
    request.entry.who = *whom;
    request.entry.rights = *parsed;
    request.change = parsed->empty() ? store::AclChange::erase : store::AclChange::replace;
    auto commons = co_await commons_of(services, what.office, whom->kind != AclWho::Kind::account);
    if (!commons) co_return fault_of(commons.error(), what.office);
    request.commons = std::move(*commons);
    const auto changed = co_await store::share(&services->store, std::move(request));
    if (!changed) co_return fault_of(changed.error(), what.folder.name);
    co_return Json::object();
}

}  // namespace admin
