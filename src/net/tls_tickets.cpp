#include "net/tls_tickets.hpp"

#include <algorithm>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include "base/random.hpp"
#include "net/tls_context.hpp"

namespace net {
namespace {

using Clock = std::chrono::steady_clock;

TicketKeys::Key make_key(Clock::time_point now) {
    TicketKeys::Key key;
    base::Random::system().fill(key.name);
    base::Random::system().fill(key.cipher);
    base::Random::system().fill(key.mac);
    key.made = now;
    return key;
}

int index_of_keys() {
    static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

bool set_mac(EVP_MAC_CTX* mac, const TicketKeys::Key& key) {
    std::array<unsigned char, 32> octets = key.mac;
    char digest[] = "SHA256";
    const std::array parameters{
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, octets.data(), octets.size()),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
    const bool good = EVP_MAC_CTX_set_params(mac, parameters.data()) == 1;
    OPENSSL_cleanse(octets.data(), octets.size());
    return good;
}

/// As SSL_CTX_set_tlsext_ticket_key_evp_cb(3) asks: 1 go on, 2 go on and renew, 0 a full handshake, -1 error.
int seal_or_open(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                 int seal) {
    auto* keys = static_cast<TicketKeys*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), index_of_keys()));
    if (keys == nullptr) return -1;
    if (seal == 1) {
        const TicketKeys::Key key = keys->newest(Clock::now());
        if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return -1;
        std::ranges::copy(key.name, name);
        if (EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key.cipher.data(), iv) != 1) return -1;
        return set_mac(mac, key) ? 1 : -1;
    }
    const auto found = keys->find({reinterpret_cast<const char*>(name), 16}, Clock::now());
    if (!found) return 0;
    if (EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, found->key.cipher.data(), iv) != 1) return -1;
    if (!set_mac(mac, found->key)) return -1;
    return found->old ? 2 : 1;
}

}  // namespace

TicketKeys::Key::~Key() {
    OPENSSL_cleanse(cipher.data(), cipher.size());
    OPENSSL_cleanse(mac.data(), mac.size());
}

TicketKeys::TicketKeys() : newest_(make_key(Clock::now())) {}

void TicketKeys::rotate(Clock::time_point now) {
    if (now - newest_.made < key_life) return;
    // After a long silence the last key is too old even to open.
    previous_.reset();
    if (now - newest_.made < 2 * key_life) previous_ = newest_;
    newest_ = make_key(now);
}

TicketKeys::Key TicketKeys::newest(Clock::time_point now) {
    const std::lock_guard lock(mutex_);
    rotate(now);
    return newest_;
}

std::optional<TicketKeys::Found> TicketKeys::find(std::string_view name, Clock::time_point now) {
    const std::lock_guard lock(mutex_);
    rotate(now);
    const auto is = [&](const Key& key) {
        return name == std::string_view(reinterpret_cast<const char*>(key.name.data()), key.name.size());
    };
    if (is(newest_)) return Found{newest_, false};
    if (previous_ && is(*previous_)) return Found{*previous_, true};
    return std::nullopt;
}

void TicketKeys::install(ssl_ctx_st* ctx, TicketKeys* keys) {
    SSL_CTX_set_ex_data(ctx, index_of_keys(), keys);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, seal_or_open);
    SSL_CTX_set_timeout(ctx, std::chrono::duration_cast<std::chrono::seconds>(TicketKeys::key_life).count());
}

std::shared_ptr<TicketKeys> make_ticket_keys() { return std::make_shared<TicketKeys>(); }

}  // namespace net
