// Bearer tokens, key sets, claims and the messages that carry them. The first octet says what it is. A token
// by no key of ours is never good.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "auth/sasl/mechanism.hpp"
#include "auth/token/jwt.hpp"

namespace {

void check(bool good) {
    if (!good) std::abort();
}

const auth::token::KeySet& keys() {
    static const auth::token::KeySet set = *auth::token::parse_key_set(
        R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},)"
        R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
        R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})");
    return set;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0] % 4) {
        case 0: {
            const auto parsed = auth::token::parse_jwt(text);
            if (parsed.fault() != auth::token::Fault::none) break;
            // The seeds are the RFCs' own examples, whose signatures are good.
            const auto fault = auth::token::verify(parsed.jwt(), keys());
            if (fault == auth::token::Fault::none)
                (void)auth::token::parse_claims(parsed.jwt().payload, "email");
            break;
        }
        case 1: {
            const auto set = auth::token::parse_key_set(text);
            check(!set || set->size() <= auth::token::Limits::keys_max);
            break;
        }
        case 2: {
            const auto claims = auth::token::parse_claims(text, "email");
            if (!claims) break;
            check(claims->name.size() <= auth::token::Limits::text_bytes_max);
            (void)auth::token::check(*claims, auth::token::Rules(), base::SystemTime());
            break;
        }
        default: {
            const auto mechanism =
                (text.size() & 1) != 0 ? auth::sasl::make_oauthbearer({}) : auth::sasl::make_xoauth2({});
            const auto step = mechanism->step(text);
            check(!std::holds_alternative<auth::sasl::Proven>(step));
            if (const auto* const token = std::get_if<auth::sasl::CheckToken>(&step))
                check(!token->token.empty() && token->token.reveal().size() < text.size());
            check(std::holds_alternative<auth::sasl::Refused>(mechanism->step(text)));
            break;
        }
    }
    return 0;
}
