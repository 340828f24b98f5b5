// SASL from the client's side, for smart hosts: PLAIN (RFC 4616), LOGIN, CRAM-MD5 (RFC 2195), SCRAM-SHA-1 and
// -SHA-256 with their -PLUS (RFC 5802, RFC 7677, RFC 9266). Challenges and responses are octets; base64 is
// the caller's.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "base/secret.hpp"
#include "mta/connector.hpp"

namespace mta::smtp_out {

/// Of the TLS connection, by OpenSSL; empty where there is none.
struct ChannelBindings {
    std::string exporter;   ///< "tls-exporter", RFC 9266
    std::string end_point;  ///< "tls-server-end-point", RFC 5929
};

class SaslClient {
public:
    virtual ~SaslClient() = default;
    /// What is said before the server speaks; nothing: the server begins.
    virtual std::optional<base::Secret> initial() = 0;
    /// Nothing: what the server says makes no sense, or is forged; cancel.
    virtual std::optional<base::Secret> respond(std::string_view challenge) = 0;
    /// May a success of the server be believed now?
    virtual bool complete() const = 0;
};

struct SaslLimits {
    /// PBKDF2 of SCRAM is our work at the server's wish: 1 million of SHA-256 are half a second.
    static constexpr std::uint32_t iterations_max = 1'000'000;
    static constexpr std::size_t challenge_bytes_max = 8'192;
};

/// Which of the offered mechanisms to try, best first. `clear` allows those that show the password.
std::vector<std::string> usable_mechanisms(const std::vector<std::string>& offered, bool clear,
                                           const ChannelBindings& bindings);
/// `plus_offered`: the server knows channel binding, so that it cannot be talked out of it (RFC 5802
/// section 6).
std::unique_ptr<SaslClient> make_sasl_client(const std::string& mechanism,
                                             std::shared_ptr<const Credentials> credentials,
                                             const ChannelBindings& bindings, bool plus_offered,
                                             base::Random& random);

}  // namespace mta::smtp_out
