// Sender Rewriting Scheme: a forwarder's own envelope sender, from which bounces find their way back.
// The form, the hash and the days are those of libsrs2 and postsrsd, so that addresses they made still work.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mailauth {

struct SrsOptions {
    std::string domain;                ///< ours, which the rewritten address is at
    std::vector<std::string> secrets;  ///< the first one signs, all are believed: a secret can be changed
    std::size_t hash_length = 8;       ///< of base64 characters; any case, so 5 bits and more each
    std::size_t hash_length_min = 4;   ///< what older addresses may have
    std::chrono::days age_max{21};     ///< of an address that is turned back
};

enum class SrsStatus : std::uint8_t { good, not_srs, bad_hash, expired, malformed };
std::string_view name_of(SrsStatus status);

struct SrsAddress {
    SrsStatus status = SrsStatus::not_srs;
    std::string address;  ///< when good
};

class Srs {
public:
    explicit Srs(SrsOptions options);
    /// The sender of a forwarded message: SRS0, or SRS1 when it was rewritten already. Empty for an address
    /// that cannot be: no domain, or too long. An empty sender and one at our domain stay as they are.
    std::string forward(std::string_view sender, std::chrono::seconds now) const;
    /// Where mail to such an address goes: to the sender (SRS0), or to the first forwarder (SRS1).
    SrsAddress reverse(std::string_view recipient, std::chrono::seconds now) const;

private:
    std::string hash(std::string_view secret, std::string_view text) const;
    bool is_hash_of(std::string_view given, std::string_view text) const;
    SrsAddress reverse0(std::string_view rest, std::chrono::seconds now) const;
    SrsAddress reverse1(std::string_view rest) const;

    SrsOptions options_;
};

}  // namespace mailauth
