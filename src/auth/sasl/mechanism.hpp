// Mechanism: one SASL exchange on the server's side, as pure steps. RFC 4422. It does no I/O: it says what it
// needs (a password checked, a user looked up) and is told the answer, so that tests and the fuzzer drive it
// alone.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "auth/scram_keys.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"

namespace auth::sasl {

struct Limits {
    static constexpr std::size_t message_bytes_max =
        8'192;  ///< of one response; threats.md 2.1 allows SMTP 12 KiB of base64
    static constexpr std::size_t name_bytes_max = 1'024;
    static constexpr std::size_t nonce_bytes_max = 256;  ///< of a SCRAM client
};

/// Send this and come back with the answer.
struct Challenge {
    std::string text;
};
/// Does this password belong to this user? It ends the exchange: the mechanism is not asked again.
struct CheckPassword {
    std::string authorization;  ///< who to act as; empty: the user itself
    std::string user;
    base::Secret password;
};
/// Is this bearer token good, and whose is it? Proven by the answer; else go on with
/// Mechanism::token_refused().
struct CheckToken {
    std::string authorization;  ///< who to act as; empty: whoever the token is for
    base::Secret token;
};
/// Who is this, and what do they prove themselves by? Answer with Mechanism::known().
struct LookUp {
    std::string user;
};
/// The peer has proven to be the user looked up (or, without LookUp, the one named here).
struct Proven {
    std::string authorization;
    std::string user;
    std::string final_data;
    bool has_final_data = false;
};
struct Refused {
    enum class Why : std::uint8_t { malformed, credentials };
    Why why = Why::malformed;
};
using Step = std::variant<Challenge, CheckPassword, CheckToken, LookUp, Proven, Refused>;

inline Step malformed() { return Refused{Refused::Why::malformed}; }
inline Step wrong() { return Refused{Refused::Why::credentials}; }

/// What was found for LookUp. Of a user that does not exist: keys and a password that nobody has.
struct Known {
    ScramKeys keys;
    base::Secret plain;
    base::Secret nt_hash;  ///< for NTLM; empty: none is kept
    bool real = false;     ///< false: whatever the peer proves, it is refused
};

class Mechanism {
public:
    virtual ~Mechanism() = default;
    virtual bool client_first() const = 0;
    /// The peer's next message; for mechanisms where the server speaks first, empty at first.
    virtual Step step(std::string_view response) = 0;
    /// The answer to LookUp.
    virtual Step known(Known known);
    /// Of a CheckToken: it is not good. What the peer is told before the exchange ends.
    virtual Step token_refused();
    /// Of a LookUp: which keys are wanted; nullopt: the plain password.
    virtual std::optional<Digest> keys_wanted() const { return std::nullopt; }
};

/// RFC 4616
std::unique_ptr<Mechanism> make_plain();
/// draft-murchison-sasl-login: old Outlooks know nothing else.
std::unique_ptr<Mechanism> make_login();
/// RFC 4422 appendix A. `identity`: of the verified client certificate.
std::unique_ptr<Mechanism> make_external(std::string identity);
/// RFC 2195. `challenge` "<random.time@host>".
std::unique_ptr<Mechanism> make_cram_md5(std::string challenge);

/// What a SCRAM exchange may bind to.
struct Binding {
    bool required = false;         ///< a -PLUS mechanism
    bool offered = false;          ///< the server offers -PLUS on this connection: "y" then means a downgrade
    std::string exporter;          ///< RFC 9266; empty: none
    std::string server_end_point;  ///< RFC 5929 section 4; empty: none
};
/// RFC 5802, RFC 7677. `nonce`: ours, printable without ','.
std::unique_ptr<Mechanism> make_scram(Digest digest, Binding binding, std::string nonce);

/// What a peer without a good token is told, so that it may get one. RFC 7628 section 3.2.2
struct TokenAdvice {
    std::string scope;          ///< empty: none
    std::string configuration;  ///< URL of the issuer's OpenID configuration; empty: none
};
/// RFC 7628 section 3.1
std::unique_ptr<Mechanism> make_oauthbearer(TokenAdvice advice);
/// Google's and Microsoft's form from before the RFC.
std::unique_ptr<Mechanism> make_xoauth2(TokenAdvice advice);

/// What an NTLM exchange says of the server.
struct NtlmServer {
    std::string name;  ///< NetBIOS: the first label of the host's name, upper case
    std::string hostname;
    std::string challenge;       ///< 8 octets that nobody can foresee
    std::uint64_t filetime = 0;  ///< now, in tenths of microseconds since 1601
    std::string end_point;       ///< tls-server-end-point (RFC 5929 section 4); empty: none
    bool v1 = false;             ///< NTLMv1 is taken too
};
/// MS-NLMP
std::unique_ptr<Mechanism> make_ntlm(NtlmServer server);

}  // namespace auth::sasl
