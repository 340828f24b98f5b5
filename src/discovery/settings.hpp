// What clients are told of the server: where each service is, as a client of the domain reaches it.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace discovery {

enum class Security : std::uint8_t { implicit_tls, starttls };

struct Endpoint {
    enum class Service : std::uint8_t { imap, pop3, submission };
    Service service = Service::imap;
    std::string host;
    std::uint16_t port = 0;
    Security security = Security::implicit_tls;
};

struct Settings {
    std::string provider;             ///< "example.org": the name that a client shows
    std::vector<Endpoint> endpoints;  ///< the better ones first; plain text ones are not told to anybody
    std::string
        activesync_url;  ///< "https://mail.example.org/Microsoft-Server-ActiveSync"; empty: not offered
    std::string
        web_url;  ///< "https://mail.example.org:8443", where the routes of handlers.hpp are; empty: nowhere
    std::string autodiscover_url;  ///< "https://mail.example.org/autodiscover/autodiscover.xml"
};

}  // namespace discovery
