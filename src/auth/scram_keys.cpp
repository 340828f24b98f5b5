#include "auth/scram_keys.hpp"

#include <array>
#include <charconv>

namespace auth {

ScramKeys derive(Digest digest, const base::Secret& password, std::string salt, std::uint32_t iterations) {
    // RFC 5802 section 3: SaltedPassword, ClientKey, StoredKey, ServerKey.
    const base::Secret salted(pbkdf2(digest, password.reveal(), salt, iterations));
    ScramKeys keys;
    keys.iterations = iterations;
    keys.salt = std::move(salt);
    keys.stored_key = hash(digest, hmac(digest, salted.reveal(), "Client Key"));
    keys.server_key = hmac(digest, salted.reveal(), "Server Key");
    return keys;
}

std::string to_string(const ScramKeys& keys) {
    return std::to_string(keys.iterations) + ':' + base64(keys.salt) + ':' + base64(keys.stored_key) + ':' +
           base64(keys.server_key);
}

std::optional<ScramKeys> parse_scram_keys(Digest digest, std::string_view text) {
    std::array<std::string_view, 4> parts;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const std::size_t end = i + 1 < parts.size() ? text.find(':') : text.size();
        if (end == std::string_view::npos) return std::nullopt;
        parts.at(i) = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    ScramKeys keys;
    const auto [end, code] =
        std::from_chars(parts[0].data(), parts[0].data() + parts[0].size(), keys.iterations);
    if (code != std::errc() || end != parts[0].data() + parts[0].size()) return std::nullopt;
    if (keys.iterations == 0 || keys.iterations > ScramKeys::iterations_max) return std::nullopt;
    auto salt = from_base64(parts[1]), stored = from_base64(parts[2]), server = from_base64(parts[3]);
    if (!salt || !stored || !server || salt->empty()) return std::nullopt;
    if (stored->size() != digest_bytes(digest) || server->size() != digest_bytes(digest)) return std::nullopt;
    keys.salt = std::move(*salt);
    keys.stored_key = std::move(*stored);
    keys.server_key = std::move(*server);
    return keys;
}

ScramKeys fake_keys(Digest digest, std::string_view secret, std::string_view name, std::uint32_t iterations) {
    ScramKeys keys;
    keys.iterations = iterations;
    const std::string tag = std::to_string(static_cast<int>(digest)) + ':' + std::string(name);
    keys.salt = hmac(Digest::sha_256, secret, "salt:" + tag).substr(0, ScramKeys::salt_bytes);
    keys.stored_key = hmac(Digest::sha_256, secret, "stored:" + tag).substr(0, digest_bytes(digest));
    keys.server_key = hmac(Digest::sha_256, secret, "server:" + tag).substr(0, digest_bytes(digest));
    return keys;
}

}  // namespace auth
