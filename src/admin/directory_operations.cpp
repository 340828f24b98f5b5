// Post offices, domains and accounts: add, list, show, set, remove.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "admin/domain_arguments.hpp"
#include "admin/operations.hpp"
#include "base/random.hpp"
#include "directory/device_policies.hpp"

namespace admin {
namespace {

using directory::Domain;
using directory::Mailbox;
using directory::PostOffice;

Json shown(const PostOffice& office) {
    return {{"name", office.name},
            {"enabled", office.enabled},
            {"mailboxes_max", office.mailboxes_max},
            {"quota_bytes_default", office.quota_bytes_default},
            {"node", office.node},
            {"smart_host", mta::shown_smart_host(office.smart_host)},
            {"smart_host_trusted_only", office.smart_host_trusted_only}};
}

Json shown(const Domain& domain) {
    return {{"name", domain.name},
            {"postoffice", domain.post_office},
            {"enabled", domain.enabled},
            {"catch_all", domain.catch_all},
            {"node", domain.node},
            {"delivery", delivery_name(domain.delivery)},
            {"arc_seal", seal_name(domain.arc_seal)},
            {"smart_host", mta::shown_smart_host(domain.smart_host)},
            {"smart_host_trusted_only", domain.smart_host_trusted_only}};
}

Json shown(const Mailbox& mailbox) {
    return {{"account", mailbox.account.value},
            {"name", mailbox.name},
            {"postoffice", mailbox.post_office},
            {"addresses", mailbox.addresses},
            {"enabled", mailbox.enabled},
            {"login_allowed", mailbox.login_allowed},
            {"administrator", mailbox.administrator},
            {"quota_bytes", mailbox.quota_bytes},
            {"node", mailbox.node},
            {"redirects", mailbox.redirects},
            {"keep_copy", mailbox.keep_copy}};
}

awaitable<Reply> postoffice_add(ServicesPtr services, Json arguments, CallerPtr) {
    PostOffice office;
    office.name = text(arguments, "name");
    office.mailboxes_max = static_cast<std::uint32_t>(number(arguments, "mailboxes_max"));
    office.quota_bytes_default = number(arguments, "quota_bytes_default");
    office.node = text(arguments, "node");
    const Json out = shown(office);
    auto added = co_await services->directory.add_post_office(std::move(office));
    if (!added) co_return fault_of(added.error(), text(arguments, "name"));
    co_return out;
}

awaitable<Reply> postoffice_list(ServicesPtr services, Json, CallerPtr) {
    auto offices = co_await services->directory.post_offices();
    if (!offices) co_return fault_of(offices.error(), "post offices");
    Json out = Json::array();
    for (const PostOffice& office : *offices) out.push_back(shown(office));
    co_return out;
}

awaitable<Reply> postoffice_show(ServicesPtr services, Json arguments, CallerPtr) {
    auto office = co_await services->directory.post_office(text(arguments, "name"));
    if (!office) co_return fault_of(office.error(), text(arguments, "name"));
    auto domains = co_await services->directory.domains(text(arguments, "name"));
    if (!domains) co_return fault_of(domains.error(), text(arguments, "name"));
    Json out = shown(*office);
    out["domains"] = Json::array();
    for (const Domain& domain : *domains) out["domains"].push_back(domain.name);
    co_return out;
}

awaitable<Reply> postoffice_set(ServicesPtr services, Json arguments, CallerPtr) {
    auto office = co_await services->directory.post_office(text(arguments, "name"));
    if (!office) co_return fault_of(office.error(), text(arguments, "name"));
    office->enabled = flag(arguments, "enabled", office->enabled);
    office->mailboxes_max =
        static_cast<std::uint32_t>(number(arguments, "mailboxes_max", office->mailboxes_max));
    office->quota_bytes_default = number(arguments, "quota_bytes_default", office->quota_bytes_default);
    office->node = text(arguments, "node", office->node);
    const std::string wrong =
        take_smart_host(arguments, &office->smart_host, &office->smart_host_trusted_only);
    if (!wrong.empty()) co_return Fault("invalid", wrong);
    const Json out = shown(*office);
    auto set = co_await services->directory.set_post_office(std::move(*office));
    if (!set) co_return fault_of(set.error(), text(arguments, "name"));
    co_return out;
}

awaitable<Reply> postoffice_remove(ServicesPtr services, Json arguments, CallerPtr) {
    const auto office = co_await services->directory.post_office(text(arguments, "name"));
    auto removed = co_await services->directory.remove_post_office(text(arguments, "name"));
    if (!removed) co_return fault_of(removed.error(), text(arguments, "name"));
    if (office && office->commons) {
        // Nobody can name its public folders any more; their mail goes in the background.
        const auto gone = co_await services->store.remove_account(office->commons);
        if (!gone && !gone.error().is(store::Errc::not_found))
            co_return fault_of(gone.error(), text(arguments, "name"));
    }
    co_return Json::object();
}

awaitable<Reply> domain_add(ServicesPtr services, Json arguments, CallerPtr) {
    Domain domain;
    domain.name = text(arguments, "name");
    domain.post_office = text(arguments, "postoffice");
    domain.catch_all = text(arguments, "catch_all");
    domain.node = text(arguments, "node");
    std::string wrong = take_smart_host(arguments, &domain.smart_host, &domain.smart_host_trusted_only);
    if (wrong.empty()) wrong = take_delivery(arguments, &domain.delivery);
    if (!wrong.empty()) co_return Fault("invalid", wrong);
    const Json out = shown(domain);
    auto added = co_await services->directory.add_domain(std::move(domain));
    if (!added) co_return fault_of(added.error(), text(arguments, "name"));
    co_return out;
}

awaitable<Reply> domain_list(ServicesPtr services, Json arguments, CallerPtr) {
    auto domains = co_await services->directory.domains(text(arguments, "postoffice"));
    if (!domains) co_return fault_of(domains.error(), "domains");
    Json out = Json::array();
    for (const Domain& domain : *domains) out.push_back(shown(domain));
    co_return out;
}

/// The domain called `name`; names are compared as they are stored: lower case.
awaitable<directory::Result<Domain>> find_domain(ServicesPtr services, std::string name) {
    auto domains = co_await services->directory.domains("");
    if (!domains) co_return domains.error();
    for (Domain& domain : *domains) {
        if (domain.name == name) co_return std::move(domain);
    }
    co_return directory::Error(directory::Errc::not_found, "no such domain");
}

awaitable<Reply> domain_show(ServicesPtr services, Json arguments, CallerPtr) {
    auto domain = co_await find_domain(services, text(arguments, "name"));
    if (!domain) co_return fault_of(domain.error(), text(arguments, "name"));
    co_return shown(*domain);
}

awaitable<Reply> domain_set(ServicesPtr services, Json arguments, CallerPtr) {
    auto domain = co_await find_domain(services, text(arguments, "name"));
    if (!domain) co_return fault_of(domain.error(), text(arguments, "name"));
    domain->enabled = flag(arguments, "enabled", domain->enabled);
    domain->catch_all = text(arguments, "catch_all", domain->catch_all);
    domain->node = text(arguments, "node", domain->node);
    std::string wrong = take_smart_host(arguments, &domain->smart_host, &domain->smart_host_trusted_only);
    if (wrong.empty()) wrong = take_delivery(arguments, &domain->delivery);
    if (wrong.empty()) wrong = take_arc_seal(arguments, &domain->arc_seal);
    if (!wrong.empty()) co_return Fault("invalid", wrong);
    const Json out = shown(*domain);
    auto set = co_await services->directory.set_domain(std::move(*domain));
    if (!set) co_return fault_of(set.error(), text(arguments, "name"));
    co_return out;
}

awaitable<Reply> domain_remove(ServicesPtr services, Json arguments, CallerPtr) {
    auto removed = co_await services->directory.remove_domain(text(arguments, "name"));
    if (!removed) co_return fault_of(removed.error(), text(arguments, "name"));
    co_return Json::object();
}

/// The mailbox that an address or a login name means.
awaitable<directory::Result<Mailbox>> find_mailbox(ServicesPtr services, std::string name) {
    auto login = co_await services->directory.login(std::move(name));
    if (!login) co_return login.error();
    co_return std::move(login->mailbox);
}

/// Credentials from the "password" or "hash" argument; a fresh password is made when there is neither.
awaitable<directory::Result<directory::Credentials>> credentials_from(ServicesPtr services, Json* arguments) {
    directory::Credentials imported;
    imported.password_hash = text(*arguments, "hash");
    if (!imported.password_hash.empty()) co_return std::move(imported);
    if (text(*arguments, "password").empty()) (*arguments)["password"] = base::Random::system().password();
    base::Secret password(text(*arguments, "password"));
    co_return co_await services->authenticator.make_credentials(std::move(password));
}

/// The post office that owns the address's domain.
awaitable<directory::Result<std::string>> office_of(ServicesPtr services, std::string address) {
    const auto at = address.rfind('@');
    if (at == std::string::npos) co_return directory::Error(directory::Errc::invalid, "not an address");
    auto domain = co_await find_domain(services, address.substr(at + 1));
    if (!domain) co_return domain.error();
    co_return domain->post_office;
}

awaitable<Reply> account_add(ServicesPtr services, Json arguments, CallerPtr) {
    const std::string address = directory::canonical_address(text(arguments, "address"));
    if (address.empty()) co_return Fault("invalid", "not an address: " + text(arguments, "address"));
    auto office = co_await office_of(services, address);
    if (!office) co_return fault_of(office.error(), address);
    auto settings = co_await services->directory.post_office(*office);
    if (!settings) co_return fault_of(settings.error(), *office);

    Mailbox mailbox;
    mailbox.name = text(arguments, "name", address.substr(0, address.rfind('@')));
    mailbox.post_office = *office;
    mailbox.addresses = {address};
    if (arguments.contains("alias") && arguments["alias"].is_array()) {
        for (const Json& alias : arguments["alias"]) {
            if (alias.is_string()) mailbox.addresses.push_back(alias.get<std::string>());
        }
    }
    mailbox.quota_bytes = number(arguments, "quota_bytes", settings->quota_bytes_default);
    mailbox.node = text(arguments, "node");

    const bool made_up = text(arguments, "password").empty() && text(arguments, "hash").empty();
    auto credentials = co_await credentials_from(services, &arguments);
    if (!credentials) co_return fault_of(credentials.error(), "password");
    auto added = co_await services->directory.add_mailbox(std::move(mailbox), std::move(*credentials));
    if (!added) co_return fault_of(added.error(), address);
    auto account = co_await services->store.create_account(added->account);
    if (!account) {
        auto undone = co_await services->directory.remove_mailbox(added->account);
        if (!undone) co_return fault_of(undone.error(), address);
        co_return fault_of(account.error(), address);
    }
    if (added->quota_bytes != 0) {
        auto set = co_await (*account)->set_quota(added->quota_bytes, 0);
        if (!set) co_return fault_of(set.error(), address);
    }
    Json out = shown(*added);
    if (made_up) out["password"] = text(arguments, "password");
    co_return out;
}

awaitable<Reply> account_list(ServicesPtr services, Json arguments, CallerPtr) {
    constexpr std::size_t page_max = 1000;
    const std::size_t page = std::clamp<std::size_t>(number(arguments, "max", page_max), 1, page_max);
    // The place of the last one told: "name@postoffice", the form that answers have, or a name alone.
    const std::string after = text(arguments, "after");
    const auto at = after.rfind('@');
    const std::string after_name = after.substr(0, at);
    const std::string after_office = at == std::string::npos ? std::string() : after.substr(at + 1);

    std::vector<std::string> offices{text(arguments, "postoffice")};
    if (offices.front().empty()) {
        auto all = co_await services->directory.post_offices();
        if (!all) co_return fault_of(all.error(), "post offices");
        offices.clear();
        for (const PostOffice& office : *all) offices.push_back(office.name);
    }
    Json out = Json::array();
    for (const std::string& office : offices) {
        if (out.size() == page) break;
        if (office < after_office) continue;
        const std::string from = after_office.empty() || office == after_office ? after_name : std::string();
        auto mailboxes = co_await services->directory.mailboxes(office, from, page - out.size());
        if (!mailboxes) co_return fault_of(mailboxes.error(), "accounts");
        for (const Mailbox& mailbox : *mailboxes) out.push_back(shown(mailbox));
    }
    co_return out;
}

awaitable<Reply> account_show(ServicesPtr services, Json arguments, CallerPtr) {
    auto login = co_await services->directory.login(text(arguments, "address"));
    if (!login) co_return fault_of(login.error(), text(arguments, "address"));
    Json out = shown(login->mailbox);
    out["served_by"] = login->node;
    auto account = co_await services->store.account(login->mailbox.account);
    if (!account) co_return fault_of(account.error(), text(arguments, "address"));
    auto quota = co_await (*account)->quota();
    if (!quota) co_return fault_of(quota.error(), text(arguments, "address"));
    out["bytes"] = quota->bytes;
    out["messages"] = quota->messages;
    out["folders"] = Json::array();
    const store::FolderTreePtr tree = (*account)->folders();
    for (const store::FolderInfo& folder : tree->folders) {
        Json row = {{"name", folder.name}, {"id", folder.id.value}, {"selectable", folder.selectable}};
        if (folder.selectable) {
            auto totals = co_await (*account)->totals(folder.id);
            if (!totals) co_return fault_of(totals.error(), folder.name);
            row["messages"] = totals->exists;
            row["unseen"] = totals->unseen;
            row["bytes"] = totals->bytes;
        }
        out["folders"].push_back(std::move(row));
    }
    co_return out;
}

awaitable<Reply> account_set(ServicesPtr services, Json arguments, CallerPtr) {
    const std::string address = text(arguments, "address");
    auto mailbox = co_await find_mailbox(services, address);
    if (!mailbox) co_return fault_of(mailbox.error(), address);
    mailbox->enabled = flag(arguments, "enabled", mailbox->enabled);
    mailbox->login_allowed = flag(arguments, "login_allowed", mailbox->login_allowed);
    mailbox->administrator = flag(arguments, "administrator", mailbox->administrator);
    mailbox->quota_bytes = number(arguments, "quota_bytes", mailbox->quota_bytes);
    mailbox->node = text(arguments, "node", mailbox->node);
    if (arguments.contains("addresses") && arguments["addresses"].is_array())
        mailbox->addresses = arguments["addresses"].get<std::vector<std::string>>();
    if (arguments.contains("redirects"))
        mailbox->redirects = arguments["redirects"].get<std::vector<std::string>>();
    mailbox->keep_copy = flag(arguments, "keep_copy", mailbox->keep_copy);
    const base::AccountId id = mailbox->account;
    const std::uint64_t quota_bytes = mailbox->quota_bytes;
    const Json out = shown(*mailbox);
    auto set = co_await services->directory.set_mailbox(std::move(*mailbox));
    if (!set) co_return fault_of(set.error(), address);
    if (arguments.contains("quota_bytes")) {
        auto account = co_await services->store.account(id);
        if (!account) co_return fault_of(account.error(), address);
        const auto before = co_await (*account)->quota();
        if (!before) co_return fault_of(before.error(), address);
        auto limited = co_await (*account)->set_quota(quota_bytes, before->messages_max);
        if (!limited) co_return fault_of(limited.error(), address);
    }
    co_return out;
}

awaitable<Reply> account_password(ServicesPtr services, Json arguments, CallerPtr) {
    const std::string address = text(arguments, "address");
    auto mailbox = co_await find_mailbox(services, address);
    if (!mailbox) co_return fault_of(mailbox.error(), address);
    const bool made_up = text(arguments, "password").empty() && text(arguments, "hash").empty();
    auto credentials = co_await credentials_from(services, &arguments);
    if (!credentials) co_return fault_of(credentials.error(), "password");
    auto set = co_await services->directory.update_credentials(mailbox->account, std::move(*credentials));
    if (!set) co_return fault_of(set.error(), address);
    // Who knew the old password must not stay: sessions end, as every good server does it.
    services->server.sessions().kick_user(mailbox->addresses.front());
    Json out = Json::object();
    if (made_up) out["password"] = text(arguments, "password");
    co_return out;
}

awaitable<Reply> account_remove(ServicesPtr services, Json arguments, CallerPtr) {
    const std::string address = text(arguments, "address");
    auto mailbox = co_await find_mailbox(services, address);
    if (!mailbox) co_return fault_of(mailbox.error(), address);
    // The directory first: without it nobody can log in or be delivered to, and a crash leaves only
    // unreachable mail, which `store check` reports.
    auto removed = co_await services->directory.remove_mailbox(mailbox->account);
    if (!removed) co_return fault_of(removed.error(), address);
    services->server.sessions().kick_user(mailbox->addresses.front());
    auto gone = co_await services->store.remove_account(mailbox->account);
    if (!gone) co_return fault_of(gone.error(), address);
    // What is left of it when this fails nobody reads: numbers of accounts do not come again.
    directory::DevicePolicies policies(services->store.engine());
    auto forgotten = co_await policies.set(mailbox->post_office, mailbox->account, directory::DevicePolicy());
    if (!forgotten) co_return fault_of(forgotten.error(), address);
    co_return Json::object();
}

constexpr std::array table{
    Operation{"postoffice.add", "name", "mailboxes_max quota_bytes_default node", postoffice_add},
    Operation{"postoffice.list", "", "", postoffice_list},
    Operation{"postoffice.show", "name", "", postoffice_show},
    Operation{"postoffice.set", "name",
              "enabled mailboxes_max quota_bytes_default node smart_host smart_host_trusted_only",
              postoffice_set},
    Operation{"postoffice.remove", "name", "", postoffice_remove},
    Operation{"domain.add", "name postoffice", "catch_all node delivery smart_host smart_host_trusted_only",
              domain_add},
    Operation{"domain.list", "", "postoffice", domain_list},
    Operation{"domain.show", "name", "", domain_show},
    Operation{"domain.set", "name",
              "enabled catch_all node delivery arc_seal smart_host smart_host_trusted_only", domain_set},
    Operation{"domain.remove", "name", "", domain_remove},
    Operation{"account.add", "address", "name alias quota_bytes password hash node", account_add},
    Operation{"account.list", "", "postoffice after max", account_list},
    Operation{"account.show", "address", "", account_show},
    Operation{"account.set", "address",
              "enabled login_allowed administrator quota_bytes addresses redirects keep_copy node",
              account_set},
    Operation{"account.password", "address", "password hash", account_password},
    Operation{"account.remove", "address", "", account_remove},
};

}  // namespace

std::span<const Operation> directory_operations() { return table; }

}  // namespace admin
