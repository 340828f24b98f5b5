#include "support/certificates.hpp"

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

namespace support {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

Key make_key(KeyKind kind) {
    EVP_PKEY* key = kind == KeyKind::rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
    if (key == nullptr) throw std::runtime_error("cannot make a key");
    return {key, EVP_PKEY_free};
}

void set_name(X509_NAME* name, const std::string& common) {
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(common.c_str()), -1, -1, 0);
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
    X509V3_CTX context{};
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    if (extension == nullptr) throw std::runtime_error("bad extension " + value);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

Certificate blank(long serial, const std::string& common) {
    Certificate out(X509_new(), X509_free);
    X509_set_version(out.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(out.get()), serial);
    X509_gmtime_adj(X509_getm_notBefore(out.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(out.get()), 24L * 3600);
    set_name(X509_get_subject_name(out.get()), common);
    return out;
}

template <class Write>
void to_file(const std::filesystem::path& file, Write write) {
    std::FILE* out = std::fopen(file.c_str(), "w");
    if (out == nullptr || write(out) != 1) throw std::runtime_error("cannot write " + file.string());
    std::fclose(out);
}

}  // namespace

struct CertificateAuthority::Impl {
    std::filesystem::path folder;
    Key key{nullptr, EVP_PKEY_free};
    Certificate certificate{nullptr, X509_free};
    long serial = 1;
    std::string file;
};

CertificateAuthority::CertificateAuthority(std::filesystem::path folder, const std::string& name)
    : impl_(std::make_unique<Impl>()) {
    impl_->folder = std::move(folder);
    impl_->key = make_key(KeyKind::p256);
    impl_->certificate = blank(impl_->serial++, name);
    X509* ca = impl_->certificate.get();
    X509_set_issuer_name(ca, X509_get_subject_name(ca));
    X509_set_pubkey(ca, impl_->key.get());
    add_extension(ca, ca, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(ca, ca, NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(ca, ca, NID_subject_key_identifier, "hash");
    X509_sign(ca, impl_->key.get(), EVP_sha256());
    impl_->file = (impl_->folder / "ca.pem").string();
    to_file(impl_->file, [&](std::FILE* out) { return PEM_write_X509(out, ca); });
}

CertificateAuthority::~CertificateAuthority() = default;

std::string CertificateAuthority::ca_file() const { return impl_->file; }

LeafFiles CertificateAuthority::issue(const std::string& name, const LeafOptions& options) {
    const std::string common = !options.common_name.empty() ? options.common_name
                               : options.dns_names.empty()  ? name
                                                            : options.dns_names[0];
    const Key key = make_key(options.key);
    const Certificate leaf = blank(impl_->serial++, common);
    X509* ca = impl_->certificate.get();
    X509_set_issuer_name(leaf.get(), X509_get_subject_name(ca));
    X509_set_pubkey(leaf.get(), key.get());
    add_extension(leaf.get(), ca, NID_basic_constraints, "critical,CA:FALSE");
    std::string names;
    for (const std::string& dns : options.dns_names) names += (names.empty() ? "DNS:" : ",DNS:") + dns;
    if (!options.email.empty()) names += (names.empty() ? "email:" : ",email:") + options.email;
    if (!names.empty()) add_extension(leaf.get(), ca, NID_subject_alt_name, names);
    X509_sign(leaf.get(), impl_->key.get(), EVP_sha256());

    LeafFiles files;
    files.chain_file = (impl_->folder / (name + ".pem")).string();
    files.key_file = (impl_->folder / (name + ".key")).string();
    to_file(files.chain_file, [&](std::FILE* out) { return PEM_write_X509(out, leaf.get()); });
    to_file(files.key_file, [&](std::FILE* out) {
        return PEM_write_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
    return files;
}

TemporaryFolder::TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "barid-test-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace support
