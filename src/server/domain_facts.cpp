#include "server/domain_facts.hpp"

#include <array>
#include <cstdio>
#include <memory>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "server/web_services.hpp"

namespace server {
namespace {

/// RFC 7671 section 5.1: usage 3, selector 1, matching 1. Empty: the file cannot be read.
std::string key_digest(const std::string& chain_file) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(chain_file.c_str(), "re"),
                                                               std::fclose);
    if (!file) return {};
    const std::unique_ptr<X509, void (*)(X509*)> certificate(
        PEM_read_X509(file.get(), nullptr, nullptr, nullptr), X509_free);
    if (!certificate) return {};
    unsigned char* der = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate.get()), &der);
    if (size <= 0) return {};
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned digest_size = 0;
    const bool made = EVP_Digest(der, static_cast<std::size_t>(size), digest.data(), &digest_size,
                                 EVP_sha256(), nullptr) == 1;
    OPENSSL_free(der);
    std::string out;
    for (unsigned i = 0; made && i < digest_size; ++i) out += fmt::format("{:02x}", digest[i]);
    return out;
}

/// RFC 6186 and RFC 8314 section 5.1; empty: no client looks for it.
const char* service_name(const net::ListenerConfig& listener) {
    const bool implicit = listener.tls == net::TlsMode::implicit;
    if (listener.tls == net::TlsMode::none) return "";
    if (listener.protocol == "imap") return implicit ? "imaps" : "imap";
    if (listener.protocol == "pop3") return implicit ? "pop3s" : "pop3";
    if (listener.protocol == "submission") return implicit ? "submissions" : "submission";
    return "";
}

/// Behind the last colon of an address; 0: it has none.
std::uint16_t port_of(const net::ListenerConfig& listener) {
    for (const std::string& text : listener.addresses) {
        const auto address = net::parse_listen_address(text);
        if (address && address->address.port() != 0) return address->address.port();
    }
    return 0;
}

}  // namespace

mta::DomainFacts domain_facts(const std::vector<net::ListenerConfig>& listeners,
                              const std::string& sts_policy, const std::string& hostname) {
    mta::DomainFacts out;
    for (const net::ListenerConfig& listener : listeners) {
        if (listener.protocol == "http" && listener.tls == net::TlsMode::implicit) out.settings_served = true;
        if (listener.protocol == "smtp" && out.certificate_digest.empty() && !listener.certificates.empty())
            out.certificate_digest = key_digest(listener.certificates.front().chain_file);
        const std::string name = service_name(listener);
        const std::uint16_t port = port_of(listener);
        if (!name.empty() && port != 0) out.services.push_back({name, port});
    }
    out.policy_served = out.settings_served && sts_policy != "none";
    if (out.policy_served) out.policy_id = sts_policy_id(sts_policy_text(sts_policy, hostname));
    return out;
}

}  // namespace server
