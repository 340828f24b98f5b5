// The page by which a person sets up a client: servers and ports to read, Apple's profiles to open or to
// scan.
#pragma once
#include <string>
#include <string_view>

#include "discovery/settings.hpp"

namespace discovery {

/// "https://mail.example.org/mobileconfig?email=anna%40example.org&kind=activesync"; empty: no HTTPS here.
std::string profile_url(const Settings& settings, std::string_view address, bool activesync);

/// "https://mail.example.org:8443": "mail.example.org".
std::string_view host_of(std::string_view url);

/// HTML, without scripts.
std::string setup_page(const Settings& settings, std::string_view address);
/// Asks for the address; with what is wrong with the one that was given.
std::string setup_form(std::string_view fault);

}  // namespace discovery
