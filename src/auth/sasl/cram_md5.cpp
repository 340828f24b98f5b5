// CRAM-MD5 (RFC 2195): needs the password itself, so it is offered only where the operator asks for it.
#include "auth/sasl/mechanism.hpp"

namespace auth::sasl {
namespace {

class CramMd5 final : public Mechanism {
public:
    explicit CramMd5(std::string challenge) : challenge_(std::move(challenge)) {}
    bool client_first() const override { return false; }

    Step step(std::string_view response) override {
        if (!sent_) {
            if (!response.empty()) return malformed();  // RFC 2195 has no initial response
            sent_ = true;
            return Challenge{challenge_};
        }
        // response = user SP 32 hex digits; the name may hold spaces: RFC 2195 section 2
        const std::size_t space = response.rfind(' ');
        if (space == std::string_view::npos || space == 0 || space > Limits::name_bytes_max)
            return malformed();
        const std::string_view digest = response.substr(space + 1);
        if (digest.size() != 32 || digest.find_first_not_of("0123456789abcdef") != std::string_view::npos) {
            return malformed();
        }
        digest_ = digest;
        LookUp out;
        out.user = response.substr(0, space);
        return out;
    }

    Step known(Known known) override {
        const std::string expected = hex(hmac(Digest::md5, known.plain.reveal(), challenge_));
        if (!same(expected, digest_) || !known.real || known.plain.empty()) return wrong();
        return Proven();
    }

private:
    std::string challenge_, digest_;
    bool sent_ = false;
};

}  // namespace

std::unique_ptr<Mechanism> make_cram_md5(std::string challenge) {
    return std::make_unique<CramMd5>(std::move(challenge));
}

}  // namespace auth::sasl
