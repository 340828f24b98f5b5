#include "auth/password.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <crypt.h>
#include <memory>
#include <optional>
#include <sodium.h>
#include <string>

#include "auth/crypto.hpp"

namespace auth {
namespace {

/// "{SCHEME}rest": the scheme without braces, in upper case; empty: no prefix.
struct Scheme {
    std::string name;
    std::string_view rest;
};

Scheme split_scheme(std::string_view stored) {
    if (!stored.starts_with('{')) return {{}, stored};
    const std::size_t end = stored.find('}');
    if (end == std::string_view::npos) return {{}, stored};
    Scheme out{std::string(stored.substr(1, end - 1)), stored.substr(end + 1)};
    for (char& c : out.name) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return out;
}

bool crypt_scheme(std::string_view name) {
    static constexpr std::array<std::string_view, 9> names{
        "",          "CRYPT",     "MD5-CRYPT", "SHA256-CRYPT", "SHA512-CRYPT",
        "BLF-CRYPT", "DES-CRYPT", "ARGON2I",   "ARGON2ID"};
    return std::ranges::find(names, name) != names.end();
}

/// The number after "name=" in an argon2 parameter list.
std::optional<std::uint64_t> parameter(std::string_view hash, std::string_view name) {
    const std::size_t at = hash.find(name);
    if (at == std::string_view::npos) return std::nullopt;
    std::uint64_t number = 0;
    const char* const from = hash.data() + at + name.size();
    const auto [end, code] = std::from_chars(from, hash.data() + hash.size(), number);
    if (code != std::errc()) return std::nullopt;
    return number;
}

bool affordable(std::string_view hash) {
    const auto kibibytes = parameter(hash, "$m=");
    const auto passes = parameter(hash, ",t=");
    return kibibytes && passes && *kibibytes <= PasswordLimits::imported_memory_bytes_max / 1024 &&
           *passes <= PasswordLimits::imported_passes_max;
}

bool verify_argon2(std::string_view hash, std::string_view password) {
    if (hash.size() >= crypto_pwhash_STRBYTES || !affordable(hash)) return false;
    const std::string terminated(hash);
    hash_counts().argon2.fetch_add(1, std::memory_order_relaxed);
    return crypto_pwhash_str_verify(terminated.c_str(), password.data(), password.size()) == 0;
}

bool verify_crypt(std::string_view hash, std::string_view password) {
    // crypt(3) ends at NUL: a password with one would match its beginning. DES alone looks at eight octets.
    if (hash.empty() || password.find('\0') != std::string_view::npos) return false;
    const std::string terminated(hash);
    const base::Secret phrase{std::string(password)};  // a std::string: its octets end with NUL
    const auto work = std::make_unique<crypt_data>();
    hash_counts().crypt.fetch_add(1, std::memory_order_relaxed);
    const char* const made =
        crypt_rn(phrase.reveal().data(), terminated.c_str(), work.get(), sizeof(crypt_data));
    const bool good = made != nullptr && made[0] != '*' && same(made, hash);
    sodium_memzero(work.get(), sizeof(crypt_data));
    return good;
}

}  // namespace

HashCounts& hash_counts() {
    static HashCounts counts;
    return counts;
}

std::string hash_password(const base::Secret& password) {
    std::array<char, crypto_pwhash_STRBYTES> out{};
    hash_counts().argon2.fetch_add(1, std::memory_order_relaxed);
    if (crypto_pwhash_str_alg(out.data(), password.reveal().data(), password.reveal().size(),
                              PasswordLimits::passes, PasswordLimits::memory_bytes,
                              crypto_pwhash_ALG_ARGON2ID13) != 0) {
        return {};
    }
    return out.data();
}

bool verify_password(std::string_view stored, const base::Secret& password) {
    if (password.reveal().size() > PasswordLimits::password_bytes_max) return false;
    const Scheme scheme = split_scheme(stored);
    if (scheme.name == "PLAIN" || scheme.name == "CLEARTEXT") {
        return !scheme.rest.empty() && password.equals(scheme.rest);
    }
    if (!crypt_scheme(scheme.name)) return false;
    if (scheme.rest.starts_with("$argon2")) return verify_argon2(scheme.rest, password.reveal());
    return verify_crypt(scheme.rest, password.reveal());
}

bool outdated(std::string_view stored) {
    if (!stored.starts_with(crypto_pwhash_STRPREFIX)) return true;
    const std::string terminated(stored);
    return crypto_pwhash_str_needs_rehash(terminated.c_str(), PasswordLimits::passes,
                                          PasswordLimits::memory_bytes) != 0;
}

const std::string& dummy_hash() {
    static const std::string made = [] {
        std::string password(32, '\0');
        randombytes_buf(password.data(), password.size());
        return hash_password(base::Secret(std::move(password)));
    }();
    return made;
}

}  // namespace auth
