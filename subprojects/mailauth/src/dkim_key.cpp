#include "mailauth/dkim_key.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "crypto.hpp"
#include "mailauth/domain.hpp"
#include "tag_list.hpp"
#include "text.hpp"

namespace mailauth {

namespace {

/// A colon-separated list holds \p word, or \p any.
bool lists(std::string_view list, std::string_view word, std::string_view any = {}) {
    for (const std::string_view part : split(list, ':')) {
        if (same_text(part, word) || (!any.empty() && part == any)) return true;
    }
    return false;
}

std::string octets_of(BIO* memory) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(memory, &data);
    return {data, static_cast<std::size_t>(size)};
}

}  // namespace

DkimKeyRecord parse_dkim_key_record(std::string_view text) {
    DkimKeyRecord record;
    const TagList tags(text);
    const auto broken = [&record](std::string fault) {
        record.fault = std::move(fault);
        return record;
    };
    if (!tags.fault().empty()) return broken(tags.fault());
    if (tags.find("v") != nullptr && (tags.tags().front().name != "v" || tags.value("v") != "DKIM1")) {
        return broken("a version that is not DKIM1");  // RFC 6376 section 3.6.1: first, when it is there
    }
    const Tag* key = tags.find("p");
    if (key == nullptr) return broken("no p= tag");
    if (const Tag* type = tags.find("k"); type != nullptr) {
        if (same_text(type->value, "ed25519"))
            record.algorithm = DkimAlgorithm::ed25519_sha256;
        else if (!same_text(type->value, "rsa"))
            return broken("an unknown key type");
    }
    if (tags.find("h") != nullptr) record.allows_sha256 = lists(tags.value("h"), "sha256");
    if (tags.find("s") != nullptr) record.serves_mail = lists(tags.value("s"), "email", "*");
    record.testing = lists(tags.value("t"), "y");
    record.strict_identity = lists(tags.value("t"), "s");
    record.notes = tags.value("n");
    record.revoked = key->value.empty();
    std::optional<std::string> octets = base64_decode(key->value);
    if (!octets) return broken("p= is no base64");
    record.key = std::move(*octets);
    return record;
}

struct DkimKey::State {
    Openssl<EVP_PKEY> key;
};

DkimKey::DkimKey(std::unique_ptr<State> state) : state_(std::move(state)) {}
DkimKey::DkimKey(DkimKey&&) noexcept = default;
DkimKey& DkimKey::operator=(DkimKey&&) noexcept = default;
DkimKey::~DkimKey() = default;

std::optional<DkimKey> DkimKey::from_pem(std::string_view pem, std::string& fault) {
    const Openssl<BIO> memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    // An empty pass phrase: an encrypted key fails here and asks no terminal.
    char nothing[] = "";
    auto state = std::make_unique<State>();
    if (memory) state->key.reset(PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nothing));
    ERR_clear_error();
    if (!state->key) {
        fault = "no private key in PEM, or an encrypted one";
        return {};
    }
    const int type = EVP_PKEY_get_base_id(state->key.get());
    if (type != EVP_PKEY_RSA && type != EVP_PKEY_ED25519) {
        fault = "neither an RSA nor an Ed25519 key";
        return {};
    }
    if (type == EVP_PKEY_RSA && key_bits(state->key.get()) < 1024) {
        fault = "an RSA key of less than 1024 bits";
        return {};
    }
    return DkimKey(std::move(state));
}

std::optional<DkimKey> DkimKey::generate_rsa(unsigned bits) {
    if (bits < 1024 || bits > 8192) return {};
    auto state = std::make_unique<State>();
    state->key.reset(EVP_RSA_gen(bits));
    if (!state->key) return {};
    return DkimKey(std::move(state));
}

std::optional<DkimKey> DkimKey::generate_ed25519() {
    auto state = std::make_unique<State>();
    state->key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    if (!state->key) return {};
    return DkimKey(std::move(state));
}

std::optional<DkimKey> DkimKey::from_ed25519_seed(std::string_view seed) {
    if (seed.size() != 32) return {};
    auto state = std::make_unique<State>();
    state->key.reset(EVP_PKEY_new_raw_private_key(
        EVP_PKEY_ED25519, nullptr, reinterpret_cast<const unsigned char*>(seed.data()), seed.size()));
    if (!state->key) return {};
    return DkimKey(std::move(state));
}

DkimAlgorithm DkimKey::algorithm() const {
    return EVP_PKEY_get_base_id(state_->key.get()) == EVP_PKEY_ED25519 ? DkimAlgorithm::ed25519_sha256
                                                                       : DkimAlgorithm::rsa_sha256;
}

unsigned DkimKey::bits() const { return key_bits(state_->key.get()); }

std::string DkimKey::pem() const {
    const Openssl<BIO> memory(BIO_new(BIO_s_mem()));
    if (!memory || PEM_write_bio_PKCS8PrivateKey(memory.get(), state_->key.get(), nullptr, nullptr, 0,
                                                 nullptr, nullptr) != 1) {
        return {};
    }
    return octets_of(memory.get());
}

std::string DkimKey::dns_record(bool testing) const {
    std::string octets;
    const bool ed25519 = algorithm() == DkimAlgorithm::ed25519_sha256;
    if (ed25519) {
        octets.resize(32);
        std::size_t size = octets.size();
        EVP_PKEY_get_raw_public_key(state_->key.get(), reinterpret_cast<unsigned char*>(octets.data()),
                                    &size);
    } else {
        unsigned char* der = nullptr;
        const int size = i2d_PUBKEY(state_->key.get(), &der);
        if (size > 0) octets.assign(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
        OPENSSL_free(der);
    }
    return std::string("v=DKIM1; k=") + (ed25519 ? "ed25519" : "rsa") + (testing ? "; t=y" : "") +
           "; p=" + base64_encode(octets);
}

std::string DkimKey::zone_line(std::string_view selector, std::string_view domain, bool testing) const {
    std::string line = std::string(selector) + "._domainkey." + std::string(domain) + ". IN TXT (";
    const std::string record = dns_record(testing);
    for (std::size_t at = 0; at < record.size(); at += 255) line += " \"" + record.substr(at, 255) + "\"";
    return line + " )";
}

std::string DkimKey::sign(const Sha256Digest& digest) const { return sign_digest(state_->key.get(), digest); }

}  // namespace mailauth
