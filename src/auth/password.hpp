// Passwords: argon2id hashes of ours and crypt(3) hashes of others. Slow on purpose: called only on the
// hashing pool.
#pragma once
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/secret.hpp"

namespace auth {

/// One hash at a time costs this much; threats.md section 4 has the measurement (40 ms).
struct PasswordLimits {
    static constexpr std::size_t memory_bytes = 19U << 20;
    static constexpr std::uint64_t passes = 2;
    /// Of an imported argon2 hash: a stored one must not be able to stop the server.
    static constexpr std::size_t imported_memory_bytes_max = 256U << 20;
    static constexpr std::uint64_t imported_passes_max = 16;
    static constexpr std::size_t password_bytes_max = 1'024;
};

/// "$argon2id$v=19$m=19456,t=2,p=1$…". Empty: out of memory.
std::string hash_password(const base::Secret& password);

/// True when the password belongs to the hash. Knows argon2i and argon2id, what libxcrypt knows ($1$, $5$,
/// $6$, $2b$, $y$, $7$ …), and {PLAIN}, {CLEARTEXT}; Dovecot's other prefixes ({CRYPT}, {BLF-CRYPT},
/// {SHA512-CRYPT}, {ARGON2ID} …) are skipped. A hash of no known form belongs to no password.
bool verify_password(std::string_view stored, const base::Secret& password);

/// True when the hash should be replaced by hash_password() at the next successful login.
bool outdated(std::string_view stored);

/// A hash of no password, of our own cost: what is verified for users who do not exist.
const std::string& dummy_hash();

/// How many slow operations ran: unknown users must cost as many as known ones.
struct HashCounts {
    std::atomic<std::uint64_t> argon2{0}, crypt{0};
};
HashCounts& hash_counts();

}  // namespace auth
