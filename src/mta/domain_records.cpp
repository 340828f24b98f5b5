#include "mta/domain_records.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/ascii.hpp"
#include "mailauth/dkim_key.hpp"
#include "mailauth/dmarc.hpp"
#include "mailauth/spf.hpp"

namespace mta {
namespace {

using Type = net::RecordType;

std::string hexadecimal(std::string_view octets) {
    std::string out;
    for (const char c : octets) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
    return out;
}

/// A name of RDATA, which is not compressed; *data goes behind it. "." is the root.
std::string take_name(std::string_view* data) {
    std::string out;
    while (!data->empty()) {
        const auto size = static_cast<std::size_t>(static_cast<unsigned char>(data->front()));
        data->remove_prefix(1);
        if (size == 0) return out.empty() ? "." : out + ".";
        if (size > data->size()) break;
        if (!out.empty()) out += '.';
        out += base::lowered(data->substr(0, size));
        data->remove_prefix(size);
    }
    return "?";
}

std::uint16_t take_u16(std::string_view* data) {
    if (data->size() < 2) return 0;
    const auto high = static_cast<unsigned char>((*data)[0]), low = static_cast<unsigned char>((*data)[1]);
    data->remove_prefix(2);
    return static_cast<std::uint16_t>(high * 256 + low);
}

std::string quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

/// "v=spf1", "v=DMARC1" …: what tells the record apart from others of the same name.
std::string_view version_of(std::string_view text) {
    return text.substr(0, std::min(text.find_first_of("; "), text.size()));
}

RecordCheck check_text(const WantedRecord& wanted, const std::vector<std::string>& texts) {
    RecordCheck out;
    const std::string_view value(wanted.value.data() + 1, wanted.value.size() - 2);
    const std::string version = base::lowered(version_of(value));
    for (const std::string& text : texts)
        if (base::lowered(version_of(text)) == version) out.found.push_back(quoted(text));
    out.state = RecordCheck::State::differs;
    if (out.found.empty()) {
        out.state = RecordCheck::State::missing;
    } else if (out.found.size() > 1) {
        out.why = "only one may be there";
    } else if (version == "v=spf1") {
        // The owner knows best who else sends for him: any record that can be read will do.
        const std::string text = out.found.front().substr(1, out.found.front().size() - 2);
        out.why = mailauth::spf_record_fault(text);
        if (out.why.empty()) out.state = RecordCheck::State::good;
    } else if (version == "v=dmarc1") {
        const std::string text = out.found.front().substr(1, out.found.front().size() - 2);
        out.why = mailauth::parse_dmarc_record(text).fault;
        if (out.why.empty()) out.state = RecordCheck::State::good;
    } else if (version == "v=dkim1") {
        const auto have =
            mailauth::parse_dkim_key_record(out.found.front().substr(1, out.found.front().size() - 2));
        const auto want = mailauth::parse_dkim_key_record(value);
        out.why = have.fault;
        if (out.why.empty() && have.key != want.key) out.why = "it is another key";
        if (out.why.empty()) out.state = RecordCheck::State::good;
    } else {
        out.state = RecordCheck::State::good;  // STSv1, TLSRPTv1: ids and addresses are the owner's
    }
    if (out.state == RecordCheck::State::good) out.found.clear();
    return out;
}

void add_services(std::vector<WantedRecord>& out, const DomainFacts& facts) {
    const auto add = [&](std::string name, Type type, std::string value, std::string what) {
        WantedRecord record;
        record.name = std::move(name);
        record.type = type;
        record.value = std::move(value);
        record.what = std::move(what);
        record.must = false;
        out.push_back(std::move(record));
    };
    for (const DomainFacts::Service& service : facts.services)
        add("_" + service.name + "._tcp." + facts.domain, Type::srv,
            fmt::format("0 1 {} {}.", service.port, service.host.empty() ? facts.hostname : service.host),
            "clients find the server (RFC 6186, RFC 8314)");
    if (facts.settings_served) {
        for (const char* name : {"autoconfig.", "autodiscover."})
            add(name + facts.domain, Type::cname,
                (facts.web_host.empty() ? facts.hostname : facts.web_host) + ".",
                "clients ask for their settings");
    }
    if (facts.policy_served)
        add("mta-sts." + facts.domain, Type::cname, facts.hostname + ".",
            "servers ask for the policy (RFC 8461)");
}

/// One of the domain itself: an address elsewhere needs a record that allows it (RFC 9990 section 4).
std::string reports_to(const DomainFacts& facts) {
    for (const std::string& address : facts.report_addresses)
        if (address.ends_with("@" + facts.domain)) return address;
    return "postmaster@" + facts.domain;
}

}  // namespace

std::vector<WantedRecord> wanted_records(const DomainFacts& facts) {
    std::vector<WantedRecord> out;
    const auto add = [&](std::string name, Type type, std::string value, std::string what, bool must) {
        WantedRecord record;
        record.name = std::move(name);
        record.type = type;
        record.value = std::move(value);
        record.what = std::move(what);
        record.must = must;
        out.push_back(std::move(record));
    };
    add(facts.domain, Type::mx, "10 " + facts.hostname + ".", "mail comes here", true);
    add(facts.domain, Type::txt, quoted("v=spf1 mx ~all"),
        "who sends for the domain (SPF); name a smart host too", true);
    if (facts.hostname != facts.domain)
        add(facts.hostname, Type::txt, quoted("v=spf1 a -all"), "SPF of bounces and of mail that is sent on",
            false);
    for (const DomainFacts::Key& key : facts.keys)
        add(key.selector + "._domainkey." + facts.domain, Type::txt, quoted(key.record),
            "DKIM key " + key.selector + (key.active ? ", active" : ", not active"), key.active);
    add("_dmarc." + facts.domain, Type::txt,
        quoted("v=DMARC1; p=quarantine; rua=mailto:" + reports_to(facts)),
        "what becomes of forgeries (DMARC)", true);
    add("_smtp._tls." + facts.domain, Type::txt, quoted("v=TLSRPTv1; rua=mailto:" + reports_to(facts)),
        "reports about TLS (RFC 8460)", false);
    if (facts.policy_served)
        add("_mta-sts." + facts.domain, Type::txt, quoted("v=STSv1; id=" + facts.policy_id),
            "MTA-STS (RFC 8461)", false);
    if (!facts.certificate_digest.empty())
        add("_25._tcp." + facts.hostname, Type::tlsa, "3 1 1 " + facts.certificate_digest,
            "DANE (RFC 7672); only in a zone with DNSSEC", false);
    add_services(out, facts);
    return out;
}

RecordCheck check_record(const WantedRecord& wanted, const net::DnsAnswer& answer) {
    using State = net::DnsAnswer::State;
    RecordCheck out;
    if (answer.state == State::failed || answer.state == State::bogus) {
        out.why = answer.state == State::bogus ? "DNSSEC says that the answer is forged" : "no answer";
        return out;
    }
    if (answer.state != State::records) {
        out.state = RecordCheck::State::missing;
        return out;
    }
    if (wanted.type == Type::txt) {
        std::vector<std::string> texts;
        for (const std::string& data : answer.data) texts.push_back(net::read_txt(data));
        return check_text(wanted, texts);
    }
    for (const std::string& data : answer.data) out.found.push_back(shown_record(wanted.type, data));
    const auto same = [&](const std::string& found) {
        if (wanted.type != Type::mx && wanted.type != Type::srv) return found == wanted.value;
        // Preference and weight are the owner's.
        const auto target = [](const std::string& text) { return text.substr(text.rfind(' ') + 1); };
        const auto port = [](const std::string& text) {
            const std::string front = text.substr(0, text.rfind(' '));
            return front.substr(front.rfind(' ') + 1);
        };
        return target(found) == target(wanted.value) &&
               (wanted.type == Type::mx || port(found) == port(wanted.value));
    };
    const bool good = std::ranges::any_of(out.found, same);
    out.state = good ? RecordCheck::State::good : RecordCheck::State::differs;
    if (good) out.found.clear();
    return out;
}

std::string shown_record(net::RecordType type, std::string_view data) {
    std::string_view rest = data;
    switch (type) {
        case Type::mx: {
            const std::uint16_t preference = take_u16(&rest);
            return fmt::format("{} {}", preference, take_name(&rest));
        }
        case Type::srv: {
            const std::uint16_t priority = take_u16(&rest), weight = take_u16(&rest), port = take_u16(&rest);
            return fmt::format("{} {} {} {}", priority, weight, port, take_name(&rest));
        }
        case Type::cname:
        case Type::ns:
        case Type::ptr:
            return take_name(&rest);
        case Type::txt:
            return quoted(net::read_txt(data));
        case Type::tlsa:
            if (data.size() < 3) break;
            return fmt::format("{} {} {} {}", static_cast<unsigned char>(data[0]),
                               static_cast<unsigned char>(data[1]), static_cast<unsigned char>(data[2]),
                               hexadecimal(data.substr(3)));
        default:
            break;
    }
    return hexadecimal(data);
}

std::string_view name_of(net::RecordType type) {
    switch (type) {
        case Type::a:
            return "A";
        case Type::ns:
            return "NS";
        case Type::cname:
            return "CNAME";
        case Type::soa:
            return "SOA";
        case Type::ptr:
            return "PTR";
        case Type::mx:
            return "MX";
        case Type::txt:
            return "TXT";
        case Type::aaaa:
            return "AAAA";
        case Type::srv:
            return "SRV";
        case Type::tlsa:
            return "TLSA";
    }
    return "?";
}

std::string_view name_of(RecordCheck::State state) {
    switch (state) {
        case RecordCheck::State::good:
            return "good";
        case RecordCheck::State::missing:
            return "missing";
        case RecordCheck::State::differs:
            return "differs";
        case RecordCheck::State::unknown:
            break;
    }
    return "unknown";
}

}  // namespace mta
