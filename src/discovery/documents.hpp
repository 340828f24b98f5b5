// The documents by which clients set themselves up. Pure functions: settings and an address in, a text out.
#pragma once
#include <string>
#include <string_view>

#include "discovery/settings.hpp"

namespace discovery {

/// Mozilla autoconfig (draft-bucksch-autoconfig): Thunderbird, K-9, Evolution, KMail and others. For a
/// domain.
std::string mozilla_autoconfig(const Settings& settings, std::string_view domain);

/// Autodiscover for Outlook: MS-OXDSCLI section 2.2.4.1.
std::string outlook_autodiscover(const Settings& settings, std::string_view address);

/// Autodiscover for ActiveSync: MS-ASCMD section 2.2.1.1. Only where activesync_url is set.
std::string mobilesync_autodiscover(const Settings& settings, std::string_view address);

/// What both answer to a request that they cannot read (600), whose schema is not there (601), or of an
/// address that is none of ours (500): MS-OXDSCLI section 2.2.4.1.1.2. `time`: "10:03:12.7654321".
/// `server`: which one answers, as a number. MS-ASCMD section 2.2.3.60
std::string autodiscover_error(unsigned code, std::string_view time, std::uint32_t server);

struct JsonAnswer {
    unsigned status = 200;
    std::string body;
};
/// A parameter that the query must have is not there.
JsonAnswer json_missing(std::string_view parameter);
/// Autodiscover V2: the URL of a protocol, the same for whoever asks.
JsonAnswer json_autodiscover(const Settings& settings, std::string_view protocol);

/// Apple's configuration profile with an account of IMAP and submission, or of ActiveSync where `activesync`.
/// The ids of its payloads come from the address, so that a profile loaded again replaces the one before.
std::string apple_profile(const Settings& settings, std::string_view address, bool activesync);

}  // namespace discovery
