// NTLM (MS-NLMP), as a SASL mechanism: three messages, no security layer. NTLMv2; NTLMv1 only where it was
// asked for.
#include "auth/ntlm.hpp"

#include <algorithm>

#include "auth/sasl/ntlm_messages.hpp"
#include "base/ascii.hpp"

namespace auth::sasl {
namespace {

enum Pair : std::uint16_t { pair_flags = 6, pair_channel_bindings = 10 };
constexpr unsigned flag_mic = 2;  // of MsvAvFlags: a MIC is there
constexpr std::size_t mic_bytes = 16;
constexpr std::size_t blob_header_bytes = 28;  // of NTLMv2_CLIENT_CHALLENGE, before its AV pairs

std::string text_of(std::string_view octets, std::uint32_t flags) {
    return (flags & ntlm::unicode) != 0 ? auth::ntlm::from_utf16(octets) : std::string(octets);
}

/// What is hashed with the password must be UTF-16, whatever it was sent as. MS-NLMP section 3.3.2
std::string wide(std::string_view octets, std::uint32_t flags) {
    return (flags & ntlm::unicode) != 0 ? std::string(octets) : auth::ntlm::utf16(octets);
}

class Ntlm final : public Mechanism {
public:
    explicit Ntlm(NtlmServer server) : server_(std::move(server)) {}
    bool client_first() const override { return true; }

    Step step(std::string_view message) override {
        switch (stage_) {
            case Stage::negotiate:
                stage_ = Stage::authenticate;
                return negotiate(message);
            case Stage::authenticate:
                stage_ = Stage::lookup;
                return authenticate(message);
            case Stage::lookup:
                break;
        }
        return malformed();
    }

    Step known(Known known) override {
        if (stage_ != Stage::lookup || !parsed_) return malformed();
        stage_ = Stage::negotiate;
        std::string hash(known.nt_hash.reveal());
        const bool there = known.real && hash.size() == auth::ntlm::hash_bytes;
        hash.resize(auth::ntlm::hash_bytes, '\0');  // as much work for those who are not there
        const bool v1 = parsed_->nt_response.size() == auth::ntlm::v1_response_bytes;
        const bool good = v1 ? check_v1(hash) : check_v2(hash);
        parsed_.reset();
        if (!good || !there) return wrong();
        return Proven();
    }

private:
    enum class Stage : std::uint8_t { negotiate, authenticate, lookup };

    Step negotiate(std::string_view message) {
        const auto flags = ntlm::parse_negotiate(message);
        if (!flags || (*flags & (ntlm::unicode | ntlm::oem)) == 0) return refuse();
        negotiate_ = message;
        challenge_ = ntlm::write_challenge(*flags, server_);
        return Challenge{challenge_};
    }

    Step authenticate(std::string_view message) {
        message_ = message;
        parsed_ = ntlm::parse_authenticate(message_);
        if (!parsed_ || (parsed_->flags & ntlm::anonymous) != 0) return refuse();
        const std::size_t proof = parsed_->nt_response.size();
        const bool v1 = proof == auth::ntlm::v1_response_bytes;
        if (!v1 && proof < auth::ntlm::hash_bytes + blob_header_bytes) return refuse();
        const std::string name = login_name();
        if (name.empty() || name.size() > Limits::name_bytes_max || name.find('\0') != std::string::npos)
            return refuse();
        // The answer is the same as for a wrong password: nothing to learn from it.
        if (v1 && !server_.v1) return wrong();
        LookUp out;
        out.user = name;
        return out;
    }

    Step refuse() {
        parsed_.reset();
        stage_ = Stage::lookup;
        return malformed();
    }

    /// Windows has a name and a domain. The domain is one of mail, or a post office; our own name, or that of
    /// the client's machine, is what programs send that know none.
    std::string login_name() const {
        std::string user = text_of(parsed_->user, parsed_->flags);
        const std::string domain = text_of(parsed_->domain, parsed_->flags);
        const std::string machine = text_of(parsed_->workstation, parsed_->flags);
        if (user.empty() || domain.empty() || user.find('@') != std::string::npos) return user;
        for (const std::string& nobody : {server_.name, server_.hostname, machine}) {
            if (base::equals_nocase(domain, nobody)) return user;
        }
        return user + '@' + domain;
    }

