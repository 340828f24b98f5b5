// DomainKeys Identified Mail: verify and sign (RFC 6376, with RFC 8301, 8463 and 8616).
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailauth/dns.hpp"
#include "mailauth/message.hpp"

namespace mailauth {

enum class DkimAlgorithm : std::uint8_t { rsa_sha256, ed25519_sha256 };
std::string_view name_of(DkimAlgorithm algorithm);

/// RFC 8601 section 2.7.1.
enum class DkimStatus : std::uint8_t { none, pass, fail, policy, neutral, temperror, permerror };
std::string_view name_of(DkimStatus status);

struct DkimLimits {
    std::size_t signatures_max = 10;  ///< of a message that are looked at; each costs a key operation
    unsigned rsa_bits_min = 1024;     ///< RFC 8301 section 3.2
    unsigned rsa_bits_max = 8192;     ///< verification costs the square of it
    std::size_t key_records_max = 4;  ///< TXT records at one selector that are tried
    std::size_t record_octets_max = 16 * 1024;
    std::size_t signature_octets_max = 64 * 1024;                  ///< of one DKIM-Signature field
    std::chrono::seconds clock_skew_max = std::chrono::hours(10);  ///< t= may be that far ahead
};

/// What text behind the l= tag means: it can be anybody's (RFC 6376 section 8.2).
enum class UnsignedTail : std::uint8_t {
    refuse,  ///< "policy" instead of "pass"
    flag,    ///< "pass", with unsigned_octets set
};

struct DkimVerifyOptions {
    std::chrono::seconds now{0};  ///< since 1970, for t= and x=
    UnsignedTail unsigned_tail = UnsignedTail::refuse;
    DkimLimits limits;
};

/// One DKIM-Signature.
struct DkimResult {
    DkimStatus status = DkimStatus::none;
    std::string reason;     ///< why not pass, or what to know of a pass
    std::string domain;     ///< d=, in A-labels
    std::string selector;   ///< s=
    std::string identity;   ///< i=, or its default
    std::string algorithm;  ///< a=, as written
    std::string signature;  ///< the first octets of b=, for header.b (RFC 6008)
    unsigned key_bits = 0;
    bool testing = false;               ///< the key says t=y: a failure should mean nothing (section 3.6.1)
    bool secure = false;                ///< the key came by DNSSEC
    std::uint64_t unsigned_octets = 0;  ///< of the canonical body, behind l=
    std::vector<std::string> signed_fields;  ///< h=, lower case
};

/// Verifies all signatures of a message while its body goes by. The header comes whole; the keys may be
/// asked for, all at once, before the body or behind it.
class DkimVerifier {
public:
    /// \p header up to and with the empty line, with CRLF.
    DkimVerifier(std::string header, DkimVerifyOptions options);
    ~DkimVerifier();
    DkimVerifier(DkimVerifier&&) noexcept;

    /// The keys that are needed; may be empty.
    const std::vector<Query>& queries() const;
    /// To queries()[index]. Without an answer a signature ends in temperror.
    void answer(std::size_t index, Answer answer);
    /// The next octets of the body, with CRLF.
    void body(std::string_view octets);
    /// One result for each signature, in the order of the header; empty: not signed. Once.
    std::vector<DkimResult> finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The whole in one call, for callers that may block. \p message with CRLF.
std::vector<DkimResult> verify_dkim(std::string_view message, Resolver& resolver, DkimVerifyOptions options);
/// The one that says most: a pass, else a temperror, a fail, a permerror … Null when there is none.
const DkimResult* best_of(const std::vector<DkimResult>& results);

}  // namespace mailauth
