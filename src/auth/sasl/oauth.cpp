// OAUTHBEARER (RFC 7628) and XOAUTH2 (Google's and Microsoft's form from before it): one message with a
// bearer token, and for a token that is refused a challenge that says where to get a better one.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "auth/sasl/mechanism.hpp"
#include "base/ascii.hpp"

namespace auth::sasl {
namespace {

constexpr char separator = '\x01';

/// b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="      RFC 6750 section 2.1
bool is_token(std::string_view text) {
    const std::size_t end = text.find('=');
    const std::string_view body = text.substr(0, end);
    if (body.empty() || text.find_first_not_of('=', body.size()) != std::string_view::npos) return false;
    return std::ranges::all_of(body, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("-._~+/").find(c) != std::string_view::npos;
    });
}

/// Takes what stands before the next `end`; nothing: there is none.
std::optional<std::string_view> take(std::string_view& rest, char end) {
    const std::size_t found = rest.find(end);
    if (found == std::string_view::npos) return std::nullopt;
    const std::string_view out = rest.substr(0, found);
    rest.remove_prefix(found + 1);
    return out;
}

/// saslname: "=2C" is ',', "=3D" is '='. RFC 5801 section 4
std::optional<std::string> unescape(std::string_view name) {
    std::string out;
    for (std::size_t i = 0; i < name.size(); ++i) {
        const bool comma = name.substr(i, 3) == "=2C";
        if (name[i] == '=' && !comma && name.substr(i, 3) != "=3D") return std::nullopt;
        out += comma ? ',' : name[i];
        if (name[i] == '=') i += 2;
    }
    if (out.empty() || out.size() > Limits::name_bytes_max || out.find('\0') != std::string::npos)
        return std::nullopt;
    return out;
}

/// What both mechanisms share. The server never asks first: an initial response is optional.
class Bearer : public Mechanism {
public:
    explicit Bearer(TokenAdvice advice) : advice_(std::move(advice)) {}
    bool client_first() const override { return true; }

    Step step(std::string_view message) override {
        if (message.size() > Limits::message_bytes_max) return malformed();
        switch (stage_) {
            case Stage::first:
                stage_ = Stage::over;
                return first(message);
            case Stage::refused:
                // RFC 7628 section 3.2.3 has one %x01 here, others an empty line: whatever it is, it is the
                // end.
                stage_ = Stage::over;
                return wrong();
            case Stage::over:
                break;
        }
        return malformed();
    }

    Step token_refused() override {
        stage_ = Stage::refused;
        return Challenge{error_text(advice_)};
    }

protected:
    virtual Step first(std::string_view message) = 0;
    virtual std::string error_text(const TokenAdvice& advice) const = 0;

    /// kvpair = key "=" value kvsep; `rest` has nothing but pairs and the kvsep at the end. RFC 7628 section
    /// 3.1. `host` and `port` are passed over, against section 3.2: a mail server has many names, and stands
    /// behind proxies that change the port.
    Step pairs(std::string_view rest, std::string authorization) {
        std::optional<std::string_view> authorization_header;
        while (rest.size() != 1 || rest.front() != separator) {
            const auto pair = take(rest, separator);
            if (!pair) return malformed();
            const std::size_t equals = pair->find('=');
            if (equals == 0 || equals == std::string_view::npos) return malformed();
            if (pair->substr(0, equals) != "auth") continue;  // "unknown … MUST be ignored"
            if (authorization_header) return malformed();
            authorization_header = pair->substr(equals + 1);
        }
        if (!authorization_header) return malformed();
        // Empty: the client wants to be told where to get a token. RFC 7628 section 4.3
        if (authorization_header->empty()) return token_refused();
        constexpr std::string_view scheme = "bearer ";  // in any case: section 4
        if (!base::equals_nocase(authorization_header->substr(0, scheme.size()), scheme)) return malformed();
        std::string_view token = authorization_header->substr(scheme.size());
        token.remove_prefix(std::min(token.find_first_not_of(' '), token.size()));
        if (token.empty()) return token_refused();
        if (!is_token(token)) return malformed();
        CheckToken out;
        out.authorization = std::move(authorization);
        out.token = base::Secret(std::string(token));
        return out;
    }

private:
    enum class Stage : std::uint8_t { first, refused, over };
    Stage stage_ = Stage::first;
    TokenAdvice advice_;
};

class OauthBearer final : public Bearer {
public:
    using Bearer::Bearer;

private:
    /// client-resp = (gs2-header kvsep *kvpair kvsep) / kvsep             RFC 7628 section 3.1
    Step first(std::string_view message) override {
        std::string_view rest = message;
        const auto flag = take(rest, ',');
        // No channel binding with bearer tokens: "p=" is refused, and "y" says nothing of a downgrade.
        if (!flag || (*flag != "n" && *flag != "y")) return malformed();
        const auto name = take(rest, ',');
        if (!name || rest.empty() || rest.front() != separator) return malformed();
        std::string authorization;
        if (!name->empty()) {
            if (!name->starts_with("a=")) return malformed();
            auto plain = unescape(name->substr(2));
            if (!plain) return malformed();
            authorization = std::move(*plain);
        }
        return pairs(rest.substr(1), std::move(authorization));
    }

    std::string error_text(const TokenAdvice& advice) const override {
        nlohmann::ordered_json out = {{"status", "invalid_token"}};  // RFC 6750 section 3.1
        if (!advice.scope.empty()) out["scope"] = advice.scope;
        if (!advice.configuration.empty()) out["openid-configuration"] = advice.configuration;
        return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    }
};

class Xoauth2 final : public Bearer {
public:
    using Bearer::Bearer;

private:
    /// "user=" user ^A "auth=Bearer " token ^A ^A
    Step first(std::string_view message) override {
        std::string_view rest = message;
        const auto user = take(rest, separator);
        if (!user || !user->starts_with("user=")) return malformed();
        const std::string_view name = user->substr(5);
        if (name.empty() || name.size() > Limits::name_bytes_max || name.find('\0') != std::string_view::npos)
            return malformed();
        return pairs(rest, std::string(name));
    }

    /// As Gmail has it: clients look at "status" and "schemes".
    std::string error_text(const TokenAdvice& advice) const override {
        nlohmann::ordered_json out = {{"status", "401"}, {"schemes", "bearer"}};
        if (!advice.scope.empty()) out["scope"] = advice.scope;
        return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    }
};

}  // namespace

std::unique_ptr<Mechanism> make_oauthbearer(TokenAdvice advice) {
    return std::make_unique<OauthBearer>(std::move(advice));
}
std::unique_ptr<Mechanism> make_xoauth2(TokenAdvice advice) {
    return std::make_unique<Xoauth2>(std::move(advice));
}

}  // namespace auth::sasl
