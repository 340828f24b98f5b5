#include "server/local_ca.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <unistd.h>

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/release.hpp"

namespace server {
namespace fs = std::filesystem;
namespace {

using base::Release;
using Key = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using Cert = std::unique_ptr<X509, Release<X509_free>>;
using Bio = std::unique_ptr<BIO, Release<BIO_free_all>>;

constexpr long day = 24L * 60 * 60;
constexpr long valid_days = 825;  // the longest that Apple's clients take, also from a private CA

Key make_key() { return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")); }

void add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    if (X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value)) {
        X509_add_ext(certificate, extension, -1);
        X509_EXTENSION_free(extension);
    }
}

Cert make_certificate(const char* common_name, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key,
                      const std::string& names) {
    Cert certificate(X509_new());
    X509_set_version(certificate.get(), 2);
    std::unique_ptr<BIGNUM, Release<BN_free>> serial(BN_new());
    BN_rand(serial.get(), 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY);
    BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate.get()));
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -day);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), valid_days * day);
    X509_set_pubkey(certificate.get(), key);
    X509_NAME* subject = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(common_name), -1, -1, 0);
    X509* signer = issuer != nullptr ? issuer : certificate.get();
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer));
    if (issuer == nullptr) {
        add_extension(certificate.get(), signer, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
        add_extension(certificate.get(), signer, NID_key_usage, "critical,keyCertSign,cRLSign");
    } else {
        add_extension(certificate.get(), signer, NID_basic_constraints, "critical,CA:FALSE");
        add_extension(certificate.get(), signer, NID_key_usage, "critical,digitalSignature");
        add_extension(certificate.get(), signer, NID_ext_key_usage, "serverAuth");
        add_extension(certificate.get(), signer, NID_subject_alt_name, names.c_str());
    }
    add_extension(certificate.get(), signer, NID_subject_key_identifier, "hash");
    add_extension(certificate.get(), signer, NID_authority_key_identifier, "keyid");
    if (X509_sign(certificate.get(), issuer_key, EVP_sha256()) == 0) return nullptr;
    return certificate;
}

std::string write_secret(const fs::path& path, BIO* pem) {
    const char* octets = nullptr;
    const long size = BIO_get_mem_data(pem, &octets);
    const fs::path fresh = path.string() + ".new";
    const int descriptor = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (descriptor < 0) return fresh.string() + ": " + std::strerror(errno);
    const bool written = ::write(descriptor, octets, static_cast<std::size_t>(size)) == size;
    const bool closed = ::close(descriptor) == 0;
    std::error_code error;
    fs::rename(fresh, path, error);
    return written && closed && !error ? std::string() : path.string() + ": cannot be written";
}

/// An empty `name` is any.
bool still_good(const fs::path& chain, const std::string& name) {
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(chain.c_str(), "re"), &std::fclose);
    if (!file) return false;
    const Cert certificate(PEM_read_X509(file.get(), nullptr, nullptr, nullptr));
    if (!certificate) return false;
    int days = 0, seconds = 0;
    ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate.get()));
    if (days <= 7) return false;
    return name.empty() || X509_check_host(certificate.get(), name.data(), name.size(), 0, nullptr) == 1 ||
           X509_check_ip_asc(certificate.get(), name.c_str(), 0) == 1;
}

std::string subject_names(const std::vector<std::string>& names) {
    std::string out;
    for (const std::string& name : names) {
        const bool address =
            name.find_first_not_of("0123456789.") == std::string::npos || name.find(':') != std::string::npos;
        if (!out.empty()) out += ',';
        out += (address ? "IP:" : "DNS:") + name;
    }
    return out;
}

}  // namespace

std::string make_local_certificate(const fs::path& folder, const std::vector<std::string>& names,
                                   CertificateFiles& out) {
    out = {folder / "ca.pem", folder / "server.pem", folder / "server.key"};
    if (still_good(out.chain, names.front()) && still_good(out.ca, {}) && fs::exists(out.key)) return {};
    const Key ca_key = make_key(), leaf_key = make_key();
    if (!ca_key || !leaf_key) return "cannot make a key";
    const Cert ca = make_certificate("Barid local CA", ca_key.get(), nullptr, ca_key.get(), {});
    if (!ca) return "cannot sign a certificate";
    const Cert leaf =
        make_certificate(names.front().c_str(), leaf_key.get(), ca.get(), ca_key.get(), subject_names(names));
    if (!leaf) return "cannot sign a certificate";
    // The CA's key is kept nowhere: it signs this one leaf.
    const Bio ca_pem(BIO_new(BIO_s_mem())), chain_pem(BIO_new(BIO_s_mem())), key_pem(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(ca_pem.get(), ca.get());
    PEM_write_bio_X509(chain_pem.get(), leaf.get());
    PEM_write_bio_X509(chain_pem.get(), ca.get());
    PEM_write_bio_PrivateKey(key_pem.get(), leaf_key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    const std::array<std::pair<const fs::path*, BIO*>, 3> files{
        {{&out.key, key_pem.get()}, {&out.chain, chain_pem.get()}, {&out.ca, ca_pem.get()}}};
    for (const auto& [path, pem] : files) {
        const std::string wrong = write_secret(*path, pem);
        if (!wrong.empty()) return wrong;
    }
    return {};
}

}  // namespace server
