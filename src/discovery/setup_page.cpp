#include "discovery/setup_page.hpp"

#include <fmt/format.h>

#include "base/markup.hpp"
#include "base/percent.hpp"
#include "discovery/qr_code.hpp"

namespace discovery {

using base::xml_escaped;

namespace {

std::string page(std::string_view title, std::string_view body) {
    return fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{0}</title>"
        "<style>body{{font:1rem/1.5 sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}}"
        "table{{border-collapse:collapse}}td,th{{padding:.25rem 1rem .25rem 0;text-align:left}}"
        "figure{{display:inline-block;margin:0 2rem 1rem 0}}</style></head><body>\n"
        "<h1>{0}</h1>\n{1}</body></html>\n",
        xml_escaped(title), body);
}

std::string_view name_of(Endpoint::Service service) {
    switch (service) {
        case Endpoint::Service::imap:
            return "IMAP (incoming)";
        case Endpoint::Service::pop3:
            return "POP3 (incoming)";
        case Endpoint::Service::submission:
            return "SMTP (outgoing)";
    }
    return "";
}

void add_profile(std::string& out, const Settings& settings, std::string_view address, bool activesync) {
    const std::string url = profile_url(settings, address, activesync);
    if (url.empty()) return;
    fmt::format_to(std::back_inserter(out),
                   "<figure>{}<figcaption><a href=\"{}\">{}</a></figcaption></figure>\n", qr_svg(url),
                   xml_escaped(url), activesync ? "Mail, contacts, calendars (ActiveSync)" : "Mail (IMAP)");
}

}  // namespace

std::string profile_url(const Settings& settings, std::string_view address, bool activesync) {
    if (settings.web_url.empty()) return {};
    return settings.web_url + "/mobileconfig?email=" + base::percent_encoded(address) +
           (activesync ? "&kind=activesync" : "");
}

std::string_view host_of(std::string_view url) {
    url.remove_prefix(std::min(url.size(), std::string_view("https://").size()));
    return url.substr(0, url.find(':'));
}

std::string setup_page(const Settings& settings, std::string_view address) {
    std::string body;
    if (!settings.web_url.empty()) {
        body +=
            "<h2>iPhone, iPad, Mac</h2>\n<p>Open one of these profiles, or scan its code with the "
            "camera.</p>\n";
        if (!settings.activesync_url.empty()) add_profile(body, settings, address, true);
        add_profile(body, settings, address, false);
    }
    body +=
        "<h2>Other programs</h2>\n<table><tr><th></th><th>Server</th><th>Port</th><th>Security</th></tr>\n";
    for (const Endpoint& endpoint : settings.endpoints)
        fmt::format_to(std::back_inserter(body), "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                       name_of(endpoint.service), xml_escaped(endpoint.host), endpoint.port,
                       endpoint.security == Security::implicit_tls ? "TLS" : "STARTTLS");
    body += "</table>\n";
    if (!settings.activesync_url.empty())
        fmt::format_to(std::back_inserter(body), "<p>Exchange (ActiveSync): <code>{}</code></p>\n",
                       xml_escaped(settings.activesync_url));
    fmt::format_to(std::back_inserter(body), "<p>The user name is <code>{}</code>.</p>\n",
                   xml_escaped(address));
    return page("Settings for " + std::string(address), body);
}

std::string setup_form(std::string_view fault) {
    std::string body;
    if (!fault.empty()) body = fmt::format("<p role=\"alert\">{}</p>\n", xml_escaped(fault));
    body +=
        "<form method=\"get\" action=\"/setup\"><p><label>E-mail address "
        "<input type=\"email\" name=\"email\" required autofocus></label> <button>Show settings</button></p>"
        "</form>\n";
    return page("Set up your mail", body);
}

}  // namespace discovery
