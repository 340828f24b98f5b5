#include "auth/crypto.hpp"

#include <array>
#include <sodium.h>
#include <span>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/assert.hpp"

namespace auth {
namespace {

const EVP_MD* algorithm(Digest digest) {
    switch (digest) {
        case Digest::md5:
            return EVP_md5();
        case Digest::sha_1:
            return EVP_sha1();
        case Digest::sha_256:
            break;
    }
    return EVP_sha256();
}

const unsigned char* octets_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* octets_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

}  // namespace

std::size_t digest_bytes(Digest digest) {
    return static_cast<std::size_t>(EVP_MD_get_size(algorithm(digest)));
}

std::string hash(Digest digest, std::string_view octets) {
    std::string out(digest_bytes(digest), '\0');
    unsigned int size = 0;
    BASE_ASSERT(EVP_Digest(octets.data(), octets.size(), octets_of(out), &size, algorithm(digest), nullptr) ==
                1);
    return out;
}

std::string hmac(Digest digest, std::string_view key, std::string_view octets) {
    std::string out(digest_bytes(digest), '\0');
    unsigned int size = 0;
    BASE_ASSERT(HMAC(algorithm(digest), key.data(), static_cast<int>(key.size()), octets_of(octets),
                     octets.size(), octets_of(out), &size) != nullptr);
    return out;
}

std::string pbkdf2(Digest digest, std::string_view password, std::string_view salt,
                   std::uint32_t iterations) {
    std::string out(digest_bytes(digest), '\0');
    BASE_ASSERT(PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), octets_of(salt),
                                  static_cast<int>(salt.size()), static_cast<int>(iterations),
                                  algorithm(digest), static_cast<int>(out.size()), octets_of(out)) == 1);
    return out;
}

std::string base64(std::string_view octets) {
    std::string out(sodium_base64_ENCODED_LEN(octets.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
    sodium_bin2base64(out.data(), out.size(), octets_of(octets), octets.size(),
                      sodium_base64_VARIANT_ORIGINAL);
    out.pop_back();  // its NUL
    return out;
}

std::optional<std::string> from_base64(std::string_view text) {
    std::string out(text.size() / 4 * 3 + 3, '\0');
    std::size_t size = 0;
    if (sodium_base642bin(octets_of(out), out.size(), text.data(), text.size(), nullptr, &size, nullptr,
                          sodium_base64_VARIANT_ORIGINAL) != 0) {
        return std::nullopt;
    }
    out.resize(size);
    return out;
}

std::string hex(std::string_view octets) {
    std::string out(octets.size() * 2 + 1, '\0');
    sodium_bin2hex(out.data(), out.size(), octets_of(octets), octets.size());
    out.pop_back();
    return out;
}

bool same(std::string_view a, std::string_view b) {
    return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string random_octets(base::Random& random, std::size_t count) {
    std::string out(count, '\0');
    random.fill(std::span<unsigned char>(octets_of(out), out.size()));
    return out;
}

}  // namespace auth
