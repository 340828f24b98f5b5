#include "mta/smtp_out/syntax/sasl_client.hpp"

#include <algorithm>
#include <charconv>

#include "auth/crypto.hpp"
#include "auth/prepare.hpp"
#include "base/base64.hpp"

namespace mta::smtp_out {
namespace {

using Login = std::shared_ptr<const Credentials>;

class Plain final : public SaslClient {
public:
    explicit Plain(Login login) : login_(std::move(login)) {}
    std::optional<base::Secret> initial() override {
        std::string out(1, '\0');
        out += login_->user;
        out += '\0';
        out += login_->password.reveal();
        said_ = true;
        return base::Secret(std::move(out));
    }
    std::optional<base::Secret> respond(std::string_view) override {
        if (said_) return std::nullopt;
        return initial();
    }
    bool complete() const override { return true; }

private:
    Login login_;
    bool said_ = false;
};

/// The draft that everybody built: two questions, whose texts nobody may rely on.
class LoginMechanism final : public SaslClient {
public:
    explicit LoginMechanism(Login login) : login_(std::move(login)) {}
    std::optional<base::Secret> initial() override { return std::nullopt; }
    std::optional<base::Secret> respond(std::string_view) override {
        if (++asked_ == 1) return base::Secret(login_->user);
        if (asked_ == 2) return login_->password;
        return std::nullopt;
    }
    bool complete() const override { return true; }

private:
    Login login_;
    int asked_ = 0;
};

class CramMd5 final : public SaslClient {
public:
    explicit CramMd5(Login login) : login_(std::move(login)) {}
    std::optional<base::Secret> initial() override { return std::nullopt; }
    std::optional<base::Secret> respond(std::string_view challenge) override {
        if (said_ || challenge.empty()) return std::nullopt;
        said_ = true;
        const std::string digest = auth::hmac(auth::Digest::md5, login_->password.reveal(), challenge);
        return base::Secret(login_->user + " " + auth::hex(digest));
    }
    bool complete() const override { return true; }

private:
    Login login_;
    bool said_ = false;
};

/// The value of "x=…" at the start of `text`, which moves behind its comma.
std::optional<std::string_view> attribute(std::string_view& text, char name) {
    if (text.size() < 2 || text[0] != name || text[1] != '=') return std::nullopt;
    const std::size_t end = std::min(text.find(','), text.size());
    const std::string_view value = text.substr(2, end - 2);
    text.remove_prefix(std::min(text.size(), end + 1));
    return value;
}

std::string saslname(std::string_view user) {
    std::string out;
    for (const char c : user) {
        if (c == ',') {
            out += "=2C";
        } else if (c == '=') {
            out += "=3D";
        } else {
            out += c;
        }
    }
    return out;
}

/// RFC 5802 section 5.
class Scram final : public SaslClient {
public:
    Scram(auth::Digest digest, Login login, std::string gs2, std::string binding, base::Random& random)
        : digest_(digest), login_(std::move(login)), gs2_(std::move(gs2)), binding_(std::move(binding)) {
        nonce_ = base::base64_encode(auth::random_octets(random, 18));
        bare_ = "n=" + saslname(auth::prepared_or_raw(login_->user)) + ",r=" + nonce_;
    }
    std::optional<base::Secret> initial() override {
        said_ = 1;
        return base::Secret(gs2_ + bare_);
    }
    std::optional<base::Secret> respond(std::string_view challenge) override {
        if (said_ == 0) return initial();
        if (said_ == 1) return proof(challenge);
        if (said_ == 2) return check(challenge);
        return std::nullopt;
    }
    bool complete() const override { return said_ == 3; }

private:
    std::optional<base::Secret> proof(std::string_view server_first) {
        std::string_view rest = server_first;
        const auto nonce = attribute(rest, 'r');
        if (!nonce || !nonce->starts_with(nonce_) || nonce->size() == nonce_.size()) return std::nullopt;
        const auto salt_text = attribute(rest, 's');
        const auto count_text = attribute(rest, 'i');
        if (!salt_text || !count_text) return std::nullopt;
        const auto salt = base::base64_decode(*salt_text);
        std::uint32_t count = 0;
        const auto [end, ec] =
            std::from_chars(count_text->data(), count_text->data() + count_text->size(), count);
        if (!salt || ec != std::errc() || end != count_text->data() + count_text->size()) return std::nullopt;
        if (count == 0 || count > SaslLimits::iterations_max) return std::nullopt;

        const base::Secret password(auth::prepared_or_raw(login_->password.reveal()));
        const base::Secret salted(auth::pbkdf2(digest_, password.reveal(), *salt, count));
        const base::Secret client_key(auth::hmac(digest_, salted.reveal(), "Client Key"));
        const std::string stored_key = auth::hash(digest_, client_key.reveal());
        const std::string without_proof =
            "c=" + base::base64_encode(gs2_ + binding_) + ",r=" + std::string(*nonce);
        const std::string message = bare_ + "," + std::string(server_first) + "," + without_proof;
        std::string signature = auth::hmac(digest_, stored_key, message);
        for (std::size_t i = 0; i < signature.size(); ++i)
            signature[i] = static_cast<char>(signature[i] ^ client_key.reveal()[i]);
        server_signature_ = auth::hmac(digest_, auth::hmac(digest_, salted.reveal(), "Server Key"), message);
        said_ = 2;
        return base::Secret(without_proof + ",p=" + base::base64_encode(signature));
    }
    /// The server knows the password too, or it is another server.
    std::optional<base::Secret> check(std::string_view server_final) {
        const auto verifier = attribute(server_final, 'v');
        if (!verifier) return std::nullopt;
        const auto octets = base::base64_decode(*verifier);
        if (!octets || !auth::same(*octets, server_signature_)) return std::nullopt;
        said_ = 3;
        return base::Secret();
    }

