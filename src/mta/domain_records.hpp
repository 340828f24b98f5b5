// What DNS must say of a domain so that its mail comes, goes, is believed, and its users' clients find the
// server; and whether it does. Pure: questions are asked elsewhere.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "net/resolver.hpp"

namespace mta {

struct DomainFacts {
    std::string domain, hostname;  ///< A-labels, lower case
    struct Key {
        std::string selector, record;  ///< "v=DKIM1; k=rsa; p=…"
        bool active = false;
    };
    std::vector<Key> keys;
    std::string certificate_digest;  ///< SHA-256 of the public key on port 25, hexadecimal; empty: unknown
    struct Service {
        std::string name;  ///< "imaps", "submissions" …
        std::uint16_t port = 0;
        std::string host;  ///< empty: hostname
    };
    std::vector<Service> services;
    std::string web_host;          ///< where settings are served; empty: hostname
    bool settings_served = false;  ///< clients may ask for their settings by HTTP
    bool policy_served = false;    ///< and other servers for the MTA-STS policy
    std::string policy_id;
    std::vector<std::string> report_addresses;  ///< where we read reports, of any domain of ours
};

struct WantedRecord {
    std::string name;
    net::RecordType type = net::RecordType::txt;
    std::string value;  ///< as a zone file has it
    std::string what;   ///< "DKIM key 202611r, active"
    bool must = true;   ///< else it is of use, and mail works without
};
std::vector<WantedRecord> wanted_records(const DomainFacts& facts);

struct RecordCheck {
    enum class State : std::uint8_t { good, missing, differs, unknown };
    State state = State::unknown;
    std::vector<std::string> found;  ///< as zone files have them, where it differs
    std::string why;
};
RecordCheck check_record(const WantedRecord& wanted, const net::DnsAnswer& answer);

/// RDATA as zone files have it; of unknown types and malformed ones hexadecimal.
std::string shown_record(net::RecordType type, std::string_view data);
std::string_view name_of(net::RecordType type);
std::string_view name_of(RecordCheck::State state);

}  // namespace mta
