#include "mailauth/srs.hpp"

#include <algorithm>

#include <openssl/crypto.h>
#include <openssl/hmac.h>

#include "mailauth/domain.hpp"
#include "text.hpp"

namespace mailauth {

namespace {

constexpr std::string_view separators = "=-+";
constexpr std::string_view day_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr unsigned day_slots = 1024;             // two digits of 32
constexpr std::size_t address_octets_max = 254;  // RFC 5321 section 4.5.3.1.3, without the angles
constexpr std::size_t hash_length_max = 27;      // base64 of SHA-1 without its padding

unsigned day_of(std::chrono::seconds now) {
    return static_cast<unsigned>(std::chrono::floor<std::chrono::days>(now).count() % day_slots);
}

std::string day_text(unsigned day) { return {day_digits[day >> 5U], day_digits[day & 31U]}; }

/// "SRS0=" or "SRS1=", any case and any of the separators.
bool has_tag(std::string_view local, std::string_view tag) {
    return local.size() > 5 && same_text(local.substr(0, 4), tag) &&
           separators.find(local[4]) != std::string_view::npos;
}

struct Parts {
    std::string_view local, domain;
};
Parts split_address(std::string_view address) {
    const std::size_t at = address.rfind('@');
    if (at == std::string_view::npos || at == 0 || at + 1 == address.size()) return {};
    return {address.substr(0, at), address.substr(at + 1)};
}

/// Up to the next "=", which goes too; the rest stays in \p text. False: there is no "=".
bool take_part(std::string_view& text, std::string_view& part) {
    const std::size_t end = text.find('=');
    if (end == std::string_view::npos) return false;
    part = text.substr(0, end);
    text.remove_prefix(end + 1);
    return true;
}

}  // namespace

std::string_view name_of(SrsStatus status) {
    switch (status) {
        case SrsStatus::good:
            return "good";
        case SrsStatus::not_srs:
            return "not an SRS address";
        case SrsStatus::bad_hash:
            return "the hash is wrong";
        case SrsStatus::expired:
            return "the address has expired";
        case SrsStatus::malformed:
            return "malformed";
    }
    return "";
}

Srs::Srs(SrsOptions options) : options_(std::move(options)) {
    options_.hash_length = std::clamp<std::size_t>(options_.hash_length, 4, hash_length_max);
    options_.hash_length_min = std::clamp<std::size_t>(options_.hash_length_min, 4, options_.hash_length);
}

std::string Srs::hash(std::string_view secret, std::string_view text) const {
    const std::string low = lower(text);
    unsigned char digest[20] = {};
    unsigned size = 0;
    HMAC(EVP_sha1(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(low.data()), low.size(), digest, &size);
    return base64_encode({reinterpret_cast<const char*>(digest), sizeof digest});
}

/// In any case: mail systems on the way may have changed it.
bool Srs::is_hash_of(std::string_view given, std::string_view text) const {
    if (given.size() < options_.hash_length_min || given.size() > hash_length_max) return false;
    const std::string low = lower(given);
    bool good = false;
    for (const std::string& secret : options_.secrets) {
        const std::string expected = lower(hash(secret, text).substr(0, given.size()));
        good = CRYPTO_memcmp(expected.data(), low.data(), low.size()) == 0 || good;
    }
    return good;
}

std::string Srs::forward(std::string_view sender, std::chrono::seconds now) const {
    const auto [local, domain] = split_address(sender);
    if (sender.empty() || same_text(domain, options_.domain)) return std::string(sender);
    // "=" ends the domain in what is written here, and no domain has one.
    if (local.empty() || domain.find('=') != std::string_view::npos) return {};
    if (options_.secrets.empty() || options_.domain.empty()) return {};
    std::string out;
    const auto hashed = [this](const std::string& text) {
        return hash(options_.secrets.front(), text).substr(0, options_.hash_length);
    };
    if (has_tag(local, "SRS0")) {  // the first forwarder is kept, with the separator it wrote
        const std::string rest(local.substr(4));
        out = "SRS1=" + hashed(std::string(domain) + rest) + "=" + std::string(domain) + "=" + rest;
    } else if (has_tag(local, "SRS1")) {  // whoever wrote it drops out of the way back
        std::string_view rest = local.substr(5);
        std::string_view other, first;
        if (!take_part(rest, other) || !take_part(rest, first)) return {};
        out = "SRS1=" + hashed(std::string(first) + std::string(rest)) + "=" + std::string(first) + "=" +
              std::string(rest);
    } else {
        const std::string day = day_text(day_of(now));
        out = "SRS0=" + hashed(day + std::string(domain) + std::string(local)) + "=" + day + "=" +
              std::string(domain) + "=" + std::string(local);
    }
    out += "@" + options_.domain;
    return out.size() <= address_octets_max ? out : std::string();
}

SrsAddress Srs::reverse(std::string_view recipient, std::chrono::seconds now) const {
    const std::string_view local = split_address(recipient).local;
    if (has_tag(local, "SRS0")) return reverse0(local.substr(5), now);
    if (has_tag(local, "SRS1")) return reverse1(local.substr(5));
    return {};
}

SrsAddress Srs::reverse0(std::string_view rest, std::chrono::seconds now) const {
    std::string_view given, day, domain;
    if (!take_part(rest, given) || !take_part(rest, day) || !take_part(rest, domain) || rest.empty() ||
        domain.empty() || day.size() != 2) {
        return {SrsStatus::malformed, {}};
    }
    if (!is_hash_of(given, std::string(day) + std::string(domain) + std::string(rest)))
        return {SrsStatus::bad_hash, {}};
    unsigned then = 0;
    for (const char c : day) {
        const char upper = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        const std::size_t digit = day_digits.find(upper);
        if (digit == std::string_view::npos) return {SrsStatus::malformed, {}};
        then = then << 5U | static_cast<unsigned>(digit);
    }
    // Days count modulo 1024. One day ahead is a clock that is a little wrong, not an old address.
    const unsigned age = (day_of(now) + day_slots - then) % day_slots;
    if (age > static_cast<unsigned>(options_.age_max.count()) && age != day_slots - 1)
        return {SrsStatus::expired, {}};
    return {SrsStatus::good, std::string(rest) + "@" + std::string(domain)};
}

SrsAddress Srs::reverse1(std::string_view rest) const {
    std::string_view given, first;
    if (!take_part(rest, given) || !take_part(rest, first) || first.empty() || rest.size() < 2) {
        return {SrsStatus::malformed, {}};
    }
    if (!is_hash_of(given, std::string(first) + std::string(rest))) return {SrsStatus::bad_hash, {}};
    return {SrsStatus::good, "SRS0" + std::string(rest) + "@" + std::string(first)};
}

}  // namespace mailauth
