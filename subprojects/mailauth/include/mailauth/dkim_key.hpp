// DKIM's keys: the record in DNS (RFC 6376 section 3.6.1, RFC 8463) and the private side of it.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "mailauth/dkim.hpp"

namespace mailauth {

struct DkimKeyRecord {
    DkimAlgorithm algorithm = DkimAlgorithm::rsa_sha256;  ///< k=
    bool allows_sha256 = true;                            ///< h=
    bool serves_mail = true;                              ///< s=
    bool testing = false;                                 ///< t=y
    bool strict_identity = false;                         ///< t=s: the domain of i= must be d= itself
    bool revoked = false;                                 ///< an empty p=
    std::string key;                                      ///< p=, decoded
    std::string notes;                                    ///< n=, as written
    std::string fault;                                    ///< not empty: this is no key record
};
DkimKeyRecord parse_dkim_key_record(std::string_view text);

/// A private key. Any thread may sign with it.
class DkimKey {
public:
    /// PKCS #8 or PKCS #1, PEM, not encrypted. Nothing, and why in \p fault.
    static std::optional<DkimKey> from_pem(std::string_view pem, std::string& fault);
    /// 1024 to 8192 bits; nothing else makes a key.
    static std::optional<DkimKey> generate_rsa(unsigned bits = 2048);
    static std::optional<DkimKey> generate_ed25519();
    /// From the 32 octets of the seed, as RFC 8463's appendix prints it.
    static std::optional<DkimKey> from_ed25519_seed(std::string_view seed);
    DkimKey(DkimKey&&) noexcept;
    DkimKey& operator=(DkimKey&&) noexcept;
    ~DkimKey();

    DkimAlgorithm algorithm() const;
    unsigned bits() const;
    /// PKCS #8 in PEM.
    std::string pem() const;
    /// The TXT record's text: `v=DKIM1; k=…; p=…`.
    std::string dns_record(bool testing = false) const;
    /// The same as a line for a zone file, in strings of 255 octets.
    std::string zone_line(std::string_view selector, std::string_view domain, bool testing = false) const;
    /// Of a SHA-256 digest; empty when OpenSSL fails.
    std::string sign(const Sha256Digest& digest) const;

private:
    struct State;
    explicit DkimKey(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace mailauth
