// What DKIM-Signature and ARC-Message-Signature have in common: parse one, hash what it signs, try a key.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "mailauth/dkim.hpp"
#include "mailauth/dns.hpp"
#include "mailauth/message.hpp"

namespace mailauth {

enum class SignatureKind : std::uint8_t { dkim, arc_message, arc_seal };

struct Signature {
    SignatureKind kind = SignatureKind::dkim;
    std::string_view octets;  // the whole field
    std::size_t b_begin = 0;  // what b= holds, in octets
    std::size_t b_end = 0;
    DkimAlgorithm algorithm = DkimAlgorithm::rsa_sha256;
    std::string algorithm_text;
    Canonical header = Canonical::simple;
    Canonical body = Canonical::simple;
    std::string domain;
    std::string selector;
    std::string identity;             // i= of DKIM, or "@" and the domain
    std::string identity_domain;      // A-labels
    unsigned instance = 0;            // i= of ARC
    std::string chain;                // cv= of ARC-Seal, lower case
    std::vector<std::string> fields;  // h=, lower case, in its order
    std::optional<std::uint64_t> length;
    std::optional<std::uint64_t> timestamp;
    std::optional<std::uint64_t> expiry;
    std::string value;       // b=, decoded
    std::string value_text;  // b=, without blanks
    std::string body_hash;   // bh=, decoded
    std::string fault;       // not empty: cannot be verified
    std::string query_name;  // of the key
};

Signature parse_signature(const HeaderField& field, SignatureKind kind);
/// t= and x= against the clock; empty when they are right.
std::string time_fault(const Signature& signature, const DkimVerifyOptions& options);

/// The fields of a header by name, for h= (RFC 6376 section 5.4.2).
class FieldIndex {
public:
    explicit FieldIndex(const std::vector<HeaderField>& fields);
    /// Canonical forms of what \p names select, the last field of a name first. Appended to \p out.
    void gather(const std::vector<std::string>& names, Canonical canonical, std::string& out) const;
    std::size_t count(const std::string& lower_name) const;

private:
    std::unordered_map<std::string, std::vector<std::string_view>> by_name_;
};

/// The signature's own field as it is hashed: without what b= holds and without the last line end (section
/// 3.7).
void append_unsigned_field(const Signature& signature, Canonical canonical, std::string& out);
/// The digest that b= signs, for DKIM-Signature and ARC-Message-Signature.
Sha256Digest header_digest(const Signature& signature, const FieldIndex& fields);

struct KeyVerdict {
    DkimStatus status = DkimStatus::permerror;
    std::string reason;
    unsigned bits = 0;
    bool testing = false;
};
/// Section 6.1.2 and the last step of 6.1.3: the key that DNS answered with, tried on the digest.
KeyVerdict try_keys(const Signature& signature, const Answer& answer, const Sha256Digest& digest,
                    const DkimLimits& limits);

}  // namespace mailauth