    const auth::Digest digest_;
    Login login_;
    const std::string gs2_, binding_;
    std::string nonce_, bare_, server_signature_;
    int said_ = 0;
};

bool has(const std::vector<std::string>& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

}  // namespace

std::vector<std::string> usable_mechanisms(const std::vector<std::string>& offered, bool clear,
                                           const ChannelBindings& bindings) {
    std::vector<std::string> out;
    const auto take = [&](const char* name) {
        if (has(offered, name)) out.emplace_back(name);
    };
    if (!bindings.exporter.empty() || !bindings.end_point.empty()) {
        take("SCRAM-SHA-256-PLUS");
        take("SCRAM-SHA-1-PLUS");
    }
    take("SCRAM-SHA-256");
    take("SCRAM-SHA-1");
    if (clear) {
        take("PLAIN");
        take("LOGIN");
    }
    // Last: where the password may be shown, the others ask less of the server.
    take("CRAM-MD5");
    return out;
}

std::unique_ptr<SaslClient> make_sasl_client(const std::string& mechanism,
                                             std::shared_ptr<const Credentials> credentials,
                                             const ChannelBindings& bindings, bool plus_offered,
                                             base::Random& random) {
    if (mechanism == "PLAIN") return std::make_unique<Plain>(std::move(credentials));
    if (mechanism == "LOGIN") return std::make_unique<LoginMechanism>(std::move(credentials));
    if (mechanism == "CRAM-MD5") return std::make_unique<CramMd5>(std::move(credentials));
    if (!mechanism.starts_with("SCRAM-SHA-")) return nullptr;
    const auth::Digest digest =
        mechanism.starts_with("SCRAM-SHA-256") ? auth::Digest::sha_256 : auth::Digest::sha_1;
    const bool can_bind = !bindings.exporter.empty() || !bindings.end_point.empty();
    std::string gs2 = "n,,", binding;
    if (mechanism.ends_with("-PLUS")) {
        const bool exporter = !bindings.exporter.empty();
        gs2 = exporter ? "p=tls-exporter,," : "p=tls-server-end-point,,";
        binding = exporter ? bindings.exporter : bindings.end_point;
    } else if (can_bind && !plus_offered) {
        gs2 = "y,,";  // who has taken the -PLUS away in between is found out
    }
    return std::make_unique<Scram>(digest, std::move(credentials), std::move(gs2), std::move(binding),
                                   random);
}

}  // namespace mta::smtp_out