    bool check_v1(const std::string& hash) const {
        const bool extended = (parsed_->flags & ntlm::extended_session_security) != 0;
        std::string client;
        if (extended) {
            // The client's challenge is where the LM response would be. MS-NLMP section 3.3.1
            const auto at = static_cast<std::size_t>(static_cast<unsigned char>(message_[16])) |
                            static_cast<std::size_t>(static_cast<unsigned char>(message_[17])) << 8U |
                            static_cast<std::size_t>(static_cast<unsigned char>(message_[18])) << 16U |
                            static_cast<std::size_t>(static_cast<unsigned char>(message_[19])) << 24U;
            if (at > message_.size() || message_.size() - at < auth::ntlm::challenge_bytes) return false;
            client = message_.substr(at, auth::ntlm::challenge_bytes);
        }
        return same(auth::ntlm::v1_response(hash, server_.challenge, client), parsed_->nt_response);
    }

    bool check_v2(const std::string& hash) const {
        const std::string key = auth::ntlm::response_key(hash, wide(parsed_->user, parsed_->flags),
                                                         wide(parsed_->domain, parsed_->flags));
        const std::string_view sent = parsed_->nt_response.substr(0, auth::ntlm::hash_bytes);
        const std::string_view blob = parsed_->nt_response.substr(auth::ntlm::hash_bytes);
        if (!same(auth::ntlm::proof(key, server_.challenge, blob), sent)) return false;
        const std::string_view pairs = blob.substr(blob_header_bytes);
        const auto flags = ntlm::find_pair(pairs, pair_flags);
        const bool has_mic =
            flags && flags->size() == 4 && (static_cast<unsigned>((*flags)[0]) & flag_mic) != 0;
        return bound(pairs) && (!has_mic || mic_good(key, sent));
    }

    /// A client that names the TLS connection that it means must mean this one: else somebody in the middle
    /// relays. MS-NLMP section 3.2.5.1.2, RFC 5056.
    bool bound(std::string_view pairs) const {
        const auto sent = ntlm::find_pair(pairs, pair_channel_bindings);
        const bool named = sent && std::ranges::any_of(*sent, [](char c) { return c != '\0'; });
        if (!named || server_.end_point.empty()) return true;
        const std::string data = "tls-server-end-point:" + server_.end_point;
        std::string bindings(16, '\0');  // no addresses
        for (int i = 0; i < 4; ++i) bindings += static_cast<char>(data.size() >> (8 * i) & 0xFF);
        return same(hash(Digest::md5, bindings + data), *sent);
    }

    /// Nobody has changed the messages before this one. MS-NLMP section 3.2.5.1.2
    bool mic_good(const std::string& key, std::string_view proof) const {
        if (parsed_->mic_at == 0) return false;
        std::string session = hmac(Digest::md5, key, proof);
        if ((parsed_->flags & ntlm::key_exchange) != 0) {
            if (parsed_->session_key.size() != auth::ntlm::hash_bytes) return false;
            session = auth::ntlm::rc4(session, parsed_->session_key);
        }
        std::string cleared = message_;
        const std::string mic = cleared.substr(parsed_->mic_at, mic_bytes);
        cleared.replace(parsed_->mic_at, mic_bytes, mic_bytes, '\0');
        return same(hmac(Digest::md5, session, negotiate_ + challenge_ + cleared), mic);
    }

    NtlmServer server_;
    Stage stage_ = Stage::negotiate;
    std::string negotiate_, challenge_, message_;
    std::optional<ntlm::Authenticate> parsed_;  // views into message_
};

}  // namespace

std::unique_ptr<Mechanism> make_ntlm(NtlmServer server) { return std::make_unique<Ntlm>(std::move(server)); }

}  // namespace auth::sasl
