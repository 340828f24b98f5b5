#include "discovery/documents.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/markup.hpp"

namespace discovery {

using base::xml_escaped;

namespace {

constexpr std::string_view xml_begin = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

std::string_view domain_of(std::string_view address) {
    const std::size_t at = address.rfind('@');
    return at == std::string_view::npos ? address : address.substr(at + 1);
}

const Endpoint* first_of(const Settings& settings, Endpoint::Service service) {
    const auto found = std::ranges::find(settings.endpoints, service, &Endpoint::service);
    return found == settings.endpoints.end() ? nullptr : &*found;
}

std::string_view mozilla_type(Endpoint::Service service) {
    switch (service) {
        case Endpoint::Service::imap:
            return "imap";
        case Endpoint::Service::pop3:
            return "pop3";
        case Endpoint::Service::submission:
            return "smtp";
    }
    return "";
}

/// Outlook's words: MS-OXDSCLI section 2.2.4.1.1.2.3.
std::string_view outlook_type(Endpoint::Service service) {
    switch (service) {
        case Endpoint::Service::imap:
            return "IMAP";
        case Endpoint::Service::pop3:
            return "POP3";
        case Endpoint::Service::submission:
            return "SMTP";
    }
    return "";
}

void mozilla_server(std::string& out, const Endpoint& endpoint) {
    const bool outgoing = endpoint.service == Endpoint::Service::submission;
    const std::string_view element = outgoing ? "outgoingServer" : "incomingServer";
    fmt::format_to(std::back_inserter(out),
                   "    <{0} type=\"{1}\">\n"
                   "      <hostname>{2}</hostname>\n"
                   "      <port>{3}</port>\n"
                   "      <socketType>{4}</socketType>\n"
                   "      <authentication>password-cleartext</authentication>\n"
                   "      <username>%EMAILADDRESS%</username>\n"
                   "    </{0}>\n",
                   element, mozilla_type(endpoint.service), xml_escaped(endpoint.host), endpoint.port,
                   endpoint.security == Security::implicit_tls ? "SSL" : "STARTTLS");
}

/// A UUID (RFC 9562 section 5.8, version 8) out of what it names.
std::string uuid_of(std::string_view name) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    EVP_Digest(name.data(), name.size(), digest.data(), &size, EVP_sha256(), nullptr);
    digest[6] = static_cast<unsigned char>((digest[6] & 0x0F) | 0x80);
    digest[8] = static_cast<unsigned char>((digest[8] & 0x3F) | 0x80);
    std::string out;
    for (std::size_t i = 0; i < 16; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
        fmt::format_to(std::back_inserter(out), "{:02X}", digest[i]);
    }
    return out;
}

void key_string(std::string& out, std::string_view key, std::string_view value) {
    fmt::format_to(std::back_inserter(out), "<key>{}</key><string>{}</string>\n", key, xml_escaped(value));
}
void key_flag(std::string& out, std::string_view key, bool value) {
    fmt::format_to(std::back_inserter(out), "<key>{}</key><{}/>\n", key, value ? "true" : "false");
}
void key_number(std::string& out, std::string_view key, unsigned value) {
    fmt::format_to(std::back_inserter(out), "<key>{}</key><integer>{}</integer>\n", key, value);
}

void payload_head(std::string& out, std::string_view type, std::string_view name,
                  std::string_view identifier) {
    key_string(out, "PayloadType", type);
    key_number(out, "PayloadVersion", 1);
    key_string(out, "PayloadIdentifier", identifier);
    key_string(out, "PayloadUUID", uuid_of(identifier));
    key_string(out, "PayloadDisplayName", name);
}

void apple_server(std::string& out, std::string_view prefix, const Endpoint& endpoint,
                  std::string_view address) {
    const auto key = [&](std::string_view rest) { return std::string(prefix) + std::string(rest); };
    key_string(out, key("MailServerHostName"), endpoint.host);
    key_number(out, key("MailServerPortNumber"), endpoint.port);
    // Apple's word for both: with the usual port of STARTTLS its clients begin in plain text.
    key_flag(out, key("MailServerUseSSL"), true);
    key_string(out, key("MailServerUsername"), address);
    key_string(out, key("MailServerAuthentication"), "EmailAuthPassword");
}

}  // namespace

