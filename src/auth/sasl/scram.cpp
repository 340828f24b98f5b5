// SCRAM (RFC 5802, RFC 7677) with channel binding (RFC 5929 section 4, RFC 9266), on the server's side.
#include <algorithm>

#include "auth/prepare.hpp"
#include "auth/sasl/mechanism.hpp"

namespace auth::sasl {
namespace {

/// saslname: "=2C" is ',', "=3D" is '=', no other '='. RFC 5802 section 5.1
std::optional<std::string> unescape(std::string_view name) {
    std::string out;
    for (std::size_t i = 0; i < name.size(); ++i) {
        if (name[i] != '=') {
            out += name[i];
        } else if (name.substr(i, 3) == "=2C") {
            out += ',';
            i += 2;
        } else if (name.substr(i, 3) == "=3D") {
            out += '=';
            i += 2;
        } else {
            return std::nullopt;
        }
    }
    if (out.empty() || out.size() > Limits::name_bytes_max || out.find('\0') != std::string::npos)
        return std::nullopt;
    return out;
}

/// Takes what stands before the next ',' (or all).
std::string_view take(std::string_view& rest) {
    const std::size_t comma = rest.find(',');
    const std::string_view out = rest.substr(0, comma);
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    return out;
}

bool nonce_valid(std::string_view nonce) {
    return !nonce.empty() && nonce.size() <= Limits::nonce_bytes_max &&
           std::ranges::all_of(nonce, [](char c) { return c >= 0x21 && c <= 0x7E && c != ','; });
}

class Scram final : public Mechanism {
public:
    Scram(Digest digest, Binding binding, std::string nonce)
        : digest_(digest), binding_(std::move(binding)), nonce_(std::move(nonce)) {}

    bool client_first() const override { return true; }
    std::optional<Digest> keys_wanted() const override { return digest_; }

    Step step(std::string_view message) override {
        if (message.size() > Limits::message_bytes_max) return malformed();
        switch (stage_) {
            case Stage::first:
                stage_ = Stage::lookup;
                return first(message);
            case Stage::final:
                stage_ = Stage::done;
                return final(message);
            case Stage::lookup:
            case Stage::done:
                break;
        }
        return malformed();
    }

    /// server-first-message = nonce "," salt "," iteration-count
    Step known(Known known) override {
        if (stage_ != Stage::lookup) return malformed();
        stage_ = Stage::final;
        known_ = std::move(known);
        server_first_ =
            "r=" + nonce_ + ",s=" + base64(known_.keys.salt) + ",i=" + std::to_string(known_.keys.iterations);
        return Challenge{server_first_};
    }

private:
    enum class Stage : std::uint8_t { first, lookup, final, done };

    /// client-first-message = gs2-header client-first-message-bare     RFC 5802 section 7
    Step first(std::string_view message) {
        std::string_view rest = message;
        const std::string_view flag = take(rest);
        if (!flag_valid(flag)) return flag_refused_ ? wrong() : malformed();
        const std::string_view authorization = take(rest);
        if (!authorization.empty()) {
            if (!authorization.starts_with("a=")) return malformed();
            const auto name = unescape(authorization.substr(2));
            if (!name) return malformed();
            authorization_ = *name;
        }
        header_ = message.substr(0, message.size() - rest.size());
        client_first_bare_ = rest;
        const std::string_view user = take(rest);  // "m=" (a mandatory extension) is refused as no user
        if (!user.starts_with("n=")) return malformed();
        const auto name = unescape(user.substr(2));
        const std::string_view nonce = take(rest);
        if (!name || !nonce.starts_with("r=") || !nonce_valid(nonce.substr(2))) return malformed();
        nonce_ = std::string(nonce.substr(2)) + nonce_;
        auto prepared = saslprep(*name);
        if (!prepared || prepared->empty()) return malformed();
        return LookUp{std::move(*prepared)};
    }

    /// gs2-cbind-flag = "p=" cb-name / "n" / "y"
    bool flag_valid(std::string_view flag) {
        if (flag == "n") return !binding_.required;
        if (flag == "y") {
            // The client can bind and thinks that we cannot: somebody took -PLUS out of our list. RFC 5802
            // section 6
            flag_refused_ = binding_.offered;
            return !binding_.required && !binding_.offered;
        }
        if (!flag.starts_with("p=") || !binding_.required) return false;
        const std::string_view type = flag.substr(2);
        if (type == "tls-exporter") binding_data_ = binding_.exporter;
        if (type == "tls-server-end-point") binding_data_ = binding_.server_end_point;
        flag_refused_ = binding_data_.empty();
        return !binding_data_.empty();
    }

    /// client-final-message = channel-binding "," nonce ["," extensions] "," proof
    Step final(std::string_view message) {
        const std::size_t proof_at = message.rfind(",p=");
        if (proof_at == std::string_view::npos) return malformed();
        const std::string_view without_proof = message.substr(0, proof_at);
        const auto proof = from_base64(message.substr(proof_at + 3));
        std::string_view rest = without_proof;
        const std::string_view channel = take(rest);
        const std::string_view nonce = take(rest);
        if (!channel.starts_with("c=") || !nonce.starts_with("r=") || !proof) return malformed();
        if (proof->size() != digest_bytes(digest_)) return malformed();
        const auto bound = from_base64(channel.substr(2));
        if (!bound) return malformed();
        const std::string expected_binding = header_ + binding_data_;
        bool good = same(*bound, expected_binding);
        good = same(nonce.substr(2), nonce_) && good;

        const std::string message_signed =
            client_first_bare_ + ',' + server_first_ + ',' + std::string(without_proof);
        // ClientKey = ClientProof XOR HMAC(StoredKey, AuthMessage); right if H(ClientKey) is StoredKey.
        // Section 3
        std::string client_key = hmac(digest_, known_.keys.stored_key, message_signed);
        for (std::size_t i = 0; i < client_key.size(); ++i) {
            client_key[i] = static_cast<char>(client_key[i] ^ (*proof)[i]);
        }
        good = same(hash(digest_, client_key), known_.keys.stored_key) && good;
        const std::string signature = hmac(digest_, known_.keys.server_key, message_signed);
        if (!good || !known_.real) return wrong();
        Proven out;
        out.authorization = authorization_;
        out.final_data = "v=" + base64(signature);
        out.has_final_data = true;
        return out;
    }

    Digest digest_;
    Binding binding_;
    std::string nonce_;  // ours at first, then the client's with ours
    Stage stage_ = Stage::first;
    bool flag_refused_ = false;
    Known known_;
    std::string binding_data_, authorization_, header_, client_first_bare_, server_first_;
};

}  // namespace

std::unique_ptr<Mechanism> make_scram(Digest digest, Binding binding, std::string nonce) {
    return std::make_unique<Scram>(digest, std::move(binding), std::move(nonce));
}

}  // namespace auth::sasl
