// dns.records: what DNS must say of a domain of ours, and whether it does.
#include <array>

#include "admin/operations.hpp"
#include "base/ascii.hpp"
#include "mailauth/dkim_key.hpp"
#include "mta/domain_records.hpp"

namespace admin {
namespace {

/// A line of a zone file. TXT strings have 255 octets at most (RFC 1035 section 3.3).
std::string zone_line(const mta::WantedRecord& record) {
    std::string value = record.value;
    if (record.type == net::RecordType::txt) {
        const std::string_view text(record.value.data() + 1, record.value.size() - 2);
        value.clear();
        for (std::size_t at = 0; at < text.size(); at += 255)
            value += (at == 0 ? "\"" : " \"") + std::string(text.substr(at, 255)) + "\"";
    }
    return record.name + ". IN " + std::string(mta::name_of(record.type)) + " " + value;
}

/// SRV records say what [[discovery]] says.
void take_client_settings(mta::DomainFacts& facts, const Json& told) {
    facts.services.clear();
    for (const Json& row : told["services"]) {
        mta::DomainFacts::Service one;
        one.name = row["service"].get<std::string>() + (row["security"] == "tls" ? "s" : "");
        one.port = row["port"].get<std::uint16_t>();
        one.host = base::lowered(row["host"].get<std::string>());
        facts.services.push_back(std::move(one));
    }
    facts.web_host = base::lowered(told["web_host"].get<std::string>());
}

awaitable<Reply> dns_records(ServicesPtr services, Json arguments, CallerPtr) {
    const std::string name = text(arguments, "domain");
    const auto domain = co_await services->directory.find_domain(name);
    if (!domain) co_return fault_of(domain.error(), name);
    const auto keys = co_await services->directory.dkim_keys(domain->name);
    if (!keys) co_return fault_of(keys.error(), name);
    mta::DomainFacts facts = services->domain_facts ? services->domain_facts() : mta::DomainFacts();
    if (services->client_settings)
        take_client_settings(facts, services->client_settings("postmaster@" + domain->name));
    facts.domain = domain->name;
    facts.hostname = base::lowered(services->hostname);
    for (const directory::DkimKey& key : *keys) {
        std::string fault;
        const auto parsed = mailauth::DkimKey::from_pem(key.pem, fault);
        if (!parsed) co_return Fault("corrupt", "the key " + key.selector + " cannot be read: " + fault);
        mta::DomainFacts::Key one;
        one.selector = key.selector;
        one.record = parsed->dns_record(key.testing);
        one.active = key.active;
        facts.keys.push_back(std::move(one));
    }
    const bool check = flag(arguments, "check");
    Json records = Json::array();
    std::size_t problems = 0;
    for (const mta::WantedRecord& record : mta::wanted_records(facts)) {
        Json row = {{"name", record.name},   {"type", mta::name_of(record.type)},
                    {"value", record.value}, {"what", record.what},
                    {"must", record.must},   {"zone", zone_line(record)}};
        if (check) {
            const net::DnsAnswer answer =
                co_await services->server.resolver().query(record.name, record.type);
            const mta::RecordCheck found = mta::check_record(record, answer);
            row["state"] = mta::name_of(found.state);
            row["found"] = found.found;
            row["why"] = found.why;
            row["secure"] = answer.secure;
            if (record.must && found.state != mta::RecordCheck::State::good) ++problems;
        }
        records.push_back(std::move(row));
    }
    co_return Json{{"domain", domain->name}, {"records", std::move(records)}, {"problems", problems}};
}

constexpr std::array table{
    Operation{"dns.records", "domain", "check", dns_records},
};

}  // namespace

std::span<const Operation> dns_operations() { return table; }

}  // namespace admin