std::string mozilla_autoconfig(const Settings& settings, std::string_view domain) {
    std::string out(xml_begin);
    const std::string name = xml_escaped(settings.provider), of = xml_escaped(domain);
    fmt::format_to(std::back_inserter(out),
                   "<clientConfig version=\"1.1\">\n"
                   "  <emailProvider id=\"{0}\">\n"
                   "    <domain>{0}</domain>\n"
                   "    <displayName>{1}</displayName>\n"
                   "    <displayShortName>{1}</displayShortName>\n",
                   of, name);
    for (const Endpoint& endpoint : settings.endpoints)
        if (endpoint.service != Endpoint::Service::submission) mozilla_server(out, endpoint);
    for (const Endpoint& endpoint : settings.endpoints)
        if (endpoint.service == Endpoint::Service::submission) mozilla_server(out, endpoint);
    return out += "  </emailProvider>\n</clientConfig>\n";
}

std::string outlook_autodiscover(const Settings& settings, std::string_view address) {
    std::string out(xml_begin);
    out +=
        "<Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006\">\n"
        "  <Response "
        "xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a\">\n";
    fmt::format_to(std::back_inserter(out),
                   "    <User>\n"
                   "      <DisplayName>{0}</DisplayName>\n"
                   "    </User>\n"
                   "    <Account>\n"
                   "      <AccountType>email</AccountType>\n"
                   "      <Action>settings</Action>\n",
                   xml_escaped(address));
    for (const Endpoint::Service service :
         {Endpoint::Service::imap, Endpoint::Service::pop3, Endpoint::Service::submission}) {
        const Endpoint* const endpoint = first_of(settings, service);
        if (endpoint == nullptr) continue;
        const bool implicit = endpoint->security == Security::implicit_tls;
        fmt::format_to(std::back_inserter(out),
                       "      <Protocol>\n"
                       "        <Type>{}</Type>\n"
                       "        <Server>{}</Server>\n"
                       "        <Port>{}</Port>\n"
                       "        <LoginName>{}</LoginName>\n"
                       "        <DomainRequired>off</DomainRequired>\n"
                       "        <SPA>off</SPA>\n"
                       "        <SSL>{}</SSL>\n"
                       "        <Encryption>{}</Encryption>\n"
                       "        <AuthRequired>on</AuthRequired>\n",
                       outlook_type(service), xml_escaped(endpoint->host), endpoint->port,
                       xml_escaped(address), implicit ? "on" : "off", implicit ? "SSL" : "TLS");
        if (service == Endpoint::Service::submission)
            out += "        <UsePOPAuth>on</UsePOPAuth>\n        <SMTPLast>off</SMTPLast>\n";
        out += "      </Protocol>\n";
    }
    return out += "    </Account>\n  </Response>\n</Autodiscover>\n";
}

std::string mobilesync_autodiscover(const Settings& settings, std::string_view address) {
    return fmt::format(
        "{}<Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006\">\n"
        "  <Response "
        "xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006\">\n"
        "    <Culture>en:us</Culture>\n"
        "    <User>\n"
        "      <DisplayName>{}</DisplayName>\n"
        "      <EMailAddress>{}</EMailAddress>\n"
        "    </User>\n"
        "    <Action>\n"
        "      <Settings>\n"
        "        <Server>\n"
        "          <Type>MobileSync</Type>\n"
        "          <Url>{}</Url>\n"
        "          <Name>{}</Name>\n"
        "        </Server>\n"
        "      </Settings>\n"
        "    </Action>\n"
        "  </Response>\n"
        "</Autodiscover>\n",
        xml_begin, xml_escaped(address), xml_escaped(address), xml_escaped(settings.activesync_url),
        xml_escaped(settings.activesync_url));
}

