// Settings of all filters, made from the configuration: docs/filters.md.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "filter/blacklist.hpp"
#include "filter/clamd_client.hpp"
#include "filter/dnsbl.hpp"
#include "filter/greylist.hpp"
#include "filter/milter_client.hpp"
#include "filter/quarantine.hpp"
#include "filter/rates.hpp"
#include "filter/rspamd_client.hpp"
#include "filter/rules.hpp"

namespace filter {

/// What is done with a message that a filter is against.
enum class OnFound : std::uint8_t { reject, quarantine, discard, junk, accept };

struct ClamdUse {
    ClamdSettings client;
    WhenDown when_down = WhenDown::tempfail;
    OnFound on_found = OnFound::reject;
    OnFound when_too_big = OnFound::accept;  ///< over clamd's own limit or `size_max`: not looked at
    std::uint64_t size_max = 0;              ///< 0: clamd's own limit
    bool submitted = true;                   ///< mail of our own users too
};

struct RspamdUse {
    RspamdSettings client;
    WhenDown when_down = WhenDown::accept;
    OnFound on_reject = OnFound::reject;
    std::uint64_t size_max = 10ULL << 20;  ///< larger ones pass: spam is small
    bool submitted = false;
};

struct Settings {
    std::string folder = "/tmp";  ///< for large messages while they are looked at: files without names
    std::size_t header_bytes_max = 2U << 20;  ///< of a message that is looked at; with what filters add

    std::optional<ClamdUse> clamd;

    std::optional<RspamdUse> rspamd;

    std::vector<MilterSettings> milters;

    std::vector<DnsblList> dnsbl;
    int dnsbl_reject = 10;  ///< weight at which mail is refused; 0: never
    int dnsbl_junk = 5;     ///< the same for Junk

    GreylistSettings greylist;

    Rate rate_client;   ///< messages of an IPv4 address or a /64
    Rate rate_sender;   ///< messages of an envelope sender
    Rate rate_account;  ///< recipients of an authenticated account

    Blacklist blacklist;

    std::optional<ProgramSettings> pickup;
    WhenDown pickup_when_down = WhenDown::accept;
    std::chrono::milliseconds program_time_max{30'000};  ///< of those in rules
    std::size_t programs_max = 4;                        ///< of each rule, at one time

    std::vector<Rule> rules;
    QuarantineLimits quarantine;
};

}  // namespace filter
