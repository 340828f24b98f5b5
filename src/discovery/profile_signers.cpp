#include "discovery/profile_signers.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/log.hpp"
#include "base/release.hpp"

namespace discovery {
namespace {

using Bio = std::unique_ptr<BIO, base::Release<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, base::Release<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, base::Release<EVP_PKEY_free>>;
using Signed = std::unique_ptr<CMS_ContentInfo, base::Release<CMS_ContentInfo_free>>;

void free_chain(STACK_OF(X509) * chain) { sk_X509_pop_free(chain, X509_free); }
using Chain = std::unique_ptr<STACK_OF(X509), base::Release<free_chain>>;

constexpr std::size_t chain_max = 10;  // longer ones no device follows

}  // namespace

struct ProfileSigners::Signer {
    Certificate certificate;
    Chain chain;
    Key key;

    /// \errors nothing: the files cannot be read, or do not fit
    static std::optional<Signer> read(const Files& files) {
        const Bio chain(BIO_new_file(files.chain.c_str(), "r")), key(BIO_new_file(files.key.c_str(), "r"));
        if (!chain || !key) return std::nullopt;
        Signer out;
        out.certificate.reset(PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr));
        out.chain.reset(sk_X509_new_null());
        out.key.reset(PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr));
        if (!out.certificate || !out.chain || !out.key) return std::nullopt;
        if (X509_check_private_key(out.certificate.get(), out.key.get()) != 1) return std::nullopt;
        for (std::size_t i = 0; i < chain_max; ++i) {
            Certificate next(PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr));
            if (!next) break;
            if (sk_X509_push(out.chain.get(), next.get()) > 0) next.release();  // the chain has it now
        }
        return out;
    }

    bool is_of(std::string_view host) const {
        return X509_check_host(certificate.get(), host.data(), host.size(), 0, nullptr) == 1;
    }

    /// Empty: this key cannot do it (Ed25519 before OpenSSL 3.2).
    std::string sign(const std::string& octets) const {
        const Bio in(BIO_new_mem_buf(octets.data(), static_cast<int>(octets.size())));
        const Signed made(CMS_sign(certificate.get(), key.get(), chain.get(), in.get(), CMS_BINARY));
        if (!made) return {};
        unsigned char* der = nullptr;
        const int length = i2d_CMS_ContentInfo(made.get(), &der);
        if (length <= 0) return {};
        std::string out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length));
        OPENSSL_free(der);
        return out;
    }
};

ProfileSigners::ProfileSigners() : signers_(std::make_shared<Signers>()) {}
ProfileSigners::~ProfileSigners() = default;

void ProfileSigners::load(const std::vector<Files>& files) {
    Signers found;
    for (const Files& one : files)
        if (auto signer = Signer::read(one)) found.push_back(std::move(*signer));
    ERR_clear_error();
    auto made = std::make_shared<const Signers>(std::move(found));
    const std::lock_guard lock(mutex_);
    signers_ = std::move(made);
    told_ = false;
}

std::string ProfileSigners::sign(std::string_view host, std::string profile) const {
    std::shared_ptr<const Signers> signers;
    {
        const std::lock_guard lock(mutex_);
        signers = signers_;
    }
    if (signers->empty()) return profile;
    const auto named = std::ranges::find_if(*signers, [&](const Signer& one) { return one.is_of(host); });
    const Signer& signer = named == signers->end() ? signers->front() : *named;
    ERR_clear_error();
    std::string out = signer.sign(profile);
    if (!out.empty()) return out;
    if (!told_.exchange(true))
        base::log::warn("discovery", "profiles are not signed: the key cannot do it", {{"host", host}});
    ERR_clear_error();
    return profile;
}

}  // namespace discovery