std::string autodiscover_error(unsigned code, std::string_view time, std::uint32_t server) {
    return fmt::format(
        "{}<Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006\">\n"
        "  <Response>\n"
        "    <Error Time=\"{}\" Id=\"{}\">\n"
        "      <ErrorCode>{}</ErrorCode>\n"
        "      <Message>{}</Message>\n"
        "      <DebugData/>\n"
        "    </Error>\n"
        "  </Response>\n"
        "</Autodiscover>\n",
        xml_begin, xml_escaped(time), server, code,
        code == 500   ? "The e-mail address is not known here"
        : code == 600 ? "Invalid Request"
                      : "Requested schema version not supported");
}

JsonAnswer json_missing(std::string_view parameter) {
    JsonAnswer out;
    out.status = 400;
    const nlohmann::ordered_json body{{"ErrorCode", "MandatoryParameterMissing"},
                                      {"ErrorMessage", std::string(parameter) + " is required"}};
    out.body = body.dump();
    return out;
}

JsonAnswer json_autodiscover(const Settings& settings, std::string_view protocol) {
    using Json = nlohmann::ordered_json;
    const auto is = [&](std::string_view name) {
        return std::ranges::equal(protocol, name, [](char a, char b) { return (a | 0x20) == (b | 0x20); });
    };
    JsonAnswer out;
    Json body;
    if (is("activesync") && !settings.activesync_url.empty()) {
        body = {{"Protocol", "ActiveSync"}, {"Url", settings.activesync_url}};
    } else if (is("autodiscoverv1") && !settings.autodiscover_url.empty()) {
        body = {{"Protocol", "AutodiscoverV1"}, {"Url", settings.autodiscover_url}};
    } else if (protocol.empty()) {
        return json_missing("Protocol");
    } else {
        out.status = 400;
        body = {{"ErrorCode", "ProtocolNotSupported"}, {"ErrorMessage", "This protocol is not offered here"}};
    }
    out.body = body.dump(-1, ' ', true, Json::error_handler_t::replace);
    return out;
}

std::string apple_profile(const Settings& settings, std::string_view address, bool activesync) {
    const std::string whose =
        std::string(domain_of(address)) + "." + std::string(address.substr(0, address.rfind('@')));
    const std::string identifier = "barid." + whose + (activesync ? ".activesync" : ".mail");
    std::string out(xml_begin);
    out +=
        "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
        "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
        "<plist version=\"1.0\">\n<dict>\n<key>PayloadContent</key>\n<array>\n<dict>\n";
    const Endpoint* const imap = first_of(settings, Endpoint::Service::imap);
    const Endpoint* const submission = first_of(settings, Endpoint::Service::submission);
    if (activesync) {
        payload_head(out, "com.apple.eas.account", settings.provider, identifier + ".account");
        key_string(out, "EmailAddress", address);
        key_string(out, "UserName", address);
        std::string_view host = settings.activesync_url;
        if (host.starts_with("https://")) host.remove_prefix(8);
        key_string(out, "Host", host.substr(0, host.find('/')));
        key_flag(out, "SSL", true);
    } else {
        payload_head(out, "com.apple.mail.managed", settings.provider, identifier + ".account");
        key_string(out, "EmailAccountType", "EmailTypeIMAP");
        key_string(out, "EmailAccountDescription", settings.provider);
        key_string(out, "EmailAddress", address);
        if (imap != nullptr) apple_server(out, "Incoming", *imap, address);
        if (submission != nullptr) apple_server(out, "Outgoing", *submission, address);
        key_flag(out, "OutgoingPasswordSameAsIncomingPassword", true);
    }
    out += "</dict>\n</array>\n";
    payload_head(out, "Configuration", std::string(address), identifier);
    key_string(out, "PayloadOrganization", settings.provider);
    key_flag(out, "PayloadRemovalDisallowed", false);
    return out += "</dict>\n</plist>\n";
}

}  // namespace discovery
