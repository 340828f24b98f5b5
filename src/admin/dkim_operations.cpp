// Keys that mail of a domain is signed with: made, published, switched on and off.
#include <array>
#include <thread>

#include <fmt/format.h>

#include "admin/operations.hpp"
#include "mailauth/dkim_key.hpp"
#include "store/waiter.hpp"

namespace admin {
namespace {

using directory::DkimKey;

/// Making an RSA key takes tenths of a second: not on a thread that serves others.
struct Making {
    std::string algorithm;
    unsigned bits = 0;
    std::optional<mailauth::DkimKey> key;
    std::shared_ptr<store::Waiter> done = std::make_shared<store::Waiter>();
};

awaitable<std::string> make_key(std::string algorithm, unsigned bits) {
    const auto making = std::make_shared<Making>();
    making->algorithm = std::move(algorithm);
    making->bits = bits;
    std::thread([making] {
        making->key = making->algorithm == "ed25519" ? mailauth::DkimKey::generate_ed25519()
                                                     : mailauth::DkimKey::generate_rsa(making->bits);
        making->done->wake();
    }).detach();
    std::shared_ptr<store::Waiter> done = making->done;
    co_await store::wait_for(std::move(done));
    co_return making->key ? making->key->pem() : std::string();
}

Json shown(const std::string& domain, const DkimKey& key) {
    Json out = {
        {"domain", domain},
        {"selector", key.selector},
        {"active", key.active},
        {"testing", key.testing},
        {"created", iso_time(std::chrono::system_clock::time_point(std::chrono::seconds(key.created)))},
        {"name", key.selector + "._domainkey." + domain}};
    std::string fault;
    if (const auto parsed = mailauth::DkimKey::from_pem(key.pem, fault)) {
        out["algorithm"] = mailauth::name_of(parsed->algorithm());
        out["bits"] = parsed->bits();
        out["record"] = parsed->dns_record(key.testing);
        out["zone"] = parsed->zone_line(key.selector, domain, key.testing);
    } else {
        out["fault"] = fault;
    }
    return out;
}

/// "202611r": the month, and what tells the algorithms apart.
std::string new_selector(const base::Clock& clock, const std::string& algorithm) {
    const auto days = std::chrono::floor<std::chrono::days>(clock.now());
    const std::chrono::year_month_day date(days);
    return fmt::format("{:04}{:02}{}", int(date.year()), unsigned(date.month()),
                       algorithm == "ed25519" ? "e" : "r");
}

awaitable<directory::Result<DkimKey>> find_key(ServicesPtr services, std::string domain,
                                               std::string selector) {
    auto keys = co_await services->directory.dkim_keys(std::move(domain));
    if (!keys) co_return keys.error();
    for (DkimKey& key : *keys)
        if (key.selector == selector) co_return std::move(key);
    co_return directory::Error(directory::Errc::not_found, "no such key");
}

awaitable<Reply> dkim_add(ServicesPtr services, Json arguments, CallerPtr) {
    const std::string domain = text(arguments, "domain");
    const std::string algorithm = text(arguments, "algorithm", "rsa");
    const std::uint64_t bits = number(arguments, "bits", 2048);
    if (algorithm != "rsa" && algorithm != "ed25519")
        co_return Fault("invalid", "the algorithm is rsa or ed25519");
    if (bits < 1024 || bits > 8192) co_return Fault("invalid", "a key has 1024 to 8192 bits");
    const auto ours = co_await services->directory.find_domain(domain);
    if (!ours) co_return fault_of(ours.error(), domain);
    DkimKey key;
    key.selector = text(arguments, "selector", new_selector(services->clock, algorithm));
    key.testing = flag(arguments, "testing");
    key.active = flag(arguments, "active");
    key.created = base::unix_seconds(services->clock.now());
    if (arguments.contains("pem")) {
        std::string fault;
        const auto given = mailauth::DkimKey::from_pem(text(arguments, "pem"), fault);
        if (!given) co_return Fault("invalid", "the key cannot be read: " + fault);
        key.pem = given->pem();
    } else {
        key.pem = co_await make_key(algorithm, static_cast<unsigned>(bits));
        if (key.pem.empty()) co_return Fault("unavailable", "OpenSSL made no key");
    }
    const auto added = co_await services->directory.add_dkim_key(domain, key);
    if (!added) co_return fault_of(added.error(), domain + " " + key.selector);
    co_return shown(ours->name, key);
}

awaitable<Reply> dkim_list(ServicesPtr services, Json arguments, CallerPtr) {
    std::vector<std::string> domains{text(arguments, "domain")};
    if (domains.front().empty()) {
        domains.clear();
        const auto all = co_await services->directory.domains(std::string());
        if (!all) co_return fault_of(all.error(), "domains");
        for (const directory::Domain& domain : *all) domains.push_back(domain.name);
    }
    Json out = Json::array();
    for (const std::string& domain : domains) {
        const auto ours = co_await services->directory.find_domain(domain);
        if (!ours) co_return fault_of(ours.error(), domain);
        const auto keys = co_await services->directory.dkim_keys(domain);
        if (!keys) co_return fault_of(keys.error(), domain);
        for (const DkimKey& key : *keys) out.push_back(shown(ours->name, key));
    }
    co_return out;
}

awaitable<Reply> dkim_show(ServicesPtr services, Json arguments, CallerPtr) {
    const std::string domain = text(arguments, "domain"), selector = text(arguments, "selector");
    const auto key = co_await find_key(services, domain, selector);
    if (!key) co_return fault_of(key.error(), domain + " " + selector);
    co_return shown(domain, *key);
}

awaitable<Reply> dkim_set(ServicesPtr services, Json arguments, CallerPtr) {
    const std::string domain = text(arguments, "domain"), selector = text(arguments, "selector");
    auto key = co_await find_key(services, domain, selector);
    if (!key) co_return fault_of(key.error(), domain + " " + selector);
    key->active = flag(arguments, "active", key->active);
    key->testing = flag(arguments, "testing", key->testing);
    const auto set = co_await services->directory.set_dkim_key(domain, *key);
    if (!set) co_return fault_of(set.error(), domain + " " + selector);
    co_return shown(domain, *key);
}

awaitable<Reply> dkim_remove(ServicesPtr services, Json arguments, CallerPtr) {
    const std::string domain = text(arguments, "domain"), selector = text(arguments, "selector");
    const auto removed = co_await services->directory.remove_dkim_key(domain, selector);
    if (!removed) co_return fault_of(removed.error(), domain + " " + selector);
    co_return Json::object();
}

constexpr std::array table{
    Operation{"dkim.add", "domain", "selector algorithm bits testing active pem", dkim_add},
    Operation{"dkim.list", "", "domain", dkim_list},
    Operation{"dkim.show", "domain selector", "", dkim_show},
    Operation{"dkim.set", "domain selector", "active testing", dkim_set},
    Operation{"dkim.remove", "domain selector", "", dkim_remove},
};

}  // namespace

std::span<const Operation> dkim_operations() { return table; }

}  // namespace admin
