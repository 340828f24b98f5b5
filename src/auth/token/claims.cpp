#include "auth/token/claims.hpp"

#include <algorithm>
#include <cmath>

#include "auth/token/json.hpp"

namespace auth::token {

std::optional<Json> parse_object(std::string_view text) {
    // The parser needs no stack for what is nested, but the values' destructors do.
    bool too_deep = false;
    const auto shallow = [&](int depth, Json::parse_event_t, const Json&) {
        too_deep = too_deep || static_cast<std::size_t>(depth) > Limits::nesting_max;
        return !too_deep;
    };
    Json out = Json::parse(text, shallow, false);
    if (too_deep || !out.is_object()) return std::nullopt;
    return out;
}

std::optional<std::string> text_member(const Json& object, std::string_view name, bool& wrong) {
    const auto found = object.find(name);
    if (found == object.end()) return std::nullopt;
    const auto* const text = found->get_ptr<const std::string*>();
    if (text == nullptr || text->size() > Limits::text_bytes_max) {
        wrong = true;
        return std::nullopt;
    }
    return *text;
}

namespace {

/// NumericDate: seconds, perhaps with a fraction. RFC 7519 section 2
std::optional<std::int64_t> date_member(const Json& object, const char* name, bool& wrong) {
    const auto found = object.find(name);
    if (found == object.end()) return std::nullopt;
    if (found->is_number()) {
        const double seconds = std::floor(found->get<double>());
        constexpr double far = 1e15;  // what is further away is nobody's clock
        if (std::isfinite(seconds) && std::abs(seconds) < far) return static_cast<std::int64_t>(seconds);
    }
    wrong = true;
    return std::nullopt;
}

/// A text, or a list of texts.
std::vector<std::string> texts_member(const Json& object, const char* name, bool& wrong) {
    std::vector<std::string> out;
    const auto found = object.find(name);
    if (found == object.end()) return out;
    if (!found->is_array()) {
        if (auto one = text_member(object, name, wrong)) out.push_back(std::move(*one));
        return out;
    }
    if (found->size() > Limits::entries_max) wrong = true;
    for (const Json& entry : *found) {
        const auto* const text = entry.get_ptr<const std::string*>();
        if (wrong || text == nullptr || text->size() > Limits::text_bytes_max) {
            wrong = true;
            return {};
        }
        out.push_back(*text);
    }
    return out;
}

/// "scope" is words parted by blanks (RFC 8693 section 4.2), "scp" is Microsoft's and Okta's: the same, or a
/// list.
std::vector<std::string> scopes_of(const Json& object, bool& wrong) {
    std::vector<std::string> out;
    for (const char* const name : {"scope", "scp"}) {
        for (const std::string& words : texts_member(object, name, wrong)) {
            std::string_view rest = words;
            while (!rest.empty() && out.size() <= Limits::entries_max) {
                const std::size_t end = std::min(rest.find(' '), rest.size());
                if (end != 0) out.emplace_back(rest.substr(0, end));
                rest.remove_prefix(std::min(end + 1, rest.size()));
            }
        }
    }
    return out;
}

std::optional<bool> flag_member(const Json& object, const char* name, bool& wrong) {
    const auto found = object.find(name);
    if (found == object.end()) return std::nullopt;
    if (found->is_boolean()) return found->get<bool>();
    if (*found == "true" || *found == "false") return *found == "true";  // Amazon Cognito writes texts
    wrong = true;
    return std::nullopt;
}

Fault check_times(const Claims& claims, const Rules& rules, std::int64_t now) {
    const std::int64_t leeway = rules.leeway.count();
    if (!claims.expires && rules.all_required) return Fault::expired;
    // "on or after which the JWT MUST NOT be accepted": RFC 7519 section 4.1.4
    if (claims.expires && now >= *claims.expires + leeway) return Fault::expired;
    if (claims.not_before && now < *claims.not_before - leeway) return Fault::not_yet;
    return Fault::none;
}

}  // namespace

const char* text_of(Fault fault) {
    switch (fault) {
        case Fault::none:
            return "good";
        case Fault::malformed:
            return "malformed token";
        case Fault::algorithm:
            return "token with another algorithm";
        case Fault::key:
            return "token by an unknown key";
        case Fault::signature:
            return "token with a wrong signature";
        case Fault::issuer:
            return "token of another issuer";
        case Fault::audience:
            return "token for another audience";
        case Fault::expired:
            return "expired token";
        case Fault::not_yet:
            return "token not valid yet";
        case Fault::scope:
            return "token without the scope";
        case Fault::name:
            return "token without a mailbox";
        case Fault::inactive:
            return "token not active";
        case Fault::unavailable:
            break;
    }
    return "token cannot be checked now";
}

std::optional<Claims> parse_claims(std::string_view json, std::string_view name_claim) {
    const auto object = parse_object(json);
    if (!object) return std::nullopt;
    Claims out;
    bool wrong = false;
    out.issuer = text_member(*object, "iss", wrong).value_or(std::string());
    out.audiences = texts_member(*object, "aud", wrong);
    out.scopes = scopes_of(*object, wrong);
    out.expires = date_member(*object, "exp", wrong);
    out.not_before = date_member(*object, "nbf", wrong);
    out.name = text_member(*object, name_claim, wrong).value_or(std::string());
    out.email_unverified = !flag_member(*object, "email_verified", wrong).value_or(true);
    out.active = flag_member(*object, "active", wrong);
    if (wrong) return std::nullopt;
    return out;
}

Fault check(const Claims& claims, const Rules& rules, base::SystemTime now) {
    const bool issuer_told = rules.all_required || !claims.issuer.empty();
    if (!rules.issuer.empty() && issuer_told && claims.issuer != rules.issuer) return Fault::issuer;
    const bool audience_told = rules.all_required || !claims.audiences.empty();
    const auto meant = [&](const std::string& audience) {
        return std::ranges::find(rules.audiences, audience) != rules.audiences.end();
    };
    if (!rules.audiences.empty() && audience_told && !std::ranges::any_of(claims.audiences, meant)) {
        return Fault::audience;
    }
    if (const Fault fault = check_times(claims, rules, base::unix_seconds(now)); fault != Fault::none) {
        return fault;
    }
    if (!rules.scope.empty() && std::ranges::find(claims.scopes, rules.scope) == claims.scopes.end()) {
        return Fault::scope;
    }
    // Whoever may write any address into an account of his at the issuer's must not get that mailbox.
    const bool unverified = rules.name_claim == "email" && claims.email_unverified;
    const bool usable = !claims.name.empty() && claims.name.find('\0') == std::string::npos;
    return usable && !unverified ? Fault::none : Fault::name;
}

}  // namespace auth::token
